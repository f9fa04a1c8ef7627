package module_test

import (
	"maps"
	"strings"
	"testing"
)

func TestListeners(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		events.testStart.addListener(async ({ environment }) => {
			await Promise.resolve()
			log('start ' + environment.stats.total.numRequests + ' ' + environment.processExitCode)
		})
		events.testStart.addListener(() => { log('start again') })
		events.testStop.addListener(({ environment }) => {
			const { total } = environment.stats
			log(['stop', total.numRequests, total.numFailures, total.failRatio, total.avgResponseTime, total.getResponseTimePercentile(0.5)].join(' '))
			log(['rows', environment.stats.entries.map((entry) => entry.name).join(), environment.stats.get('b', 'X').maxResponseTime].join(' '))
			log('missing ' + environment.stats.get('b', 'GET'))
			log('errors ' + JSON.stringify(environment.stats.errors))
			log('users ' + environment.runner.userCount)
		})
		events.quitting.addListener(({ environment }) => {
			environment.processExitCode = environment.stats.total.failRatio > 0.1 ? 3 : 0
			log('quitting ' + environment.processExitCode)
		})
		class A extends User {
			static tasks = [async (u) => {
				events.request.fire({ requestType: 'X', name: 'a', responseTime: 10 })
				events.request.fire({ requestType: 'X', name: 'b', responseTime: 30, exception: { code: 5 } })
				u.environment.runner.quit()
				await u.sleep(3600)
			}]
			onStop() { log('user stops') }
		}
		const options = locust.options({ userClasses: [A] })`)
	o.wantLog(t, `
start 0 null
start again
user stops
stop 2 1 0.5 20 30
rows a,b 30
missing undefined
errors [{"method":"X","name":"b","error":"{\"code\":5}","occurrences":1}]
users 0
quitting 3`)
	if code := o.engine.ExitCode(); code == nil || *code != 3 {
		t.Errorf("the exit code is %v", code)
	}
}

func TestRequestListeners(t *testing.T) {
	t.Parallel()
	host := serve(t)
	o := fine(t, `
		const seen = []
		const listener = events.request.addListener((event) => {
			seen.push([event.requestType, event.name, event.exception, event.responseLength > 0, event.response?.status ?? null, event.url].join(' '))
			if (!(event.startTime > 1.7e9 && event.responseTime >= 0)) throw new Error('the times are wrong')
		})
		events.request.addListener((event) => { if (event.name === 'late') throw new Error('in a listener') })
		events.request.addListener(async (event) => { if (event.name === 'late') throw new Error('in an async listener') })
		class A extends HttpUser {
			static host = '`+host+`'
			static tasks = [async (u) => {
				await u.client.get('/a', { name: 'first' })
				await u.client.get('/b', { name: 'second', catchResponse: (response) => { response.name = 'renamed'; response.failure('no') } })
				events.request.fire({ requestType: 'X', name: 'late', responseTime: 1 })
				for (const line of seen) log(line)
				log(typeof listener)
				await over(u)
			}]
		}
		const options = locust.options({ userClasses: [A] })`)
	o.wantLog(t, strings.ReplaceAll(`
GET first  true 200 HOST/a
GET renamed CatchResponseError('no') true 200 HOST/b
X late  false  
function`, "HOST", host))
	if got, want := o.exceptions(t), map[string]int{"Error: in a listener": 1, "Error: in an async listener": 1}; !maps.Equal(got, want) {
		t.Errorf("exceptions: %v, want %v", got, want)
	}
}

// A listener can end the run.
func TestListenersThatQuit(t *testing.T) {
	t.Parallel()
	for _, listener := range []string{
		`events.request.addListener(() => { throw new locust.StopTest() })`,
		`events.request.addListener(async () => { throw new locust.StopTest() })`,
		`events.request.addListener(() => locust.quit())`,
		`events.testStart.addListener(({ environment }) => environment.runner.quit())`,
		`events.testStart.addListener(async () => { throw new locust.StopTest() })`,
	} {
		o := run(t, listener+`
			class A extends User {
				static tasks = [async (u) => { events.request.fire({ requestType: 'X', name: 'a', responseTime: 10 }); await u.sleep(3600) }]
			}
			const options = locust.options({ userClasses: [A] })`)
		if o.err != nil || o.runErr != nil || len(o.exceptions(t)) > 0 {
			t.Errorf("%s: %v, %v, %v", listener, o.err, o.runErr, o.exceptions(t))
		}
	}
}

func TestListenerErrors(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`events.request.addListener()`:                  "locust: events.request.addListener needs a function, got undefined",
		`events.testStop.addListener(class A {})`:       "locust: events.testStop.addListener needs a function, got a class",
		`events.quitting.addListener({ onQuit() {} })`:  "got an object",
		`events.testStart.addListener(function* () {})`: "got a generator function",
		`events.testStopp.addListener(() => {})`:        "locust: there is no event testStopp; known: request, testStart, testStop, quitting",
		`events.test_stop.addListener(() => {})`:        "locust: there is no event test_stop",
		`events.request.add_listener(() => {})`:         "add_listener",
	} {
		if _, err := load(t, script, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", script, err, want)
		}
	}
	o := fine(t, `
		const attempt = (run) => { try { run() } catch (error) { log(error.message) } }
		events.testStop.addListener(({ environment }) => {
			attempt(() => { environment.processExitCode = 256 })
			attempt(() => { environment.processExitCode = '1' })
			attempt(() => environment.stats.total.getResponseTimePercentile(95))
			environment.processExitCode = 1
			environment.processExitCode = null
		})
		class A extends User { static tasks = [async (u) => { await over(u) }] }
		const options = locust.options({ userClasses: [A] })`)
	o.wantLog(t, `
locust: processExitCode must be an integer from 0 to 255, or null, got 256
locust: processExitCode must be an integer from 0 to 255, or null, got "1"
locust: getResponseTimePercentile needs a number from 0 to 1, such as 0.95, got 95`)
	if code := o.engine.ExitCode(); code != nil {
		t.Errorf("the exit code is %d", *code)
	}
}
