package module_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// refusal returns the error of a script with a class A, or an empty string if the script runs. If the class is
// accepted, its task must end the run.
func refusal(t *testing.T, class string) string {
	t.Helper()
	source := class + `; const options = locust.options({ userClasses: [A] })`
	if _, err := load(t, source, nil); err != nil {
		return err.Error()
	}
	o := run(t, source)
	if o.err != nil {
		t.Fatalf("%s: %v", class, o.err)
	}
	if o.runErr != nil {
		return o.runErr.Error()
	}
	return ""
}

// Class definitions that are invalid or would have no effect are rejected.
func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`static waitTime = locust.constant(0.2)`:        "A.waitTime must not be static",
		`static waitTime() { return 1 }`:                "A.waitTime must not be static",
		`static onStart() {}`:                           "A.onStart must not be static",
		`async waitTime() { return 1 }`:                 "A.waitTime must be a function that returns seconds, such as locust.between(1, 5), got an async function",
		`waitTime = async () => 1`:                      "got an async function",
		`waitTime = () => Promise.resolve(1)`:           "A.waitTime must return a number of seconds from 0 to 1000000000, got a promise",
		`*waitTime() { yield 1 }`:                       "got a generator function",
		`waitTime = () => NaN`:                          "A.waitTime must return a number of seconds from 0 to 1000000000, got NaN",
		`waitTime = () => -1`:                           "got -1",
		`waitTime = () => Infinity`:                     "got Infinity",
		`waitTime = () => 1e300`:                        "from 0 to 1000000000, got 1e+300",
		`waitTime = () => '1'`:                          `got "1"`,
		`waitTime = () => {}`:                           "got undefined",
		`waitTime = () => locust.constant(1)`:           "got a function",
		`client = null`:                                 "A.client is set by k6/x/locust: remove the field, got null",
		`client`:                                        "A.client is set by k6/x/locust: remove the field, got undefined",
		`waitTime = 1`:                                  "A.waitTime must be a function that returns seconds, such as locust.between(1, 5), got 1",
		`waitTime = undefined`:                          "got undefined",
		`waitTime = locust.between(2, 1)`:               "locust: between requires 0 <= min <= max, got 2 and 1",
		`waitTime = locust.between('1', 2)`:             `got "1" and 2`,
		`waitTime = locust.constant`:                    "locust: constant must be a number from 0 to 1000000000, got undefined",
		`waitTime = locust.constantPacing('1')`:         `locust: constantPacing must be a number from 0 to 1000000000, got "1"`,
		`waitTime = locust.constantThroughput(0)`:       "locust: constantThroughput must be a number above 0, got 0",
		`waitTime = locust.poisson()`:                   "locust: poisson must be a number above 0, got undefined",
		`waitTime = class {}`:                           "got a class",
		`wait_time = locust.constant(1)`:                "A.wait_time is unknown: write waitTime",
		`static wait_time = locust.constant(1)`:         "A.wait_time is unknown: write waitTime",
		`wait_time() { return 1 }`:                      "A.wait_time is unknown: write waitTime",
		`waittime = locust.constant(1)`:                 "A.waittime is unknown: write waitTime",
		`waitTme = locust.constant(1)`:                  "A.waitTme is unknown: write waitTime, or choose a different name",
		`static min_wait = 5`:                           "A.min_wait is unknown: write waitTime",
		`on_start() {}`:                                 "A.on_start is unknown: write onStart",
		`onstop() {}`:                                   "A.onstop is unknown: write onStop",
		`onStart = 5`:                                   "A.onStart must be a function, got 5",
		`*onStart() {}`:                                 "A.onStart must be a function, got a generator function",
		`weight = 3`:                                    "A.weight must be static",
		`weight() { return 3 }`:                         "A.weight must be static",
		`get weight() { return 3 }`:                     "A.weight must be static",
		`fixedCount = 3`:                                "A.fixedCount must be static",
		`headers = { A: 'b' }`:                          "A.headers must be static",
		`host = 'http://a'`:                             "A.host must be static",
		`tasks = { go: 1 }`:                             "A.tasks must be static",
		`poolSize = 1`:                                  "A.poolSize must be static",
		`static weigth = 3`:                             "A.weigth is unknown: write weight",
		`static fixed_count = 3`:                        "A.fixed_count is unknown: write fixedCount",
		`static default_headers = {}`:                   "A.default_headers is unknown: write headers",
		`static hsot = 'http://a'`:                      "A.hsot is unknown: write host",
		`static abstract = true`:                        "A.abstract is unknown: leave the class out of userClasses",
		`static weight = NaN`:                           "A.weight must be a number, got NaN",
		`static weight = '3'`:                           `A.weight must be a number, got "3"`,
		`static weight = null`:                          "A.weight must be a number, got null",
		`static weight = () => 3`:                       "A.weight must be a number, got a function",
		`static weight = Infinity`:                      "A.weight must be a number, got Infinity",
		`static fixedCount = 1.5`:                       "A.fixedCount must be an integer, got 1.5",
		`static poolSize = '9'`:                         `A.poolSize must be a number, got "9"`,
		`static insecure = 'false'`:                     `A.insecure must be a boolean, got "false"`,
		`static host = 5`:                               "A.host must be a string, got 5",
		`static headers = ['A: b']`:                     "A.headers must be an object, got a list",
		`static headers = 'A: b'`:                       `A.headers must be an object, got "A: b"`,
		`static headers = { A: undefined }`:             "A.headers must contain only strings, got undefined for A",
		`static headers = { A: 5 }`:                     "A.headers must contain only strings, got 5 for A",
		`static tasks = 'go'`:                           `A.tasks must be a list or an object, got "go"`,
		`static tasks = null`:                           "A.tasks must be a list or an object, got null",
		`static tasks = [null]`:                         "A.tasks must contain functions, method names, or task sets, got null",
		`static tasks = { toString: 1 }`:                "A.tasks names toString, which is not a method of A",
		`static tasks = { constructor: 1 }`:             "A.tasks names constructor",
		`static tasks = { go: '3' }`:                    "integer weights of at least 0, got \"3\"",
		`static tasks = { go: { weight: 3 } }`:          "integer weights of at least 0, got an object",
		`static tasks = new Map([['go', 1]])`:           "A.tasks must be a list or an object, got a Map",
		`static tasks = [['go', 3]]`:                    "got a list: for a weight, write locust.task('name', { weight: 3 })",
		`static tasks = [{ go: 3 }]`:                    "got an object: for a weight, write locust.task('name', { weight: 3 })",
		`static tasks = [task('go', null)]`:             "locust: task needs an object such as { weight: 3 } after the task, got null",
		`static name = 5`:                               "userClasses must contain named classes",
		`constructor(h) { super(h); return {} }`:        "A: its constructor must not return a different object",
		`static tasks = [class extends User {}]`:        "A.tasks must contain functions, method names, or task sets, got a class",
		`static tasks = [function* () {}]`:              "got a generator function",
		`static tasks = [task('go', { wieght: 3 })]`:    "task accepts the options weight and tags, got wieght",
		`static tasks = [task('go', { tags: 'slow' })]`: `A.tasks must have lists of strings as tags, got "slow"`,
		`static tasks = [{ target: 'go', wieght: 1 }]`:  "task accepts the options weight and tags, got wieght",
		`static tasks = [class S extends TaskSet { static tasks = [() => {}]; user = null }]`:                            "S.user is set by k6/x/locust: remove the field, got null",
		`static tasks = [class S extends TaskSet { static tasks = [() => {}]; constructor(p) { super(p); return {} } }]`: "S: its constructor must not return a different object",
		`static tasks = [class S extends TaskSet { static weight = 2 }]`:                                                 "S.weight belongs to a user class, not to a task set",
		`static tasks = [class S extends TaskSet { static waitTime() {} }]`:                                              "S.waitTime must not be static",
		`static tasks = [class S extends TaskSet { static tasks = [() => {}]; wait_time = 1 }]`:                          "S.wait_time is unknown: write waitTime",
		`static tasks = [class S extends TaskSet { static tasks = [() => {}]; waitTime = () => -1 }]`:                    "S.waitTime must return a number of seconds",
		`static tasks = [class S extends TaskSet { static tasks = [() => {}]; waitTime = 3 }]`:                           "S.waitTime must be a function",
	} {
		class := `class A extends HttpUser { static tasks = { go: 1 }; go() { }; ` + body + ` }`
		if got := refusal(t, class); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want an error with %q", body, got, want)
		}
	}
	if got := refusal(t, `class A extends User { static tasks = [() => {}]; static poolSize = 5 }`); !strings.Contains(got, "A.poolSize needs a class that extends HttpUser") {
		t.Errorf("poolSize of a User: %q", got)
	}
	// Parent classes are also checked.
	if got := refusal(t, `class P extends HttpUser { weight = 3 }; class A extends P { static tasks = [() => {}] }`); !strings.Contains(got, "A.weight must be static") {
		t.Errorf("weight of a parent: %q", got)
	}
	// A field takes precedence over a method, even over that of a derived class.
	if got := refusal(t, `class P extends User { waitTime = () => 0 }; class A extends P { static tasks = [() => {}]; waitTime() { return 1 } }`); !strings.Contains(got, "A.waitTime has no effect, because a field of a base class replaces the method: write waitTime = () => { … }") {
		t.Errorf("a method of a class whose parent has a field: %q", got)
	}
	if got := refusal(t, `class P extends User { waitTime() { return 1 } }; class A extends P { static tasks = [(u) => over(u)]; waitTime = () => 0 }`); got != "" {
		t.Errorf("a field of a class whose parent has a method: %q", got)
	}
}

// A class may have fields that have nothing to do with k6/x/locust.
func TestOwnFields(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`letters = []; typed = ''; user = 'kim'; token; static WORDS = ['a']; async post() {}; cost = 1; most = 2; task = 3; _wait_time = 5`,
		`client = 5; height = 180; read() {}; static between() {}; stop() {}; readers = []; get name() { return 'x' }`,
		`waitTime() { return 0 }; onStart = async () => {}; onStop = () => {}; static host = undefined; static headers = null`,
		`get waitTime() { return locust.constant(0) }; static get weight() { return 2 }; static headers = { A: '' }`,
		`constructor(handle) { super(handle); this.waitTime = locust.between(0, 0) }`,
		`constructor(handle) { super(handle); return new Proxy(this, {}) }`,
		`static tasks = [{ target: 'go', weight: 1e15 }, { target: 'never', tags: ['a'] }]; never() {}`,
	} {
		class := `class A extends HttpUser { static tasks = { go: 1 }; async go() { await over(this) }; ` + body + ` }`
		if got := refusal(t, class); got != "" {
			t.Errorf("%s: %s", body, got)
		}
	}
}

// Random definitions with one mistake are rejected, no matter where the mistake is.
func TestRandomDefinitions(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	names := []string{"weight", "fixedCount", "headers", "poolSize", "connectionTimeout", "networkTimeout", "maxRedirects", "insecure", "waitTime", "onStart", "onStop"}
	statics := names[:8]
	values := []string{"5", "'5'", "null", "undefined", "NaN", "-1", "[]", "() => 1", "async () => 1", "{}", "true", "Symbol('x')", "1e999"}
	misspell := func(name string) string {
		at := 1 + random.IntN(len(name)-2)
		switch random.IntN(5) {
		case 0:
			return name[:at] + name[at+1:]
		case 1:
			return name[:at] + string(rune('a'+random.IntN(26))) + name[at:]
		case 2:
			return name[:at] + string(name[at+1]) + string(name[at]) + name[at+2:]
		case 3:
			return strings.ToLower(name)
		default:
			return regexp.MustCompile("[A-Z]").ReplaceAllStringFunc(name, func(letter string) string { return "_" + strings.ToLower(letter) })
		}
	}
	known := map[string]bool{"http2": true}
	for _, name := range names {
		known[name] = true
	}
	for range 200 {
		var member string
		switch random.IntN(4) {
		case 0: // an instance field that must be static
			member = fmt.Sprintf("%s = %s", pick(statics), pick(values))
		case 1: // a static field that must belong to the instance
			member = fmt.Sprintf("static %s = %s", pick(names[8:]), pick(values))
		case 2: // a pause that is not a number of seconds
			member = fmt.Sprintf("waitTime = () => (%s)", pick(values[1:]))
		default:
			name := misspell(pick(names))
			if known[name] {
				continue
			}
			member = fmt.Sprintf("%s%s = %s", pick([]string{"", "static "}), name, pick(values))
		}
		class := `class A extends HttpUser { static tasks = { go: 1 }; go() {}; ` + member + ` }`
		if got := refusal(t, class); !strings.Contains(got, "A.") {
			t.Errorf("%s: got %q, want an error that names the field", member, got)
		}
	}
}
