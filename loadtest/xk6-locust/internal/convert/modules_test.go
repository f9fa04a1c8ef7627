package convert

import (
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// projectOf converts a locustfile with helper modules. files contains their sources by path.
func projectOf(source string, files map[string]string) conversion.Result {
	return Project("locustfile.py", source, func(path string) (string, string, bool) {
		text, ok := files[path]
		return path, text, ok
	})
}

// user returns a user class that has a task with these lines.
func user(lines ...string) string {
	return "from locust import HttpUser, task\nclass A(HttpUser):\n  @task\n  def t(self):\n    " + strings.Join(lines, "\n    ") + "\n"
}

func TestMergesHelperModules(t *testing.T) {
	get := func(path string) string { return "self.client.get(" + path + ")" }
	for name, test := range map[string]struct {
		source string
		files  map[string]string
		want   []string
	}{
		"a module": {"import urls\n" + user(get("urls.home()")), map[string]string{"urls.py": "def home(): return '/'\n"},
			[]string{"function home(): any {", "this.client.get(pyUrl(home()))"}},
		"a module of a package with another name": {"import api.urls as u\n" + user(get("u.HOME")),
			map[string]string{"api/__init__.py": "", "api/urls.py": "HOME = '/'\n"}, []string{"let HOME: any = '/'", "this.client.get(pyUrl(HOME))"}},
		"a folder without __init__.py": {"import api.urls\n" + user(get("api.urls.HOME")),
			map[string]string{"api/urls.py": "HOME = '/'\n"}, []string{"this.client.get(pyUrl(HOME))"}},
		"all names": {"from urls import *\n" + user(get("HOME + part('x')")), map[string]string{"urls.py": "from parts import *\nHOME = '/'\n", "parts.py": "__all__ = ['part']\ndef part(x): return x\n"},
			[]string{"pyAdd(HOME, part('x'))"}},
		"relative imports": {"from api import get\n" + user("get(self.client)"),
			map[string]string{"api/__init__.py": "from .calls import get\n", "api/calls.py": "from . import urls\nfrom .urls import HOME as H\ndef get(client): client.get(H + urls.HOME)\n", "api/urls.py": "HOME = '/'\n"},
			[]string{"client.get(pyUrl(HOME + HOME))"}},
		"several meanings of a name": {"import a\nimport b\npath = '/'\n" + user("path2 = a.path()", get("path + path2 + b.path()")),
			map[string]string{"a.py": "def path(): return 'a'\n", "b.py": "def path(): return 'b'\n"},
			[]string{"let path: any = '/'", "function a_path(): any {", "function b_path(): any {"}},
		"a local variable with the name of a function": {"import a\n" + user("token = a.token()", get("token")),
			map[string]string{"a.py": "def token(): return '/'\n"}, []string{"const token: any = a_token()"}},
		"a function with the name of a function of Python": {"import a\n" + user(get("'/%d' % len(a.len())")),
			map[string]string{"a.py": "def len(): return 'abc'\n"}, []string{"pyLen(a_len())"}},
		"a cycle": {"import a\n" + user(get("a.f()")), map[string]string{"a.py": "import b\ndef f(): return b.g()\ndef h(): return '/'\n", "b.py": "import a\ndef g(): return a.h()\n"},
			[]string{"function h(): any {"}},
		"variables that change": {"import a\na.n = 1\n" + user("a.n += 1", get("f'/{a.n}'")), map[string]string{"a.py": "n = 0\n"},
			[]string{"let n: any = 0", "n = 1", "processes: 1"}},
		"a variable with a default": {"from a import n\nn = n or 2\n" + user(get("f'/{n}'")), map[string]string{"a.py": "n = 0\n"},
			[]string{"let a_n: any = 0", "let n: any = a_n", "n = pyTruthy(n) ? n : 2"}},
		"an import in a function": {user("from a import n as m", get("f'/{m}'")), map[string]string{"a.py": "n = 1\n"}, []string{"`/${n}`"}},
		"an import for type checkers": {"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  from a import B\n" + user("x: 'B' = 1", get("'/'")),
			map[string]string{"a.py": "import numpy\nclass B: pass\nnumpy.zeros()\n"}, []string{"this.client.get('/')"}},
		"a folder in sys.path": {"import os, sys\nsys.path.append(os.path.join(os.path.dirname(__file__), 'lib'))\nimport a\n" + user(get("a.HOME")),
			map[string]string{"lib/a.py": "HOME = '/'\n"}, []string{"let HOME: any = '/'"}},
		"a function with the name of a function of Python that a module uses": {"import a\ndef next(x): return x\n" + user(get("next('/') + a.f()")),
			map[string]string{"a.py": "def f(): return next(iter(['a']))\n"}, []string{"function own_next(", "pyUrl(pyAdd(own_next('/'), f()))"}},
		"an import with the name of a function of Python": {"import a\n" + user(get("'/%d%d' % (a.f(), round(2.6))")),
			map[string]string{"a.py": "from math import floor as round\ndef f(): return round(2.6)\n"}, []string{"return pyFloor(2.6)", "pyRound(2.6)"}},
		"an import in a function with the name of another function": {"import a\ndef choice(x): return x\n" + user(get("choice('/') + a.f()")),
			map[string]string{"a.py": "def f():\n  from random import choice\n  return choice(['x'])\n"}, []string{"return pyChoice(['x'])", "pyAdd(choice('/'), f())"}},
		"a local variable with the name of a variable that is imported in the function": {"import a\n" + user(get("a.f()")),
			map[string]string{"a.py": "def f():\n  import b\n  base = '/'\n  return base + b.base\n", "b.py": "base = 'b'\n"}, []string{"return base + b_base"}},
		"a field with the name of a variable": {"import a\npath = '/'\nclass C(a.A): pass\n",
			map[string]string{"a.py": "path = '/a'\n" + strings.ReplaceAll(user("self.client.get(self.path)"), "  @task", "  path = path + 'x'\n  @task")}, []string{"path: any = a_path + 'x'"}},
		"names that are reserved in JavaScript": {"import a\nnew_ = '/'\n" + user(get("new_ + a.new")), map[string]string{"a.py": "new = 'a'\n"},
			[]string{"let a_new: any = 'a'", "new_ + a_new"}},
		"all names of a module that two others import": {"from m import *\n", map[string]string{"m.py": "from b import *\nfrom c import *\n", "b.py": "from d import *\n__all__ = ['x']\nx = 1\n", "c.py": "from d import *\n", "d.py": user("self.client.get('/')")},
			[]string{"userClasses: [A]"}},
		"all names, one of which changes": {"from a import *\n" + user(get("f()")), map[string]string{"a.py": "n = 0\ndef f():\n  global n\n  n += 1\n  return f'/{n}'\n"},
			[]string{"pyUrl(f())"}},
		"modules in __all__": {"from a import *\n" + user(get("b.HOME")), map[string]string{"a/__init__.py": "__all__ = ['b']\n", "a/b.py": "HOME = '/'\n"}, []string{"pyUrl(HOME)"}},
		"a folder without __init__.py in a package": {"from a.b import c\n" + user(get("c.HOME")), map[string]string{"a/__init__.py": "", "a/b/c.py": "HOME = '/'\n"},
			[]string{"pyUrl(HOME)"}},
		"an import in a try statement":         {"try:\n  import a\nexcept ImportError:\n  a = None\n" + user(get("a.HOME")), map[string]string{"a.py": "HOME = '/'\n"}, []string{"pyUrl(HOME)"}},
		"a relative import in a try statement": {"try:\n  from .a import HOME\nexcept ImportError:\n  from a import HOME\n" + user(get("HOME")), map[string]string{"a.py": "HOME = '/'\n"}, []string{"pyUrl(HOME)"}},
		"a fallback of a package": {"from p import b\n" + user(get("b.HOME")),
			map[string]string{"p/__init__.py": "", "p/b.py": "try:\n  from .a import HOME\nexcept (ImportError):\n  HOME = ''\n", "p/a.py": "HOME = '/'\n"}, []string{"let HOME: any = '/'", "pyUrl(HOME)"}},
		"two imports of one name": {"import datetime\nfrom datetime import datetime\n" + user(get("datetime.now().strftime('/%Y')")), nil, []string{"pyNow()"}},
		"a data file of a package": {"from api import data\n" + user(get("data.TEXT")),
			map[string]string{"api/__init__.py": "", "api/data.py": "import os\nTEXT = open(os.path.join(os.path.dirname(__file__), 'x.txt')).read()\n"},
			[]string{"open('./api/x.txt')"}},
	} {
		result := projectOf(test.source, test.files)
		if len(result.Problems) > 0 {
			t.Errorf("%s: got %v", name, result.Problems)
		}
		for _, want := range test.want {
			if !strings.Contains(result.Script, want) {
				t.Errorf("%s: want %s in\n%s", name, want, result.Script)
			}
		}
	}
}

// If the converter does not know a module, and the locustfile works without it, the module counts as missing.
func TestChoosesConditionalImports(t *testing.T) {
	for source, want := range map[string]string{
		"try:\n  from urllib.parse import quote\nexcept ImportError:\n  from urllib import quote\n" + user("self.client.get(quote('/'))"): "pyQuote('/')",
		"try:\n  from urllib import quote\nexcept ImportError:\n  from urllib.parse import quote\n" + user("self.client.get(quote('/'))"): "pyQuote('/')",
		"try:\n  import ujson as json\nexcept ImportError:\n  import json\n" + user("self.client.get(json.dumps(1))"):                     "pyDumps(1)",
		"try:\n  import numpy\n  HAS = True\nexcept ImportError:\n  HAS = False\n" + user("if HAS: self.client.get('/')"):                 "HAS: any = false",
	} {
		result := projectOf(source, nil)
		if len(result.Problems) > 0 || !strings.Contains(result.Script, want) {
			t.Errorf("%s: want %s, got %v\n%s", source, want, result.Problems, result.Script)
		}
	}
	stops := projectOf("try:\n  import numpy\nexcept ImportError:\n  raise SystemExit(1)\n"+user("self.client.get('/')"), nil)
	if stops.Script != "" {
		t.Errorf("a locustfile that needs the module was converted:\n%s", stops.Script)
	}
}

// Like Locust, the script runs only the user classes in the namespace of the locustfile.
func TestRunsImportedUsers(t *testing.T) {
	users := "from locust import HttpUser, task\nclass A(HttpUser):\n  @task\n  def t(self): self.client.get('/')\nclass B(A): pass\n"
	for imports, want := range map[string]string{
		"from users import A":                  "userClasses: [A]",
		"from users import *":                  "userClasses: [A, B]",
		"import users\nclass C(users.A): pass": "userClasses: [C]",
	} {
		result := projectOf(imports+"\n", map[string]string{"users.py": users})
		if len(result.Problems) > 0 || !strings.Contains(result.Script, want) {
			t.Errorf("%s: want %s, got %v\n%s", imports, want, result.Problems, result.Script)
		}
	}
}

func TestRefusesHelperModules(t *testing.T) {
	for _, test := range []struct {
		source string
		files  map[string]string
		want   conversion.Problem
	}{
		{"from a import b\n", map[string]string{"a.py": ""}, conversion.Problem{Line: 1, Text: "a has no b"}},
		{"import a\n" + user("a.b()"), map[string]string{"a.py": ""}, conversion.Problem{Line: 6, Text: "a has no b"}},
		{"import a\n" + user("print(a)"), map[string]string{"a.py": ""}, conversion.Problem{Line: 6, Text: "the module a is only supported together with one of its names"}},
		{"from .a import b\n", map[string]string{"a.py": "b = 1\n"}, conversion.Problem{Line: 1, Text: "Python rejects this relative import, because its file is in no package"}},
		{"import random\n", map[string]string{"random.py": ""}, conversion.Problem{Line: 1, Text: "random.py has the name of a module that Locust loads first: rename it"}},
		{"import a\n" + user("a.f()"), map[string]string{"a.py": "import numpy\ndef f():\n  return numpy.zeros(3)\n"}, conversion.Problem{Line: 3, Text: "numpy.zeros() is not available in k6", File: "a.py"}},
		{"import a\n", map[string]string{"a.py": "x = (\n"}, conversion.Problem{Line: 2, Text: "a bracket is not closed", File: "a.py"}},
		{"try:\n  import a\nexcept ValueError:\n  a = None\n", map[string]string{"a.py": "b = 1\n"}, conversion.Problem{Line: 2, Text: "an import of a is not supported inside this statement"}},
		{user("import a"), map[string]string{"a.py": "print('x')\n"}, conversion.Problem{Line: 5, Text: "an import of a must be outside of functions, because its file contains more than definitions"}},
		{"from a import n\n" + user("print(n)"), map[string]string{"a.py": "n = 0\ndef f():\n  global n\n  n = 1\n"},
			conversion.Problem{Line: 1, Text: "n gets a new value, which this import would not see: use import a and a.n"}},
		{"import a\n" + user("print(a.f())"), map[string]string{"a.py": "def f():\n  from locustfile import A\n  return A\n", "locustfile.py": ""},
			conversion.Problem{Line: 2, Text: "an import of the locustfile itself is not supported", File: "a.py"}},
		{"from a import *\n", map[string]string{"a.py": "__all__ = ['A']\n__all__ += ['B']\n"},
			conversion.Problem{Line: 1, Text: "__all__ must be a list of string literals, and may only be set once", File: "a.py"}},
		{"from a import *\n", map[string]string{"a.py": "__all__ = ['A']\n__all__.append('B')\n"},
			conversion.Problem{Line: 1, Text: "__all__ must be a list of string literals, and may only be set once", File: "a.py"}},
		{"import a\nB = a.A\n", map[string]string{"a.py": "class A: pass\n"},
			conversion.Problem{Line: 2, Text: "the class A gets a second name, so Locust would run its users: import the class under its own name"}},
		{"from b import B\n", map[string]string{"b.py": "import a\nB = a.A\n", "a.py": "class A: pass\n"},
			conversion.Problem{Line: 2, Text: "the class A gets a second name, so Locust would run its users: import the class under its own name", File: "b.py"}},
		{"import a\n" + user("import b"), map[string]string{"a.py": "n = 1\n", "b.py": "import a\na.n = 2\n"},
			conversion.Problem{Line: 6, Text: "an import of b must be outside of functions, because its file contains more than definitions"}},
		{"import numbers\n", map[string]string{"numbers.py": ""}, conversion.Problem{Line: 1, Text: "numbers.py has the name of a module that Locust loads first: rename it"}},
		{"import a.b\n", map[string]string{"a/__init__.py": ""}, conversion.Problem{Line: 1, Text: "there is no module a.b"}},
		{"from a.b import c\n", map[string]string{"a/__init__.py": ""}, conversion.Problem{Line: 1, Text: "there is no module a.b"}},
		{"from random import choice\ndef choice(x): return x\n" + user("print(choice([1]))"), nil,
			conversion.Problem{Line: 1, Text: "choice has several meanings: import it with another name"}},
		{"new_ = 1\n" + user("new = 2", "print(new, new_)"), nil, conversion.Problem{Line: 1, Text: "new_ is the name that new gets in the script: rename it"}},
		{"import a\nimport b\n" + user("a.C(); b.C()"), map[string]string{"a.py": "class C: pass\n", "b.py": "class C: pass\n"},
			conversion.Problem{Line: 1, Text: "another module uses the name of the class C for something else: rename one of them", File: "b.py"}},
	} {
		result := projectOf(test.source, test.files)
		found := false
		for _, problem := range result.Problems {
			found = found || problem == test.want
		}
		if !found || result.Script != "" {
			t.Errorf("%s\nwant %v, got %v", test.source, test.want, result.Problems)
		}
	}
}
