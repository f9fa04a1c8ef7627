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

// If a pause follows a callback from another k6 module, the pause ends even if nothing else happens.
func TestPausesAfterOtherModules(t *testing.T) {
	t.Parallel()
	fine(t, `
		class A extends User {
			static tasks = [async (u) => {
				for (let i = 0; i < 10; i++) {
					await later()
					await u.sleep(0.001)
				}
				log('ended')
				await over(u)
			}]
		}
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "ended")
}

// If a request follows a callback from another k6 module, the request times out even if nothing else happens.
func TestTimeoutsAfterOtherModules(t *testing.T) {
	t.Parallel()
	visit(t, serve(t), `static networkTimeout = 2`, `
		await c.get('/a')
		await later()
		log((await c.get('/never')).error)`).wantLog(t, "timed out")
}
