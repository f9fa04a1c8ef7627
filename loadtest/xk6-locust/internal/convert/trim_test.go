package convert

import (
	"strings"
	"testing"
)

// file returns a locustfile with these lines after its imports. Its user makes a request to /.
func file(lines ...string) string {
	return "from locust import HttpUser, LoadTestShape, events, task\n" + strings.Join(lines, "\n") +
		"\nclass A(HttpUser):\n  @task\n  def t(self):\n    self.client.get('/')\n"
}

func TestLeavesOutWhatDoesNotAffectTheLoad(t *testing.T) {
	for name, source := range map[string]string{
		"an assertion of the web interface": file("from threading import Semaphore", "gone = Semaphore(10)",
			"@events.init.add_listener", "def f(environment, **kw):", "  assert environment.web_ui, 'gone'",
			"  @environment.web_ui.app.route('/')", "  def page():", "    with gone: pass"),
		"an extension of the web interface": file("from flask_login import UserMixin", "class gone(UserMixin):", "  def get_id(self): return 1",
			"def load(): return gone()", "@events.init.add_listener", "def f(environment, **kw):", "  if environment.web_ui:",
			"    environment.web_ui.login_manager.user_loader(load)"),
		"a variable that only listeners use": file("gone = {}", "@events.request.add_listener", "def f(name, response_length, **kw):",
			"  gone.setdefault(name, 0)", "  gone[name] += response_length", "@events.reset_stats.add_listener", "def g():",
			"  global gone", "  gone = {}"),
		"a listener that only prints": file("import datetime", "@events.heartbeat_sent.add_listener", "def f(client_id, timestamp):",
			"  print(f'gone {datetime.datetime.fromtimestamp(timestamp)}')"),
		"a function that nothing uses": file("def gone(): return open('x', 'w')"),
	} {
		got := script(t, source)
		if strings.Contains(got, "gone") || !strings.Contains(got, "await this.client.get('/')") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestKeepsListenersThatMayAffectTheLoad(t *testing.T) {
	for name, source := range map[string]string{
		"a variable that a task reads": body("self.client.get(f'/{seen}')") +
			"seen = {}\nfrom locust import events\n@events.request.add_listener\ndef f(name, **kw):\n  seen[name] = 1\n",
		"an alias of a variable that a task reads": body("self.client.get(f'/{seen}')") +
			"seen = {}\nfrom locust import events\n@events.request.add_listener\ndef f(name, **kw):\n  own = seen\n  own[name] = 1\n",
		"a field of a class": file("@events.request.add_listener", "def f(name, **kw):", "  A.seen = name"),
		"a parameter":        file("@events.request.add_listener", "def f(context, **kw):", "  context['a'] = 1"),
		"an alias of a parameter": file("@events.request.add_listener", "def f(context, **kw):", "  own = context['b']",
			"  own['a'] = 1"),
		"a failure":    file("@events.request.add_listener", "def f(response, **kw):", "  response.failure('slow')"),
		"an exception": file("@events.request.add_listener", "def f(**kw):", "  raise ValueError()"),
		"a function":   file("import gevent", "@events.request.add_listener", "def f(**kw):", "  gevent.sleep(3)"),
	} {
		result := Locustfile("locustfile.py", source)
		found := false
		for _, problem := range result.Problems {
			found = found || problem.Text == "listeners of events.request are not converted, unless they only print or keep records"
		}
		if !found {
			t.Errorf("%s: got %v\n%s", name, result.Problems, result.Script)
		}
	}
}
