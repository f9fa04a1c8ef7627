package convert

import (
	"slices"
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// TestIdiomsRunAsInPython compares what converted locustfiles print with what Python 3.11 prints.
func TestIdiomsRunAsInPython(t *testing.T) {
	for name, test := range map[string]struct{ source, want string }{
		"and, or, and chains outside of functions": {
			"import os\nX = os.getenv('NO', '/a/').rstrip('/') or '/b'\nY = max(0, int(os.getenv('NO', '0') or 0)) and 'z'.upper()\nZ = 0 < len('ab'.strip()) < 3\n" + user("print(X, Y, Z)"),
			"/a 0 True",
		},
		"empty containers as defaults": {
			"def f(a, data={}, rest=[], more=()):\n  if rest: return 1\n  return {**data, 'a': a}, len(rest), data.get('x')\n" + user("print(f(1), f(2, data={'x': 3}), f(1, rest=[2]))"),
			"({'a': 1}, 0, None) ({'x': 3, 'a': 2}, 0, 3) 1",
		},
		"special methods that are called directly":  {user("print((1.0).__str__() + True.__repr__() + str('ab'.__len__()))"), "1.0True2"},
		"arguments of the command line that nobody": {user("print(getattr(self.environment.parsed_options, 'a', 'b'), hasattr(self.environment.parsed_options, 'a'))"), "b False"},
		"keys that occur twice":                     {user("print({'a': 1, 'b': 2, 'a': 3})"), "{'a': 3, 'b': 2}"},
		"values of variables that nothing uses":     {"def f(x):\n  print(x)\n  return x\n" + user("a = {'b': f(1), 'c': f(2)}", "d = [f(3)]"), "1\n2\n3"},
		"del of variables":                          {user("x = [1]", "y = x", "del x", "print(y)"), "[1]"},
		"the name of the module in messages":        {"import logging\nlog = logging.getLogger(__name__)\n" + user("print(f'{__name__} {1}')"), "locustfile 1"},
		"iterators": {
			"class Down:\n  def __init__(self, n): self.n = n\n  def __iter__(self): return self\n  def __next__(self):\n    if self.n == 0: raise StopIteration\n    self.n -= 1\n    return self.n\n" +
				user("d = Down(4)", "print(next(d), [x for x in d], next(d, 'end'), list(Down(2)))", "for x in Down(1): print(x)", "try: next(d)", "except StopIteration: print('over')"),
			"3 [2, 1, 0] end [1, 0]\n0\nover",
		},
	} {
		if got := printed(t, test.source); got != test.want {
			t.Errorf("%s\nwant %s\ngot  %s\n%s", name, test.want, got, test.source)
		}
	}
}

// Locust passes the environment to the constructors of users, and the parent to those of task sets.
func TestParametersOfConstructors(t *testing.T) {
	got := script(t, "from locust import HttpUser, TaskSet, task\nclass S(TaskSet):\n  def __init__(self, parent):\n    super().__init__(parent)\n    self.n = parent.name\n  @task\n  def t(self): print(self.n)\n"+
		"class A(HttpUser):\n  name: str\n  tasks = [S]\n  def __init__(self, environment):\n    super().__init__(environment)\n    self.name = environment.host\n")
	for _, want := range []string{"this.n = this.parent.name", "  name: any\n", "this.name = this.host"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
	result := Locustfile("locustfile.py", "from locust import HttpUser, task\nclass A(HttpUser):\n  def __init__(self, *args, **kw):\n    super().__init__(*args)\n    self.n = kw\n  @task\n  def t(self): print(self.n)\n")
	if want := (conversion.Problem{Line: 3, Text: "Locust passes no value for the parameter kw of A.__init__: use the fields of the class"}); len(result.Problems) != 1 || result.Problems[0] != want {
		t.Error(result.Problems)
	}
}

func TestRefusesDefaultsThatMayChange(t *testing.T) {
	for _, lines := range []string{"x.append(1)", "x[0] = 1", "return x", "y = x", "g(x)", "x += [1]"} {
		result := Locustfile("locustfile.py", "def g(y): pass\ndef f(x=[]):\n  "+lines+"\n"+user("f()"))
		if want := (conversion.Problem{Line: 2, Text: "the default value of x must be a constant"}); len(result.Problems) == 0 || result.Problems[0] != want {
			t.Errorf("%s: got %v", lines, result.Problems)
		}
	}
}

// A class that reads a CSV file endlessly is a common helper.
func TestReadsFilesOfConstructors(t *testing.T) {
	source := "import csv\nfrom collections.abc import Iterator\nclass Reader(Iterator):\n  def __init__(self, file):\n    try:\n      file = open(file)\n    except TypeError:\n      pass\n" +
		"    self.file = file\n    self.rows = csv.reader(file)\n  def __next__(self):\n    try:\n      return next(self.rows)\n    except StopIteration:\n      self.file.seek(0, 0)\n      return next(self.rows)\n" +
		"a, b = Reader('a.csv'), Reader('b.csv')\n" + user("print([next(a) for _ in range(3)], next(b))")
	got := printedAfter(t, "function open(name) { return { './a.csv': '1,2\\n3,4\\n', './b.csv': 'x' }[name] }", source)
	if want := "[['1', '2'], ['3', '4'], ['1', '2']] ['x']"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

// k6 opens files in init code, so the script opens a file even if an environment variable names it.
func TestOpensFilesNamedByVariables(t *testing.T) {
	source := "import json, os\ndef load():\n  path = os.environ.get('LIST')\n  if not path or not os.path.isfile(path):\n    return ['none']\n  with open(path) as f: return f.readlines()\n" +
		"def read(name):\n  with open(name) as f: return f.read()\ndef data():\n  file = 'data.txt'\n  return read(file)\nX, D = load(), data()\nE = open(os.environ['OTHER']).read() if 'OTHER' in os.environ else '-'\n" + user("print(X, D, E)")
	open := "function open(name) { if (name === './data.txt') return 'd'; if (name !== 'l.txt') throw new Error('no file'); return 'a\\nb' }"
	if got := printedAfter(t, open, source); got != "['none'] d -" {
		t.Error(got)
	}
	if got := printedAfter(t, open+"; __ENV = { LIST: 'l.txt' }", source); got != `['a\n', 'b'] d -` {
		t.Error(got)
	}
}

func TestConvertsExit(t *testing.T) {
	source := "import sys\nfrom locust import HttpUser, task\ndef check(x):\n  try:\n    if x: sys.exit('bad ' + x)\n  except Exception: pass\n  return 1\ncheck('')\n" +
		"def stop():\n  exit(1)\nclass A(HttpUser):\n  @task\n  def t(self):\n    stop()\n"
	result := Locustfile("locustfile.py", source)
	if !strings.Contains(result.Script, "function stop(): void {\n  locust.quit()\n  throw new StopUser()\n}") && !strings.Contains(result.Script, "function stop() {\n  locust.quit()\n  throw new StopUser()\n}") {
		t.Error(result.Problems, result.Script)
	}
	if want := (conversion.Problem{Line: 10, Text: "exit() ends the run. k6 then prints its reports, unlike Locust"}); len(result.Notes) != 1 || result.Notes[0] != want {
		t.Error(result.Notes)
	}
	if got := printed(t, "def check(x):\n  try: exit(x)\n  except Exception: print('caught')\n"+user("print(1)")); got != "1" {
		t.Error(got)
	}
	script := Locustfile("locustfile.py", strings.Replace(source, "check('')", "check('file')", 1)).Script
	if !strings.Contains(script, "throw new PyExit(") {
		t.Error(script)
	}
}

func TestConvertsDefaultsOfOptions(t *testing.T) {
	listener := "@events.init_command_line_parser.add_listener\ndef f(parser):\n  parser.set_defaults("
	for arguments, want := range map[string]string{
		"users=150, spawn_rate=2.5, run_time='2m', host='http://a'": "locust.options({ userClasses: [A], host: 'http://a', runTime: '2m', spawnRate: 2.5, users: 150 })",
		"run_time=90, stop_timeout=5":                               "locust.options({ userClasses: [A], runTime: '90', stopTimeout: '5' })",
	} {
		if got := script(t, file(listener+arguments+")")); !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
	shape := file(listener+"users=3, run_time='1m')", "class S(LoadTestShape):\n  def tick(self): return (1, 1)")
	if got := script(t, shape); !strings.Contains(got, "{ userClasses: [A], shape: S, runTime: '1m' }") {
		t.Error(got)
	}
	for arguments, want := range map[string]string{
		"tags=['a']":  "parser.set_defaults() is only supported for users, spawn_rate, run_time, stop_timeout, and host",
		"users='3'":   "the value of users in parser.set_defaults() must be a literal",
		"users=1 + 1": "the value of users in parser.set_defaults() must be a literal",
	} {
		result := Locustfile("locustfile.py", file(listener+arguments+")"))
		if len(result.Problems) != 1 || result.Problems[0].Text != want {
			t.Errorf("%s: %v", arguments, result.Problems)
		}
	}
}

// A listener that only reports is left out if it uses values that k6 does not have. Any other listener that uses them
// is refused.
func TestListenersOfTheStart(t *testing.T) {
	listener := "from locust.runners import MasterRunner, WorkerRunner\n@events.test_start.add_listener\ndef f(environment, **kw):\n  runner = environment.runner\n"
	got := script(t, file(listener+"  if isinstance(runner, WorkerRunner): return\n  print('kept')"))
	if !strings.Contains(got, "if (pyIsOn('LOCUST_MODE_WORKER')) {") || !strings.Contains(got, "console.log('kept')") {
		t.Error(got)
	}
	result := Locustfile("locustfile.py", file(listener+"  if isinstance(runner, MasterRunner): print('gone', runner.worker_count)"))
	if result.Script == "" || strings.Contains(result.Script, "gone") || len(result.Notes) != 1 {
		t.Error(result)
	}
	for _, lines := range []string{"  global N\n  N = runner.worker_count", "  LIST.append(runner.worker_count)", "  runner.worker_count.go()"} {
		result := Locustfile("locustfile.py", strings.Replace(file("N, LIST = 1, []", listener+lines), "self.client.get('/')", "print(N, LIST)", 1))
		if result.Script != "" {
			t.Errorf("%s\n%s", lines, result.Script)
		}
	}
}

// Locust ignores the weights of tasks that are set outside of the class.
func TestTasksThatAreSetOutsideOfTheClass(t *testing.T) {
	source := "from locust import HttpUser, TaskSet, task\nclass A(HttpUser):\n  @task\n  def gone(self): pass\nclass S(TaskSet):\n  @task\n  def t(self): pass\ndef f(user): pass\nA.tasks = {S: 3, f: 1}\n"
	result := Locustfile("locustfile.py", source)
	if !strings.Contains(result.Script, "class A extends HttpUser {\n  static override insecure = false\n  static override tasks: any = []\n") || !strings.Contains(result.Script, "\nA.tasks = [S, f]\n") {
		t.Error(result.Problems, result.Script)
	}
	if len(result.Notes) != 1 || result.Notes[0].Line != 9 {
		t.Error(result.Notes)
	}
	if got := script(t, strings.Replace(source, "{S: 3, f: 1}", "[f]", 1)); !strings.Contains(got, "\nA.tasks = [f]\n") {
		t.Error(got)
	}
	result = Locustfile("locustfile.py", source+"class B(A): pass\n")
	if result.Script != "" {
		t.Error(result.Script)
	}
}

func TestConvertsOtherSpellings(t *testing.T) {
	for source, want := range map[string]string{
		"import locust\n" + user("raise locust.exception.RescheduleTask"):                                                          "throw new PyReschedule()",
		user("with getattr(self.client, 'post')('/', catch_response=True) as r: r.success()"):                                      "await this.client.request('post'.toUpperCase(), '/', { catchResponse: async (r) => {",
		user("r = self.client.get('/', stream=True)", "print(next(r.iter_lines(), None))"):                                         "pyNextLine(await r.readLine(), null)",
		"from faker import Faker\nfake = Faker()\n" + user("self.client.get(fake.credit_card_number('visa'))"):                     "pyFakeCard('visa')",
		user("with self.client.get('/', catch_response=True) as r:", "  if hasattr(r, 'elapsed'): r.success()"):                    "if (true) {",
		user("r = self.client.get('/', stream=True)", "for l in r.iter_lines(): print(l.decode() if isinstance(l, bytes) else l)"): "true ? l : l",
		"from faker import Faker\nfake = Faker()\n" + user("self.client.get(fake.building_number())"):                              "pyFakeForm('%##', '#%')",
	} {
		if got := script(t, source); !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
}

// Faker's values have certain forms.
func TestInventsValuesLikeFaker(t *testing.T) {
	checkPrinted(t, []string{
		"from faker import Faker", "fake = Faker()",
		"def luhn(n): return sum(sum(divmod(int(d) * (1 + i % 2), 10)) for i, d in enumerate(n[::-1])) % 10",
		"cards = [fake.credit_card_number(card_type=k) for k in ['visa', 'amex', 'mastercard', 'diners', None]]",
		"print([luhn(n) for n in cards], [len(n) for n in cards[:4]], cards[0][0])",
		"print(len(fake.zipcode()), len(fake.state_abbr()), fake.country() != '', len(fake.md5()), len(fake.pystr(max_chars=7)), 10 <= fake.random_number(digits=2, fix_len=True) <= 99)",
		"checks = [re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', fake.date()), re.fullmatch('[0-9:]{8}', fake.time()), re.fullmatch('[0-9]+([.][0-9]+){3}', fake.ipv4()), re.fullmatch('[0-9]{3}-[0-9]{2}-[0-9]{4}', fake.ssn())]",
		"checks += [re.fullmatch('[0-9]{2}/[0-9]{2}', fake.credit_card_expire()), re.fullmatch('[0-9a-f:]{17}', fake.mac_address()), re.fullmatch('#[0-9a-f]{6}', fake.hex_color()), re.fullmatch('[a-z-]+', fake.slug()), re.fullmatch('[1-9][0-9]{2}', fake.building_number())]",
		"print(all(check is not None for check in checks))",
		"from datetime import date", "age = (date.today() - fake.date_of_birth(minimum_age=18, maximum_age=20)).days",
		"print(18 * 365 <= age <= 21 * 366)",
	}, "[0, 0, 0, 0, 0] [16, 15, 16, 14] 4 5 2 True 32 7 True True True")
}

func TestRefusesTheProductOfBytes(t *testing.T) {
	result := Locustfile("locustfile.py", user("print(b'a' * b'b')"))
	if want := "the operator * is not supported with bytes"; len(result.Problems) != 1 || result.Problems[0].Text != want {
		t.Error(result.Problems)
	}
}

func TestGivesTheSameResultEachTime(t *testing.T) {
	waits := "import time\nfrom locust import HttpUser, TaskSet, task\ndef wait(one, two): time.sleep(1)\nclass T(TaskSet):\n  @task\n" +
		"  def t(self): wait(self.user, self.user)\nclass A(HttpUser):\n  tasks = [T]\n"
	for range 20 {
		result := Locustfile("locustfile.py", user("open('a.txt', errors='ignore', opener='a')"))
		if want := "the argument errors of open() is not supported"; len(result.Problems) != 1 || result.Problems[0].Text != want {
			t.Fatal(result.Problems)
		}
		if got := script(t, waits); !strings.Contains(got, "await one.sleep(1)") {
			t.Fatal(got)
		}
	}
}

func TestRefusesUnknownMethodsOfClients(t *testing.T) {
	result := Locustfile("locustfile.py", user("with self.client.fetch('/', catch_response=True) as r: r.success()"))
	if want := "with self.client.fetch() is not supported"; len(result.Problems) != 1 || result.Problems[0].Text != want {
		t.Error(result.Problems)
	}
}

// The script sets the host of the classes that precede the assignment, in their order. Later classes have the host from
// the start.
func TestSetsTheHostOfBaseClasses(t *testing.T) {
	class := func(name string) string { return "class " + name + "(HttpUser):\n  @task\n  def t(self): pass\n" }
	source := "from locust import HttpUser, task\n" + class("B") + class("A") + class("C") + "HttpUser.host = 'http://h'\n" + class("Later")
	for range 20 {
		got := script(t, source)
		if !strings.Contains(got, "\nB.host = 'http://h'\nA.host = 'http://h'\nC.host = 'http://h'\n\nclass Later ") || strings.Contains(got, "Later.host") {
			t.Fatal(got)
		}
	}
}

func TestSetsTheHostOfBaseClassesLikePython(t *testing.T) {
	class := func(name, base string) string {
		return "class " + name + "(" + base + "):\n  @task\n  def t(self): pass\n"
	}
	head := "import locust\nfrom locust import FastHttpUser, HttpUser, User, task\n"
	for source, want := range map[string]string{
		class("B", "HttpUser") + class("D", "B") + class("C", "HttpUser") + "B.host = 'http://x'\nHttpUser.host = 'http://h'\n":           "B.host = 'http://x'\nC.host = 'http://h'\n",
		class("B", "HttpUser") + class("D", "B") + "D.host = 'http://x'\nHttpUser.host = 'http://h'\n":                                    "D.host = 'http://x'\nB.host = 'http://h'\n",
		class("B", "HttpUser") + "HttpUser.host = 'http://h'\nB.host = 'http://x'\nHttpUser.host = 'http://i'\n":                          "B.host = 'http://h'\nB.host = 'http://x'\n",
		class("B", "HttpUser") + class("F", "FastHttpUser") + "HttpUser.host = 'http://h'\nUser.host = 'http://u'\n" + class("W", "User"): "B.host = 'http://h'\nF.host = 'http://u'\n\nclass W extends User {\n  static override host = 'http://u'\n",
		class("F", "FastHttpUser") + "locust.FastHttpUser.host = 'http://h'\n":                                                            "F.host = 'http://h'\n",
	} {
		if got := script(t, head+source); !strings.Contains(got, "}\n"+want) && !strings.Contains(got, "}\n\n"+want) || strings.Count(got, "host = ") != strings.Count(want, "host = ") {
			t.Error(source, got)
		}
	}
	for source, want := range map[string]string{
		"if 'a' in 'b':\n  HttpUser.host = 'http://h'\n":                                      "HttpUser.host cannot be set here in k6/x/locust",
		"def f():\n  HttpUser.host = 'http://h'\nf()\n":                                       "HttpUser.host cannot be set here in k6/x/locust",
		"HttpUser.host = locust.User.host = 'http://h'\n":                                     "HttpUser.host cannot be set here in k6/x/locust",
		"if len('a') > random.random():\n  B.host = 'http://x'\nHttpUser.host = 'http://h'\n": "the host of HttpUser cannot be set here, because the file may already have set the host of B",
	} {
		result := Locustfile("locustfile.py", head+"import random\n"+class("B", "HttpUser")+source)
		if len(result.Problems) == 0 || result.Problems[0].Text != want {
			t.Error(source, result.Problems, result.Script)
		}
	}
}

// A loop variable may have the name of the parameter that it sets, and the value of a variable may contain the variable.
func TestResolvesPathsThatContainThemselves(t *testing.T) {
	const unknown = "the path of a file must be known before the run: use literals, os.path.join(), and __file__"
	for source, want := range map[string]string{
		"def load(path): return open(path).read()\nfor path in ['a.txt', 'b.txt']: load(path)\n":                                 unknown,
		"def load(path): return open(path + '.json').read()\nfor path in ['a', 'b']: load(path)\n":                               unknown,
		"from pathlib import Path\ndef load(path): return open(Path(path) / 'x').read()\nfor path in ['a', 'b']: load(path)\n":   unknown,
		"from pathlib import Path\ndef load(path): return open(path / 'x').read()\nfor path in [Path('a')]: load(path)\n":        unknown,
		"def load(path): return open(path).read()\nfor each in ['a']:\n  path = each\n  load(path)\n":                            unknown,
		"def load(path):\n  base = 'other'\n  return open(path).read()\nbase = 'a'\nload(base + '.txt')\n":                       unknown,
		"base = 'other'\ndef load(path): return open(path).read()\ndef start():\n  base = 'a'\n  load(base + '.txt')\nstart()\n": unknown,
		"path = path.parent\nopen(path)\n": unknown,
	} {
		result := Locustfile("locustfile.py", source+user("print(1)"))
		if len(result.Problems) == 0 || !slices.ContainsFunc(result.Problems, func(problem conversion.Problem) bool { return problem.Text == want }) {
			t.Error(source, result.Problems)
		}
	}
}

func TestResolvesArgumentsInTheCallingScope(t *testing.T) {
	for _, source := range []string{
		"path = 'a.txt'\ndef load(path): return open(path).read()\nload(path)\n",
		"path = 'a'\ndef load(path): return open(path + '.txt').read()\nload(path)\n",
		"path = 'a.txt'\ndef load(path): return open(path).read()\ndef start(): load(path)\nstart()\n",
	} {
		if got := script(t, source+user("print(1)")); !strings.Contains(got, "open('./a.txt')") {
			t.Error(source, got)
		}
	}
}
