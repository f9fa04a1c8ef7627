package convert

import (
	"strings"
	"testing"
)

const classImports = "from enum import Enum, IntEnum, StrEnum, auto\nfrom dataclasses import dataclass, field, asdict\nfrom typing import NamedTuple, TypedDict\n"

func TestConvertsClassesOfTheLibrary(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{classImports + "class E(Enum):\n  A = 'a'\n  B = 2\n" + user("self.client.get(E.A.value + E.A.name)"), "static readonly A: any = new E('A', 'a')"},
		{classImports + "class E(Enum):\n  A = auto()\n  B = auto()\n" + user("print(E.B.value)"), "static readonly B: any = new E('B', 2)"},
		{classImports + "class E(StrEnum):\n  AB = auto()\n" + user("print(E.AB.value)"), "static readonly AB: any = 'ab'"},
		{classImports + "class E(str, Enum):\n  A = 'a'\n" + user("print(E.A.name)"), "pyNameOf(E, E.A)"},
		{classImports + "class E(Enum):\n  A = 'a'\n" + user("for e in E: print(e.value)"), "for (const e of Object.values<any>(E)) {"},
		{classImports + "class E(Enum):\n  A = 'a'\n" + user("print(E('a').value, E['A'].name, len(E))"), "pyMemberOf(E, 'a').value"},
		{classImports + "@dataclass\nclass D:\n  a: int\n  b: list = field(default_factory=list)\n" + user("print(asdict(D(1)))"), "constructor(a: any, b: any = []) {"},
		{classImports + "class N(NamedTuple):\n  a: int\n" + user("x, = N(1)", "print(x)"), "class N extends PyTuple {"},
		{classImports + "class T(TypedDict):\n  a: int\n" + user("self.client.post('/', json=T(a=1))"), "json: { a: 1 }"},
		{"from collections import namedtuple\nN = namedtuple('N', 'a b')\n" + user("print(N(1, b=2).a)"), "return { a: this.a, b: this.b }"},
		{"class B:\n  x = 1\n  @classmethod\n  def f(cls): return cls.x\n  @staticmethod\n  def g(*a): return a\n" + user("print(B.f(), B.g(1))"), "static x: any = 1"},
		{"class B:\n  @property\n  def f(self): return 1\n" + user("print(B().f)"), "get f(): any {"},
		{"class B:\n  def __init__(self, a): self.a = a\nclass C(B):\n  def __init__(self): super().__init__(2)\n" + user("print(C().a)"), "super(2)"},
		{"class B:\n  def __init__(self, user): self.client = user.client\n  def f(self): self.client.get('/')\n" + user("B(self).f()"), "await this.client.get('/')\n  }\n}"},
		{"from abc import ABC, abstractmethod\nclass B(ABC):\n  @abstractmethod\n  def f(self): pass\nclass C(B):\n  def f(self): return 1\n" + user("print(C().f())"), "class C extends B {"},
	} {
		if got := script(t, test.source); !strings.Contains(got, test.want) {
			t.Errorf("%s\nwant %s in\n%s", test.source, test.want, got)
		}
	}
}

// In Python, `except Exception` catches StopUser. In the script, no except clause catches it.
func TestRefusesStopsThatPythonCatches(t *testing.T) {
	for source, want := range map[string]string{
		"from locust.exception import StopUser\n" + body("try: raise StopUser()", "except Exception: pass"): "the except clause catches StopUser in Python, so the user would continue: move one of them",
	} {
		result := Locustfile("locustfile.py", source)
		if len(result.Problems) != 1 || result.Problems[0].Text != want {
			t.Errorf("%s\nwant %q, got %v", source, want, result.Problems)
		}
	}
	script(t, "from locust.exception import StopUser\n"+body("try: raise StopUser()", "except ValueError: pass"))
}

func TestExceptClausesDoNotCatchRefusals(t *testing.T) {
	got := script(t, body("try: print({str(1): 2})", "except Exception: pass"))
	if !strings.Contains(got, "caught instanceof PyRefusal") || !strings.Contains(got, "throw new PyRefusal(`JavaScript does not keep the order") {
		t.Error(got)
	}
}

// If the file reads a field through a class, the field is static in all classes that define it.
func TestFieldsOfClassesAreStaticInSubclasses(t *testing.T) {
	got := script(t, "class B:\n  x = 1\n  def f(self): return self.x\nclass C(B):\n  x = 2\n"+user("print(B.x, C().f())"))
	if !strings.Contains(got, "static x: any = 1") || !strings.Contains(got, "static override x: any = 2") {
		t.Error(got)
	}
}

func TestConvertsIdioms(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"def f(n):\n  for i in range(n): yield i\n" + user("for x in f(2): print(x)"), "return new PyGenerator((function* (): any {"},
		{"def f(x): yield from x\n" + user("print(next(f([1])))"), "yield* x"},
		{"import queue\nq = queue.Queue()\nq.put(1)\n" + user("print(q.get())"), "await pyTake(q, () => this.sleep(0.01))"},
		{"import queue\nq = queue.Queue()\n" + user("try: q.get_nowait()", "except queue.Empty: pass"), "pyCatches(caught, 'Empty')"},
		{"from collections import defaultdict\n" + user("d = defaultdict(list)", "d['a'].append(1)"), "pyDefaultDict(() => [])"},
		{"from functools import lru_cache\n@lru_cache\ndef f(x): return x\n" + user("print(f(1))"), "const f = pyCached((x: any): any => {"},
		{"import threading\nlock = threading.Lock()\nx = []\n" + user("with lock: x.append(1)"), "t() {\n    x.push(1)\n  }"},
		{body("print(random.choices([1, 2], weights=[1, 3], k=2))"), "pyChoices([1, 2], [1, 3], undefined, 2)"},
		{body("print('abc'[::-1])"), "pyStep('abc', null, null, -1)"},
		{body("print(json.dumps({}, sort_keys=True))"), "pyDumps({}, { isSorted: true })"},
		{body("x = 'a'", "match x:", "  case 'a' | 'b': print(1)", "  case _: print(2)"), "if (subject_7 === 'a' || subject_7 === 'b') {"},
		{"def f(*a, b=1): return a\n" + user("print(f(1, 2))"), "function f(_b: any = 1, ...a: any[]): any {"},
		{"def f(a, *b): return b\n" + user("print(f(1, 2, 3))"), "f(1, 2, 3)"},
		{"def f(**a): return a\n" + user("print(f(b=1))"), "f({ b: 1 })"},
		{user("items = [1]", "print([item for item in items])"), "const pyItems: any[] = []; for (const item of items) pyItems.push(item)"},
		{user("i, item = 1, 2", "print(list(enumerate('a', i)), list(map(lambda x: x + item, [1])))"), "(pyItem: any, pyI: number) => pyTuple([i + pyI, pyItem])"},
	} {
		result := Locustfile("locustfile.py", test.source)
		text := result.Script
		if len(result.Problems) > 0 {
			text = result.Problems[0].Text
		}
		if !strings.Contains(text, test.want) {
			t.Errorf("%s\nwant %s in\n%s", test.source, test.want, text)
		}
	}
}

func TestRefusesIdioms(t *testing.T) {
	for source, want := range map[string]string{
		classImports + "class E(Enum):\n  A = 'a'\n" + user("self.client.get(f'/{E.A}')"):                                                     "the text of E.A is different in JavaScript",
		classImports + "class E(Enum):\n  A = 'a'\n  B = 'a'\n" + user("print(E.A.name)"):                                                     "two members of E have the same value",
		classImports + "class E(Enum):\n  A = 'a'\n  B = auto()\n" + user("print(E.B.name)"):                                                  "auto() is only supported after integers",
		classImports + "@dataclass\nclass D:\n  a: float\n" + user("print(asdict(D(2.0)))"):                                                   "a float that may be a whole number is not supported here: JavaScript writes 2.0 as 2",
		classImports + "@dataclass\nclass D:\n  a: int\n  def __init__(self): self.a = 1\n" + user("print(D())"):                              "a dataclass with a constructor of its own is not supported",
		"class B:\n  def __eq__(self, x): return True\n" + user("print(B() == 1)"):                                                            "the method __eq__ is not supported",
		"class B: pass\n" + user("self.client.get(f'/{B()}')"):                                                                                "the text of B() is different in JavaScript",
		"from locust import HttpUser\nclass B(HttpUser):\n  @property\n  def f(self): return self.client.get('/')\n" + user("print(1)"):       "a property cannot make requests or wait",
		"class B:\n  def __init__(self, a): self.a = a\nclass C(B):\n  def __init__(self): self.b = 1\n" + user("print(C().b)"):               "the constructor must call that of the base class first",
		"class B:\n  def f(self, a, b): print(a, b)\nclass C:\n  def f(self, b, a): print(a, b)\n" + user("for x in [B(), C()]: x.f(1, b=2)"): "x.f() has keywords, but several classes define f with different parameters",
		"from faker import Faker\nfake = Faker()\n" + user("print(fake.unique.name())"):                                                       "fake.unique is not supported",
		"from faker import Faker\nfake = Faker()\n" + user("print(fake.pydecimal())"):                                                         "fake.pydecimal() is not available in k6",
		"from faker import Faker\nfake = Faker('de')\n" + user("print(fake.email())"):                                                         "Faker is only supported for the locale en_US: read the data from a file with csv.DictReader",
		"import threading\nlock = threading.Lock()\n" + user("with lock: self.client.get('/')"):                                               "a lock is not supported around code that makes requests or waits",
		"from collections import deque\nd = deque(maxlen=3)\n" + user("d.insert(0, 1)"):                                                       "d.insert() of a deque is not supported",
		strings.Replace(user("print(self.headers)"), "  @task", "  headers = 1\n  _headers = 2\n  @task", 1):                                  "A has the fields headers and _headers, which would have the same name in the script: rename one",
		strings.Replace(user("self._header = 1", "print(self.header())"), "  @task", "  def header(self): pass\n  @task", 1):                  "A has the fields header and _header, which would have the same name in the script: rename one",
		strings.Replace(user("print(A._x)"), "  @task", "  x = []\n  _x = []\n  @task", 1):                                                    "A has the fields x and _x, which would have the same name in the script: rename one",
		"import queue\nq = queue.Queue(3)\n" + user("q.put(1)"):                                                                               "a queue with a maximum size is not supported",
		"from functools import lru_cache\n@lru_cache(maxsize=2)\ndef f(x): return x\n" + user("print(f(1))"):                                  "decorators of functions other than @events…, @contextmanager, and @lru_cache are not supported",
		"def call(client, **kwargs): client.get('/', **kwargs)\n" + user("call(self.client, stream=True)"):                                    "the argument stream of a request is not supported",
		body("x = 1", "match x:", "  case [y]: print(y)"):                                                                                     "a pattern must consist of values or be _",
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

// If on_start stops the user, fields may have no value in on_stop. Python raises an AttributeError then.
func TestChecksFieldsInOnStop(t *testing.T) {
	source := func(start string) string {
		return file("from locust.exception import StopUser", "class B(HttpUser):", "  kind = 'k'", "  def __init__(self, *args):", "    super().__init__(*args)",
			"    self.n = 1", "  def on_start(self):", "    if self.n > 1: "+start, "    self.name = 'a'", "  @task", "  def t(self): pass",
			"  def on_stop(self):", "    if getattr(self, 'name', None) or hasattr(self, 'name'): self.client.get(f'/{self.name}/{self.n}/{self.kind}')")
	}
	for start, want := range map[string]string{"raise StopUser()": "`/${pyAssigned(this.name, 'name')}/${", "print(1)": "`/${this.name}/${"} {
		if got := script(t, source(start)); !strings.Contains(got, want) || strings.Count(got, "pyAssigned(this.") > 1 {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
}

// Python computes the value of a field of a class only once.
func TestFieldsOfClassesAreComputedOnce(t *testing.T) {
	source := strings.Replace(body("print(self.token, self.path)"), "  @task", "  token = str(uuid.uuid4())\n  path = '/a'.upper()\n  @task", 1)
	got := script(t, source)
	for _, want := range []string{"static readonly _token: any = pyUuid4()", "token: any = A._token", "path: any = '/a'.toUpperCase()"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "processes: 1") {
		t.Error(got)
	}
}
