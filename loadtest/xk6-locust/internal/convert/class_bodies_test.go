package convert

import (
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// TestRunsClassBodiesAsInPython compares what converted tasks print with what Python 3.11 prints.
func TestRunsClassBodiesAsInPython(t *testing.T) {
	for _, test := range []struct {
		lines      []string
		task, want string
	}{
		{[]string{"sizes = [1, 2]", "largest = max(sizes)", "pairs = {'a': sizes}"}, "print(self.sizes, self.largest, self.pairs)", "[1, 2] 2 {'a': [1, 2]}"},
		{[]string{"sizes = [1]", "same = sizes"}, "self.sizes.append(2); print(self.same)", "[1, 2]"},
		{[]string{"a, b = 1, 2", "c = a + b"}, "print(self.a, self.b, self.c)", "1 2 3"},
		{[]string{"total = 0", "for n in [1, 2]:", "  total += n", "double = total * 2"}, "print(self.total, self.double)", "3 6"},
		{[]string{"try:", "  limit = int('x')", "except ValueError:", "  limit = 5"}, "print(self.limit)", "5"},
		{[]string{"if 'NO' in os.environ:", "  mode = 'a'", "else:", "  mode = 'b'", "print(mode)", "path = '/' + mode"}, "print(self.path, self.mode)", "b /b b"},
		{[]string{"n = 1", "def f(self, x=n): return x"}, "self.n = 2; print(self.f(), self.n)", "1 2"},
		{[]string{"n = 1", "f = lambda self: N"}, "print(self.f(), self.n)", "7 1"},
		{[]string{"def f(self): return 1", "def g(self): return 2", "def f(self): return 3"}, "print(self.f(), self.g())", "3 2"},
		{[]string{"def make(): return [1]", "global N"}, "print(A.make())", "[1]"},
	} {
		source := "N = 7\nimport os\nfrom locust import HttpUser, task\nclass A(HttpUser):\n  " + strings.Join(test.lines, "\n  ") + "\n  @task\n  def t(self):\n    " + test.task + "\n"
		if got := strings.ReplaceAll(printed(t, source), "\n", " "); got != test.want {
			t.Errorf("%s\nwant %s\ngot  %s", strings.Join(test.lines, "\n"), test.want, got)
		}
	}
}

// The order of tasks depends on the first definition of a method, but Python runs the last one.
func TestLastDefinitionOfATaskReplacesOthers(t *testing.T) {
	source := "from locust import HttpUser, task\nclass A(HttpUser):\n  @task\n  def a(self): self.client.get('/1')\n  @task\n  def b(self): self.client.get('/2')\n" +
		"  @task(3)\n  def a(self): self.client.get('/3')\n"
	result := Locustfile("locustfile.py", source)
	if !strings.Contains(result.Script, "tasks = { a: 3, b: 1 }") || strings.Contains(result.Script, "'/1'") {
		t.Error(result.Problems, result.Script)
	}
	if len(result.Notes) != 1 || result.Notes[0] != (conversion.Problem{Line: 4, Text: "A.a was left out, because the definition in line 8 replaces it"}) {
		t.Error(result.Notes)
	}
}

// k6/x/locust passes the user to a task as an argument, which must not replace the default of a parameter.
func TestTasksKeepTheirDefaults(t *testing.T) {
	got := script(t, "from locust import HttpUser, task\nclass A(HttpUser):\n  @task(2)\n  def t(self, path='/a'): self.client.get(path)\n")
	if !strings.Contains(got, "tasks = [task((user: any) => user.t(), { weight: 2 })]") {
		t.Error(got)
	}
}

// In Locust, the tasks of a subclass are the functions of the base class, even if the subclass overrides these methods.
func TestInheritedTasksRunMethodsOfTheBaseClass(t *testing.T) {
	got := script(t, "from locust import HttpUser, task\nclass A(HttpUser):\n  abstract = True\n  @task\n  def t(self): self.client.get('/a')\n  @task\n  def u(self): pass\n"+
		"class B(A):\n  def t(self): self.client.get('/b')\nclass C(A):\n  def v(self): pass\n")
	if strings.Count(got, "static override tasks") != 2 || !strings.Contains(got, "tasks = [(user: any) => A.prototype.t.call(user), task('u')]") {
		t.Error(got)
	}
}

func TestComputesWeights(t *testing.T) {
	source := "import os\nfrom locust import HttpUser, TaskSet, task\nW = int(os.getenv('W', '2'))\nR = {'a': 1}\nfor k in R: R[k] = W\n" +
		"class S(TaskSet):\n  base = 2\n  @task(R['a'])\n  def a(self): pass\n  @task(base + 1)\n  def b(self): pass\nclass A(HttpUser):\n  tasks = {S: W}\n"
	got := script(t, source)
	for _, want := range []string{"let base_of_S: any = 2\n", "tasks = { a: pyAt(R, 'a'), b: base_of_S + 1 }", "tasks = [task(S, { weight: W })]"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
}

// A constructor in JavaScript cannot wait for requests.
func TestMovesRequestsOfConstructorsToOnStart(t *testing.T) {
	source := "import requests\nfrom locust import HttpUser, task\ndef login(): return requests.post('http://a').text\n" +
		"class B(HttpUser):\n  abstract = True\n  def on_start(self): self.b = 1\n" +
		"class A(B):\n  def __init__(self, *args, **kwargs):\n    super().__init__(*args, **kwargs)\n    self.a = login()\n  @task\n  def t(self): print(self.a)\n"
	got := script(t, source)
	if !strings.Contains(got, "async start_of_A() {\n    this.a = await login()\n  }") || !strings.Contains(got, "override async onStart() {\n    await this.start_of_A()\n    await super.onStart()\n  }") {
		t.Error(got)
	}
	for _, inInit := range []string{"print(args, login())", "__import__('x')"} {
		result := Locustfile("locustfile.py", strings.Replace(source, "self.a = login()", inInit, 1))
		if result.Script != "" {
			t.Errorf("%s\n%s", inInit, result.Script)
		}
	}
}
