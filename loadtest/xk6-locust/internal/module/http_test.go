package module_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.k6.io/k6/v2/metrics"
)

// visit runs a task once and then ends the run. The user class has the given host and additional members.
func visit(t *testing.T, host, members, task string) *outcome {
	t.Helper()
	return fine(t, `
		const json = JSON.stringify
		let hasVisited = false
		class A extends HttpUser {
			static host = '`+host+`'
			static tasks = [async (u) => {
				// If the task throws, the user runs it again. In this second run, the task only sleeps until the engine
				// stops the user.
				if (hasVisited) await u.sleep(3600)
				hasVisited = true
				const c = u.client
				try { `+task+` } finally { done() }
				await u.sleep(3600)
			}]
			`+members+`
		}
		const options = locust.options({ userClasses: [A] })`)
}

func TestRequests(t *testing.T) {
	t.Parallel()
	host := serve(t)
	for name, test := range map[string]struct{ request, show, want string }{
		"get":                          {`c.get('/a?b=1')`, `[e.method, e.path, e.query, e.body].join()`, "GET,/a,b=1,"},
		"no slash":                     {`c.get('a')`, `e.path`, "/a"},
		"nothing":                      {`c.get('')`, `e.path`, "/"},
		"absolute":                     {`c.get('` + host + `/x')`, `e.path`, "/x"},
		"another address in the query": {`c.get('/login?next=http://x/')`, `[e.path, e.query].join()`, "/login,next=http://x/"},
		"options":                      {`c.options('/')`, `e.method`, "OPTIONS"},
		"delete":                       {`c.delete('/')`, `e.method`, "DELETE"},
		"put":                          {`c.put('/', { data: 'text' })`, `[e.method, e.body].join()`, "PUT,text"},
		"patch":                        {`c.patch('/', { data: '한' })`, `[e.method, e.body].join()`, "PATCH,한"},
		"any method":                   {`c.request('PURGE', '/')`, `e.method`, "PURGE"},
		"params":                       {`c.get('/', { params: { q: 'a b&c', n: 5, yes: true } })`, `e.query`, "q=a+b%26c&n=5&yes=true"},
		"params after an empty query":  {`c.get('/?', { params: { b: 2 } })`, `e.query`, "b=2"},
		"params after a question":      {`c.get('/?a=b?', { params: { b: 2 } })`, `e.query`, "a=b?&b=2"},
		"params after &":               {`c.get('/?a=1&', { params: { b: 2 } })`, `e.query`, "a=1&&b=2"},
		"more params":                  {`c.get('/?a=1', { params: { b: 2 } })`, `e.query`, "a=1&b=2"},
		"no params":                    {`c.get('/', { params: {} })`, `e.query`, ""},
		"a form":                       {`c.post('/', { data: { z: 'ü b', a: 1 } })`, `[e.body, h['Content-Type']].join()`, "z=%C3%BC+b&a=1,application/x-www-form-urlencoded"},
		"an array buffer":              {`c.post('/', { data: new Uint8Array([65, 66]).buffer })`, `e.body`, "AB"},
		"bytes":                        {`c.post('/', { data: new Uint8Array([65, 66]) })`, `e.body`, "AB"},
		"bytes changed after the call": {`bytes => { const sent = c.post('/', { data: bytes.buffer }); bytes[0] = 67; return sent }`, `e.body`, "AB"},
		"json": {
			`c.post('/', { json: { z: 1, a: undefined, when: new Date(0), text: '<한>' , list: [1, null] } })`, `[e.body, h['Content-Type']].join()`,
			`{"z":1,"when":"1970-01-01T00:00:00.000Z","text":"<한>","list":[1,null]},application/json`,
		},
		"json of a string":          {`c.post('/', { json: 'a' })`, `e.body`, `"a"`},
		"json of false":             {`c.post('/', { json: false })`, `e.body`, `false`},
		"no json":                   {`c.post('/', { json: null })`, `[e.body, h['Content-Type']].join()`, ","},
		"json with a type":          {`c.post('/', { headers: { 'content-type': 'a/b' }, json: {} })`, `h['Content-Type']`, "a/b"},
		"json with a type after it": {`c.post('/', { json: {}, headers: { 'content-type': 'a/b' } })`, `h['Content-Type']`, "a/b"},
		"headers": {
			`c.get('/', { headers: { 'X-OWN': 'own', 'x-number': 5 } })`, `[h['X-Own'], h['X-Class'], h['X-Number']].join()`, "own,class,5",
		},
		"headers of the class": {`c.get('/')`, `[h['X-Own'], h['X-Class']].join()`, "class too,class"},
		"auth":                 {`c.get('/', { auth: ['user', 'pass:word'] })`, `h.Authorization`, "Basic dXNlcjpwYXNzOndvcmQ="},
		"auth and its header": {
			`c.get('/', { auth: ['user', 'pass:word'], headers: { authorization: 'x' } })`, `h.Authorization`, "Basic dXNlcjpwYXNzOndvcmQ=",
		},
		"undefined options": {`c.get('/', { headers: undefined, name: undefined, catchResponse: undefined })`, `e.path`, "/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := test.request
			if strings.HasPrefix(request, "bytes =>") {
				request = "(" + request + ")(new Uint8Array([65, 66]))"
			}
			visit(t, host, `static headers = { 'x-own': 'class too', 'x-class': 'class' }`, `
				const e = (await `+request+`).json()
				const h = Object.fromEntries(Object.entries(e.headers).map(([name, values]) => [name, values.join()]))
				log(String(`+test.show+`))`).wantLog(t, test.want)
		})
	}
}

func TestRequestErrors(t *testing.T) {
	t.Parallel()
	for task, want := range map[string]string{
		`await c.get('/', { color: 1 })`:                                                 "GET /: unknown option of a request; known: name, headers, params, data, json, files, auth, timeout, allowRedirects, discardBody, stream, tags, catchResponse, got color",
		`await c.get('/', { name: 'n', body: 1 })`:                                       "GET n: unknown option of a request; known: name",
		`const a = {}; a.a = a; await c.post('/', { json: a })`:                          "circular",
		`await c.get('/', { catchResponse: 5 })`:                                         "GET /: catchResponse must be a function",
		`(await c.get('/')).failure('too late')`:                                         "failure() works only in catchResponse: this request has already been counted",
		`let r; await c.get('/', { catchResponse: (own) => { r = own } }); r.success()`:  "success() works only in catchResponse: this request has already been counted",
		`await u.sleep(0.01); await new HttpUser(u._handle).client.get('/').then(5).x.y`: "TypeError",
	} {
		o := visit(t, serve(t), "", task)
		if got := slices.Collect(maps.Keys(o.exceptions(t))); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: exceptions %q, want one with %s", task, got, want)
		}
	}
	// Without a host, users cannot make requests, so the run ends.
	o := run(t, `
		class A extends HttpUser {
			static tasks = [async (u) => { log('task'); await u.client.get('/a') }]
			async onStop() { log('stopped') }
		}
		const options = locust.options({ userClasses: [A] })`)
	if o.runErr == nil || !strings.Contains(o.runErr.Error(), "GET /a: a path needs a host: set LOCUST_HOST (or -H of k6 x locust), or host in the options or the class") {
		t.Errorf("without a host: %v", o.runErr)
	}
	if got := o.exceptions(t); len(got) != 0 {
		t.Errorf("without a host: %v", got)
	}
	o.wantLog(t, "task\nstopped")
	o = fine(t, `
		class A extends User { static tasks = [(u) => { done(); new HttpUser(u._handle).client.get('/') }] }
		const options = locust.options({ userClasses: [A] })`)
	if got := slices.Collect(maps.Keys(o.exceptions(t))); len(got) != 1 || !strings.Contains(got[0], "only users of a class that extends HttpUser can make requests") {
		t.Errorf("for a user without a client: %q", got)
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	host := serve(t)
	for name, test := range map[string]struct{ task, want string }{
		"an answer": {
			`const r = await c.get('/a'); log([r.statusCode, r.ok, r.error, r.url, r.headers['x-twice'], r.responseTime >= 0, typeof r.text].join(' '))`,
			"200 true  " + host + "/a a, b true string",
		},
		"an error of the server": {`const r = await c.get('/status/503'); log([r.statusCode, r.ok, r.error].join())`, "503,false,"},
		"no error of the server": {`const r = await c.get('/status/304'); log([r.statusCode, r.ok].join())`, "304,true"},
		"no answer": {
			`const r = await c.get('http://127.0.0.1:1/'); log([r.statusCode, r.ok, r.error, r.text].join())`, "0,false,connection refused,",
		},
		"an answer that breaks off": {
			`const r = await c.get('/cut'); log(json([r.statusCode, r.ok, r.error, r.reason, r.text, r.headers['Content-Length'] ?? '', r.elapsed, r.responseTime > 0, r.timeToFirstByte > 0]))`,
			`[0,false,"connection closed before the end of the answer","","","",0,true,true]`,
		},
		"verdicts": {
			`const verdict = async (judge) => String((await c.get('/a', { catchResponse: judge })).verdict)
			log([await verdict((r) => r.success()), await verdict((r) => r.failure('late')), await verdict(() => undefined), String((await c.get('/a')).verdict)].join())`,
			"true,late,undefined,undefined",
		},
		"too late": {
			`const r = await c.get('/never', { timeout: 0.05 }); log([r.statusCode, r.error].join())`, "0,timed out",
		},
		"a redirect":              {`const r = await c.get('/from'); log([r.statusCode, r.url].join())`, "200," + host + "/to"},
		"a redirect not followed": {`const r = await c.get('/from', { allowRedirects: false }); log([r.statusCode, r.headers.location].join())`, "302,/to"},
		"head":                    {`const r = await c.head('/a'); log([r.statusCode, r.text].join())`, "200,"},
		"text that is not UTF-8":  {`log((await c.get('/text')).text)`, "no JSON: \uFFFD."},
		"bytes":                   {`const b = new Uint8Array((await c.get('/text')).content); log([b.length, b[9]].join())`, "11,255"},
		"json":                    {`log(json((await c.get('/json')).json()))`, `{"word":"자동완성","list":[{"n":1},{"n":2.5}],"yes":true,"no":null,"empty":"","big":12345678901}`},
		"parts of json": {
			`const r = await c.get('/json')
			log(json([r.json('word'), r.json('list.#.n'), r.json('list.1'), r.json('yes'), r.json('no'), r.json('empty'), r.json('big'), r.json('list.#')]))
			log(String(r.json('missing')))`,
			`["자동완성",[1,2.5],{"n":2.5},true,null,"",12345678901,2]` + "\nundefined",
		},
		"no json": {
			`const r = await c.get('/text')
			for (const path of [undefined, 'word']) try { r.json(path) } catch (error) { log([error instanceof SyntaxError, error.message].join()) }`,
			"true,the body is not JSON\ntrue,the body is not JSON",
		},
		"read only": {`const r = await c.get('/a'); 'use strict'; try { r.statusCode = 5 } catch {} log(String(r.statusCode))`, "200"},
		"several at once": {
			`log((await Promise.all([c.get('/a'), c.get('/b')])).map((r) => r.json('path')).join())`, "/a,/b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit(t, host, "", test.task).wantLog(t, test.want)
		})
	}
}

// The statistics contain the right names, failures, and errors.
func TestCounting(t *testing.T) {
	t.Parallel()
	o := visit(t, serve(t), "", `
		await c.get('/a?b=1')
		await c.get('/a?b=1', { name: 'named' })
		await c.post('/status/500', { name: 'failing' })
		await c.get('/status/404')
		await c.get('http://127.0.0.1:1/x', { name: 'refused' })
		events.request.fire({ requestType: 'SQL', name: 'select', responseTime: 12.5, responseLength: 100 })
		events.request.fire({ requestType: 'SQL', name: 'select', responseTime: 0, exception: new Error('locked') })
		events.request.fire({ requestType: 'SQL', name: 'select', responseTime: 1, responseLength: undefined, exception: null })`)
	want := map[string][2]int{
		"GET /a?b=1": {1, 0}, "GET named": {1, 0}, "POST failing": {1, 1}, "GET /status/404": {1, 1}, "GET refused": {1, 1}, "SQL select": {3, 1},
	}
	if got := o.requests(t); !maps.Equal(got, want) {
		t.Errorf("requests: %v, want %v", got, want)
	}
	failures := map[string]int{
		"LocustBadStatusCode(code=500)": 1, "LocustBadStatusCode(code=404)": 1, "connection refused": 1, "Error: locked": 1,
	}
	if got := o.failures(t); !maps.Equal(got, failures) {
		t.Errorf("failures: %v, want %v", got, failures)
	}
	for _, row := range o.rows(t, "stats") {
		// Check the maximum response time and the average content size.
		if row[1] == "select" && (row[7] != "12.5" || !strings.HasPrefix(row[8], "33.3")) {
			t.Errorf("the events are counted as %q", row)
		}
	}
}

func TestEventErrors(t *testing.T) {
	t.Parallel()
	for _, event := range []string{
		`{}`, `{ requestType: 'A', name: 'b' }`, `{ name: 'b', responseTime: 1 }`, `{ requestType: 'A', name: 'b', responseTime: NaN }`,
		`{ requestType: 'A', name: 'b', responseTime: -1 }`, `{ requestType: 'A', name: 'b', responseTime: 1, responseLength: -1 }`,
		`{ requestType: 'A', name: 'b', responseTime: Infinity }`, `{ requestType: 'A', name: 'b', responseTime: 1e300 }`,
		`{ requestType: 'A', name: 'b', responseTime: 1, responseLength: Infinity }`, `{ requestType: 'A', name: 'b', responseTime: 1, responseLength: 1e19 }`,
	} {
		o := visit(t, "http://127.0.0.1:1", "", `events.request.fire(`+event+`)`)
		if got := slices.Collect(maps.Keys(o.exceptions(t))); len(got) != 1 || !strings.Contains(got[0], "an event must have requestType") {
			t.Errorf("%s: exceptions %q", event, got)
		}
		if got := o.requests(t); len(got) > 0 {
			t.Errorf("%s was counted: %v", event, got)
		}
	}
}

func TestCatchResponse(t *testing.T) {
	t.Parallel()
	const mustReturn = "TypeError: locust: GET n: catchResponse must return true, false, undefined, or the reason for a failure, got "
	host := serve(t)
	for name, test := range map[string]struct {
		path, judge string
		counted     int
		failure     string
		exception   string
	}{
		"no verdict":                   {"/a", `(r) => {}`, 1, "", ""},
		"no verdict on an error":       {"/status/500", `(r) => {}`, 1, "LocustBadStatusCode(code=500)", ""},
		"a failure":                    {"/a", `(r) => r.failure("it's wrong")`, 1, `CatchResponseError("it's wrong")`, ""},
		"a failure without a reason":   {"/a", `(r) => r.failure('')`, 1, `CatchResponseError('failed')`, ""},
		"a failure by an error":        {"/a", `(r) => r.failure(new Error('x'))`, 1, `CatchResponseError('Error: x')`, ""},
		"a failure of an error":        {"/status/500", `(r) => r.failure('down')`, 1, `CatchResponseError('down')`, ""},
		"a success of an error":        {"/status/404", `(r) => r.success()`, 1, "", ""},
		"the last verdict":             {"/a", `(r) => { r.failure('x'); r.success() }`, 1, "", ""},
		"depends on the body":          {"/json", `(r) => { if (r.statusCode === 200 && r.ok && r.json('word') === '자동완성' && r.text.length > 9) r.failure('read') }`, 1, `CatchResponseError('read')`, ""},
		"later":                        {"/a", `async (r) => { await u.sleep(0.01); r.failure('late') }`, 1, `CatchResponseError('late')`, ""},
		"throws":                       {"/a", `(r) => { throw new Error('broken') }`, 0, "", "Error: broken"},
		"throws later":                 {"/a", `async (r) => { await u.sleep(0); throw new Error('broken') }`, 0, "", "Error: broken"},
		"throws after its verdict":     {"/a", `(r) => { r.failure('x'); throw new Error('broken') }`, 1, `CatchResponseError('x')`, "Error: broken"},
		"throws on invalid JSON":       {"/text", `(r) => r.json()`, 0, "", "SyntaxError: the body is not JSON"},
		"a success without an answer":  {"http://127.0.0.1:1/", `(r) => { if (r.error === 'connection refused') r.success() }`, 1, "", ""},
		"no verdict without an answer": {"http://127.0.0.1:1/", `(r) => {}`, 1, "connection refused", ""},
		"true":                         {"/a", `(r) => r.status === 200`, 1, "", ""},
		"true for an error":            {"/status/500", `(r) => true`, 1, "LocustBadStatusCode(code=500)", ""},
		"true without an answer":       {"http://127.0.0.1:1/", `(r) => !r.text.includes('error')`, 1, "connection refused", ""},
		"true after failure()":         {"/a", `(r) => { r.failure('x'); return true }`, 1, `CatchResponseError('x')`, ""},
		"true after success()":         {"/status/404", `(r) => { r.success(); return true }`, 1, "", ""},
		"false":                        {"/a", `(r) => r.status === 201`, 1, `CatchResponseError('catchResponse returned false')`, ""},
		"false later":                  {"/a", `async (r) => { await u.sleep(0.01); return false }`, 1, `CatchResponseError('catchResponse returned false')`, ""},
		"false for an error":           {"/status/500", `(r) => false`, 1, "LocustBadStatusCode(code=500)", ""},
		"false without an answer":      {"http://127.0.0.1:1/", `(r) => r.status === 200`, 1, "connection refused", ""},
		"false after failure()":        {"/a", `(r) => { r.failure('x'); return false }`, 1, `CatchResponseError('x')`, ""},
		"false after success()":        {"/a", `(r) => { r.success(); return false }`, 1, `CatchResponseError('catchResponse returned false')`, ""},
		"a reason":                     {"/status/500", `(r) => 'too slow'`, 1, `CatchResponseError('too slow')`, ""},
		"a reason later":               {"/a", `async (r) => 'too slow'`, 1, `CatchResponseError('too slow')`, ""},
		"a reason after failure()":     {"/a", `(r) => { r.failure('x'); return 'y' }`, 1, `CatchResponseError('x')`, ""},
		"a number":                     {"/a", `(r) => r.status`, 0, "", mustReturn + "200"},
		"null":                         {"/a", `(r) => r.text.match(/[0-9]{99}/)`, 0, "", mustReturn + "null"},
		"an empty text":                {"/a", `(r) => ''`, 0, "", mustReturn + `""`},
		"an object later":              {"/a", `async (r) => r`, 0, "", mustReturn + "an object"},
		"an object with a getter":      {"/a", `async (r) => ({ get data() { throw new Error('x') } })`, 0, "", mustReturn + "an object"},
		"an object after failure()":    {"/a", `(r) => { r.failure('x'); return {} }`, 1, `CatchResponseError('x')`, mustReturn + "an object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := visit(t, host, "", `const r = await c.get('`+test.path+`', { name: 'n', catchResponse: `+test.judge+` }); log(String('statusCode' in r))`)
			got := o.requests(t)["GET n"]
			failures := map[string]int{}
			if test.failure != "" {
				failures[test.failure] = 1
			}
			if got != [2]int{test.counted, len(failures)} || !maps.Equal(o.failures(t), failures) {
				t.Errorf("counted as %v, %v", got, o.failures(t))
			}
			exceptions := o.exceptions(t)
			if test.exception == "" {
				o.wantLog(t, "true")
				if len(exceptions) > 0 {
					t.Errorf("exceptions: %v", exceptions)
				}
				return
			}
			if len(exceptions) != 1 || exceptions[test.exception] == 0 {
				t.Errorf("exceptions: %v, want only %q", exceptions, test.exception)
			}
		})
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	fine(t, `
		let n = 0, seen = []
		class A extends HttpUser {
			static host = '`+serve(t)+`'
			static tasks = [async (u) => {
				const me = ++n
				await u.client.get('/cookie/' + me)
				await u.sleep(0.05)
				seen.push([me, (await u.client.get('/')).json('headers.Cookie.0')].join())
				if (seen.length === 2) {
					log(seen.sort().join('\n'))
					await over(u)
				}
				await u.sleep(3600)
			}]
		}
		const options = locust.options({ userClasses: [A], users: 2, spawnRate: 2 })`).wantLog(t, "1,session=1\n2,session=2")
}

func TestHosts(t *testing.T) {
	t.Parallel()
	host := serve(t)
	for name, test := range map[string]struct{ class, option, want string }{
		"the class's":     {host + "/class/", "", host + "/class /class/a"},
		"the option's":    {"http://127.0.0.1:1", host + "/option/", host + "/option /option/a"},
		"without a slash": {"", host, host + " /a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fine(t, `
				class A extends HttpUser {
					static host = '`+test.class+`'
					static tasks = [async (u) => { log([u.host, (await u.client.get('/a')).json('path')].join(' ')); await over(u) }]
				}
				const options = locust.options({ userClasses: [A], host: '`+test.option+`' })`).wantLog(t, test.want)
		})
	}
}

func TestSettingsOfClasses(t *testing.T) {
	t.Parallel()
	host := serve(t)
	visit(t, host, `static networkTimeout = 0.05`, `log((await c.get('/never')).error)`).wantLog(t, "timed out")
	visit(t, host, `static maxRedirects = 1`, `log((await c.get('/around')).error)`).wantLog(t, "too many redirects")
	visit(t, host, `static poolSize = 1`, `
		c.get('/never')
		await u.sleep(0.3)
		log((await c.get('/a', { timeout: 0.05 })).error)`).wantLog(t, "waiting for a free connection timed out")
}

// The tags of a request are tags of its samples, as in k6's own client.
func TestTagsOfRequests(t *testing.T) {
	t.Parallel()
	o := visit(t, serve(t), "", `
		await c.get('/a', { tags: { step: 'one', 'a "b"': 2, no: null } })
		await c.get('/a', { tags: { step: 'two' } })
		await c.get('/a', { catchResponse: () => true, tags: { step: 'two' } })
		await c.get('/a')
		for (const tags of [{ name: 'n' }, { '': 1 }, { status: 1 }, { a: {} }, 5, ['a']]) try { await c.get('/a', { tags }) } catch (error) { log(error.message) }`)
	o.wantLog(t, `locust: GET /a: tags cannot set the name of a request: use the option name
locust: GET /a: tags cannot have an empty name
locust: GET /a: tags cannot set method, status, and expected_response, which each request sets itself, got status
locust: GET /a: tags.a must be a string, a finite number, or a boolean, got an object
locust: GET /a: tags must be an object such as { step: 'login' }, got 5
locust: GET /a: tags must be an object such as { step: 'login' }, got a list`)
	counts := map[string]float64{}
	for _, sample := range o.samples {
		if sample.Metric.Name == "http_reqs" {
			tags := sample.Tags.Map()
			counts[tags["step"]+" "+tags[`a "b"`]] += sample.Value
		}
	}
	if want := map[string]float64{"one 2": 1, "two ": 2, " ": 1}; !maps.Equal(counts, want) {
		t.Errorf("got %v, want %v", counts, want)
	}
}

// The values of k6's metrics equal those of the statistics. Their tags have the values that k6's own client sets.
func TestSamples(t *testing.T) {
	t.Parallel()
	o := visit(t, serve(t), "", `
		for (let i = 0; i < 3; i++) await c.get('/a', { name: 'n' })
		await c.post('/status/500')`)
	counts := map[string]float64{}
	for _, sample := range o.samples {
		tags := sample.Tags.Map()
		key := fmt.Sprintf("%s %s %s %s %s", sample.Metric.Name, tags["method"], tags["name"], tags["status"], tags["expected_response"])
		if sample.Metric.Type == metrics.Trend {
			if sample.Value <= 0 {
				t.Errorf("%s is %v ms", key, sample.Value)
			}
			counts[key]++
			continue
		}
		counts[key] += sample.Value
	}
	want := map[string]float64{
		"http_reqs GET n 200 true": 3, "http_req_duration GET n 200 true": 3, "http_req_failed GET n 200 true": 0,
		"http_reqs POST /status/500 500 false": 1, "http_req_duration POST /status/500 500 false": 1, "http_req_failed POST /status/500 500 false": 1,
	}
	if !maps.Equal(counts, want) {
		t.Errorf("got %v, want %v", counts, want)
	}
}

// k6 soon gets the samples of a request, even if no other request follows.
func TestSamplesInQuietPhases(t *testing.T) {
	t.Parallel()
	visit(t, serve(t), "", `
		for (let want = 3; want <= 6; want += 3) {
			await c.get('/a')
			while (received() < want) await u.sleep(0.02)
			log(String(received()))
		}`).wantLog(t, "3\n6")
}

// An additional session has its own host, headers, cookies, and request name.
func TestSessions(t *testing.T) {
	t.Parallel()
	host, other := serve(t), serve(t)
	visit(t, host, `
		static headers = { 'X-Class': '1' }
		onStart() { this.other = new locust.HttpSession(this, '`+other+`') }`, `
		c.headers['X-Own'] = '2'
		await c.get('/cookie/a')
		const own = (await c.get('/own')).json()
		const e = (await u.other.get('/other', { name: 'n' })).json()
		log(own.headers['X-Class'] + ' ' + own.headers.Cookie)
		log(json([e.path, e.headers['X-Class'], e.headers['X-Own'], e.headers.Cookie]))
		u.other.headers['X-Own'] = '3'
		u.other.requestName = 'named'
		log((await u.other.get('/other')).json().headers['X-Own'] + c.headers['X-Own'] + c.requestName)
		log(json(Object.keys(u.other.cookies.all()).concat(Object.keys(c.cookies.all()))))`).wantLog(t, "1 session=a\n[\"/other\",null,null,null]\n32undefined\n[\"session\"]")
}

// Closing a session ends its requests, closes its connections, and makes room for another session. The user's other
// clients stay open.
func TestClosedSessions(t *testing.T) {
	t.Parallel()
	host := serve(t)
	for name, members := range map[string]string{"own connections": "", "shared connections": "static poolSize = 5"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit(t, host, members, `
				const kept = new locust.HttpSession(u, '`+host+`')
				await kept.get('/cookie/a')
				let last
				for (let i = 0; i < 200; i++) {
					last = new locust.HttpSession(u, '`+host+`')
					if (i % 50 === 0) await last.get('/a')
					last.close()
					last.close()
				}
				for (const use of [() => last.get('/'), () => last.headers, () => last.cookies.all(), () => { last.requestName = 'n' }]) {
					try { use(); log('no error') } catch (error) { log(error.message) }
				}
				log((await c.get('/a')).statusCode + (await kept.get('/a')).json('headers').Cookie[0])`).wantLog(t,
				strings.Repeat("locust: the HttpSession is closed\n", 4)+"200session=a")
		})
	}
	visit(t, host, "", `
		const session = new locust.HttpSession(u, '`+host+`')
		await session.get('/a')
		const request = session.get('/never')
		await u.sleep(0.01)
		session.close()
		log((await request).error)`).wantLog(t, "client closed")
}

func TestTooManySessions(t *testing.T) {
	t.Parallel()
	const tooMany = "locust: a user can have at most 100 open HttpSessions; call close() on those that it no longer needs"
	visit(t, serve(t), "", `
		const open = []
		try { for (let i = 0; i < 200; i++) open.push(new locust.HttpSession(u, u.host)) } catch (error) { log(open.length + ' ' + error.message) }
		open[50].close()
		new locust.HttpSession(u, u.host)
		try { new locust.HttpSession(u, u.host) } catch (error) { log(error.message) }`).wantLog(t, "100 "+tooMany+"\n"+tooMany)
}

func TestSessionErrors(t *testing.T) {
	t.Parallel()
	host := serve(t)
	for request, want := range map[string]string{
		`new locust.HttpSession(u)`:              "locust: HttpSession: the host must be a URL such as http://127.0.0.1:8000, got undefined",
		`new locust.HttpSession(u, 'a')`:         `locust: HttpSession: the host must be a URL such as http://127.0.0.1:8000, got "a"`,
		`new locust.HttpSession({}, 'http://a')`: "locust: HttpSession needs a user, got an object",
	} {
		visit(t, host, "", `try { `+request+` } catch (error) { log(error.message) }`).wantLog(t, want)
	}
}
