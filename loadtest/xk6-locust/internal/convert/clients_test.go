package convert

import (
	"strings"
	"testing"
)

const bothClients = `from locust import HttpUser, FastHttpUser, TaskSet, SequentialTaskSet, task, events
CHOICES = [1, 2]
`

// TestTellsClientsApart checks that code is converted for one kind of user if only this kind reaches the code.
func TestTellsClientsApart(t *testing.T) {
	const (
		post   = "self.client.post('/a', json={'q': 1})\n"
		byUser = "def send(user):\n  user.client.post('/a', json={'q': 1})\n"
		set    = "class T(TaskSet):\n  @task\n  def t(self):\n    "
		both   = "HttpUser and FastHttpUser send different headers with this body: use only one of these classes"
	)
	slow := func(lines ...string) string { return "class Slow(HttpUser):\n  " + strings.Join(lines, "\n  ") + "\n" }
	fast := func(lines ...string) string {
		return "class Fast(FastHttpUser):\n  " + strings.Join(lines, "\n  ") + "\n"
	}
	run := func(call string) []string { return []string{"@task", "def go(self):", "  " + call} }
	get := run("self.client.get('/%d' % CHOICES[0])")
	for name, test := range map[string]struct{ source, want string }{
		"a task set of one class":                   {set + post + slow("tasks = [T]") + fast(get...), "post('/a', { json"},
		"a task set of the other class":             {set + post + slow(get...) + fast("tasks = [T]"), "pyFastOptions("},
		"a task set of both classes":                {set + post + slow("tasks = [T]") + fast("tasks = [T]"), both},
		"a nested task set":                         {slow("@task", "class T(TaskSet):", "  @task", "  def t(self):", "    "+post) + fast(get...), "post('/a', { json"},
		"a task set in a task set":                  {set + post + "class Outer(SequentialTaskSet):\n  tasks = [T]\n" + slow("tasks = [Outer]") + fast(get...), "post('/a', { json"},
		"a base class of task sets":                 {"class B(TaskSet):\n  def send(self):\n    " + post + "class T(B):\n  @task\n  def t(self): self.send()\nclass U(B):\n  @task\n  def t(self): pass\n" + slow("tasks = [T]") + fast("tasks = [U]"), both},
		"a function of one class":                   {byUser + slow(run("send(self)")...) + fast(get...), "post('/a', { json"},
		"a function of both classes":                {byUser + slow(run("send(self)")...) + fast(run("send(self)")...), both},
		"a function through another":                {byUser + "def other(user): send(user)\n" + slow(run("send(self)")...) + fast(run("other(self)")...), both},
		"a function in a list":                      {byUser + "ALL = [send]\n" + slow(run("send(self)")...) + fast(run("ALL[0](self)")...), both},
		"a task set that is added later":            {set + post + slow("tasks = [T]") + fast(get...) + "Fast.tasks = [T]\n", both},
		"a function that is stored later":           {byUser + "ALL = []\ndef store(): ALL.append(send)\n" + slow(append([]string{"def on_start(self): store()"}, run("send(self)")...)...) + fast(run("ALL[0](self)")...), both},
		"a function that is stored through another": {byUser + "ALL = []\ndef stored(): return ALL\ndef store(): stored().append(send)\n" + slow(append([]string{"def on_start(self): store()"}, run("send(self)")...)...) + fast(run("stored()[0](self)")...), both},
		"a task of an abstract class":               {set + post + "class Base(FastHttpUser):\n  abstract = True\n" + slow("tasks = [T]") + "class Fast(Base):\n  tasks = [T]\n", both},
		"a helper class":                            {"class Api:\n  def __init__(self, client): self.client = client\n  def send(self):\n    " + post + slow(run("Api(self.client).send()")...) + fast(get...), "post('/a', { json"},
		"a static method of a helper class":         {"class Api:\n  @staticmethod\n  def send(user):\n    user.client.post('/a', json={'q': 1})\n" + slow(run("Api.send(self)")...) + fast(run("Api.send(self)")...), both},
	} {
		result := Locustfile("l.py", bothClients+test.source)
		found := result.Script
		if len(result.Problems) > 0 {
			found = result.Problems[0].Text
		}
		if isRefused := len(result.Problems) > 0; isRefused != (test.want == both) || !strings.Contains(found, test.want) {
			t.Errorf("%s\n%s\nwant %s\ngot  %s", name, test.source, test.want, found)
		}
	}
}

// The method head() of HttpUser's client does not follow redirects. All other methods do.
func TestRedirectsOfHead(t *testing.T) {
	for source, want := range map[string]string{
		body("self.client.head('/')"):                                                 "head('/', { allowRedirects: false })",
		body("self.client.head('/', allow_redirects=True)"):                           "head('/', { allowRedirects: true })",
		body("self.client.request('HEAD', '/')"):                                      "request('HEAD', '/')",
		body("for m in ['get', 'head']: getattr(self.client, m)('/')"):                "{ allowRedirects: pyText(m).toUpperCase() !== 'HEAD' }",
		body("for m in ['get', 'put']: getattr(self.client, m)('/')"):                 "pyText(m).toUpperCase(), '/')",
		strings.ReplaceAll(body("self.client.head('/')"), "HttpUser", "FastHttpUser"): "head('/')",
	} {
		if got := script(t, source); !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s in\n%s", source, want, got)
		}
	}
}
