package convert

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// body returns a locustfile that has a task with these lines.
func body(lines ...string) string {
	return "import random, time, json, os, re, uuid\nfrom locust import HttpUser, task\nclass A(HttpUser):\n  @task\n  def t(self):\n    " +
		strings.Join(lines, "\n    ") + "\n"
}

func script(t *testing.T, source string) string {
	t.Helper()
	result := Locustfile("locustfile.py", source)
	if len(result.Problems) > 0 {
		t.Fatalf("%s\n%v", source, result.Problems)
	}
	return result.Script
}

func TestConverts(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{body("self.client.get('/')"), "await this.client.get('/')"},
		{body("self.client.post('/a', {'b': 1}, name='n')"), "await this.client.post('/a', { data: { b: 1 }, name: 'n' })"},
		{body("self.client.get('/', allow_redirects=False, timeout=5)"), "{ allowRedirects: false, timeout: 5 }"},
		{body("x = self.client.get('/').json()['a']", "print(x)"), "pyAt((await this.client.get('/')).json(), 'a')"},
		{body("for i in range(3):", "  self.client.get(f'/{i}', name='/i')"), "for (const i of pyRange(0, 3)) {"},
		{body("with self.client.get('/', catch_response=True) as r:", "  if r.elapsed.total_seconds() > 1:", "    r.failure('slow')"), "if (response.elapsed > 1) {"},
		{body("self.client.get('/a' if [] else '/b')"), "pyTruthy([]) ? '/a' : '/b'"},
		{body("x = -7 // 2", "self.client.get(f'/{x}')"), "pyFloorDivide(-7, 2)"},
		{body("x = 10 / 5", "self.client.get(f'/{x}')"), "`/${pyFloatText(x)}`"},
		{body("time.sleep(random.uniform(1, 2))"), "await this.sleep(1 + (2 - 1) * Math.random())"},
		{body("self.client.get(os.environ['A'] + os.environ.get('B', 'c'))"), "pyEnv('A')"},
		{body("self.client.get('/%s/%02d' % ('a', 3))"), "`/${'a'}/${pyFormat(pyInt(3), '02d')}`"},
		{body("self.client.get('`${x}' + '\\'')"), "'`${x}'"},
		{body("self.client.get('/', headers={'A-B': 'c'}, auth=('u', 'p'))"), "headers: { 'A-B': 'c' }, auth: ['u', 'p']"},
		{body("self.environment.runner.quit()"), "locust.quit()"},
		{body("m = re.search(r'[(](a)(?P<b>c)', 'x')", "print(m.group('b'))"), "pyMatch(/[(](a)(c)/, 'x', '', '', 'b')"},
		{body("self.client.post('/', {'a': True})"), "pyForm({ a: true })"},
		{strings.ReplaceAll(body("self.client.post('/', {'a': True})"), "HttpUser", "FastHttpUser"), "pyFastForm({ a: true })"},
		{strings.ReplaceAll(body("self.client.post('/', json={'a': 1})"), "HttpUser", "FastHttpUser"), "...pyFastOptions(this.client, { json: { a: 1 } }, 'text/plain; charset=utf-8')"},
		{body("import base64", "print(base64.b64encode('ü'.encode('utf-8')).decode())"), "encoding.b64encode('ü', 'std')"},
		{body("import hashlib, hmac", "print(hmac.new(b'k', 'm'.encode(), hashlib.sha256).hexdigest())"), "pyHash(crypto.createHMAC('sha256', 'k'), 'm').digest('hex')"},
		{body("if b'a' in self.client.get('/').content: pass"), "pyIn('a', pyOfAnswer(await this.client.get('/'), 'text'))"},
		{body("import logging", "log = logging.getLogger(__name__)", "log.info('a %s', 1)"), "console.info(`a ${1}`)"},
		{body("self.a, self.b = 1, 2"), "this.b = temp1[1]"},
		{body("a, *b = [1, 2]", "print(a, b)"), ";[a, b] = pyUnpackRest([1, 2], 1, 0)"},
		{body("print({'a': 1} | {'b': 2})"), "{ ...{ a: 1 }, ...{ b: 2 } }"},
		{body("try: pass", "except Exception as e: print(type(e).__name__, self.__class__.__name__)"), "pyTypeName(e), this.constructor.name"},
		{body("self.client.post('/', files={'f': open('a/b.png', 'rb')})"), "{ files: pyFiles({ f: new PyUpload(file1, 'b.png') }) }"},
		{body("while 1: break"), "while (true) {"},
		{body("print(dict({'a': 1}, b=2, **{'c': 3}))"), "{ ...{ ...{ a: 1 } }, b: 2, ...{ c: 3 } }"},
		{"import sys\nif False: sys.exit('no')\n" + body("pass"), "throw new PyExit('no')"},
		{"import locust.stats\nlocust.stats.CONSOLE_STATS_INTERVAL_SEC = 3\n" + body("pass"), "tasks = { t: 1 }"},
		{body("r = self.client.get('/', stream=True, timeout=5)", "for line in r.iter_lines():", "  if line: print(line.decode())"),
			"const r = await this.client.get('/', { stream: true, timeout: 5 })\n    for (let line: any = await r.readLine(); line !== null; line = await r.readLine()) {\n      if (pyTruthy(line)) {"},
		{body("r = self.client.get('/', stream=True)", "size = 0", "for part in r.iter_content(chunk_size=8192):", "  size += len(part)", "r.close()", "print(size, r.status_code)"),
			"for (let part: any = await r.read(8192); part !== null; part = await r.read(8192)) {\n      size = pyAddTo(size, part.byteLength)\n    }\n    r.close()"},
		{body("with self.client.get('/', stream=True, catch_response=True) as r:", "  for line in r.iter_lines():", "    if line == b'a':", "      r.failure('a')", "      break"),
			"{ stream: true, catchResponse: async (r) => {\n      for (let line: any = await r.readLine(); line !== null; line = await r.readLine()) {\n        if (line === 'a') {\n          r.failure('a')\n          break"},
		{body("line = b''", "r = self.client.get('/', stream=True)", "for line in r.iter_lines(): pass", "print(line.decode())"),
			"for (let line_: any = await r.readLine(); line_ !== null; line_ = await r.readLine()) {\n      line = line_"},
		{strings.ReplaceAll(body("for line in self.client.iter_lines('/', method='POST', name='n'): print(line)"), "HttpUser", "FastHttpUser"),
			"const lines1 = new PyLines(await this.client.post('/', { stream: true, name: 'n' }))\n    for (let line: any = await lines1.next(); line !== null; line = await lines1.next()) {\n      console.log(line)"},
		{body("for i in [1]:", "  if i: break", "else: print(2)"), "loop1: {\n      for (const i of [1]) {\n        if (pyTruthy(i)) {\n          break loop1\n        }\n      }\n      console.log(pyStr(2))\n    }"},
		{"import re\nP = re.compile('(a)+')\n" + user("print(P.sub(r'<\\1>', 'a'), P.search('a') is None)"), "'a'.replace(/(a)+/g, '<$1>'), pyStr(pyMatch(/(a)+/, 'a') == null)"},
		{body("print(str(b'a', 'utf-8'))"), "console.log('a')"},
		{"def f(a, b=2, *rest): return a\n" + body("print(f(*[1, 2, 3]))"), "f(...([1, 2, 3] as any as [any, any, ...any[]]))"},
		{body("import logging", "x = logging.basicConfig()", "print(x)"), "const x: any = null"},
		{body("for task_ in [1]: print(task_)"), "for (const task_ of [1])"},
		{body("a, b = 1.5, 2", "self.client.get(f'/{a * 2}')"), "pyFloatText(a * 2)"},
		{body("f = []", "for i in range(2): f.append(lambda: i)", "print(f)"), "let i: any\n    const f: any = []\n    for (i of pyRange(0, 2)) {"},
		{body("print([lambda: i for i in range(2)])"), "let i: any; for (i of pyRange(0, 2)) pyItems.push(() => i)"},
		{body("print(next((i for i in [1] if i), None))"), "pyNext(new PyListIterator("},
		{body("print(sum(1 for x in 'ab'))"), "for (const _x of pyIter('ab'))"},
		{body("self.client.get('/', stream=False)"), "await this.client.get('/')"},
		{strings.ReplaceAll(body("self.client.get('/', stream=True)"), "HttpUser", "FastHttpUser"), "await this.client.get('/', { stream: true })"},
		{body("self.client.get('/', params={'a': 1})"), "this.client.get(pyUrl(pyQuery('/', { a: 1 })))"},
		{body("self.client.get('/', params={'a': True}, name='n')"), "this.client.get('/', { params: pyForm({ a: true }), name: 'n' })"},
		{body("self.client.post('/', files={'f': ('a.png', b'\\x89PNG' * 2)})"), "pyBytes(...Array.from({ length: Math.max(0, 2) }, () => new Uint8Array([137, 80, 78, 71]).buffer))"},
		{body("import io", "self.client.post('/', files={'f': io.BytesIO(b'a' * 3 + b'b')})"), "pyFiles({ f: new PyUpload(pyBytes('a'.repeat(Math.max(0, 3)) + 'b')) })"},
		{"import os\nP = 'a.csv'\n" + body("if os.path.exists(P):", "  with open(P) as f: print(f.read())"), "const file1 = pyOpenIfAny(() => open('./a.csv'))"},
		{body("try:", "  f = open('a.csv', 'rb')", "except FileNotFoundError: print('no')"), "pyExisting(file1, 'a.csv')"},
		{"P = 'a.csv'\n" + body("x = open(P)", "print(x.read())"), "const file1 = open('./a.csv')"},
		{body("from datetime import date", "print(date.today())"), "pyDateOf(pyNow())"},
		{body("x = {'101': 1, '102': {'a': 2}}", "print(x['101'])"), "const x: any = { '101': 1, '102': { a: 2 } }"},
		{"import logging\ndef named(name):\n  log = logging.getLogger(name)\n  if not log.handlers:\n    h = logging.StreamHandler()\n    h.setFormatter(logging.Formatter('%(message)s'))\n    log.addHandler(h)\n    log.propagate = False\n  return log\nL = named(__name__)\n" + body("L.info('a')"), "console.info('a')"},
		{"from locust import events\n@events.test_stop.add_listener\ndef f(environment, **kwargs):\n  if environment.runner.stats.total.fail_ratio > 0.1: environment.process_exit_code = 1\n" + body("pass"),
			"locust.events.testStop.addListener(({ environment }) => {\n  if (environment.stats.total.failRatio > 0.1) {\n    environment.processExitCode = 1"},
		{"from locust import events\n@events.test_start.add_listener\ndef f(environment, **kwargs):\n  environment.stats.reset_all()\n  print(environment.host)\n" + body("pass"),
			"locust.events.testStart.addListener(({ environment }) => {\n  console.log(pyStr((environment.host || null)))\n})"},
		{"from locust import events\nimport requests\nT = {}\n@events.test_start.add_listener\ndef f(environment, **kwargs):\n  T['a'] = requests.post(environment.host + '/login').text\n" + body("print(T)"),
			"(__ENV.LOCUST_HOST || null)"},
		{"from locust import events\n" + body("events.request.fire(request_type='a', name='b', response_time=1, response_length=0, exception=Exception('x'))"), "exception: new PyError('Exception', 'x')"},
	} {
		got := script(t, test.source)
		want := strings.ReplaceAll(test.want, "response.elapsed", "r.elapsed")
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s in\n%s", test.source, want, got)
		}
	}
}

func TestConvertsClasses(t *testing.T) {
	for source, want := range map[string]string{
		"@task(3)\n  def t(self): pass":                                             "static override tasks = { t: 3 }",
		"@tag('a', 'b')\n  @task\n  def t(self): pass":                              "[task('t', { tags: ['a', 'b'] })]",
		"weight = 2\n  @task\n  def t(self): pass":                                  "static override weight = 2",
		"wait_time = between(1, 2)\n  @task\n  def t(self): pass":                   "override waitTime = locust.between(1, 2)",
		"wait_time = lambda self: 3\n  @task\n  def t(self): pass":                  "override waitTime = () => 3",
		"def wait_time(self): return 1\n  @task\n  def t(self): pass":               "override waitTime = (): any => {",
		"@task\n  def stop(self): pass":                                             "_stop() {",
		"x = 1\n  @task\n  def t(self): self.x += 1":                                "this.x = pyAddTo(this.x, 1)",
		"def on_start(self): self.y = []\n  @task\n  def t(self): self.y.append(1)": "y: any",
		"@task\n  class B(TaskSet):\n    @task\n    def t(self): self.interrupt()":  "static override tasks = [B]",
		"def h(self): self.client.get('/')\n  @task\n  def t(self): self.h()":       "await this.h()",
	} {
		got := script(t, "from locust import HttpUser, TaskSet, between, tag, task\nclass A(HttpUser):\n  "+source+"\n")
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s in\n%s", source, want, got)
		}
	}
}

func TestSubclassesMayListTasksInAnotherForm(t *testing.T) {
	got := script(t, "from locust import HttpUser, task\nclass A(HttpUser):\n  @task\n  def t(self): pass\nclass B(A):\n  @task\n  def t(self): pass\n")
	if !strings.Contains(got, "static override tasks: any = { t: 1 }") {
		t.Error(got)
	}
}

func TestMixins(t *testing.T) {
	source := "from locust import HttpUser, task\nclass M:\n  role = 'm'\n  path = '/m'\n  abstract = True\n" +
		"  def on_start(self): self.client.get(self.path)\n  @task\n  def extra(self): pass\n" +
		"class N(object):\n  role = 'n'\n  def hello(self): print(self.role)\n" +
		"class A(M, N, HttpUser):\n  path = '/a'\n  @task\n  def t(self): self.hello()\n"
	got := script(t, source)
	for _, want := range []string{"class A extends HttpUser {", "tasks = { t: 1 }", "path: any = '/a'", "role: any = 'm'", "onStart() {", "hello() {", "userClasses: [A]"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
	for _, unwanted := range []string{"'/m'", "'n'", "class M", "class N"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("want no %s in\n%s", unwanted, got)
		}
	}
	super := "class M:\n  def on_start(self): pass\nclass A(M, HttpUser):\n  def on_start(self): super().on_start()\n"
	result := Locustfile("locustfile.py", "from locust import HttpUser, task\n"+super+"  @task\n  def t(self): pass\n")
	if len(result.Problems) == 0 {
		t.Error(result.Script)
	}
}

func TestSharesOneRuntimeIfVariablesChange(t *testing.T) {
	changing := "from locust import HttpUser, task\nnames = ['a']\nclass A(HttpUser):\n  @task\n  def t(self): self.client.get(names.pop())\n"
	if got := script(t, changing); !strings.Contains(got, "processes: 1") {
		t.Errorf("want processes: 1 in\n%s", got)
	}
	if got := script(t, strings.Replace(changing, ".pop()", "[0]", 1)); strings.Contains(got, "processes") {
		t.Errorf("want no processes in\n%s", got)
	}
}

// k6/x/locust accepts only plain numbers, not the objects that converted scripts use for whole floats.
func TestPassesPlainNumbersToLocust(t *testing.T) {
	shape := "from locust import LoadTestShape\nSTAGES = [{'users': 1, 'rate': 2.0}]\nclass S(LoadTestShape):\n  def tick(self):\n    for s in STAGES: return s['users'], s['rate']\n"
	for source, want := range map[string]string{
		shape + body("pass"): "return [pyNumber(pyAt(s, 'users')), pyNumber(pyAt(s, 'rate'))] as const",
		body("self.client.get('/', timeout=random.choice([1.0]))"):                                              "timeout: pySeconds(pyChoice([pyFloatOf(1)]))",
		body("time.sleep(random.choice([1.0]))"):                                                                "this.sleep(pyNumber(pyChoice([pyFloatOf(1)])))",
		"def f(user): return 4 / 2\n" + strings.Replace(body("pass"), "  @task", "  wait_time = f\n  @task", 1): "waitTime = () => pyNumber(f(this))",
	} {
		if got := script(t, source); !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s in\n%s", source, want, got)
		}
	}
}

func TestLeavesOutClosingOfClients(t *testing.T) {
	result := Locustfile("locustfile.py", "from locust import HttpUser, task\nclass A(HttpUser):\n  @task\n  def t(self): pass\n  def on_stop(self): self.client.close()\n")
	if len(result.Problems) > 0 || len(result.Notes) != 1 || strings.Contains(result.Script, "close") {
		t.Errorf("got %v %v\n%s", result.Problems, result.Notes, result.Script)
	}
}

func TestRefuses(t *testing.T) {
	for source, want := range map[string]string{
		body("import numpy", "numpy.zeros(3)"):                                                                                            "numpy.zeros() is not available in k6",
		body("self.client.get('/', stream=self.x)", "self.x = 1"):                                                                         "stream must be True or False",
		body("with self.client.get('/', stream=True, catch_response=True) as r: pass", "for line in r.iter_lines(): pass"):                "a response with stream=True can be used only in its with block, because the block ends the stream",
		body("print(self.client.get('/', stream=True).text)"):                                                                             "self.client.get().text is not supported with stream=True: use iter_lines()",
		body("self.client.get('/', stream=True).json()"):                                                                                  "self.client.get().json() is not supported with stream=True: use iter_lines()",
		body("r = self.client.get('/', stream=True)", "print(list(r.iter_lines()))"):                                                      "r.iter_lines() is supported only as the list of a for loop",
		body("r = self.client.get('/', stream=True)", "for l in r.iter_lines(delimiter=b';'): pass"):                                      "r.iter_lines() is supported only with the argument chunk_size",
		body("r = self.client.get('/')", "for l in r.iter_lines(): pass"):                                                                 "r.iter_lines() is not supported",
		body("r = self.client.get('/', stream=True)", "for p in r.iter_content(9): print(p.split())"):                                     "p.split() is not supported for the content of a binary file",
		strings.ReplaceAll(body("r = self.client.get('/', stream=True)", "for l in r.iter_content(9): pass"), "HttpUser", "FastHttpUser"): "r.iter_content() is not supported for FastHttpUser, which has no such method or returns text: use HttpUser",
		body("print(re.sub('a', r'\\g<name>', 'a'))"):                                                                                     "the replacement \"\\\\g<name>\" of re.sub() is not supported",
		body("print(getattr(self.client, 'get'))"):                                                                                        "getattr() is only supported for fields that the locustfile defines",
		body("print(getattr(self, 't', None))"):                                                                                           "getattr() is only supported for fields that the locustfile defines",
		body("o = self.environment.parsed_options", "print(o)"):                                                                           "o is only supported with the name of an option",
		"a = '/1'\ndef f(a, b=a): return b\n" + body("print(f('/2'))"):                                                                    "the default value of b is a variable, but JavaScript would use the parameter with the same name: rename the parameter",
		"a = '/1'\ndef f(a=a): return a\n" + body("print(f())"):                                                                           "the default value of a is a variable, but JavaScript would use the parameter with the same name: rename the parameter",
		"class M:\n  @staticmethod\n  def __init__(): pass\n" + body("print(M())"):                                                        "the decorator staticmethod is not supported",
		"class M:\n  def __enter__(self): pass\n  @staticmethod\n  def __exit__(): pass\n" + body("with M(): pass"):                       "the decorator staticmethod is not supported",
		body("from functools import partial", "print(partial(lambda x: x)(1))"):                                                           "functools.partial() is only supported with functions and methods of the locustfile, without * parameters, and with methods of the client",
		"def f(a, b): return a\n" + body("print(f(*[1], b=2))"):                                                                           "f() has * and keyword arguments, which is not supported",
		body("print(10 ** 18 + 1)"):                                                                                                       "the integer is larger than 2^53, the limit of JavaScript",
		body("x = 9007199254740993", "print(x)"):                                                                                          "the integer 9007199254740993 is larger than 2^53, the limit of JavaScript",
		body("from datetime import datetime", "print(datetime.now(1))"):                                                                   "datetime.now() is not supported with this time zone: use timezone.utc, or no time zone",
		body("from datetime import timedelta", "x = {'a': timedelta(days=1)}", "print(x)"):                                                "a timedelta is not supported here: use its total_seconds()",
		body("from datetime import timedelta", "print(f'{timedelta(days=1)}')"):                                                           "converting a timedelta to text is not supported: use its total_seconds()",
		body("from datetime import datetime", "print(datetime.now().isoformat(timespec='hours'))"):                                        "datetime.now().isoformat() is not supported",
		body("random.seed(1)"):      "random.seed() is not supported, because k6 cannot repeat Python's random numbers: remove it, or take the values from a list",
		body("self.client.close()"): "self.client.close() is only supported in on_stop: k6 keeps the connections of a user until then",
		strings.ReplaceAll(body("self.client.get('/', cookies={'a': 'b'})"), "HttpUser", "FastHttpUser"):                                        "FastHttpUser has no argument cookies: use HttpUser, or the header Cookie",
		body("self.client.get('/', cookies=self.client.cookies)"):                                                                               "cookies must be a dict: the client already sends its own cookies",
		"def f(*rest, b=1): return b\n" + body("print(list(map(f, [1])))"):                                                                      "f has parameters after *args, so it is supported only in direct calls",
		body("def f(*rest, b=1): return b", "print(f(1))"):                                                                                      "f has parameters after *args: define it outside of functions",
		"class B:\n  def f(self, *rest, b=1): return b\n" + body("x = B().f", "print(x(1))"):                                                    "f has parameters after *args, so it is supported only in direct calls",
		"class B:\n  def f(self, *rest): return 1\nclass C(B):\n  def f(self, *rest, b=1): return super().f(*rest)\n" + body("print(C().f(1))"): "f has parameters after *args, but another function of this name has different parameters: rename one",
		"def f(*rest, b=1): return b\n" + body("print(f(*[1]))"):                                                                                "f() has * and keyword arguments, which is not supported",
		"from locust import HttpUser, task\nclass A(HttpUser):\n  @task\n  def t(self): pass\nclass B(HttpUser):\n  tasks = {A: 1}\n":           "the task A is not supported: tasks must be functions or task sets of the file",
		body("continue"):                   "continue is outside of a loop",
		body("x = yield 1", "print(x)"):    "coroutines and generators are not supported",
		body("yield self.client.get('/')"): "a generator cannot make requests or wait",
		body("print(f'{b\"a\"}')"):         "the text of … is different in JavaScript",
		body("print(b'\\xff' == b'')"):     "comparisons of bytes are only supported with UTF-8 text",
		body("print(b'a' == 'a')"):         "bytes can only be compared with bytes",
		body("import hashlib", "print(hashlib.md5(self.x).hexdigest())", "self.x = 1"): "self.x must be bytes, such as text.encode()",
		body("print(self.unknown)"):                                                                                               "self.unknown is not supported",
		body("with self.client.get('/') as r: r.success()"):                                                                       "a with block needs catch_response=True: without it, Locust raises an error after the request",
		body("from datetime import datetime", "print(datetime.strptime('1', '%U'))"):                                              "the format of strptime must be a literal with the codes %Y %y %m %d %H %I %M %S %f %p %A %a %B %b %z %%",
		body("import io", "x = io.BytesIO('a')"):                                                                                  "io.BytesIO() needs bytes",
		body("import io", "x = io.BytesIO(b'a')", "print(x.readline())"):                                                          "x.readline() is not supported for a binary file",
		"def f(path): return open(path)\n" + body("print(f(self.host))"):                                                          "the path of a file must be known before the run: use literals, os.path.join(), and __file__",
		"def f(path): return open(path)\ng = f\n" + body("print(f('a'), g('b'))"):                                                 "the path of a file must be known before the run: use literals, os.path.join(), and __file__",
		body("open('a', 'w').write('b')"):                                                                                         "the mode \"w\" of open() is not supported, because k6 cannot write files: print the values instead",
		body("with open('a', 'w') as f: f.write(self.client.get('/').text)"):                                                      "the mode \"w\" of open() is not supported, because k6 cannot write files: print the values instead",
		"import os\nP = os.path.join(os.path.dirname(__file__), 'a')\n" + body("self.client.get(P)"):                              "the path P is only supported in calls to open()",
		"import os\nP = os.path.join(os.path.dirname(__file__), 'a')\ndef f(path): return path\n" + body("self.client.get(f(P))"): "the path path is only supported in calls to open()",
		body("print(list(map(lambda p: self.client.get(p), ['/'])))"):                                                             "map() cannot call a function that makes requests or waits: use a for loop",

		body("re.search('(?x)a', 'b')"):                          "(?x in a regular expression is not supported",
		body("print('{} {0}'.format(1))"):                        "the format string mixes {} and {0}",
		body("print('a' % 1)"):                                   "this format of % is not supported",
		body("print(missing)"):                                   "missing is not defined: define or import it",
		"from locust import User\nclass A(User, object): pass\n": "the class A has several base classes or a metaclass, which JavaScript does not support",
		"from locust import events\n@events.request.add_listener\ndef f(response, **kw):\n  response.failure('a')\n": "listeners of events.request are not converted, unless they only print, keep records, or change variables",
		"def g(x):\n  if x:\n    def f(): return 1\n  return f()\n" + body("print(g(1))"):                            "f is used outside of the block that defines it: define it before the block",
		"def g(x):\n  try:\n    def f(): return 1\n  finally: pass\n  return f()\n" + body("print(g(1))"):            "f is used outside of the block that defines it: define it before the block",
		"x = (\n": "a bracket is not closed",
		"def f(): pass\ndef f(): pass\n" + body("f()"):                                      "there are several definitions of f: rename one",
		"f = 1\ndef f(): pass\n" + body("f()"):                                              "there are several definitions of f: rename one",
		"class f: pass\ndef f(): pass\n" + body("f()"):                                      "there are several definitions of f: rename one",
		"def g():\n  def f(): pass\n  f = 1\n  print(f)\n" + body("g()"):                    "there are several definitions of f: rename one",
		"B = 1\nclass B: pass\n" + body("print(B)"):                                         "the class B has the name of a variable: rename it",
		"class B:\n  def f(self): pass\n  g = f\n  def f(self): pass\n" + body("B()"):       "there are several definitions of B.f: rename one",
		"import requests\nx = requests.get('http://a/').text\nx = 'b'\n" + body("print(x)"): "x gets several values outside of functions, but k6 makes requests only when the run starts",
		"x = 1\n": "the file contains no user class with tasks",
	} {
		result := Locustfile("locustfile.py", source)
		found := false
		for _, problem := range result.Problems {
			found = found || problem.Text == want
		}
		if !found || result.Script != "" {
			t.Errorf("%s\nwant %s, got %v", source, want, result.Problems)
		}
	}
}

func TestReportsAnExpressionOnce(t *testing.T) {
	for _, line := range []string{"print(self.environment.runner.stats.entries)", "import pathlib", "x = numpy.array([1]).mean().item()"} {
		result := Locustfile("locustfile.py", "import numpy\n"+body(line, "print(2)"))
		if len(result.Problems) > 1 {
			t.Errorf("%s\n%v", line, result.Problems)
		}
	}
}

// The converter refuses arguments that the script would ignore.
func TestRefusesArguments(t *testing.T) {
	waiting := func(times string) string {
		return "from locust import between, constant\n" + strings.Replace(body("pass"), "  @task", "  wait_time = "+times+"\n  @task", 1)
	}
	parsing := func(arguments string) string {
		return "from locust import events\n@events.init_command_line_parser.add_listener\ndef _(parser):\n  parser.add_argument(" +
			arguments + ")\n" + body("print(self.environment.parsed_options.my_arg)")
	}
	for source, want := range map[string]string{
		body("print(random.randrange(1, stop=5))"):                                                                                               "random.randrange() is not available in k6",
		body("x = self.client.get('/').json()", "print(str(x, 'utf-8'))"):                                                                        "str() with an encoding is only supported for bytes of UTF-8 text",
		body("x = self.client.get('/').json()", "print(str(x, encoding='utf-8'))"):                                                               "keyword arguments are not supported for str()",
		body("print(self.client.cookies.get('a', domain='x'))"):                                                                                  "the argument domain of self.client.cookies.get() is not supported",
		"class B:\n  def r(self, *p, name=None): return p\n  def g(self, p, **kw): return self.r(p, **kw)\n" + body("print(B().g(1, name='a'))"): "the argument ** of self.r() is not supported",
		"import requests\n" + body("requests.request('GET', 'http://a', **{}, **{})"):                                                            "a request with several ** is not supported: merge the dicts first",
		body("self.client.cookies.clear(domain='x')"):                                                                                            "keyword arguments are not supported in self.client.cookies.clear()",
		body("self.client.headers.update({'a': 'b'}, c='d')"):                                                                                    "keyword arguments are not supported in self.client.headers.update()",
		body("m = re.search('(a)', 'a')", "print(m.groups(default=''))"):                                                                         "keyword arguments are not supported in m.groups()",
		body("r = self.client.get('/')", "print(r.json(parse_float=str))"):                                                                       "keyword arguments are not supported in r.json()",
		body("self.stop(force=True)"):                                                                                                            "self.stop() is not supported with arguments",
		body("self.stop(True)"):                                                                                                                  "self.stop() is not supported with arguments",
		body("f = open('a')", "f.seek()"):                                                                                                        "f.seek() is not supported with these arguments",
		body("f = open('a')", "f.seek(0, 2)"):                                                                                                    "f.seek() is not supported with these arguments",
		body("f = open('a')", "f.seek(0, whence=2)"):                                                                                             "keyword arguments are not supported in f.seek()",
		body("print([1].index(1, 2))"):                                                                                                           "….index() is not supported",
		body("raise ValueError('a', 'b')"):                                                                                                       "exceptions are only supported with one positional argument",
		waiting("constant(1, 2)"):                                                                                                                "constant() has too many arguments for the converter",
		waiting("between(1, 2, x=3)"):                                                                                                            "the argument x of between() is not supported",
		parsing("'--my-arg', action='append'"):                                                                                                   "the action of --my-arg must be store_true",
		parsing("'--my-arg', action='store_true', default=True"):                                                                                 "the default of --my-arg must be False",
		"from locust import HttpUser, task\nclass B(HttpUser):\n  abstract = True\n  def f(self, x=0): print(x)\n" +
			"class C(B):\n  @task\n  def t(self): self.f(1)\n  def f(self, x=0): super().f(x=x)\n": "keyword arguments are not supported in super().f()",
	} {
		result := Locustfile("locustfile.py", source)
		if len(result.Problems) == 0 || result.Problems[0].Text != want {
			t.Errorf("%s\nwant %s, got %v", source, want, result.Problems)
		}
	}
	for source, want := range map[string]string{
		body("print(round(1.25, ndigits=1))"):               "pyRound(1.25, 1)",
		body("print('-5'.zfill(3))"):                        "pyZfill('-5', 3)",
		body("f = open('a')", "f.seek(0, 0)"):               "f.rewind()",
		waiting("between(max_wait=5, min_wait=1)"):          "locust.between(1, 5)",
		parsing("'--my-arg', '-m', default='x', help='y'"):  "(__ENV['MY_ARG'] ?? 'x')",
		parsing("'-m', '--my-arg', '--other', default='x'"): "(__ENV['MY_ARG'] ?? 'x')",
	} {
		if got := script(t, source); !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s in\n%s", source, want, got)
		}
	}
}

func TestDescribesErrorsOfTheParser(t *testing.T) {
	_, err := python.ParseFile("a.py", "x = 1\ny = (\n")
	for _, test := range []struct {
		err  error
		line int
	}{{err, 3}, {fmt.Errorf("not parsed: %w", err), 3}, {errors.New("other"), 1}} {
		pos, text := simplify.Describe("a.py", test.err)
		if pos.Line != test.line || pos.File != "a.py" || text == "" {
			t.Error(test.err, pos, text)
		}
	}
}

func TestReportsAllProblemsWithTheirLines(t *testing.T) {
	result := Locustfile("locustfile.py", body("print(one)", "print(two)"))
	want := []conversion.Problem{{Line: 6, Text: "one is not defined: define or import it"}, {Line: 7, Text: "two is not defined: define or import it"}}
	if len(result.Problems) != 2 || result.Problems[0] != want[0] || result.Problems[1] != want[1] {
		t.Errorf("got %v", result.Problems)
	}
}

// Without a with block, Locust does not count a request with catch_response=True, and its success() and failure() raise
// an error.
func TestCatchResponseWithoutBlock(t *testing.T) {
	result := Locustfile("locustfile.py", body("r = self.client.get('/a', catch_response=True)", "print(r.status_code, r.json())"))
	want := conversion.Problem{Line: 6, Text: "catch_response=True was left out: without a with block, Locust does not count this request, but k6 does"}
	if len(result.Problems) != 0 || len(result.Notes) != 1 || result.Notes[0] != want {
		t.Errorf("got %v %v", result.Problems, result.Notes)
	}
	if want := "const r = await this.client.get('/a')\n    console.log(pyStr(r.statusCode), "; !strings.Contains(result.Script, want) {
		t.Error(result.Script)
	}
	for _, method := range []string{"success", "failure"} {
		for _, argument := range []string{", catch_response=True", ", catch_response=False", ""} {
			result := Locustfile("locustfile.py", body("r = self.client.get('/a'"+argument+")", "if r.ok:", "  r."+method+"()"))
			want := "r." + method + "() needs catch_response=True and a with block: without them, Locust raises an error"
			if len(result.Problems) != 1 || result.Problems[0].Text != want {
				t.Errorf("%s: got %v", argument, result.Problems)
			}
		}
	}
	other := Locustfile("locustfile.py", "import requests\n"+body("requests.get('http://a.example/').success()"))
	if len(other.Problems) != 1 || !strings.HasSuffix(other.Problems[0].Text, ".success() is not a method of responses of the library requests") {
		t.Errorf("got %v", other.Problems)
	}
	for _, block := range []string{"with r: pass", "with r as s: s.success()"} {
		result := Locustfile("locustfile.py", body("r = self.client.get('/a', catch_response=True)", "print(1)", block))
		if len(result.Problems) != 1 || result.Problems[0].Text != "with r is not supported" {
			t.Errorf("got %v", result.Problems)
		}
	}
}

func TestNotes(t *testing.T) {
	source := body("pass") + "class B(HttpUser): pass\nif __name__ == '__main__':\n  print('x')\n"
	result := Locustfile("locustfile.py", source)
	if len(result.Notes) != 2 || result.Notes[0].Text != "the user class B has no tasks, so its users do nothing, as in Locust. If it is only a base class, set abstract = True" {
		t.Errorf("got %v", result.Notes)
	}
	if !strings.Contains(result.Script, "userClasses: [A, B]") || !strings.Contains(result.Script, "user.sleep(3600)") {
		t.Error(result.Script)
	}
	result = Locustfile("locustfile.py", strings.Replace(body("pass"), "  @task", "  min_wait = 1000\n  @task", 1))
	if len(result.Notes) != 1 || result.Notes[0].Text != "min_wait was left out, because Locust ignores it: set wait_time" || strings.Contains(result.Script, "1000") {
		t.Errorf("got %v\n%s", result.Notes, result.Script)
	}
}
