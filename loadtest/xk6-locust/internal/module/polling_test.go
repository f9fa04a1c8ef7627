package module_test

import "testing"

// Callbacks of other k6 modules run while users pause, whether the pauses are short, long, or absent.
func TestCallbacksOfOtherModules(t *testing.T) {
	t.Parallel()
	for _, seconds := range []string{"0", "0.0005", "3600"} {
		o := fine(t, `
			class Waiting extends User {
				static tasks = [async (u) => { for (let i = 0; i < 10; i++) await later(); log('ended'); done(); await u.sleep(3600) }]
			}
			class Pausing extends User { static tasks = [() => {}]; waitTime = locust.constant(`+seconds+`) }
			const options = locust.options({ userClasses: [Waiting, Pausing], users: 2, spawnRate: 100 })`)
		o.wantLog(t, "ended")
	}
}
