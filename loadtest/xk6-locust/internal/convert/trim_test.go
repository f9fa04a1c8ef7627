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
		"a report of values that k6 does not have": file("@events.test_stop.add_listener", "def f(environment, **kw):",
			"  for (gone, m), e in environment.stats.entries.items(): print(gone, e.num_requests)"),
		"a report of the slowest requests": file("import statistics", "@events.test_stop.add_listener", "def f(environment, **kw):",
			"  stats = environment.stats", "  all = sorted([s for s in stats.entries.values() if s.num_requests], key=lambda s: s.avg_response_time)[:3]",
			"  for gone in all: print(gone.name, gone.get_response_time_percentile(0.9), statistics.mean([1, 2]))", "  first = [s for s in all if 'x' in s.name]",
			"  if first: print('gone', first[0].get_response_time_percentile(0.5))"),
		"a block that writes a file":   file("def g():", "  with open('gone', 'w') as f:", "    f.write('x')", "g()"),
		"a logger in a listener":       file("import logging", "gone = logging.getLogger()", "@events.request.add_listener", "def f(name, **kw): gone.info(name)"),
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
		"a field of a class": file("@events.request.add_listener", "def f(name, **kw):", "  A.seen = name"),
		"a parameter":        file("@events.request.add_listener", "def f(context, **kw):", "  context['a'] = 1"),
		"a sleep":            file("import time", "@events.request.add_listener", "def f(**kw):", "  time.sleep(3)"),
		"the text of an exception": body("self.client.get(f'/{seen}')") +
			"seen = []\nfrom locust import events\n@events.request.add_listener\ndef f(exception, **kw):\n  if exception: seen.append(str(exception))\n",
		"a field of a response": body("self.client.get(f'/{seen}')") +
			"seen = []\nfrom locust import events\n@events.request.add_listener\ndef f(response, **kw):\n  seen.append(response.text)\n",
		"the truth of a response": body("self.client.get(f'/{seen}')") +
			"seen = []\nfrom locust import events\n@events.request.add_listener\ndef f(response, **kw):\n  if response: seen.append(1)\n",
		"a new value of a parameter": body("self.client.get(f'/{seen}')") +
			"seen = []\nfrom locust import events\n@events.request.add_listener\ndef f(name, **kw):\n  name = name.upper()\n  seen.append(name)\n",
		"other arguments": body("self.client.get(f'/{seen}')") +
			"seen = []\nfrom locust import events\n@events.request.add_listener\ndef f(**kw):\n  seen.append(kw['name'])\n",
		"a function that fails": body("self.client.get(f'/{seen}')") +
			"seen = []\nfrom locust import events\ndef g():\n  raise ValueError()\n@events.request.add_listener\ndef f(name, **kw):\n  seen.append(name)\n  g()\n",
		"an event": body("self.client.get(f'/{seen}')") +
			"seen = []\nfrom locust import events\n@events.request.add_listener\ndef f(name, **kw):\n  seen.append(name)\n  events.request.fire(request_type='a', name='b', response_time=1, response_length=1)\n",
		"an alias of a parameter": file("@events.request.add_listener", "def f(context, **kw):", "  own = context['b']",
			"  own['a'] = 1"),
		"a failure":    file("@events.request.add_listener", "def f(response, **kw):", "  response.failure('slow')"),
		"an exception": file("@events.request.add_listener", "def f(**kw):", "  raise ValueError()"),
		"a function":   file("import gevent", "@events.request.add_listener", "def f(**kw):", "  gevent.sleep(3)"),
	} {
		result := Locustfile("locustfile.py", source)
		found := false
		for _, problem := range result.Problems {
			found = found || problem.Text == "listeners of events.request are not converted, unless they only print, keep records, or change variables"
		}
		if !found {
			t.Errorf("%s: got %v\n%s", name, result.Problems, result.Script)
		}
	}
}

// If a listener changes variables that tasks read, the script has a single runtime for the listener and the users.
func TestConvertsListenersThatChangeVariables(t *testing.T) {
	for _, statement := range []string{"seen[name] = 1", "own = seen\n  own[name] = 1", "if exception: seen['a'] = response.status_code", "seen.update({'a': response_length})",
		"seen[name] = 1\n  if exception: print(f'{name} failed: {exception}')", "seen[name] = 1\n  if exception: log.error('%s: %s', name, exception)"} {
		source := body("self.client.get(f'/{seen}')") + "seen = {}\nimport logging\nlog = logging.getLogger(__name__)\nfrom locust import events\n" +
			"@events.request.add_listener\ndef f(name, exception, response, response_length, **kw):\n  " + statement + "\n"
		got := script(t, source)
		if !strings.Contains(got, "locust.events.request.addListener((pyEvent) => {") || !strings.Contains(got, "processes: 1") {
			t.Errorf("%s:\n%s", statement, got)
		}
	}
}

// A listener cannot wait for the answer to a request.
func TestRefusesListenersThatMakeRequests(t *testing.T) {
	for _, call := range []string{"shared.get('/')", "user.client.get('/')", "clients[0].get('/')", "ask()"} {
		source := file("shared = None", "user = None", "clients = []", "def ask(): shared.get('/')", "class B(HttpUser):", "  def on_start(self):",
			"    global shared, user", "    shared = self.client", "    user = self", "    clients.append(self.client)", "  @task", "  def t(self): pass",
			"@events.request.add_listener", "def f(name, **kw):", "  "+call)
		if result := Locustfile("locustfile.py", source); result.Script != "" || len(result.Problems) == 0 {
			t.Errorf("%s: got %v\n%s", call, result.Notes, result.Script)
		}
	}
}

// Each of these listeners may send requests, wait, end the run, or change the users, the statistics, or the exit code.
func TestNeverLeavesOutListenersThatReachLocust(t *testing.T) {
	for event, bodies := range map[string][]string{
		"user_error": {
			"user_instance.client.get('/')", "user_instance.client.headers.update({'a': 'b'})", "own = user_instance or None\n  own.client.get('/')",
			"for own in [user_instance]: own.client.get('/')", "print([own.client.get('/') for own in [user_instance]])",
			"print(max(['/'], key=user_instance.client.get))", "own = [user_instance]\n  own[0].client.get('/')", "print('a', file=user_instance)",
			"(own := user_instance).client.get('/')", "kw['user_instance'].client.get('/')", "kw.get('user_instance').client.get('/')",
			"user_instance.tasks.append(1)", "user_instance.environment.runner.values()", "print(user_instance.client.get('/').json())",
			"assert not exception", "global A\n  A = None", "A.session.get('/')", "own = {}\n  own['a'] = user_instance\n  own['a'].client.get('/')",
			"shared.get('/')", "items[0].get('/')", "tracker.update(1)", "print(*[user_instance][0].client.get('/'))", "exception.user.client.get('/')",
			"print(sorted(['/'], key=shared.get))", "user_instance.client.cookies.clear()", "own = {}\n  own.setdefault('a', user_instance).client.get('/')",
			"held['a'].client.get('/')", "alias['a'] = 1", "name = user_instance.client\n  name.get('/')",
		},
		"request": {
			"context['user'].client.get('/')", "context.get('user').client.get('/')", "context.update(a=1)", "own = [context]\n  own[0]['a'] = 1",
			"response.headers.update({'a': 'b'})", "own = response.headers or {}\n  own['a'] = 'b'",
			"kw.get('environment').runner.pop()", "import gevent\n  gevent.sleep(1)", "logging.handlers.HTTPHandler('a', '/')",
			"logging.shutdown()", "json.dump({}, shared)", "own = context or {}\n  own['a'] = 1",
		},
		"report_to_master": {
			"data['stats'] = []", "data['stats'].clear()", "data.clear()", "data.pop('errors')", "data['errors']['a'] = 1", "data.update(errors={})",
			"data[client_id] = 1", "data['user_count'] += 1",
		},
		"spawning_complete": {"environment.runner.quit()", "environment.stats.entries.clear()", "environment.process_exit_code = 0"},
	} {
		for _, body := range bodies {
			source := file("import json, logging", "shared = None", "items = []", "held = {}", "def keep(x): held['a'] = x", "state = {}", "alias = state",
				"class Tracker:", "  def update(self, x): pass", "tracker = Tracker()", "class B(HttpUser):", "  session = None", "  def on_start(self):",
				"    global shared", "    shared = self.client", "    items.append(self.client)", "    keep(self)", "  @task", "  def t(self): self.client.get(f'/{state}')",
				"@events."+event+".add_listener", "def gone(environment=None, user_instance=None, exception=None, response=None, context=None, client_id=None, data=None, name=None, **kw):",
				"  "+body)
			result := Locustfile("locustfile.py", source)
			found := false
			for _, problem := range result.Problems {
				found = found || strings.HasPrefix(problem.Text, "listeners of events."+event+" are not converted")
			}
			if !found {
				t.Errorf("%s: %s: got %v %v", event, body, result.Problems, result.Notes)
			}
		}
	}
}

func TestLeavesOutListenersThatKeepRecords(t *testing.T) {
	for event, bodies := range map[string][]string{
		"request": {
			"print(name.lower().strip(), len(response.text), response.json())", "print(response.headers.get('a', '').lower())",
			"print(response.request.headers.get('a'), kw.get('url'), context.get('a'))", "seen.setdefault(name, []).append(response_time)",
			"seen[name] = seen.get(name, 0) + 1", "errors.append(exception)", "own = name.split('/')\n  own.sort()\n  print(own)",
			"print(sum(x.get('a') for x in seen.values()))", "print(sorted(seen, key=seen.get), max(seen, key=len))",
			"print('{}'.format(name), ','.join([name]), json.dumps(seen, default=str))", "counts[name] += 1", "logging.info('%s', exception)",
			"if environment.stats.entries.values(): print('a')", "print(name)\n  del seen[name]",
			"global total\n  total += response_time\n  print(total)",
		},
		"report_to_master": {"data['own'] = seen", "data.setdefault('own', {})['a'] = 1", "data['own']['a'] = 1", "print(data['stats'][0].get('name'))"},
		"worker_report":    {"for x in data['own']: seen.setdefault(x, {})['a'] = data['own'][x].get('b')"},
	} {
		for _, body := range bodies {
			source := file("import json, logging", "from collections import defaultdict", "counts = defaultdict(int)", "seen = {}", "errors = []", "total = 0",
				"@events."+event+".add_listener", "def gone(environment=None, exception=None, response=None, context=None, client_id=None, data=None, name=None, response_time=None, **kw):",
				"  "+body)
			if result := Locustfile("locustfile.py", source); strings.Contains(result.Script, "gone") || len(result.Problems) > 0 {
				t.Errorf("%s: %s: got %v", event, body, result.Problems)
			}
		}
	}
}
