package module_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// goldenChain is a chain with Locust's result.
type goldenChain struct {
	Name        string
	Transitions json.RawMessage
	Plain       []string
	Random      json.RawMessage
	// Error and Warning come from Locust's checks. Walk lists the tasks that Locust runs with the case's random numbers.
	Error, Warning string
	Walk           []string
}

// script returns a script whose user runs the chain with the random numbers of the case.
func (c goldenChain) script() string {
	return fmt.Sprintf(`
		const transitions = %s
		const random = %s
		const ran = []
		class Chain extends MarkovTaskSet { static transitions = transitions }
		for (const name of [...Object.keys(transitions), ...%s]) {
			Chain.prototype[name] = async function () {
				ran.push(name)
				if (ran.length === %d) {
					log(ran.join())
					await over(this)
				}
			}
		}
		class A extends User {
			static tasks = [Chain]
			onStart() {
				// The user takes the first number to choose the chain.
				const numbers = [0, ...random]
				Math.random = () => numbers.shift()
			}
		}
		const options = locust.options({ userClasses: [A] })`, c.Transitions, c.Random, mustJSON(c.Plain), len(c.Walk))
}

func mustJSON(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

// Locust only warns about tasks that the chain never reaches. Here, they are errors.
func TestMarkovTaskSetLikeLocust(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/markov.json.golden")
	if err != nil {
		t.Fatal(err)
	}
	var chains []goldenChain
	if err := json.Unmarshal(text, &chains); err != nil || len(chains) == 0 {
		t.Fatalf("%d chains: %v", len(chains), err)
	}
	for _, chain := range chains {
		t.Run(chain.Name, func(t *testing.T) {
			t.Parallel()
			if chain.Error == "" && chain.Warning == "" {
				fine(t, chain.script()).wantLog(t, strings.Join(chain.Walk, ","))
				return
			}
			_, err := load(t, chain.script(), nil)
			if err == nil || !strings.Contains(err.Error(), "locust: Chain.transitions ") {
				t.Errorf("got the error %v, but Locust reports %s%s", err, chain.Error, chain.Warning)
			}
		})
	}
}

func TestMarkovErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``:                                                              "S.transitions is empty: write static transitions = {",
		`static transitions = {}`:                                       "S.transitions is empty",
		`static transitions = null`:                                     "S.transitions must be an object that maps tasks to their next tasks, got null",
		`static transitions = ['a']`:                                    "S.transitions must be an object that maps tasks to their next tasks, got a list",
		`static transitions = 'a'`:                                      `got "a"`,
		`static transitions = { a: 5 }`:                                 "S.transitions must map a to a name, a list, or an object of weights, got 5",
		`static transitions = { a: '' }`:                                "S.transitions leads from a to , which has no transitions of its own",
		`static transitions = { a: [] }`:                                "S.transitions leads nowhere from a: add a transition with a weight above 0",
		`static transitions = { a: [5] }`:                               "S.transitions must lead from a to names of tasks, got 5",
		`static transitions = { a: [['a', 1.5]] }`:                      "S.transitions must have integer weights of at least 0, got 1.5 from a to a",
		`static transitions = { a: [['a']] }`:                           "got undefined from a to a",
		`static transitions = { a: { a: -1 } }`:                         "got -1 from a to a",
		`static transitions = { a: { a: '1' } }`:                        `got "1" from a to a`,
		`static transitions = { a: { a: 0 } }`:                          "S.transitions leads nowhere from a",
		`static transitions = { a: 'b' }; b() {}`:                       "S.transitions leads from a to b, which has no transitions of its own",
		`static transitions = { a: 'a', b: 'a' }`:                       "S.transitions names b, which is neither a method nor a static task set of S",
		`static transitions = { a: 'a', b: 'a' }; b() {}`:               "S.transitions never leads from a, the first task, to b",
		`static transitions = { a: 'onStart', onStart: 'a' }`:           "S.transitions names onStart, which is not a task",
		`static transitions = { a: 'wait', wait: 'a' }`:                 "S.transitions names wait, which is not a task",
		`static transitions = { toString: 'toString' }`:                 "S.transitions names toString, which is not a task",
		`static transitions = { b: 'b' }; static b = class {}`:          "S.transitions names b, which is neither",
		`static transitions = { b: 'b' }; *b() {}`:                      "S.transitions names b, which is neither",
		`transitions = { a: 'a' }; static transitions = { a: 'a' }`:     "S.transitions must be static",
		`static transition = { a: 'a' }; static transitions = {a: 'a'}`: "S.transition is unknown: write transitions",
		`static tasks = ['a']; static transitions = { a: 'a' }`:         "S.tasks has no effect: a MarkovTaskSet has static transitions",
	} {
		class := `class S extends locust.MarkovTaskSet { a() {}; ` + body + ` }; class A extends HttpUser { static tasks = [S] }`
		if got := refusal(t, class); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s: got %q, want an error with %q", body, got, want)
		}
	}
	for class, want := range map[string]string{
		`class A extends User { static tasks = [() => {}]; static transitions = {} }`:                                                 "A.transitions needs a class that extends MarkovTaskSet",
		`class S extends TaskSet { static tasks = [() => {}]; static transitions = {} }; class A extends User { static tasks = [S] }`: "S.transitions needs a class that extends MarkovTaskSet",
	} {
		if got := refusal(t, class); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want an error with %q", class, got, want)
		}
	}
	// If a class does not extend MarkovTaskSet, it may have members with the names of MarkovTaskSet's members.
	if got := refusal(t, `class A extends User { static tasks = [(u) => over(u)]; transitions = 1; transition() {} }`); got != "" {
		t.Errorf("a user with the field transitions: %s", got)
	}
}

// A chain continues after an error, and may contain task sets. Each run of the chain begins with its first task.
func TestMarkovTaskSet(t *testing.T) {
	t.Parallel()
	fine(t, `
		let rounds = 0
		class Inner extends TaskSet {
			static tasks = [async function () { log('inner'); this.interrupt() }]
		}
		class Base extends MarkovTaskSet {
			async middle() { log('middle'); throw new Error('goes on') }
		}
		class S extends Base {
			static Inner = Inner
			static transitions = { first: 'middle', middle: ['Inner'], Inner: { last: 1 }, last: 'first' }
			onStart() { log('start') }
			onStop() { log('stop') }
			first() { log('first') }
			async last(set) {
				log('last ' + (set === this))
				if (++rounds === 2) await over(this)
				this.interrupt()
			}
		}
		class A extends User { static tasks = [S] }
		const options = locust.options({ userClasses: [A] })`).wantLog(t, strings.TrimSpace(`
start
first
middle
inner
last true
stop
start
first
middle
inner
last true
stop`))
}

// Tags select a chain as a whole, because a missing task would break the chain.
func TestMarkovTags(t *testing.T) {
	t.Parallel()
	const none = "the tags exclude all tasks for users of A"
	for options, want := range map[string]string{
		``:                                "a",
		`tags: ['chain']`:                 "a",
		`tags: ['other']`:                 "other",
		`tags: ['inner']`:                 none,
		`excludeTags: ['chain']`:          "other",
		`excludeTags: ['inner']`:          "other",
		`excludeTags: ['inner', 'other']`: none,
	} {
		script := `
			let others = 0
			class Inner extends TaskSet { static tasks = [task((s) => s.interrupt(), { tags: ['inner'] })] }
			class S extends MarkovTaskSet {
				static Inner = Inner
				static transitions = { a: 'Inner', Inner: 'a' }
				async a() { log('a'); await over(this) }
			}
			class A extends User {
				static tasks = [task(S, { tags: ['chain'] }), task('other', { tags: ['other'] })]
				// If the tags select the chain, the chain ends the run before the other task does.
				async other() { if (++others === 60) { log('other'); await over(this) } }
			}
			const options = locust.options({ userClasses: [A], ` + options + ` })`
		if want == none {
			if _, err := load(t, script, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("with %s: %v, want %s", options, err, want)
			}
			continue
		}
		got := strings.Join(run(t, script).logged(), "; ")
		if !strings.Contains(got, want) {
			t.Errorf("with %s: %s, want %s", options, got, want)
		}
	}
}
