package convert

import (
	"strings"
	"testing"
)

// locustfile returns a locustfile that begins with the module-level code in `before`, followed by a task with these
// lines.
func locustfile(before string, lines ...string) string { return before + "\n" + body(lines...) }

func TestKnowsStatusCodes(t *testing.T) {
	checkPrinted(t, []string{"from http import HTTPStatus", "import http, requests", "print(HTTPStatus.OK, http.HTTPStatus.NOT_FOUND.value, requests.codes.ok, requests.codes.created)"}, "200 404 200 201")
}

func TestConvertsThreadPools(t *testing.T) {
	checkPrinted(t, []string{"from concurrent.futures import ThreadPoolExecutor", "with ThreadPoolExecutor(max_workers=2) as pool:", "  x = list(pool.map(lambda n: n * 2, [1, 2]))", "  jobs = [pool.submit(lambda n: n + 1, n) for n in range(3)]", "  print(x, [job.result() for job in jobs])", "print('end')"},
		"[2, 4] [1, 2, 3] end")
}

func TestConvertsPartialFunctions(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"def power(base, exponent=3): return base ** exponent", "from functools import partial", "n = 2", "square, three = partial(power, exponent=n), partial(power, 3)", "n = 5", "print(square(4), three(), three(2), list(map(square, [1, 2])))"}, "16 27 9 [1, 4]"},
		{[]string{"for send in [self.client.get, self.client.post]: print(send('/').status_code)"}, "200 200"},
		{[]string{"from functools import partial", "self.send = partial(self.client.post, '/a', headers={'A': 'b'})", "self.send({'x': 'y'})", "print(1)"}, `data {"x":"y"} 1`},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestConvertsGreenlets(t *testing.T) {
	source := body("import gevent", "from gevent.pool import Pool, Group", "def f(x, y=1):", "  self.client.post('/', {'x': x})", "  if x == 3: raise ValueError('three')", "  return x + y",
		"jobs = [gevent.spawn(f, x, y=2) for x in range(2)]", "gevent.joinall(jobs, timeout=5)", "print([job.value for job in jobs], jobs[0].get(), jobs[0].ready())",
		"pool = Pool(1)", "for x in range(4): pool.spawn(f, x)", "pool.join()", "print(pool.map(lambda x: x * 2, [1, 2]))",
		"job = gevent.spawn(f, 3)", "try: job.get()", "except ValueError as e: print(e, job.successful(), job.value)")
	for from, to := range map[string]string{
		"def f(x, y=1):\n      self.client.post('/', {'x': x})\n      if x == 3: raise ValueError('three')\n      return x + y\n    ": "",
		"spawn(f":   "spawn(self.f",
		"  @task\n": "  def f(self, x, y=1):\n    self.client.post('/', {'x': x})\n    if x == 3: raise ValueError('three')\n    return x + y\n  @task\n",
	} {
		source = strings.ReplaceAll(source, from, to)
	}
	want := `data {"x":0} data {"x":1} [2, 3] 2 True data {"x":0} data {"x":1} data {"x":2} data {"x":3} error ValueError: three [2, 4] data {"x":3} error ValueError: three three False None`
	if got := strings.ReplaceAll(printed(t, source), "\n", " "); got != want {
		t.Errorf("want %s\ngot  %s\n%s", want, got, script(t, source))
	}
}

// Locust does not count requests of Python's requests library, and sends them without the headers and cookies of the
// user's client.
func TestMakesRequestsOfPythonsLibraryOutsideOfTheClient(t *testing.T) {
	for source, want := range map[string]string{
		locustfile("import requests", "requests.post('http://a/', data={'b': 1}, timeout=3, auth=('c', 'd'))"):                        "await pyAsyncRequest('POST', 'http://a/', { data: { b: 1 }, timeout: 3, auth: pyTuple(['c', 'd']) })",
		locustfile("import requests\ndef token(): return requests.get('http://a/', {'b': 1}).text", "print(token())"):                 "await pyAsyncRequest('GET', 'http://a/', { params: { b: 1 } })",
		locustfile("import requests", "requests.request('put', 'http://a/', json=[1])"):                                               "await pyAsyncRequest(pyText('put').toUpperCase(), 'http://a/', { json: [1] })",
		locustfile("import requests\ns = requests.Session()", "s.headers.update({'a': 'b'})", "s.get('http://a/')"):                   "await pyAsyncRequest('GET', 'http://a/', {  }, s)",
		locustfile("import requests\nT = requests.get('http://a/').text", "print(T)"):                                                 "pyRequest('GET', 'http://a/', {  }).text",
		locustfile("import requests", "try: requests.get('http://a/')", "except requests.exceptions.RequestException as e: print(e)"): "pyCatches(caught, 'RequestException')",
	} {
		if got := script(t, source); !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s in\n%s", source, want, got)
		}
	}
	source := locustfile("import requests\nfrom locust import events\ndef f(): return requests.get('http://a/').text\n@events.test_start.add_listener\ndef g(**kw): print(f())", "print(f())")
	want := "f makes requests both for users and for listeners of events: use two functions"
	if problems := Locustfile("l.py", source).Problems; len(problems) != 1 || problems[0].Text != want {
		t.Error(problems)
	}
}
