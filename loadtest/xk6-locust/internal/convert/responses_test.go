package convert

import (
	"strconv"
	"strings"
	"testing"
)

// noAnswer makes all requests fail without an answer.
const noAnswer = `record = () => Promise.resolve(Object.assign(new Answer(), { statusCode: 0, ok: false, text: '', url: 'http://a/', reason: '', headers: {}, elapsed: 0 }))`

// fast returns the locustfile for a FastHttpUser.
func fast(source string) string { return strings.ReplaceAll(source, "HttpUser", "FastHttpUser") }

// TestFailedRequestsAsInLocust compares responses without an answer with those of Locust 2.47. The fixtures failures.py
// and fast_failures.py cover more such responses.
func TestFailedRequestsAsInLocust(t *testing.T) {
	for _, test := range []struct {
		lines              string
		wantSlow, wantFast string
	}{
		{"print(r.status_code, r.content is None)", "0 True", "0 True"},
		{"print(r.ok)", "ConnectionError: connection refused", "True"},
		{"print(r.text == '', r.text is None)", "True False", "False True"},
		{"print('a' in r.text)", "False", "TypeError: argument of type 'NoneType' is not iterable"},
		{"print(len(r.content))", "TypeError: there was no answer, so the content is None", "TypeError: there was no answer, so the content is None"},
		{"print(r.content.decode())", "AttributeError: None is not a string", "AttributeError: None is not a string"},
		{"print(r.url)", "None", "http://a/"},
		{"print(r.elapsed.total_seconds())", "0.0", "AttributeError: there was no answer, so the response has no elapsed"},
		{"print(r.headers.get('a'))", "None", "AttributeError: None is not a dict"},
		{"print(r.json())", "SyntaxError: Unexpected end of JSON input (EOF)", "TypeError: the JSON object must be str, bytes or bytearray, not NoneType"},
		{"r.raise_for_status()", "ConnectionError: connection refused", "ConnectionRefusedError: connection refused"},
	} {
		source := body("r = self.client.get('/')", test.lines)
		for kind, got := range map[string]string{test.wantSlow: printedAfter(t, noAnswer, source), test.wantFast: printedAfter(t, noAnswer, fast(source))} {
			if got != kind {
				t.Errorf("%s\nwant %s\ngot  %s", test.lines, kind, got)
			}
		}
	}
	for lines, want := range map[string]string{
		"print(r, {'a': r}, r == 1, r in [r], r != {}, [r].index(r))": "<Response [0]> {'a': <Response [0]>} False True True 0",
		"print([r][0]['a'])":          "TypeError: 'Response' object is not subscriptable",
		"print([r][0].keys())":        "AttributeError: <Response [0]> is not a dict",
		"print(list([r][0]))":         "TypeError: 'Response' object is not iterable",
		"print([r][0] + 1)":           "TypeError: <Response [0]> is not a number",
		"print(json.dumps({'a': r}))": "TypeError: <Response [0]> is not JSON serializable",
		"print('yes' if r else 'no')": "ConnectionError: connection refused",
		"x = [r]; print(bool(x[0]))":  "ConnectionError: connection refused",
		"print(r.reason)":             "None",
		"print('a' in r.url)":         "TypeError: argument of type 'NoneType' is not iterable",
		"import requests\n    try: r.raise_for_status()\n    except requests.exceptions.RequestException as e: print(type(e).__name__)":        "ConnectionError",
		"import requests\n    try: r.json()\n    except requests.exceptions.RequestException as e: print(type(e).__name__)":                    "JSONDecodeError",
		"try: r.json()\n    except ValueError as e: print(e)":                                                                                  "Expecting value: line 1 column 1 (char 0)",
		"import requests\n    try: json.loads('')\n    except requests.exceptions.RequestException: print(1)\n    except ValueError: print(2)": "2",
	} {
		if got := printedAfter(t, noAnswer, body("r = self.client.get('/')", lines)); got != want {
			t.Errorf("%s\nwant %s\ngot  %s", lines, want, got)
		}
	}
}

// Whether a response of FastHttpUser counts as true depends on its Content-Length.
func TestTruthOfResponsesOfFastHTTPUser(t *testing.T) {
	source := fast(body("x = [self.client.get('/')]", "print(bool(x[0]))"))
	for headers, want := range map[string]string{"{ 'content-length': '0' }": "False", "{ 'content-length': '9' }": "True", "{}": "TypeError: the response has no Content-Length"} {
		if got := printedAfter(t, "record = () => Promise.resolve(Object.assign(new Answer(), { headers: "+headers+" }))", source); got != want {
			t.Errorf("%s: want %s, got %s", headers, want, got)
		}
	}
	both := strings.Replace(source, "import FastHttpUser", "import FastHttpUser, HttpUser", 1) + "class B(HttpUser):\n  @task\n  def t(self): pass\n"
	if got := printed(t, both); got != "Error: HttpUser and FastHttpUser differ in whether a response counts as true: use its ok" {
		t.Error(got)
	}
}

func TestRefusesAttributesThatResponsesDoNotHave(t *testing.T) {
	for lines, want := range map[string]string{
		"print(r.cookies)": "the responses of FastHttpUser have no attribute cookies",
		"print(r.reason)":  "the responses of FastHttpUser have no attribute reason",
		"print(r.links)":   "the attribute links of a response is not available in k6/x/locust",
	} {
		result := Locustfile("locustfile.py", fast(body("r = self.client.get('/')", lines)))
		if len(result.Problems) != 1 || result.Problems[0].Text != want {
			t.Errorf("%s: want %q, got %v", lines, want, result.Problems)
		}
	}
}

// Code that both kinds of users run must not depend on how they treat requests without an answer.
func TestSharedCodeRefusesFailedRequests(t *testing.T) {
	source := "def show(r): print(r.ok, r.text)\n" + body("show(self.client.get('/'))") +
		"class B(FastHttpUser):\n  @task\n  def t(self): show(self.client.get('/'))\n"
	source = strings.Replace(source, "import HttpUser", "import FastHttpUser, HttpUser", 1)
	if got := printed(t, source); got != `True {"id": 1}` {
		t.Error(got)
	}
	if got := printedAfter(t, noAnswer, source); got != "Error: there was no answer (connection refused), which HttpUser and FastHttpUser treat differently" {
		t.Error(got)
	}
}

func TestRefusesPathsThatLocustJoinsDifferently(t *testing.T) {
	file := func(host, path string) string {
		return strings.Replace(body("self.client.get("+path+")"), "  @task", "  host = '"+host+"'\n  @task", 1)
	}
	for source, want := range map[string]string{
		file("http://a", "'b'"):               `the path "b" must begin with a slash, because Locust appends it to the host http://a`,
		file("http://a/", "'b'"):              "",
		file("http://a", "'/b'"):              "",
		file("http://a", "'HTTPS://b/c'"):     "",
		file("http://a/", "'http://a/c'"):     "",
		body("self.client.get('b')"):          "",
		file("http://a", "random.choice('')"): "",
	} {
		var got string
		if result := Locustfile("locustfile.py", source); len(result.Problems) > 0 {
			got = result.Problems[0].Text
		}
		if got != want {
			t.Errorf("%s\nwant %q, got %q", source, want, got)
		}
	}
	port := script(t, file("http://a", "':80/b', params={'c': 1}"))
	if !strings.Contains(port, "get(pyUrl(pyQuery(this.host + ':80/b', { c: 1 })))") {
		t.Error(port)
	}
	if got := script(t, "from locust import TaskSet\n"+strings.Replace(file("http://a", "f':80/{1}'"), "class A(HttpUser):\n  host = 'http://a'", "class A(TaskSet):", 1)+"class B(HttpUser):\n  host = 'http://a'\n  tasks = [A]\n"); !strings.Contains(got, "get(pyUrl(this.user.host + `:80/${1}`))") {
		t.Error(got)
	}
	result := Locustfile("locustfile.py", file("http://a/", "f'/{1}'"))
	if len(result.Notes) != 1 || result.Notes[0].Text != "k6 sends one slash between host and path. Locust sends two, because http://a/ ends with a slash" {
		t.Errorf("got notes %v", result.Notes)
	}
}

// Python computes each side of `and` and `or` at most once.
func TestComputesOperandsOnce(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"print(self.client.post('/', data='a').text or 'x', self.client.post('/', data='b').status_code or 1)"}, `data a data b {"id": 1} 200`},
		{[]string{"x = ['A', 'B']", "print(x.pop().lower() or 'x', x.pop().upper() and 'y', len(x))"}, "b y 0"},
		{[]string{"x = [[1], [2, 3]]", "print(len(x.pop()) or 'x', len(x))"}, "2 1"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

// TestErrorsInJSONAsInPython compares the errors of json.loads() with those of Python 3.11.
func TestErrorsInJSONAsInPython(t *testing.T) {
	for text, want := range map[string]string{
		``: "Expecting value: line 1 column 1 (char 0)", `<p>`: "Expecting value: line 1 column 1 (char 0)", `{"a": 1} x`: "Extra data: line 1 column 10 (char 9)",
		`[1,]`: "Expecting value: line 1 column 4 (char 3)", `[1 2]`: "Expecting ',' delimiter: line 1 column 4 (char 3)", `{"a" 1}`: "Expecting ':' delimiter: line 1 column 6 (char 5)",
		`{a}`: "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", `{"a": 1,}`: "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)",
		`[`: "Expecting value: line 1 column 2 (char 1)", `{`: "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", `"a`: "Unterminated string starting at: line 1 column 1 (char 0)",
		`["\x"]`: "Invalid \\escape: line 1 column 3 (char 2)", `["\u12"]`: "Invalid \\uXXXX escape: line 1 column 4 (char 3)", `["\x01"]`: "Invalid control character at: line 1 column 3 (char 2)",
		"[\n1,\n\U0001f600]": "Expecting value: line 3 column 1 (char 5)", `[nul]`: "Expecting value: line 1 column 2 (char 1)", `01`: "Extra data: line 1 column 2 (char 1)", `{"a": [tru]}`: "Expecting value: line 1 column 8 (char 7)",
		`-`: "Expecting value: line 1 column 1 (char 0)", `"a\`: "Unterminated string starting at: line 1 column 1 (char 0)", `[1`: "Expecting ',' delimiter: line 1 column 3 (char 2)",
	} {
		text = strings.ReplaceAll(text, `\x01`, "\x01")
		source := body("try: json.loads(random.choice(["+strconv.QuoteToASCII(text)+"]))", "except ValueError as e: print(e)")
		if got := printed(t, source); got != want {
			t.Errorf("%s\nwant %s\ngot  %s", text, want, got)
		}
	}
}

func TestTextsOfExceptions(t *testing.T) {
	checkPrinted(t, []string{
		"for i in range(5):", "  try: [lambda: {}['a'], lambda: {1: 2}[3], lambda: [][1], lambda: int(''), lambda: random.choice([None]).lower()][i]()", "  except Exception as e: print(repr(e) if i < 4 else type(e).__name__, e if i < 3 else '')",
	}, `KeyError('a') 'a' KeyError(3) 3 IndexError('list index out of range') list index out of range ValueError("invalid literal for int() with base 10: ''")  AttributeError `)
	checkPrinted(t, []string{"print([ValueError()], [KeyError('b')], str(KeyError('b')))"}, "[ValueError()] [KeyError('b')] 'b'")
}

func TestListsAndDictsOfArgumentsAsInPython(t *testing.T) {
	function := "def f(a, b=2, *rest, **named): return [a, b, rest, named]"
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{function, "print(f(1), f(1, 3, 4, 5), f(1, c=6), f(1, 2, 3, c=4, d=5), f(b=7, a=8, c=9), f(1, 2, *[3, 4], **{'c': 5}))"},
			"[1, 2, (), {}] [1, 3, (4, 5), {}] [1, 2, (), {'c': 6}] [1, 2, (3,), {'c': 4, 'd': 5}] [8, 7, (), {'c': 9}] [1, 2, (3, 4), {'c': 5}]"},
		{[]string{function, "print(f(1, **{'b': 3}))"}, "Error: the argument b after ** is not supported"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
	source := "class B:\n  def g(self, *rest, **named): return self.h(*rest, **named)\n  def h(self, *rest, **named): return [rest, sorted(named.items())]\n" +
		"  def post(self, client, path, *rest, **named): return client.post(path, *rest, **named)\n"
	got := printed(t, source+body("print(B().g(1, 2, a=3), B().g(), B().g(b=1))", "B().post(self.client, '/', {'a': 1}, name='n')", "B().post(self.client, '/', json={'a': 2})",
		"try: B().post(self.client, '/', 1, 2, 3)", "except TypeError as e: print(e)"))
	if want := "[(1, 2), [('a', 3)]] [(), []] [(), [('b', 1)]]\ndata {\"a\":1}\njson {\"a\":2}\ntoo many positional arguments were given"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
	for source, want := range map[string]string{
		function + "\n" + body("print(f(*[1, 2], **{}))"): "a list with * that sets named parameters is not supported in f()",
		function + "\n" + body("x = f", "print(x(1))"):    "f has parameters after *args, so it is supported only in direct calls",
	} {
		if result := Locustfile("locustfile.py", source); len(result.Problems) != 1 || result.Problems[0].Text != want {
			t.Errorf("%s\nwant %q, got %v", source, want, result.Problems)
		}
	}
}

func TestNamedTuplesAreTuples(t *testing.T) {
	source := "from collections import namedtuple\nP = namedtuple('P', 'x y')\nQ = namedtuple('Q', 'a b')\n" +
		body("p = P(1, 2)", "print(p == (1, 2), (1, 2) == p, p == Q(1, 2), p == [1, 2], p != P(1, 3), p in [(1, 2)], 2 in p, p[1], p[-1:], len(p), p < (1, 3), sorted([P(2, 1), P(1, 9)])[0], {(1, 2): 'k'}[p], len({p, (1, 2)}))")
	if got, want := printed(t, source), "True True True False True True True 2 (2,) 2 True P(x=1, y=9) k 1"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

func TestTypesOfNumbers(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"x = [1, True, 2.0, 4 / 2, 'a', None, 2.5, json.loads('3')]", "print([isinstance(y, int) for y in x], [isinstance(y, (int, float)) for y in x])"},
			"[True, True, False, False, False, False, False, True] [True, True, True, True, False, False, True, True]"},
		{[]string{"x = (1, 2.5, 1, None)", "print(x.count(1), x.index(2.5), x.count('a'))"}, "2 1 0"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestFormatsThatAreNotLiterals(t *testing.T) {
	for _, test := range []struct{ format, want string }{
		{"{}/{a:>4}|{{{}!r}}|{b:.2f}{a!r}", "1.0/   x|{2!r}|3.00'x'"},
		{"{1}{0}{1!r:>4}", "21.0   2"},
		{"{2}", "IndexError: Replacement index 2 out of range for positional args tuple"},
		{"{c}", "KeyError: 'c'"},
		{"a}", "ValueError: Single '}' encountered in format string"},
		{"{a.b}", "Error: the field {a.b} of a format is not supported"},
	} {
		checkPrinted(t, []string{"f = ['" + test.format + "']", "print(f[0].format(2 / 2, 2, b=3, **{'a': 'x'}))"}, test.want)
	}
}

func TestBytesAsInPython(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"x = b'data: {}'", "print(x.startswith(b'data'), x.endswith(b'x'), x[6:].decode(), len(x), x.upper() == b'DATA: {}', x.removeprefix(b'data: ') == b'{}')"}, "True False {} 8 True True"},
		{[]string{"x = ' \u00e9x\u00a0\\n'.encode()", "print(len(x), x.strip().decode() == '\u00e9x\u00a0', x[1:3].decode() == '\u00e9', len(x[:-1]), x.upper().decode() == ' \u00e9X\u00a0\\n')"}, "7 True True 6 True"},
		{[]string{"print('a\u00e9'.encode('utf-8').hex(), b'\\xff\\x00'.hex(), len(os.urandom(4).hex()))"}, "61c3a9 ff00 8"},
		{[]string{"print((3 * b'ab').decode(), (b'ab' * 2).decode(), (2 * b'\\xff').hex(), (b'\\xff' * 2).hex(), len(-1 * b'a'))"}, "ababab abab ffff ffff 0"},
		{[]string{"x = '\u00e9'.encode()", "print(x[1:].decode())"}, "Error: a slice of bytes that is not UTF-8 text is not supported"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestLongStringsAsInPython(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"x = 'a\U0001f600' * 100", "print(x[1] == '\U0001f600', x[-1] == x[1], x[199] == x[1], x[-200], len(x[3:]), x[:2] == 'a\U0001f600', x[-3:-1] == '\U0001f600a', x[5:3] == '', len(x[:-190]), x[300:] == '', len(x[-500:]), len(x[0:500]))",
			"try: x[200]", "except IndexError: print('no')", "try: x[-201]", "except IndexError: print('no')"},
			"True True True a 197 True True True 10 True 200 200 no no"},
		{[]string{"x, parts = '\U0001f600b' * 100, []", "while x:", "  parts.append(x[:7])", "  x = x[7:]", "print(len(parts), ''.join(parts) == '\U0001f600b' * 100)"}, "29 True"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestBindsKeywordsAsInPython(t *testing.T) {
	function := "def f(a, b=2, *, c=3): return [a, b, c]"
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{function, "x = {'c': 4}", "print(f(1, **x), f(**{'a': 5, 'b': 6}), f(1, b=0, **x), f(*[7, 8], **x))"}, "[1, 2, 4] [5, 6, 3] [1, 0, 4] [7, 8, 4]"},
		{[]string{function, "print(f(1, **{'d': 1}))"}, "TypeError: unexpected keyword argument 'd'"},
		{[]string{function, "print(f(1, **{'a': 1}))"}, "TypeError: multiple values for argument 'a'"},
		{[]string{function, "print(f(**{'b': 1}))"}, "TypeError: missing argument: 'a'"},
		{[]string{function, "print(f(*[1, 2, 3], **{}))"}, "TypeError: 3 positional arguments were given"},
		{[]string{"def g(a, b=2, **rest): return [a, b, rest]", "print(g(1, **{'b': 3, 'c': 4}), g(1, c=0, **{'d': 5}), g(1, 9, **{'c': 1}))"}, "[1, 3, {'c': 4}] [1, 2, {'c': 0, 'd': 5}] [1, 9, {'c': 1}]"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestInterruptsThatPythonCatches(t *testing.T) {
	file := "from locust.exception import InterruptTaskSet\n" + strings.Replace(body("pass"), "import HttpUser", "import TaskSet, HttpUser", 1) +
		"  @task\n  class T(TaskSet):\n    def on_start(self): raise InterruptTaskSet(False)\n    @task\n    def u(self):\n      try: self.interrupt()\n      except Exception: pass\n"
	got := script(t, file)
	for _, want := range []string{"throw new PyInterrupt(false, false)", "pyInterrupt()", "if (error instanceof PyInterrupt) this.interrupt(error.reschedule)"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
	for source, want := range map[string]string{
		body("self.interrupt()"): "self.interrupt() is not supported, because only task sets have this method",
		"from locust.exception import InterruptTaskSet\n" + body("raise InterruptTaskSet()"): "InterruptTaskSet in a task of a user class ends the user with an error: use a task set, or raise StopUser",
	} {
		if result := Locustfile("locustfile.py", source); len(result.Problems) != 1 || result.Problems[0].Text != want {
			t.Errorf("%s\nwant %q, got %v", source, want, result.Problems)
		}
	}
}
