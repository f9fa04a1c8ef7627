package module_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWeights(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		const counts = {}
		let total = 0
		async function count(name, user) {
			counts[name] = (counts[name] ?? 0) + 1
			if (++total === 8000) {
				log(JSON.stringify(counts))
				await over(user)
			}
		}
		class A extends User {
			static tasks = [task('often', { weight: 3 }), function once() { return count('once', this) }, task((u) => count('arrow', u), { weight: 4 }),
				task('never', { weight: 0 })]
			often() { return count('often', this) }
			never() { return count('never', this) }
		}
		const options = locust.options({ userClasses: [A] })`)
	var counts struct{ Often, Once, Arrow int }
	if err := json.Unmarshal([]byte(o.logged()[0]), &counts); err != nil {
		t.Fatal(err)
	}
	// The standard deviations of the three numbers are 43, 30, and 45.
	for _, test := range []struct{ got, want int }{{counts.Often, 3000}, {counts.Once, 1000}, {counts.Arrow, 4000}} {
		if test.got < test.want-300 || test.got > test.want+300 {
			t.Errorf("of 8,000 tasks by weights 3, 1 and 4: %+v", counts)
		}
	}
}

// A task receives the user or task set as `this` and as its argument, even if the class has a field `user`.
func TestTaskArguments(t *testing.T) {
	t.Parallel()
	fine(t, `
		class S extends TaskSet {
			static tasks = [function (set) {
				log([this === set, set instanceof S, set.user instanceof A, set.parent === set.user, set.client === set.user.client].join())
				this.interrupt()
			}]
		}
		class A extends HttpUser {
			user = 'somebody'
			n = 0
			static tasks = [async function (user) {
				log([this === user, user instanceof A, this.n].join())
				if (++this.n === 1) return
				await over(this)
			}]
		}
		class B extends HttpUser {
			static tasks = [S]
		}
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "true,true,0\ntrue,true,1")
	fine(t, `
		class S extends TaskSet {
			static tasks = [async (set) => {
				log([set instanceof S, set.user instanceof A, set.parent === set.user, set.client === set.user.client].join())
				await over(set)
			}]
		}
		class A extends HttpUser { static tasks = [S] }
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "true,true,true,true")
}

func TestTags(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ tags, excluded, want string }{
		{`[]`, `[]`, "a b both deep inner none"},
		{`['a']`, `[]`, "a both"},
		{`['a', 'b']`, `[]`, "a b both"},
		{`[]`, `['a']`, "b deep inner none"},
		{`['a']`, `['b']`, "a"},
		{`['set']`, `[]`, "deep inner"},
		{`['deep']`, `[]`, "deep"},
		{`['set']`, `['deep']`, "inner"},
		{`['b']`, `['set']`, "b both"},
	} {
		o := fine(t, `
			const seen = new Set()
			let picks = 0
			async function see(name, it) {
				seen.add(name)
				if (++picks === 500) {
					log([...seen].sort().join(' '))
					await over(it)
				}
			}
			class Deep extends TaskSet {
				static tasks = [task(async (s) => { await see('deep', s); s.interrupt() }, { tags: ['deep'] })]
			}
			class Set1 extends TaskSet {
				static tasks = [Deep, async (s) => { await see('inner', s); s.interrupt() }]
			}
			class A extends User {
				static tasks = [
					task((u) => see('a', u), { tags: ['a'] }), task((u) => see('b', u), { tags: ['b'] }), task((u) => see('both', u), { tags: ['a', 'b'] }),
					(u) => see('none', u), task(Set1, { tags: ['set'] }),
				]
			}
			const options = locust.options({ userClasses: [A], tags: `+test.tags+`, excludeTags: `+test.excluded+` })`)
		if got := strings.Join(o.logged(), "; "); got != test.want {
			t.Errorf("with %s and without %s: %s, want %s", test.tags, test.excluded, got, test.want)
		}
	}
}

func TestTagsThatLeaveNoTask(t *testing.T) {
	t.Parallel()
	const source = `
		class A extends User { static tasks = [task(() => {}, { tags: ['a'] })] }
		class B extends User { static tasks = [async (u) => { log('B'); await over(u) }] }
		const options = locust.options({ userClasses: [A, B], `
	if _, err := load(t, source+`tags: ['x'] })`, nil); err == nil || !strings.Contains(err.Error(), "locust: the tags exclude all tasks for users of A, B") {
		t.Errorf("the options are rejected with %v", err)
	}
	o := run(t, source+`excludeTags: ['a'] })`)
	if o.err == nil || !strings.Contains(o.err.Error(), "locust: the tags exclude all tasks for users of A") {
		t.Errorf("the script ended with %v", o.err)
	}
	// A class without users needs no tasks.
	s, err := load(t, source+`excludeTags: ['a'] })`, map[string]string{"LOCUST_USER_CLASSES": "B"})
	if err != nil {
		t.Fatal(err)
	}
	if got := configuration(t, s).UserClasses; !slices.Equal(got, []string{"B"}) {
		t.Errorf("the classes are %v", got)
	}
	fine(t, strings.Replace(source, "class A extends User {", "class A extends User { static weight = 0;", 1)+`excludeTags: ['a'] })`).wantLog(t, "B")
}

func TestTaskSets(t *testing.T) {
	t.Parallel()
	for reschedule, want := range map[string]string{
		// The parent pauses only after interrupt(false).
		"":      "user starts\nset starts\n1\nset waits\n2\nset stops\nset starts\n1",
		"true":  "user starts\nset starts\n1\nset waits\n2\nset stops\nset starts\n1",
		"false": "user starts\nset starts\n1\nset waits\n2\nset stops\nuser waits\nset starts\n1",
	} {
		fine(t, `
			let rounds = 0
			class S extends SequentialTaskSet {
				static tasks = { one: 1, two: 1, three: 1 }
				waitTime = () => (log('set waits'), 0)
				async onStart() { await this.sleep(0); log('set starts') }
				async onStop() { await this.sleep(0); if (rounds < 2) log('set stops') }
				async one() {
					log('1')
					if (++rounds === 2) await over(this)
				}
				async two() { log('2'); await this.sleep(0); this.interrupt(`+reschedule+`) }
				three() { log('never') }
			}
			class A extends User {
				static tasks = [S]
				waitTime = () => (log('user waits'), 0)
				onStart() { log('user starts') }
			}
			const options = locust.options({ userClasses: [A] })`).wantLog(t, want)
	}
}

// A task set without a wait time uses its user's wait time. Wait times may be methods.
func TestWaitTimeOfTaskSets(t *testing.T) {
	t.Parallel()
	fine(t, `
		class Inner extends TaskSet {
			static tasks = [async function () { log('' + this.waitTime()); log('' + this.parent.waitTime()); await over(this) }]
		}
		class Own extends TaskSet {
			static tasks = [Inner]
			waitTime() { return 2 }
		}
		class A extends User {
			static tasks = [Own]
			waitTime() { return 1 }
		}
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "1\n2")
}

// An inner task set may interrupt the outer task set. Then both stop.
func TestInterruptOuter(t *testing.T) {
	t.Parallel()
	fine(t, `
		let isSecond = false
		class Inner extends TaskSet {
			static tasks = [async function () { if (isSecond) await over(this); isSecond = true; this.parent.interrupt() }]
			onStop() { log('inner stops') }
		}
		class Outer extends TaskSet {
			static tasks = [Inner]
			onStop() { log('outer stops') }
		}
		class A extends User { static tasks = [Outer] }
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "inner stops\nouter stops\ninner stops\nouter stops")
}

func TestInterruptOutsideOfTaskSet(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		let set
		class S extends TaskSet {
			static tasks = [function () { set = this; this.interrupt() }]
		}
		class A extends User {
			static tasks = [S, async () => {
				if (set === undefined) return
				// The interrupt stops the user before the run ends.
				setTimeout(done, 20)
				set.interrupt()
			}]
			onStop() { log('never') }
		}
		const options = locust.options({ userClasses: [A] })`)
	o.wantLog(t, "")
	if got, want := o.exceptions(t), map[string]int{"interrupt() was called outside of its task set": 1}; !maps.Equal(got, want) {
		t.Errorf("exceptions: %v, want %v", got, want)
	}
}

func TestSequentialTaskSet(t *testing.T) {
	t.Parallel()
	fine(t, `
		let n = 0
		class S extends SequentialTaskSet {
			static tasks = [task('a', { weight: 2 }), 'b', (s) => s.c()].map((t) => typeof t === 'string' ? task(t) : t)
			a() { log('a') }
			async b() { await this.sleep(0); log('b'); throw new Error('goes on') }
			async c() { log('c'); if (++n === 2) await over(this) }
		}
		class A extends User { static tasks = [S] }
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "a\na\nb\nc\na\na\nb\nc")
}

// Task sets may contain each other.
func TestTaskSetsInCycles(t *testing.T) {
	t.Parallel()
	fine(t, `
		class S extends TaskSet { onStop() { log('S') } }
		class R extends TaskSet { static tasks = [S]; onStop() { log('R') } }
		S.tasks = [task(R, { weight: 1e9 }), (s) => over(s.user)]
		let depth = 0
		R.prototype.onStart = function () { if (++depth === 3) throw new locust.StopTest() }
		class A extends User { static tasks = [S] }
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "S\nR\nS\nR\nS")
}

// However a user stops, the right methods are called in the right order.
func TestUserLife(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, want string
		exceptions map[string]int
	}{
		"stopped during a pause": {
			`static tasks = [() => { log('task'); setTimeout(done, 5) }]
			waitTime = () => 3600`, "start\ntask\nstop", nil,
		},
		"stopped in a task": {
			`static tasks = [async (u) => { log('task'); await over(u); log('never') }]`, "start\ntask\nstop", nil,
		},
		"stopped in a task that catches everything": {
			`static tasks = [async (u) => {
				try { await over(u) } catch (error) { log(String(error)) }
				try { await u.sleep(0) } catch (error) { log(String(error instanceof StopUser)) }
			}]`, "start\nthe user is stopped\ntrue\nstop", nil,
		},
		"stopped in onStart": {
			`static tasks = [() => log('never')]
			async onStart() { await over(this) }`, "stop", nil,
		},
		"stopped in a nested task set": {
			`static tasks = [class Outer extends TaskSet {
				static tasks = [class Inner extends TaskSet {
					static tasks = [over]
					onStop() { log('inner') }
				}]
				async onStop() { await this.sleep(0); log('outer') }
			}]`, "start\ninner\nouter\nstop", nil,
		},
		"throws StopUser": {
			`static tasks = [async (u) => { setTimeout(done, 20); await u.sleep(0); throw new StopUser() }]`, "start\nstop", nil,
		},
		"throws StopUser in onStart": {
			`static tasks = [() => log('never')]
			onStart() { setTimeout(done, 20); throw new StopUser() }`, "stop", nil,
		},
		"calls stop()": {
			`static tasks = [async (u) => { setTimeout(done, 20); u.stop(); log('still'); await u.sleep(0); log('there') }]`,
			"start\nstill\nthere\nstop", nil,
		},
		"calls stop() during a pause": {
			`static tasks = [(u) => { log('task'); setTimeout(() => u.stop(), 5); setTimeout(done, 30) }]
			waitTime = () => 3600`, "start\ntask\nstop", nil,
		},
		"calls stop() and continues until the run ends": {
			`static tasks = [async (u) => { u.stop(); await over(u) }]`, "start\nstop", nil,
		},
		"waits in its task after stop()": {
			`static tasks = [async (u) => { setTimeout(done, 20); u.stop(); await u.wait(); log('never') }]`, "start\nstop", nil,
		},
		"fails in onStart": {
			`static tasks = [() => log('never')]
			async onStart() { setTimeout(done, 20); await this.sleep(0); throw new Error('no start') }`, "", map[string]int{"Error: no start": 1},
		},
		"fails in its constructor": {
			`static tasks = [() => log('never')]
			field = (setTimeout(done, 20), missing)`, "", map[string]int{"ReferenceError: missing is not defined": 1},
		},
		"has constructors without parameters": {
			`static tasks = [class Set extends TaskSet {
				constructor() { super(); this.own = this.user.own }
				static tasks = [(set) => { log(set.own); done(); set.user.stop() }]
			}]
			constructor() { super(); this.own = 'own' }`, "start\nown\nstop", nil,
		},
		"fails in onStop": {
			`static tasks = [over]
			onStop() { log('stop'); throw new Error('no stop') }`, "start\nstop", map[string]int{"Error: no stop": 1},
		},
		"fails in its wait time": {
			`static tasks = [() => setTimeout(done, 20)]
			waitTime = () => { throw new Error('no wait') }`, "start", map[string]int{"Error: no wait": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := fine(t, `
				class Base extends User {
					onStart() { log('start') }
					onStop() { log('stop') }
				}
				class A extends Base { `+test.body+` }
				const options = locust.options({ userClasses: [A] })`)
			o.wantLog(t, test.want)
			if got := o.exceptions(t); !maps.Equal(got, test.exceptions) {
				t.Errorf("exceptions: %v, want %v", got, test.exceptions)
			}
		})
	}
}

// Exceptions are counted with their traceback, and the user continues after a pause.
func TestExceptions(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		const steps = [
			function failing() { throw new RangeError('at once') },
			async function failing(u) { await u.sleep(0); throw new RangeError('later') },
			() => { throw 'a text' },
			() => { throw undefined },
			() => undefined.missing,
			() => { throw { code: 5 } },
			() => { throw { toString() { throw 1 } } },
			async () => { throw new RangeError('later') },
		]
		let at = 0
		class A extends User {
			static tasks = { next: 1 }
			waitTime() { log('wait'); return 0 }
			async next() {
				const step = steps[at++]
				if (step === undefined) return over(this)
				await step(this)
			}
		}
		const options = locust.options({ userClasses: [A] })`)
	o.wantLog(t, strings.TrimSpace(strings.Repeat("wait\n", 8)))
	want := map[string]int{
		"RangeError: at once": 1, "RangeError: later": 2, "a text": 1, "undefined": 1, `{"code":5}`: 1, "an object without text": 1,
		"TypeError: Cannot read property 'missing' of undefined": 1,
	}
	if got := o.exceptions(t); !maps.Equal(got, want) {
		t.Errorf("exceptions: %v, want %v", got, want)
	}
	hasTraceback := slices.ContainsFunc(o.rows(t, "exceptions"), func(row []string) bool {
		return strings.HasPrefix(row[2], "RangeError: at once\n") && strings.Contains(row[2], "at failing")
	})
	if !hasTraceback {
		t.Errorf("the function is missing from every traceback: %q", o.rows(t, "exceptions"))
	}
}

// Only the run creates users and task sets.
func TestOwnInstances(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]string{
		"A":       "TypeError: locust: the run creates users: do not call new A() in a script",
		"TaskSet": "TypeError: locust: users create task sets: do not call new TaskSet() in a script",
	} {
		o := fine(t, `
			class A extends User { static tasks = [async (u) => { done(); new `+class+`() }] }
			const options = locust.options({ userClasses: [A] })`)
		if got := slices.Collect(maps.Keys(o.exceptions(t))); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("new %s(): exceptions %q, want %s", class, got, want)
		}
	}
}

// Each user has its own pacing. The expected numbers follow Locust's calculation.
func TestPacingOfEachUser(t *testing.T) {
	t.Parallel()
	for _, wait := range []string{"locust.constantPacing(1000)", "locust.constantThroughput(0.001)"} {
		fine(t, `
			let users = 0
			const pacing = `+wait+`
			class A extends User {
				static tasks = [async (u) => {
					log([1, 2].map(() => Math.round(u.waitTime() / 100)).join())
					if (++users === 2) await over(u)
					await u.sleep(3600)
				}]
				waitTime = pacing
			}
			const options = locust.options({ userClasses: [A], users: 2, spawnRate: 2 })`).wantLog(t, "10,20\n10,20")
	}
}

// If a task does not await its promises, they stop neither the user nor the run. Their exceptions are counted.
func TestFloatingPromises(t *testing.T) {
	t.Parallel()
	host := serve(t)
	o := fine(t, `
		let n = 0, isAnswered = false
		class A extends HttpUser {
			static host = '`+host+`'
			static tasks = [async (u) => {
				if (++n === 1) {
					u.client.get('/floating').then(() => { isAnswered = true })
					u.client.get('/never')
					Promise.reject(new Error('floating'))
					u.sleep(0).then(() => { throw new Error('later') })
					return
				}
				while (!isAnswered) await u.sleep(0.001)
				await over(u)
			}]
		}
		const options = locust.options({ userClasses: [A] })`)
	if got, want := o.exceptions(t), map[string]int{"Error: floating": 1, "Error: later": 1}; !maps.Equal(got, want) {
		t.Errorf("exceptions: %v, want %v", got, want)
	}
	if got, want := o.requests(t), map[string][2]int{"GET /floating": {1, 0}}; !maps.Equal(got, want) {
		t.Errorf("requests: %v, want %v", got, want)
	}
}

// If code still runs after its user has stopped, its next call throws an error. The code cannot act for another user.
func TestFloatingAfterTheUser(t *testing.T) {
	t.Parallel()
	host := serve(t)
	o := fine(t, `
		class A extends HttpUser {
			static host = '`+host+`'
			static tasks = [async (u) => {
				const after = async () => {
					await new Promise((resolve) => setTimeout(resolve, 20))
					try { await u.client.get('/ghost') } catch (error) { log('' + (error instanceof StopUser)) }
					try { u.stop() } catch (error) { log('' + (error instanceof StopUser)) }
					await u.sleep(0)
				}
				after()
				setTimeout(done, 100)
				throw new StopUser()
			}]
		}
		const options = locust.options({ userClasses: [A] })`)
	o.wantLog(t, "true\ntrue")
	if got := o.requests(t); len(got) > 0 {
		t.Errorf("requests: %v", got)
	}
	if got := o.exceptions(t); len(got) > 0 {
		t.Errorf("exceptions: %v", got)
	}
}

func TestStopTimeout(t *testing.T) {
	t.Parallel()
	const source = `
		class A extends HttpUser {
			static host = '%s'
			static tasks = [async (u) => {
				done()
				await u.client.get('%s', { name: 'task' })
				log('finished')
			}]
			async onStop() { await this.client.get('/', { name: 'onStop' }); log('stopped') }
		}
		const options = locust.options({ userClasses: [A]%s })`
	host := serve(t)
	o := fine(t, fmt.Sprintf(source, host, "/never", ""))
	o.wantLog(t, "stopped")
	// As in Locust, the interrupted request is not counted.
	if got, want := o.requests(t), map[string][2]int{"GET onStop": {1, 0}}; !maps.Equal(got, want) {
		t.Errorf("without a stop timeout: %v, want %v", got, want)
	}
	o = fine(t, fmt.Sprintf(source, host, "/after/100", ", stopTimeout: '20s'"))
	o.wantLog(t, "finished\nstopped")
	if got, want := o.requests(t), map[string][2]int{"GET task": {1, 0}, "GET onStop": {1, 0}}; !maps.Equal(got, want) {
		t.Errorf("with a stop timeout: %v, want %v", got, want)
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	const users = `
		class A extends User { static tasks = [(u) => u.sleep(3600)] }
		class B extends A {}
		const asked = []
		`
	o := run(t, users+`
		class Shape extends LoadTestShape {
			ticks = [[3, 1000, [A]], [3, 1000, [A]], null]
			tick() {
				log([this.getRunTime() < 20, this.getCurrentUserCount()].join())
				return this.ticks.shift()
			}
		}
		const options = locust.options({ userClasses: [A, B], shape: Shape })`)
	if o.err != nil || o.runErr != nil {
		t.Fatal(o.err, o.runErr)
	}
	o.wantLog(t, "true,0\ntrue,3\ntrue,3")
	for tick, want := range map[string]string{
		`throw new Error('no idea')`: "the load shape failed: Error: no idea",
		`return [1, 0]`:              "tick must return [users, spawnRate]",
		`return [-1, 1]`:             "tick must return [users, spawnRate]",
		`return 5`:                   "tick must return [users, spawnRate]",
		`return [NaN, 1]`:            "tick must return [users, spawnRate]",
		`return [2.5, 1]`:            "tick must return [users, spawnRate]",
		`return [1, Infinity]`:       "tick must return [users, spawnRate]",
		`return [1, 1, ['A']]`:       "got A, which is not in userClasses",
		`return [1, 1, [null]]`:      "got null, which is not in userClasses",
		`return [1, 1, 5]`:           "tick must return [users, spawnRate]",
		`return [1, 1, [User]]`:      "which is not in userClasses",
	} {
		o := run(t, users+`
			class Shape extends LoadTestShape { tick() { `+tick+` } }
			const options = locust.options({ userClasses: [A, B], shape: Shape })`)
		if o.runErr == nil || !strings.Contains(o.runErr.Error(), want) {
			t.Errorf("%s: the run ended with %v, want %s", tick, o.runErr, want)
		}
	}
}

func TestOpenLoop(t *testing.T) {
	t.Parallel()
	host := serve(t)
	o := fine(t, `
		let n = 0
		class A extends HttpUser {
			static host = '`+host+`'
			static tasks = [async (u) => {
				if (n++ > 0) return
				await u.sleep(0.2)
				log('' + ((await u.client.get('/first')).responseTime >= 200))
				await over(u)
			}]
		}
		const options = locust.options({ userClasses: [A], arrivalRate: 1000, maxInFlight: 1 })`)
	// The response time of the first request includes the time since its task was due.
	o.wantLog(t, "true")
	dropped := 0
	for _, sample := range o.samples {
		if sample.Metric.Name == "dropped_iterations" {
			dropped++
		}
	}
	// About 200 arrivals are due while the only user sleeps for 0.2 s. On a busy machine, some of them may come after the
	// end of the run.
	if dropped < 50 {
		t.Errorf("%d arrivals were dropped", dropped)
	}
}

// In an open loop, no tasks are due before onStart has ended for all users, so none of them is dropped.
func TestOpenLoopWaitsForUsers(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		let started = 0, tasks = 0
		class A extends User {
			static tasks = [() => { if (tasks++ === 0) { log('' + started); done() } }]
			async onStart() {
				await this.sleep(0.2)
				if (++started === 9) throw new Error('no user')
			}
		}
		const options = locust.options({ userClasses: [A], arrivalRate: 1000, maxInFlight: 10, processes: 1 })`)
	o.wantLog(t, "10")
	for _, sample := range o.samples {
		if sample.Metric.Name == "dropped_iterations" {
			t.Fatal("a task was dropped")
		}
	}
}

// Every class gets its share of the tasks, although few users are busy at a time, tasks throw exceptions, and task sets
// are interrupted.
func TestOpenLoopClasses(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		const counts = { A: 0, B: 0 }
		function count(name) {
			counts[name]++
			if (counts.A + counts.B === 2000) {
				log('' + (counts.A / counts.B > 2 && counts.A / counts.B < 4.5))
				done()
			}
		}
		class S extends TaskSet {
			static tasks = [(s) => { count('B'); s.interrupt() }]
		}
		class A extends User {
			static weight = 3
			static tasks = [() => { count('A'); throw new Error('goes on') }]
		}
		class B extends User { static tasks = [S] }
		const options = locust.options({ userClasses: [A, B], arrivalRate: 4000, maxInFlight: 40 })`)
	o.wantLog(t, "true")
	if got := o.exceptions(t); len(got) != 1 || got["Error: goes on"] < 1000 {
		t.Errorf("exceptions: %v", got)
	}
}

// After a run with thousands of users, no goroutines are left.
func TestManyUsers(t *testing.T) {
	before := runtime.NumGoroutine()
	o := fine(t, `
		let started = 0, stopped = 0
		class A extends User {
			static tasks = [async (u) => { if (++started === 5000) done(); await u.sleep(3600) }]
			onStop() { if (++stopped === 5000) log('all stopped') }
		}
		const options = locust.options({ userClasses: [A], users: 5000, spawnRate: 5000 })`)
	o.wantLog(t, "all stopped")
	o.CancelContext()
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before+5; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// A user can stop another user that waits for its next task. onStop of the other user runs after the caller's current
// code.
func TestStopOfAnotherUser(t *testing.T) {
	t.Parallel()
	for _, load := range []string{"users: 2, spawnRate: 100", "arrivalRate: 1000, maxInFlight: 2"} {
		t.Run(load, func(t *testing.T) {
			t.Parallel()
			fine(t, `
				const users = []
				let stopper
				class A extends User {
					waitTime() { return 0.001 }
					onStart() { users.push(this) }
					onStop() { if (users.length === 2) { log('onStop of the ' + (this === stopper ? 'caller' : 'other')); users.pop(); done() } }
					static tasks = [(u) => {
						if (stopper !== undefined || users.length < 2) return
						stopper = u
						users.find((other) => other !== u).stop()
						log('goes on')
					}]
				}
				const options = locust.options({ userClasses: [A], processes: 1, `+load+` })`).wantLog(t, "goes on\nonStop of the other")
		})
	}
}

// If tasks never await anything, they do not block other code, and do not keep the run from ending.
func TestTasksWithoutAwait(t *testing.T) {
	t.Parallel()
	fine(t, `
		let n = 0
		class A extends User {
			static tasks = [(u) => { u.sleep(0.001); if (++n === 100) setTimeout(() => { log('others run'); done() }, 0) }]
		}
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "others run")
}

// In an open loop, a call to interrupt() outside of its task set counts as an exception, and the user serves the next
// arrival.
func TestOpenLoopInterrupt(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		let set, n = 0
		class S extends TaskSet {
			static tasks = [function () { set = this; this.interrupt() }]
		}
		class A extends User {
			static tasks = [S, () => {
				if (set === undefined) return
				if (++n === 3) { log('goes on'); done() }
				set.interrupt()
			}]
		}
		const options = locust.options({ userClasses: [A], arrivalRate: 500, maxInFlight: 1 })`)
	o.wantLog(t, "goes on")
	if got := o.exceptions(t)["interrupt() was called outside of its task set"]; got < 3 {
		t.Errorf("exceptions: %v", o.exceptions(t))
	}
}

// A loop may catch all errors, for example to repeat what failed. It then also catches StopUser. The user must stop
// anyway.
func TestCaughtStop(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		class A extends HttpUser {
			static host = '`+serve(t)+`'
			static tasks = [async (u) => {
				for (;;) {
					try { await u.client.get('/a', { name: 'n' }); done() } catch {}
				}
			}]
		}
		const options = locust.options({ userClasses: [A], users: 3, spawnRate: 100 })`)
	if got := o.engine.UserCount(); got != 0 {
		t.Errorf("%d users are left", got)
	}
}

// If a task starts too many requests without an await, it throws an error.
func TestMissingAwait(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		class A extends HttpUser {
			static host = '`+serve(t)+`'
			static tasks = [(u) => { for (let i = 0; i < 2000; i++) u.client.get('/never'); }]
			waitTime() { done(); return 60 }
		}
		const options = locust.options({ userClasses: [A] })`)
	if got := o.exceptions(t); len(got) != 1 || !strings.Contains(slices.Collect(maps.Keys(got))[0], "waits for more than 1000 operations at once") {
		t.Errorf("exceptions %v", got)
	}
}

// exec.test.abort() interrupts the JavaScript of a runtime. onStop of all users runs anyway, and can make requests.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for name, task := range map[string]string{
		"in a task":               `if (++n === 1) { await u.sleep(0.2); interrupt() } else await u.sleep(3600)`,
		"before an await":         `if (++n === 5) interrupt(); await u.sleep(3600)`,
		"while others are called": `await u.sleep(0.2 - ++n / 1e6); interrupt()`,
	} {
		begun := time.Now()
		o := run(t, `
			let n = 0
			class A extends HttpUser {
				static host = '`+serve(t)+`'
				static tasks = [async (u) => { `+task+` }]
				async onStop() { await this.client.post('/out'); log('out') }
			}
			const options = locust.options({ userClasses: [A], users: 5, spawnRate: 5 })`)
		if o.err != nil || o.runErr == nil || !strings.Contains(o.runErr.Error(), "interrupted") || time.Since(begun) > time.Minute {
			t.Errorf("%s: %v, %v after %v", name, o.err, o.runErr, time.Since(begun))
		}
		if got := o.requests(t)["POST /out"]; got != [2]int{5, 0} {
			t.Errorf("%s: the users made %v requests in onStop", name, got)
		}
	}
}

// The run ends even if onStop of an interrupted user cannot run.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	o := run(t, `
		class A extends User {
			static tasks = [() => { interrupt() }]
			onStop() { interrupt() }
		}
		class B extends User {
			constructor(handle) { super(handle); interrupt() }
			static tasks = [() => {}]
		}
		const options = locust.options({ userClasses: [A, B], users: 2, spawnRate: 2 })`)
	if o.runErr == nil || time.Since(begun) > time.Minute {
		t.Errorf("%v after %v", o.runErr, time.Since(begun))
	}
}

// Users have different numbers, and take different items unless the distributor repeats its items.
func TestNumbers(t *testing.T) {
	t.Parallel()
	fine(t, `
		const names = locust.distribute(['kim', 'lee', 'max'])
		const colors = locust.distribute(['red', 'blue'], { repeat: true })
		class A extends User {
			onStart() {
				this.name = names.next()
				log([this.userNumber, this.name, colors.next()].join())
				if (this.userNumber === 2) {
					try { names.next() } catch (error) { log(error.message) }
					done()
				}
			}
			static tasks = [(u) => u.sleep(3600)]
		}
		const options = locust.options({ userClasses: [A], users: 3, spawnRate: 100 })`).
		wantLog(t, "0,kim,red\n1,lee,blue\n2,max,red\nlocust: all 3 items of the distributor were taken")
	for script, want := range map[string]string{
		`locust.distribute([])`:                  "locust: distribute needs a list of at least one item, got a list",
		`locust.distribute()`:                    "locust: distribute needs a list of at least one item, got undefined",
		`locust.distribute([1], { loop: true })`: "locust: distribute accepts the option repeat, got loop",
		`locust.distribute([1], { repeat: 1 })`:  "locust: distribute needs true or false as repeat, got 1",
		`locust.distribute([1], null)`:           "locust: distribute needs an object such as { repeat: true } after the list, got null",
		`locust.distribute([1]).next()`:          "available only while a user runs",
		`locust.quit()`:                          "available only while a user runs",
	} {
		if _, err := load(t, script, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", script, err, want)
		}
	}
}

// A script can end the run. All users then stop, and the run counts as successful.
func TestQuit(t *testing.T) {
	t.Parallel()
	for _, quit := range []string{`throw new locust.StopTest()`, `locust.quit(); await u.sleep(3600)`} {
		o := run(t, `
			let n = 0
			class A extends User {
				static tasks = [async (u) => { await u.sleep(0.01); if (++n === 3) { `+quit+` } }]
				onStop() { log('stopped') }
			}
			const options = locust.options({ userClasses: [A], users: 2, spawnRate: 100, stopTimeout: '1s' })`)
		if o.err != nil || o.runErr != nil || len(o.exceptions(t)) > 0 {
			t.Errorf("%s: %v, %v, %v", quit, o.err, o.runErr, o.exceptions(t))
		}
		o.wantLog(t, "stopped\nstopped")
	}
}

// The run ends after all users together have run a certain number of tasks. Only the tasks in task sets count, not the
// task sets themselves.
func TestIterations(t *testing.T) {
	t.Parallel()
	for _, load := range []string{"users: 3, spawnRate: 100", "arrivalRate: 1000, maxInFlight: 3"} {
		o := run(t, `
			let n = 0
			class S extends TaskSet {
				static tasks = [async (s) => { n++; await s.sleep(0.001); s.interrupt() }]
			}
			class A extends User {
				static tasks = [S, async (u) => { n++; await u.sleep(0.001); if (n % 5 === 0) throw new Error('counts too') }]
				onStop() { log('' + n) }
			}
			const options = locust.options({ userClasses: [A], iterations: 50, `+load+` })`)
		if o.err != nil || o.runErr != nil {
			t.Errorf("%s: %v, %v", load, o.err, o.runErr)
		}
		if got := o.logged(); len(got) == 0 || got[len(got)-1] != "50" {
			t.Errorf("%s: the tasks ran %v times", load, got)
		}
	}
}

// A run with a limited number of tasks also ends if all users have stopped, because no more tasks can start then.
func TestIterationsWithoutUsers(t *testing.T) {
	t.Parallel()
	for body, load := range map[string]string{
		"static tasks = [() => { throw new StopUser() }]":                      "users: 3, spawnRate: 100",
		"static tasks = [() => {}]; onStart() { throw new Error('no login') }": "users: 3, spawnRate: 100",
		"static tasks = [() => {}]; field = missing":                           "users: 3, spawnRate: 10",
		"static tasks = [(u) => u.stop()]":                                     "arrivalRate: 1000, maxInFlight: 3",
	} {
		o := run(t, `
			class A extends User { `+body+` }
			const options = locust.options({ userClasses: [A], iterations: 50, `+load+` })`)
		if o.err != nil || o.runErr != nil {
			t.Errorf("%s: %v, %v", body, o.err, o.runErr)
		}
		if got := strings.Join(o.warnings, "; "); !strings.Contains(got, "all users have stopped after ") || !strings.Contains(got, " of 50 tasks, so the run ends") {
			t.Errorf("%s: got the warnings %q", body, got)
		}
	}
}

func TestSetupData(t *testing.T) {
	t.Parallel()
	fine(t, `
		const run = locust.run
		locust.run = () => run({ token: 't' })
		class A extends User {
			static tasks = [async (u) => { log(u.setupData.token); await over(u) }]
		}
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "t")
	fine(t, `
		class A extends User {
			static tasks = [async (u) => { log('' + u.setupData); await over(u) }]
		}
		const options = locust.options({ userClasses: [A] })`).wantLog(t, "undefined")
}

// The users of a runtime share k6's numbers of VUs and iterations, so a script cannot use them to choose data.
func TestIterationNumbers(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		globalThis.__VU = 5
		globalThis.__ITER = 0
		class A extends User {
			static tasks = [async (u) => {
				for (const read of [() => __VU, () => __ITER]) {
					try { log('' + read()) } catch (error) { log(error.message) }
				}
				await over(u)
			}]
		}
		const options = locust.options({ userClasses: [A] })`)
	o.wantLog(t, "locust: __VU is the number of the runtime, which many users share: use this.userNumber, a field of the user, or locust.distribute; "+
		"exec.vu.idInTest is the number of the runtime\n"+
		"locust: __ITER does not count the tasks of users: use this.userNumber, a field of the user, or locust.distribute")
	// k6 sets __ITER before an iteration of another scenario.
	if err := o.VU.Runtime().Set("__ITER", 7); err != nil {
		t.Fatal(err)
	}
	if got, err := o.VU.Runtime().RunString("__VU + ' ' + __ITER++ + ' ' + __ITER"); err != nil || got.String() != "5 7 8" {
		t.Errorf("got %v, %v", got, err)
	}
}

// Habits from writing scripts for k6 itself lead to warnings: requests without await, and code that blocks all users.
func TestWarnings(t *testing.T) {
	t.Parallel()
	host := serve(t)
	for name, test := range map[string]struct{ task, want string }{
		"many stops": {`u.constructor.prototype.onStop = () => { for (const end = Date.now() + 600; Date.now() < end;); }`, ""},
		"no await":   {`u.client.get('/a'); await u.sleep(0.05)`, ""},
		"still open": {`u.client.get('/never')`, "a task of A ended before a request or pause that it had started: await may be missing"},
		"a pause":    {`u.sleep(60)`, "a task of A ended before a request or pause that it had started: await may be missing"},
		"await":      {`await Promise.all([u.client.get('/a'), u.sleep(0.01)])`, ""},
		"blocking": {
			`await u.client.get('/a'); for (const end = Date.now() + 600; Date.now() < end;);`,
			"the code of a task blocked all users of its runtime for more than 500ms: k6's sleep and k6/http block, so use await this.sleep() and await this.client",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := fine(t, `
				let tasks = 0
				class A extends HttpUser {
					static host = '`+host+`'
					static tasks = [async (u) => {
						if (++tasks > 1) { done(); await u.sleep(3600) }
						`+test.task+`
					}]
				}
				const options = locust.options({ userClasses: [A] })`)
			if got := strings.Join(o.warnings, "; "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
