package convert

import (
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/grafana/sobek"
)

// stub replaces k6/x/locust and k6's own functions. A task runs without a server: its client records JSON and forms.
const stub = `
var module = { exports: {} }, exports = module.exports, lines = [], found, __ENV = {}
var console = { log: (...texts) => lines.push(texts.join(' ')), error: (text) => lines.push('error ' + text) }
function record(options) {
  if (options && options.json !== undefined) lines.push('json ' + JSON.stringify(options.json))
  if (options && options.data !== undefined) lines.push('data ' + (typeof options.data === 'string' ? options.data : JSON.stringify(options.data)))
  return Promise.resolve(new Answer())
}
class Answer {
  statusCode = 200
  ok = true
  text = '{"id": 1}'
  json() { return JSON.parse(this.text) }
  get verdict() {}
  get timeToFirstByte() {}
  get error() { return this.statusCode === 0 ? 'connection refused' : '' }
}
// As in the module, reading a property that a response does not have throws an error.
Object.setPrototypeOf(Answer.prototype, new Proxy(Object.prototype, { get(target, name, receiver) {
  if (typeof name === 'symbol' || name === 'toJSON' || name === 'then' || name in target) return Reflect.get(target, name, receiver)
  throw new TypeError('a Response has no ' + name)
} }))
class HttpUser { async sleep() {} constructor() { this.client = { headers: {}, get: (_, options) => record(options), post: (_, options) => record(options) } } }
function require(name) { if (name === "k6/timers") return { setTimeout: () => {}, clearTimeout: () => {} }; return { __esModule: true, default: { b64encode: (text) => unescape(encodeURIComponent(text)), b64decode: (bytes) => new Uint8Array([...bytes].map((byte) => byte.charCodeAt(0))).buffer, options: ({ userClasses }) => { found = userClasses[0]; return {} } }, HttpUser, StopUser: class extends Error {} } }
`

const tooLarge = "the integer is larger than 2^53, the limit of JavaScript: use strings"

// printed runs the task of a converted locustfile, and returns the lines that it prints.
func printed(t *testing.T, source string) string {
	t.Helper()
	return printedAfter(t, "", source)
}

// printedAfter is like printed, but first runs a line of JavaScript.
func printedAfter(t *testing.T, setup, source string) string {
	t.Helper()
	code := script(t, source)
	parsed := api.Transform(code, api.TransformOptions{Loader: api.LoaderTS, Format: api.FormatCommonJS, Target: api.ES2022})
	if len(parsed.Errors) > 0 {
		t.Fatalf("%s\n%s", parsed.Errors[0].Text, code)
	}
	vm := sobek.New()
	run := stub + setup + "\n" + string(parsed.Code) + "\n(async () => new found().t())().catch((error) => lines.push(String(error)))"
	if _, err := vm.RunString(run); err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	lines, err := vm.RunString("lines.join('\\n')")
	if err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

// TestRunsAsInPython compares what converted tasks print with what Python 3.11 prints.
func TestRunsAsInPython(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"for x in ['٣', '²', '12', '', '1a', '½', '１']: print(x.isdigit())"}, "True True True False False False True"},
		{[]string{"for x in ['1_0', '-٣２', ' 7 ', '1__0', '_1']:", "  try: print(int(x))", "  except ValueError: print('no')"}, "10 -32 7 no no"},
		{[]string{"print([x for x in ['\\x00', '\\x7f\\xa0', '\\t']])"}, `['\x00', '\x7f\xa0', '\t']`},
		{[]string{"print(f'{sorted({\"b\": 2, \"a\": 1}.items())} {(1,)}', str([('a', 1)]), ())"}, "[('a', 1), ('b', 2)] (1,) [('a', 1)] ()"},
		{[]string{"x = (1, [2, (3, 'c')], None)", "print(x, x[:2], x + (4,), x[1], [x], {'k': x})"},
			"(1, [2, (3, 'c')], None) (1, [2, (3, 'c')]) (1, [2, (3, 'c')], None, 4) [2, (3, 'c')] [(1, [2, (3, 'c')], None)] {'k': (1, [2, (3, 'c')], None)}"},
		{[]string{"print(list(zip('ab', [1, 2])), list(enumerate(['a'], 1)), tuple('ab'), max([(1, 2), (3, 1)]))"}, "[('a', 1), ('b', 2)] [(1, 'a')] ('a', 'b') (3, 1)"},
		{[]string{"print(re.search('(a)(b)?', 'ac').groups(), re.findall('(a)(.)', 'abac'))"}, "('a', None) [('a', 'b'), ('a', 'c')]"},
		{[]string{"def f(*rest): return rest, len(rest)", "print(f(1, 2), f(*[]))", "for p in {'a': 1}.items(): print(p)", "for k, v in {'a': 1}.items(): print(k, v)"},
			"((1, 2), 2) ((), 0) ('a', 1) a 1"},
		{[]string{"a, b = {'x': 1, 'y': 2}.items()", "x, y = 1, [2]", "print(a, b, x, y, x in (1, 2))", "for i, p in enumerate({'a': 1}.items()): print(i, p)"}, "('x', 1) ('y', 2) 1 [2] True 0 ('a', 1)"},
		{[]string{"import itertools, copy", "print(list(itertools.product([1], 'a')), copy.deepcopy([(1, 2)]), (1, 2) * 2)", "x = (1,)", "y = x", "x += (2,)", "print(x, y)"}, "[(1, 'a')] [(1, 2)] (1, 2, 1, 2) (1, 2) (1,)"},
		{[]string{"x = random.choice([(1, 2)])", "y = x", "x += (3,)", "print(x, y, json.dumps(x))", "self.client.post('/', json={'a': x})"}, `(1, 2, 3) (1, 2) [1, 2, 3] json {"a":[1,2,3]}`},
		{[]string{"print(f'{1} $' '{x}', '$' f'{{{2}}}', f'{3}' '$' '' '{' '}')"}, "1 ${x} ${2} 3${}"},
		{[]string{"x = 10 / 5", "print(repr(x), f'{x!r}', x)"}, "2.0 2.0 2.0"},
		{[]string{"p = [1.5, 2]", "print(p[0] * p[1], str(p[0] + p[0]), sum([1.5, 0.5]), p[0] - 0.5, -p[0] * 2, p[1] * 2, 4.5 // p[0], p[0] % 0.5, p[0] ** 1, p[1] ** -1)"},
			"3.0 3.0 2.0 1.0 -3.0 4 3.0 0.0 1.5 0.5"},
		{[]string{"p = [1.5, 2]", "x = p[0] * 2", "print(x == 3, x in [3], x < 4, bool(x - 3), f'{x:.1f} {x:>5} {x:d}' if x is None else f'{x:.2f}|{x:>5}', int(x), round(x), round(x, 1), round(p[1], 1), abs(-x), max(x, 2))"},
			"True True True False 3.00|  3.0 3 3 3.0 2 3.0 3.0"},
		{[]string{"p = [1.5, 2.0]", "print(p, {'a': 4 / 2}, min(2.0, 3.5), abs(-1.5 * 2), round(2, 1), round(2.04, 1), json.dumps({'t': p[0] * 2, 'r': round(1.0001, 2)}))"},
			`[1.5, 2.0] {'a': 2.0} 2.0 3.0 2 2.0 {"t": 3.0, "r": 1.0}`},
		{[]string{"self.client.post('/', json={'price': round(2.0, 2), 'n': round(2, 1)})", "p = [1.5]", "self.client.post('/', data={'p': p[0] * 2})", "time.sleep(p[0] * 0)"},
			`data {"price": 2.0, "n": 2} data {"p":"3.0"}`},
		{[]string{"x = [1.5]", "self.client.post('/', json={'t': x[0] * 2})"}, "Error: JavaScript writes 3.0 as 3: use data=json.dumps(…)"},
		{[]string{"def f(x): return x * 94906267", "print(f(2))", "print(f(94906267))"}, "189812534 Error: " + tooLarge},
		{[]string{"x = 2", "for i in range(60): x *= 3", "print(x % 7)"}, "Error: " + tooLarge},
		{[]string{"x = 399 + len('a')", "print(10 ** x)"}, "Error: " + tooLarge},
		{[]string{"x = json.loads('{\"id\": 9007199254740993}')", "try: print(x['id'])", "except Exception: print('caught')"}, "Error: " + tooLarge},
		{[]string{"x = json.loads('[9007199254740993]')", "for y in x: print(y)"}, "Error: " + tooLarge},
		{[]string{"x = json.loads('[{\"id\": 9007199254740993}]')", "self.client.post('/', json={'all': x})"}, "Error: " + tooLarge},
		{[]string{"x = json.loads('[[9007199254740993]]')", "for y in x: self.client.post('/', data={'ids': y})"}, "Error: " + tooLarge},
		{[]string{"x = json.loads('[9007199254740991]')", "self.client.post('/', json={'ids': x})"}, `json {"ids":[9007199254740991]}`},
		{[]string{"x = ['9007199254740993']", "print(int(x[0]))"}, "Error: " + tooLarge},
		{[]string{"print(int(time.time() * 1000) > 1, 3 * 4, len([1]) * 2)"}, "True 12 2"},
		{[]string{"def f(a, *, b=2, c): return [a, b, c]", "print(f(1, c=3), f(1, c=3, b=0))"}, "[1, 2, 3] [1, 0, 3]"},
		{[]string{"def f(a, *rest, b='b'): return [a, rest, b]", "print(f(1), f(1, 2, 3), f(1, 2, b=4), f(a=5, b=6))"}, "[1, (), 'b'] [1, (2, 3), 'b'] [1, (2,), 4] [5, (), 6]"},
		{[]string{"def f(*rest, b): return [rest, b]", "print(f(1, b=2), f(b=3))"}, "[(1,), 2] [(), 3]"},
		{[]string{"random.seed()", "random.seed(time.time())", "print(sorted({random.randrange(10, 20, 5) for _ in range(200)}), random.randrange(5, 4, -1))"}, "[10, 15] 5"},
		{[]string{"from datetime import datetime, timedelta", "d = datetime(2024, 2, 28, 23, 59)", "e = d + timedelta(days=1, minutes=2)", "print(d, e.isoformat(), e.isoformat(timespec='seconds'), (e - d).total_seconds(), d < e, d == e, [d], f'{e:%Y%m%d}', e - timedelta(1) == datetime(2024, 2, 29, 0, 1))"},
			"2024-02-28 23:59:00 2024-03-01T00:01:00 2024-03-01T00:01:00 86520.0 True False [datetime.datetime(2024, 2, 28, 23, 59)] 20240301 True"},
		{[]string{"from datetime import datetime, timedelta", "d = datetime(2024, 2, 28, second=5)", "x = timedelta(1) * 2 + timedelta(hours=1)", "print(d - x, d.year, d.month + 1, d.weekday(), d.replace(day=1, hour=3), d.isoformat(' ', 'minutes'), x > timedelta(1))"},
			"2024-02-25 23:00:05 2024 3 2 2024-02-01 03:00:05 2024-02-28 00:00 True"},
		{[]string{"from datetime import datetime", "try: print(datetime(2023, 2, 29))", "except ValueError: print('no')", "print(datetime(2024, 1, 1).timestamp() > 1e9, int(datetime.now().timestamp()) > 10 ** 9)"}, "no True True"},
		{[]string{"from datetime import datetime, timedelta, timezone", "d = datetime(2024, 1, 2, 3, 4, 5, 6000, tzinfo=timezone.utc)", "e = d + timedelta(days=1)", "print(d, d.isoformat(), f'{e:%Y %z%Z}', [d], (e - d).days, d.timestamp(), d == d.replace(tzinfo=None))", "try: print((d - datetime(2024, 1, 2)).days)", "except TypeError: print('no')"},
			"2024-01-02 03:04:05.006000+00:00 2024-01-02T03:04:05.006000+00:00 2024 +0000UTC [datetime.datetime(2024, 1, 2, 3, 4, 5, 6000, tzinfo=datetime.timezone.utc)] 1 1704164645.006 False no"},
		{[]string{"from datetime import date, datetime, timedelta, timezone", "d = date(2024, 2, 28)", "e = d + timedelta(days=2, hours=5)", "print(d, e.isoformat(), [e], e - d == timedelta(days=2), d - timedelta(hours=1), d < e, f'{d:%d.%m.}', d.year, datetime(2024, 1, 2, 3).date() == date(2024, 1, 2))", "print(date.today() == datetime.now().date(), (datetime.now(timezone.utc) - datetime.now(tz=timezone.utc)).total_seconds() <= 0)"},
			"2024-02-28 2024-03-01 [datetime.date(2024, 3, 1)] True 2024-02-28 True 28.02. 2024 True True True"},
		{[]string{"from datetime import datetime, timezone", "print(datetime.strptime('2024-01-02t03:04', '%Y-%m-%dT%H:%M'), datetime.strptime('5/1/2024 10.5', '%d/%m/%Y %H.%f'), datetime.fromisoformat('2024-01-02T03:04:05Z'), datetime.fromisoformat('2024-01-02'), datetime.fromtimestamp(1.5, timezone.utc))", "try: print(datetime.strptime('x', '%Y'))", "except ValueError as e: print(e)"},
			"2024-01-02 03:04:00 2024-01-05 10:00:00.500000 2024-01-02 03:04:05+00:00 2024-01-02 00:00:00 1970-01-01 00:00:01.500000+00:00 time data 'x' does not match format '%Y'"},
		{[]string{"from faker import Faker", "fake = Faker()", "x = [fake.name(), fake.email(), fake.user_name(), fake.phone_number(), fake.url(), fake.company(), fake.city()]", "print(all(x), re.fullmatch('[a-z0-9]+@example[.][a-z]+', x[1]) is None, re.fullmatch('[0-9]{3}-[a-z]{2}', fake.bothify('###-??', letters='abc')) is None, len(fake.password(length=12)), len(fake.text(max_nb_chars=50)) <= 50, fake.sentence()[-1], len(fake.words(4)), fake.random_int(min=3, max=3), fake.random_element(elements=('a', 'a')), fake.boolean() in [True, False], len(fake.uuid4()), fake.numerify('x'), fake.address().count(',') == 1, fake.pyint(max_value=0), len(fake.lexify()), fake.paragraph() != '')"},
			"True False False 12 True . 4 3 a True 36 x True 0 4 True"},
		{[]string{"import secrets, io, os", "x = [1, [2]]", "y = random.choice([x]).copy()", "y.append(3)", "s = {1, 2}", "s.discard(5)", "s.discard(1)", "z = random.choice([{'a': 1}]).copy()", "z['b'] = 2", "print(x, y, s, z, len(secrets.token_hex(4)), random.gauss(5, 0), Exception('a'), KeyError('b'), len(os.urandom(3)))"},
			"[1, [2]] [1, [2], 3] {2} {'a': 1, 'b': 2} 8 5.0 a 'b' 3"},
		{[]string{"def f(x): return x / 2", "g = lambda: 2.0", "print(f(4), [f(2), 3 / 3], g(), 2.0 if f(2) else 1, None or 3.0)"}, "2.0 [1.0, 1.0] 2.0 2.0 3.0"},
		{[]string{"x, d = [], {}", "x.append(2.0)", "d['a'] = 4 / 2", "d['b'] = 1", "d['b'] += 1.0", "print(x, d, d.get('c', 1.0), [y / 2 for y in [2]], {k: 1.0 for k in 'a'})"}, "[2.0] {'a': 2.0, 'b': 2.0} 1.0 [1.0] {'a': 1.0}"},
		{[]string{"def f(*rest): return [str(x) for x in rest]", "print(f(1, 2.0))", "self.total = 0", "self.total += 1.5", "self.total += 0.5", "print(self.total)"}, "['1', '2.0'] 2.0"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

// checkPrinted checks what a task with these lines prints. If the first line begins a function, the function
// precedes the user class. Line breaks become spaces.
func checkPrinted(t *testing.T, lines []string, want string) {
	t.Helper()
	source := body(lines...)
	if strings.HasPrefix(lines[0], "def ") {
		source = lines[0] + "\n" + body(lines[1:]...)
	}
	if got := strings.ReplaceAll(printed(t, source), "\n", " "); got != want {
		t.Errorf("%s\nwant %s\ngot  %s\n%s", source, want, got, Locustfile("l.py", source).Script)
	}
}
