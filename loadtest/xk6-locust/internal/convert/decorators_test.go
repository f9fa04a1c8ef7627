package convert

import (
	"strings"
	"testing"
)

// decorating returns a locustfile whose method `get` has a decorator. wrapper contains the lines of the wrapper's body.
func decorating(use, get string, wrapper ...string) string {
	return "from functools import wraps\nfrom locust import HttpUser, task\ndef d(f):\n  @wraps(f)\n  def w(*args, **kwargs):\n    " +
		strings.Join(wrapper, "\n    ") + "\n  return w\nclass A(HttpUser):\n" + use + "\n  def " + get + ": self.client.get('/')\n  @task\n  def t(self): self.get()\n"
}

func TestConvertsDecorators(t *testing.T) {
	for source, want := range map[string]string{
		decorating("  @d", "get(self, n=1)", "return f(*args, **kwargs)"):                          "async get(n: any = 1): Promise<any> {\n    return await this.get_of_A(n)",
		decorating("  @d\n  @d", "get(self)", "return f(*args)"):                                   "async get(): Promise<any> {\n    return await this.get_of_A_()",
		decorating("  @d", "get(self)", "print(f.__name__)", "return f(*args, **kwargs)"):          "console.log('get')",
		decorating("  @task(2)\n  @d", "get(self)", "return f(*args)"):                             "tasks = { get: 2, t: 1 }",
		decorating("  @d\n  @task(2)", "get(self)", "return f(*args)"):                             "tasks = { get: 2, t: 1 }",
		strings.ReplaceAll(decorating("  @d", "get(self)", "return f(s)"), "*args, **kwargs", "s"): "return await this.get_of_A()",
	} {
		if got := script(t, source); !strings.Contains(got, want) || strings.Contains(got, "function d(") {
			t.Errorf("%s\nwant %s in\n%s", source, want, got)
		}
	}
}

func TestRefusesDecorators(t *testing.T) {
	refuses := "the decorator of get is not supported: "
	call := "return f(*args, **kwargs)"
	for source, want := range map[string]string{
		decorating("  @d", "get(self, n)", "return f(args[0])"):                                 refuses + "the wrapper must call the decorated function with all of its arguments",
		decorating("  @d", "get(self)", "print(args)", call):                                    refuses + "the wrapper may only use args in a call of the decorated function",
		decorating("  @d", "get(self)", "return f"):                                             refuses + "the wrapper may only use f in a call of the decorated function",
		decorating("  @d", "get(self, n)", "n = 1", call):                                       refuses + "d uses the name n, which is also a parameter of get",
		decorating("  @d()", "get(self)", call):                                                 refuses + "d must only define and return a wrapper, or a decorator",
		decorating("  @d", "get(self, *rest)", call):                                            refuses + "the wrapper must have the parameters of get, or *args and **kwargs",
		decorating("  @staticmethod\n  @d", "get(self)", call):                                  refuses + "use it without other decorators than @task and @tag",
		decorating("  @d", "get(self)", "return f(A, *args)"):                                   refuses + "the wrapper must call the decorated function with all of its arguments",
		strings.Replace(decorating("  @d", "get(self)", call), "@wraps(f)", "x = 1", 1):         refuses + "d must only define and return a wrapper, or a decorator",
		strings.Replace(decorating("  @d\n  @task", "get(self)", call), "  @wraps(f)\n", "", 1): refuses + "without functools.wraps, the decorator below it has no effect",
		strings.Replace(decorating("  @d(x())", "get(self)", call), "def d(f):", "def d(n):\n  def e(f):\n    def w(*args): return f(*args)\n    return w\n  return e\ndef g(f):", 1): refuses + "the argument n must be a constant",
	} {
		result := Locustfile("locustfile.py", source)
		found := false
		for _, problem := range result.Problems {
			found = found || problem.Text == want
		}
		if !found || result.Script != "" {
			t.Errorf("%s\nwant %q, got %v", source, want, result.Problems)
		}
	}
}
