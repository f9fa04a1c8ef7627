package module_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// classes defines user classes for tests of options.
const classes = `
class Shopper extends HttpUser {
  static tasks = [task('search', { weight: 3, tags: ['t', 'a'] }), 'buy']
  search() {}
  buy() {}
}
class Worker extends User {
  static tasks = [() => {}]
  static weight = 2.5
  static fixedCount = 4
  static host = 'http://work'
}
class Shape extends LoadTestShape { tick() { return null } }
`

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		argument string
		env      map[string]string
		want     string
	}{
		"least": {
			`{ userClasses: [Shopper] }`, nil,
			`{"executor":"locust","users":1,"spawnRate":1,"masterBindPort":5557,"masterHost":"127.0.0.1","masterPort":5557,
			"hasHTTP":true,"userClasses":[{"name":"Shopper","weight":1,"fixedCount":0}],
			"taskRatios":[{"Name":"Shopper","Ratio":1,"Tasks":[{"Name":"search","Ratio":0.75,"Tasks":[]},{"Name":"buy","Ratio":0.25,"Tasks":[]}]}]}`,
		},
		"most": {
			`{ userClasses: [Shopper, Worker], users: 100, spawnRate: 0.5, runTime: '1h30m', host: 'http://a', stopTimeout: '10', tags: ['t'],
			excludeTags: ['e'], shape: Shape, processes: 2, requirements: { of: 'small', errorRate: 0.01, p95Ms: 10, p99Ms: 20, rate: 30 },
			csv: 'c', csvFullHistory: true, html: 'h', jsonFile: 'j' }`, nil,
			`{"executor":"locust","users":100,"spawnRate":0.5,"runTime":"1h30m","stopTimeout":"10s","host":"http://a","taskTags":["t"],
			"excludeTags":["e"],"processes":2,"csv":"c","csvFullHistory":true,"html":"h","jsonFile":"j","masterBindPort":5557,"masterHost":"127.0.0.1","masterPort":5557,
			"hasShape":true,"hasHTTP":true,"requirements":{"of":"small","errorRate":0.01,"p95Ms":10,"p99Ms":20,"rate":30},
			"userClasses":[{"name":"Shopper","weight":1,"fixedCount":0},{"name":"Worker","weight":2.5,"fixedCount":4,"host":"http://work"}]}`,
		},
		"an open loop": {
			`{ userClasses: [Shopper], arrivalRate: 24000, maxInFlight: 100, users: undefined }`, nil,
			`{"executor":"locust","arrivalRate":24000,"maxInFlight":100,"masterBindPort":5557,"masterHost":"127.0.0.1","masterPort":5557,
			"hasHTTP":true,"userClasses":[{"name":"Shopper","weight":1,"fixedCount":0}]}`,
		},
		"from the environment": {
			`{ userClasses: [Shopper], users: 100, spawnRate: 10, tags: ['t'] }`,
			map[string]string{"LOCUST_USERS": "20", "LOCUST_RUN_TIME": "3s", "LOCUST_TAGS": "a,b", "LOCUST_HOST": ""},
			`{"executor":"locust","users":20,"spawnRate":10,"runTime":"3s","taskTags":["a","b"],"masterBindPort":5557,"masterHost":"127.0.0.1","masterPort":5557,
			"hasHTTP":true,"userClasses":[{"name":"Shopper","weight":1,"fixedCount":0}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := load(t, classes+`const options = locust.options(`+test.argument+`)`, test.env)
			if err != nil {
				t.Fatal(err)
			}
			text, err := s.VU.Runtime().RunString(`JSON.stringify(options)`)
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ Scenarios map[string]map[string]any }
			var want map[string]any
			if err := json.Unmarshal([]byte(text.String()), &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			scenario := got.Scenarios["locust"]
			if want["taskRatios"] == nil {
				delete(scenario, "taskRatios")
			}
			gotText, _ := json.Marshal(scenario)
			wantText, _ := json.Marshal(want)
			if string(gotText) != string(wantText) {
				t.Errorf("got  %s\nwant %s", gotText, wantText)
			}
		})
	}
}

func TestOptionsErrors(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`locust.options()`:                                                                                                                        "options must be an object such as { userClasses",
		`locust.options({ users: 5 })`:                                                                                                            "options.userClasses must be a list of at least one class",
		`locust.options({ userClasses: [] })`:                                                                                                     "a list of at least one class",
		`locust.options({ userClasses: Shopper })`:                                                                                                "a list of at least one class",
		`locust.options({ userClasses: [TaskSet] })`:                                                                                              "classes that extend User or HttpUser",
		`locust.options({ userClasses: [Shopper, Shopper] })`:                                                                                     "two classes in userClasses are called Shopper",
		`locust.options({ userClasses: [class extends Shopper {}] })`:                                                                             "named classes",
		`class A extends User {}; locust.options({ userClasses: [A] })`:                                                                           "A has no tasks: list them in static tasks",
		`locust.options({ userClasses: [Shopper], spawn_rate: 1 })`:                                                                               "unknown option spawn_rate; known: userClasses, users, ",
		`locust.options({ userClasses: [Shopper], requirements: { p90Ms: 1 } })`:                                                                  `"p90Ms"`,
		`locust.options({ userClasses: [Shopper], users: 0 })`:                                                                                    "users must be a number above 0, got 0",
		`locust.options({ userClasses: [Shopper], users: '5' })`:                                                                                  `users must be a number above 0, got "5"`,
		`locust.options({ userClasses: [Shopper], users: 1.5 })`:                                                                                  "options: users must be an integer, got 1.5",
		`locust.options({ userClasses: [Shopper], host: 5 })`:                                                                                     "options: host must be a string, got 5",
		`locust.options({ userClasses: [Shopper], host: Symbol('x') })`:                                                                           "options: host must be a string, got a symbol",
		`locust.options({ userClasses: [Shopper], host: 'ftp://a' })`:                                                                             `host must be a URL such as http://127.0.0.1:8000, got "ftp://a"`,
		`locust.options({ userClasses: [Shopper], users: [5] })`:                                                                                  "options: users must be a number above 0, got a list",
		`locust.options({ userClasses: [Shopper], users: null })`:                                                                                 "options: users must be a number above 0, got null",
		`locust.options({ userClasses: [Shopper], users: new Date() })`:                                                                           "options: users must be a number above 0, got a Date",
		`locust.options({ userClasses: [Shopper], spawnRate: Infinity })`:                                                                         "options: spawnRate must be a number above 0, got Infinity",
		`locust.options({ userClasses: [Shopper], processes: 1.5 })`:                                                                              "options: processes must be an integer, got 1.5",
		`locust.options({ userClasses: [Shopper], processes: NaN })`:                                                                              "options: processes must be an integer, got NaN",
		`locust.options({ userClasses: [Shopper], tags: 'a' })`:                                                                                   `options: tags must be a list of strings, got "a"`,
		`locust.options({ userClasses: [Shopper], tags: [1] })`:                                                                                   "options: tags must be a list of strings, got a list",
		`locust.options({ userClasses: [Shopper], csvFullHistory: 'yes' })`:                                                                       `options: csvFullHistory must be true or false, got "yes"`,
		`locust.options({ userClasses: [Shopper], stopTimeout: 3 })`:                                                                              "options: stopTimeout must be a string such as 300s, 20m, 3h, or 1h30m, got 3",
		`locust.options({ userClasses: [Shopper], runTime: new Date() })`:                                                                         "options: runTime must be a string such as 300s, 20m, 3h, or 1h30m, got a Date",
		`locust.options({ userClasses: [Shopper], requirements: 5 })`:                                                                             "options: requirements must be an object, got 5",
		`locust.options({ userClasses: [Shopper], requirements: { p95Ms: '3' } })`:                                                                "options: requirements.p95Ms must be a number, got a string",
		`locust.options({ userClasses: [Shopper], requirements: { p95Ms: Infinity } })`:                                                           "options: requirements must not contain NaN or Infinity",
		`locust.options({ userClasses: [Shopper], requirements: { p95: 3 } })`:                                                                    `options: unknown field "p95" of requirements`,
		`locust.options({ userClasses: [Shopper], user: 3 })`:                                                                                     "options: unknown option user; known: userClasses, users, spawnRate, runTime, iterations, host, stopTimeout, tags, excludeTags, shape, arrivalRate, maxInFlight, processes, requirements, csv, csvFullHistory, html, jsonFile",
		`locust.options({ userClasses: [Shopper], thresholds: { users: ['value<9'] } })`:                                                          "options: thresholds is an option of k6, so write it outside of the call: export const options = { ...locust.options({ ... }), thresholds: ... }",
		`locust.scenario({ userClasses: [Shopper], summaryTrendStats: ['avg'] })`:                                                                 "options: summaryTrendStats is an option of k6, so write it outside of the call",
		`locust.scenario({ userClasses: [Shopper], startTime: '5s' })`:                                                                            "options: startTime is an option of a k6 scenario, so write it outside of the call: { ...locust.scenario({ ... }), startTime: ... }",
		`locust.options({ userClasses: [Shopper], gracefulStop: '5s' })`:                                                                          "options: unknown option gracefulStop: set stopTimeout",
		`locust.options({ userClasses: [Shopper], vus: 5 })`:                                                                                      "options: unknown option vus: set users in locust.options",
		`locust({ userClasses: [Shopper] })`:                                                                                                      "locust is not a function: use export const options = locust.options({ userClasses: [...] }) and export default locust.run",
		`locust.options({ userClasses: [Shopper], taskTags: ['a'] })`:                                                                             "options: unknown option taskTags",
		`locust.options([Shopper])`:                                                                                                               "a list of at least one class",
		`locust.options(5)`:                                                                                                                       "options must be an object such as { userClasses, users, spawnRate, runTime }, got 5",
		`locust.options({ userClasses: [Shopper], spawnRate: NaN })`:                                                                              "spawnRate must be a number above 0, got NaN",
		`locust.options({ userClasses: [Shopper], arrivalRate: -1 })`:                                                                             "arrivalRate must be a number above 0, got -1",
		`locust.options({ userClasses: [Shopper], runTime: 'a while' })`:                                                                          `1h30m, got "a while"`,
		`locust.options({ userClasses: [Shopper], runTime: 300 })`:                                                                                "1h30m, got 300",
		`locust.options({ userClasses: [Shopper], arrivalRate: 1 })`:                                                                              "maxInFlight must be an integer of at least 1",
		`locust.options({ userClasses: [Shopper], arrivalRate: 1, maxInFlight: 1, users: 1 })`:                                                    "remove users and spawnRate",
		`locust.options({ userClasses: [Shopper], arrivalRate: 1, maxInFlight: 1, shape: Shape })`:                                                "remove arrivalRate or shape",
		`locust.options({ userClasses: [Shopper], shape: 5 })`:                                                                                    "a class that extends LoadTestShape",
		`class A extends Shopper { static host = 'localhost:80' }; locust.options({ userClasses: [A] })`:                                          `A: host must be a URL such as http://127.0.0.1:8000, got "localhost:80"`,
		`locust.options({ userClasses: [Shopper], host: 'localhost' })`:                                                                           `host must be a URL such as http://127.0.0.1:8000, got "localhost"`,
		`locust.options({ userClasses: [Shopper], requirements: { errorRate: 2 } })`:                                                              "requirements.errorRate must be a number from 0 to 1, got 2",
		`locust.options({ userClasses: [Shopper], requirements: { p95Ms: -1 } })`:                                                                 "requirements.p95Ms must be a number above 0, got -1",
		`locust.options({ userClasses: [Shopper], requirements: { p99Ms: 0 } })`:                                                                  "requirements.p99Ms must be a number above 0, got 0",
		`locust.options({ userClasses: [Shopper], requirements: { rate: 0 } })`:                                                                   "requirements.rate must be a number above 0, got 0",
		`locust.options({ userClasses: [Shopper], requirements: {} })`:                                                                            "requirements must contain errorRate, p95Ms, p99Ms, or rate",
		`class A extends Shopper { static weight = -1 }; locust.options({ userClasses: [A] })`:                                                    "A.weight must be a number of at least 0, got -1",
		`class A extends Shopper { static fixedCount = -1 }; locust.options({ userClasses: [A] })`:                                                "A.fixedCount must be an integer of at least 0, got -1",
		`class A extends Shopper { static poolSize = -1 }; locust.options({ userClasses: [A] })`:                                                  "A: poolSize must be",
		`class A extends Shopper { static concurrency = 0 }; locust.options({ userClasses: [A] })`:                                                "A: concurrency must be an integer of at least 1",
		`class A extends Shopper { static concurrency = 5; static poolSize = 5 }; locust.options({ userClasses: [A] })`:                           "A: concurrency limits the connections of each user, but poolSize makes all users share connections: remove one of them",
		`class A extends Shopper { static maxBodyBytes = 0 }; locust.options({ userClasses: [A] })`:                                               "A: maxBodyBytes must be an integer of at least 1",
		`class A extends Shopper { static maxBodyBytes = 1.5 }; locust.options({ userClasses: [A] })`:                                             "A.maxBodyBytes must be an integer, got 1.5",
		`class A extends Shopper { static discardBodies = 'yes' }; locust.options({ userClasses: [A] })`:                                          `A.discardBodies must be a boolean, got "yes"`,
		`class A extends Shopper { static headers = { a: 'x\ny' } }; locust.options({ userClasses: [A] })`:                                        "A.headers.a is not a valid header",
		`class A extends Shopper { static networkTimeout = 0 }; locust.options({ userClasses: [A] })`:                                             "A: connectionTimeout and networkTimeout must be",
		`class A extends Shopper { static networkTimeout = 1e10 }; locust.options({ userClasses: [A] })`:                                          "must be above 0 and at most 1000000000 seconds",
		`class A extends Shopper { static connectionTimeout = 1e300 }; locust.options({ userClasses: [A] })`:                                      "must be above 0 and at most 1000000000 seconds",
		`class A extends Shopper { static http2 = 'on' }; locust.options({ userClasses: [A] })`:                                                   `prior-knowledge, or off, got "on"`,
		`class A extends User { static tasks = { missing: 1 } }; locust.options({ userClasses: [A] })`:                                            "A.tasks names missing, which is not a method of A",
		`class A extends User { static tasks = { a: 0.5 }; a() {} }; locust.options({ userClasses: [A] })`:                                        "A.tasks must have integer weights of at least 0, got 0.5",
		`class A extends User { static tasks = { a: 0 }; a() {} }; locust.options({ userClasses: [A] })`:                                          "A has no tasks",
		`class A extends User { static tasks = [5] }; locust.options({ userClasses: [A] })`:                                                       "A.tasks must contain functions",
		`class S extends TaskSet { static tasks = { no: 1 } }; class A extends User { static tasks = [S] }; locust.options({ userClasses: [A] })`: "S.tasks names no",
		`locust.between(2, 1)`:              "0 <= min <= max, got 2 and 1",
		`locust.between(-1, 1)`:             "0 <= min <= max",
		`locust.constantPacing(-1)`:         "constantPacing must be a number from 0 to 1000000000, got -1",
		`locust.constant(1e10)`:             "constant must be a number from 0 to 1000000000, got 10000000000",
		`locust.constantThroughput(0)`:      "constantThroughput must be a number above 0, got 0",
		`locust.poisson(0)`:                 "poisson must be a number above 0, got 0",
		`locust.run()`:                      "do not call it in the init code: write export default locust.run, without parentheses",
		`events.request.fire({})`:           "available only while a user runs",
		`new Shopper(0)`:                    "available only while a user runs",
		`new Shape().getRunTime()`:          "available only while a user runs",
		`new Shape().getCurrentUserCount()`: "available only while a user runs",
	} {
		_, err := load(t, classes+script, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", script, err, want)
		}
	}
	_, err := load(t, classes+`class A extends Shopper { static maxRedirects = 0 }; locust.options({ userClasses: [A] })`, nil)
	if err == nil || !strings.Contains(err.Error(), "A: maxRedirects must be an integer of at least 1") {
		t.Errorf("no redirects give %v", err)
	}
	_, err = load(t, classes+`locust.options({ userClasses: [Shopper] })`, map[string]string{"LOCUST_USERS": "many"})
	if err == nil || !strings.Contains(err.Error(), `LOCUST_USERS must be an integer of at least 0, got "many"`) {
		t.Errorf("LOCUST_USERS=many gives %v", err)
	}
}

// A misspelled variable would have no effect, so it is rejected.
func TestMisspelledVariable(t *testing.T) {
	t.Parallel()
	_, err := load(t, classes+`locust.options({ userClasses: [Shopper] })`, map[string]string{"LOCUST_USER": "5"})
	if err == nil || !strings.Contains(err.Error(), "locust: LOCUST_USER is unknown: use LOCUST_USERS") {
		t.Errorf("got %v", err)
	}
}

// k6's own options for VUs would replace the scenario, so they are rejected.
func TestShortcuts(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]string{
		"K6_VUS":        "locust: K6_VUS has no effect on Locust users: use -e LOCUST_USERS=… instead",
		"K6_DURATION":   "locust: K6_DURATION has no effect on Locust users: use -e LOCUST_RUN_TIME=… instead",
		"K6_ITERATIONS": "locust: K6_ITERATIONS has no effect on Locust users: use -e LOCUST_ITERATIONS=… instead",
		"K6_STAGES":     "locust: K6_STAGES has no effect on Locust users: use a load shape instead",
	} {
		_, err := load(t, classes+`locust.options({ userClasses: [Shopper] })`, map[string]string{variable: "5"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", variable, err, want)
		}
	}
}

// If a script calls locust.options twice, the second call takes effect.
func TestOptionsTwice(t *testing.T) {
	t.Parallel()
	s, err := load(t, classes+`locust.options({ userClasses: [Shopper, Worker] }); const options = locust.options({ userClasses: [Worker] })`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := configuration(t, s).Classes; len(got) != 1 || got[0].Name != "Worker" {
		t.Errorf("got %+v", got)
	}
}

// Each scenario has its own classes, settings, and requirements, and sets no thresholds.
func TestScenarios(t *testing.T) {
	t.Parallel()
	s, err := load(t, classes+`
		const first = locust.scenario({ userClasses: [Shopper], users: 3, requirements: { errorRate: 0 } })
		const second = { ...locust.scenario({ userClasses: [Worker] }), startTime: '1s' }`, map[string]string{"LOCUST_SPAWN_RATE": "7"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.VU.Runtime().RunString(`JSON.stringify([first, second].map((scenario) => ({ ...scenario, taskRatios: scenario.taskRatios.length,
		userClasses: scenario.userClasses.map(({ name }) => name).join() })))`)
	if err != nil {
		t.Fatal(err)
	}
	const master = `"masterHost":"127.0.0.1","masterPort":5557,"masterBindPort":5557,`
	want := `[{"executor":"locust","users":3,"spawnRate":7,` + master + `"userClasses":"Shopper","hasHTTP":true,"requirements":{"errorRate":0},"taskRatios":1},` +
		`{"executor":"locust","users":1,"spawnRate":7,` + master + `"userClasses":"Worker","definition":1,"taskRatios":1,"startTime":"1s"}]`
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := load(t, classes+`locust.scenario({ users: 3 })`, nil); err == nil || !strings.Contains(err.Error(), "options.userClasses must be a list") {
		t.Errorf("without classes: %v", err)
	}
}

// A runtime does not run users of a scenario that it has not defined.
func TestConditionalScenario(t *testing.T) {
	t.Parallel()
	o := run(t, `class A extends User { static tasks = [() => {}] }
		const options = locust.options({ userClasses: [A] })
		options.scenarios.locust.definition = 1`)
	if o.err == nil || !strings.Contains(o.err.Error(), "the script must define the same scenarios in all runtimes") {
		t.Errorf("got %v", o.err)
	}
}

// Every member that index.d.ts declares exists.
func TestExports(t *testing.T) {
	t.Parallel()
	declarations, err := os.ReadFile("../../index.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	_, members, _ := strings.Cut(string(declarations), "const locust: {")
	members, _, _ = strings.Cut(members, "}")
	names := regexp.MustCompile(`(\w+): typeof`).FindAllStringSubmatch(members, -1)
	if len(names) < 10 {
		t.Fatalf("only %d members were found", len(names))
	}
	keys := strings.Split(evaluate(t, `Object.keys(locust).join()`).String(), ",")
	for _, name := range names {
		if !slices.Contains(keys, name[1]) {
			t.Errorf("locust has no %s", name[1])
		}
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	for wait, want := range map[string]struct{ least, most, mean, tolerance float64 }{
		// With 20,000 samples, the mean is outside of the tolerance in fewer than one in a million runs.
		"locust.between(0.05, 0.2)": {0.05, 0.2, 0.125, 0.002},
		"locust.between(1, 1)":      {1, 1, 1, 0},
		"locust.constant(3)":        {3, 3, 3, 0},
		"locust.poisson(4)":         {0, 10, 0.25, 0.01},
	} {
		value := evaluate(t, `
			const wait = `+wait+`
			const pauses = Array.from({ length: 20000 }, () => wait())
			JSON.stringify({ least: Math.min(...pauses), most: Math.max(...pauses), mean: pauses.reduce((a, b) => a + b) / pauses.length })`)
		var got struct{ Least, Most, Mean float64 }
		if err := json.Unmarshal([]byte(value.String()), &got); err != nil {
			t.Fatal(err)
		}
		if got.Least < want.least || got.Most > want.most || got.Mean < want.mean-want.tolerance || got.Mean > want.mean+want.tolerance {
			t.Errorf("%s: got %+v, want %+v", wait, got, want)
		}
	}
}
