package convert

import (
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// chain returns a locustfile whose user runs a MarkovTaskSet with these lines.
func chain(lines ...string) string {
	return "from locust import HttpUser, MarkovTaskSet, TaskSet, tag, task, transition, transitions\nclass S(MarkovTaskSet):\n  " +
		strings.Join(lines, "\n  ") + "\nclass A(HttpUser):\n  tasks = [S]\n"
}

func TestConvertsTransitions(t *testing.T) {
	for source, want := range map[string]string{
		chain("@transition('b')", "def a(self): pass", "@transition('a')", "def b(self): pass"): "static override transitions: Record<string, Record<string, number>> = { a: { b: 1 }, b: { a: 1 } }",
		// Python applies the lowest decorator first.
		chain("@transition('b', weight=2)", "@transition('a')", "def a(self): pass", "@transition(func_name='a')", "def b(self): pass"): "{ a: { a: 1, b: 2 }, b: { a: 1 } }",
		chain("@transitions({'b': 3, 'a': 1})", "def a(self): pass", "@transitions(['a', ('b', 2)])", "def b(self): pass"):              "{ a: { b: 3, a: 1 }, b: { a: 1, b: 2 } }",
		// A later weight replaces an earlier weight of the same transition. The transition keeps its position.
		chain("@transition('a', 5)", "@transitions(weights={'a': 1, 'b': 0})", "@transition('b', 2)", "def a(self): pass", "@transition('a')",
			"def b(self): pass"): "{ a: { a: 5 } }",
		chain("@transition('stop')", "def stop(self): pass"): "{ _stop: { _stop: 1 } }",
		strings.Replace(chain("@transition('a')", "def a(self): self.hi()"), "class S(MarkovTaskSet)", "class M:\n  def hi(self): pass\nclass S(MarkovTaskSet, M)", 1): "hi() {",
		chain("@transition('a')", "class I(TaskSet):", "  @task", "  def t(self): self.interrupt()", "@transition('I')", "def a(self): pass"):                          "static I: any = I",
		chain("abstract = True", "@transition('gone')", "def a(self): pass") +
			"class B(S):\n  @transition('a')\n  def a(self): pass\nclass C(HttpUser):\n  tasks = [B]\n": "static override transitions: Record<string, Record<string, number>> = { a: { a: 1 } }",
	} {
		got := script(t, source)
		if !strings.Contains(got, want) || strings.Contains(got, "gone") || !strings.Contains(got, "extends MarkovTaskSet {") {
			t.Errorf("%s\nwant %s in\n%s", source, want, got)
		}
	}
}

func TestNamesUnreachableTasks(t *testing.T) {
	result := Locustfile("locustfile.py", chain("@transitions({'a': 1, 'b': 0})", "def a(self): pass", "@transition('a')", "def b(self): pass"))
	want := conversion.Problem{Line: 6, Text: "the task b never runs, because no transition leads to it"}
	if len(result.Notes) != 1 || result.Notes[0] != want || !strings.Contains(result.Script, "= { a: { a: 1 } }") {
		t.Errorf("got %v %v\n%s", result.Notes, result.Problems, result.Script)
	}
}

func TestRefusesTransitions(t *testing.T) {
	a := []string{"@transition('a')", "def a(self): pass"}
	for source, want := range map[string]string{
		chain("def a(self): pass"):                                                                                            "S has no tasks with transitions, so Locust does not load it",
		chain(a...) + "class B(S): pass\n":                                                                                    "B has no tasks with transitions, so Locust does not load it",
		chain("@transition('b')", "def a(self): pass"):                                                                        "S.a leads to b, which is not a task with transitions of S",
		chain("@transition('b')", "def a(self): pass", "def b(self): pass"):                                                   "S.a leads to b, which is not a task with transitions of S",
		chain("@transition('b', 0)", "@transition('a')", "def a(self): pass"):                                                 "S.a leads to b, which is not a task with transitions of S",
		chain("@transition('a', 0)", "def a(self): pass"):                                                                     "S.a needs a transition with a weight above 0",
		chain("@transitions([])", "def a(self): pass"):                                                                        "S.a needs a transition with a weight above 0",
		chain("@transition('a', -1)", "def a(self): pass"):                                                                    "a weight must be an integer, or a variable or field that is assigned only once, with an integer",
		chain("@transition(name)", "def a(self): pass"):                                                                       "the name of a task in a transition must be a string literal",
		chain("@transition", "def a(self): pass"):                                                                             "a transition needs the name of a task",
		chain("@transition()", "def a(self): pass"):                                                                           "a transition needs the name of a task",
		chain("@transition('a', 1, 2)", "def a(self): pass"):                                                                  "a transition has only a name and a weight",
		chain("@transition('a', wait=2)", "def a(self): pass"):                                                                "a transition has only a name and a weight",
		chain("@transitions()", "def a(self): pass"):                                                                          "transitions must be a literal dict or list",
		chain("@transitions('a')", "def a(self): pass"):                                                                       "transitions must be a literal dict or list",
		chain("@transitions({'a'})", "def a(self): pass"):                                                                     "transitions must be a literal dict or list",
		chain("@transitions([['a', 1]])", "def a(self): pass"):                                                                "the name of a task in a transition must be a string literal",
		chain("@transitions([('a', 1, 2)])", "def a(self): pass"):                                                             "the name of a task in a transition must be a string literal",
		chain("@transitions({**x})", "def a(self): pass"):                                                                     "transitions must be a literal dict or list",
		chain("@tag('x')", "@transition('a')", "def a(self): pass"):                                                           "S.a has tags, which Locust does not allow in a MarkovTaskSet",
		chain("@task", "@transition('a')", "def a(self): pass"):                                                               "@task has no effect in a MarkovTaskSet",
		chain(append(a, "tasks = [a]")...):                                                                                    "tasks has no effect in a MarkovTaskSet",
		chain(append(a, "def get_next_task(self): pass")...):                                                                  "S.get_next_task replaces a method that Locust calls, but k6/x/locust would not call it",
		chain(append(a, "def wait(self): pass")...):                                                                           "S.wait replaces a method that Locust calls, but k6/x/locust would not call it",
		chain(append(a, "def on_start(self): self.current = 1")...):                                                           "S.current is the state of a MarkovTaskSet, which has no counterpart in k6/x/locust",
		chain(append(a, "current = 1")...):                                                                                    "S.current is the state of a MarkovTaskSet, which has no counterpart in k6/x/locust",
		chain("@transition('on_start')", "def on_start(self): pass"):                                                          "S.on_start cannot be a task with transitions",
		chain("@transition('toString')", "def toString(self): pass"):                                                          "S.toString cannot be a task with transitions",
		chain("@transition('a')", "class a: pass"):                                                                            "S.a cannot be a task with transitions",
		"from locust import TaskSet, transition\nclass S(TaskSet):\n  @transition('a')\n  def a(self): pass\n" + body("pass"): "the decorator transition() is not supported",
		"from locust import TaskSet, transition\n@transition('a')\nclass S(TaskSet): pass\n" + body("pass"):                   "the decorator transition() is not supported",
	} {
		result := Locustfile("locustfile.py", source)
		found := false
		for _, problem := range result.Problems {
			found = found || problem.Text == want
		}
		if !found || result.Script != "" {
			t.Errorf("%s\nwant %s, got %v\n%s", source, want, result.Problems, result.Script)
		}
	}
}
