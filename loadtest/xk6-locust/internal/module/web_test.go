package module_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// file defines a function that returns the same object as k6/http's http.file, with k6's field names.
const file = `const file = (data, filename = 'a.txt', content_type = 'text/plain') => ({ data, filename, content_type });`

// Each row contains a request, and what the server receives.
func TestBodies(t *testing.T) {
	t.Parallel()
	host := serve(t)
	const show = `'[' + [e.query, e.body.replaceAll(boundary, 'B').replaceAll('\r\n', '|'), type.replace(boundary, 'B')].join(' ; ') + ']'`
	for request, want := range map[string]string{
		`c.get('/', { params: { a: [1, 2], b: 'x' } })`:                               "a=1&a=2&b=x ;  ; ",
		`c.get('/', { params: { a: [], b: null, c: undefined, d: [1, null, 3] } })`:   "d=1&d=3 ;  ; ",
		`c.get('/', { params: [['a', 1], ['b', 2], ['a', 3]] })`:                      "a=1&b=2&a=3 ;  ; ",
		`c.get('/', { params: new Map([['a', 1], ['b', [true, 2.5]]]) })`:             "a=1&b=true&b=2.5 ;  ; ",
		`c.get('/', { params: 'a=1&a=2' })`:                                           "a=1&a=2 ;  ; ",
		`c.get('/?a=1#top', { params: { b: 2 } })`:                                    "a=1&b=2 ;  ; ",
		`c.get('/?', { params: { b: 2n } })`:                                          "b=2 ;  ; ",
		`c.post('/', { data: { a: ['x', 'y'], b: 0, c: false, d: null } })`:           " ; a=x&a=y&b=0&c=false ; application/x-www-form-urlencoded",
		`c.post('/', { data: [['a', 'x'], ['a', 'y']] })`:                             " ; a=x&a=y ; application/x-www-form-urlencoded",
		`c.post('/', { data: {} })`:                                                   " ;  ; application/x-www-form-urlencoded",
		`c.post('/', { data: '' })`:                                                   " ;  ; ",
		`c.post('/', { data: new Uint16Array([0x4241, 0x4443]) })`:                    " ; ABCD ; ",
		`c.post('/', { data: new Uint8Array([65, 66, 67, 68]).subarray(1, 3) })`:      " ; BC ; ",
		`c.post('/', { data: new DataView(new Uint8Array([65, 66, 67]).buffer, 1) })`: " ; BC ; ",
		`c.post('/', { data: { f: file('text'), n: 1 } })`: " ; --B|Content-Disposition: form-data; name=\"f\"; filename=\"a.txt\"|Content-Type: text/plain||text|" +
			"--B|Content-Disposition: form-data; name=\"n\"||1|--B--| ; multipart/form-data; boundary=B",
		`c.post('/', { files: { f: ['b.bin', new Uint8Array([65, 66]), 'a/b', { 'X-Own': 1 }] }, data: { n: [1, 2] } })`: " ; --B|Content-Disposition: form-data; name=\"n\"||1|" +
			"--B|Content-Disposition: form-data; name=\"n\"||2|--B|Content-Disposition: form-data; name=\"f\"; filename=\"b.bin\"|Content-Type: a/b|X-Own: 1||AB|--B--| ; multipart/form-data; boundary=B",
		`c.post('/', { files: [['f', 'one'], ['f', ['two"\r\n', 'two']], ['g', file(new Uint8Array([65]).buffer)], ['h', null]] })`: " ; --B|Content-Disposition: form-data; name=\"f\"; filename=\"f\"||one|" +
			"--B|Content-Disposition: form-data; name=\"f\"; filename=\"two%22%0D%0A\"||two|--B|Content-Disposition: form-data; name=\"g\"; filename=\"a.txt\"|Content-Type: text/plain||A|--B--| ; multipart/form-data; boundary=B",
		`c.post('/', { files: { f: [null, 'one'], g: [undefined, 'two', 'a/b'], h: ['', 'three'] } })`: " ; --B|Content-Disposition: form-data; name=\"f\"||one|" +
			"--B|Content-Disposition: form-data; name=\"g\"|Content-Type: a/b||two|--B|Content-Disposition: form-data; name=\"h\"; filename=\"\"||three|--B--| ; multipart/form-data; boundary=B",
		`c.post('/', { json: {}, headers: { 'Content-Type': null } })`: " ; {} ; ",
		`c.request('post', '/', { data: 'x' })`:                        " ; x ; ",
		`c.post('/', { data: new Proxy({ a: 1 }, {}) })`:               " ; a=1 ; application/x-www-form-urlencoded",
		`c.get('/', { params: new Proxy([['a', 1]], {}) })`:            "a=1 ;  ; ",
		`c.post('/', { files: {} })`:                                   " ;  ; ",
		`c.post('/', { files: [], data: { a: 1 } })`:                   " ; a=1 ; application/x-www-form-urlencoded",
		`c.post('/', { files: { f: undefined }, json: { a: 1 } })`:     " ; {\"a\":1} ; application/json",
	} {
		visit(t, host, "", file+`
			const e = (await `+request+`).json()
			const type = String(e.headers['Content-Type'] ?? '')
			const boundary = type.split('boundary=')[1] ?? '~~'
			log(`+show+`)`).wantLog(t, "["+want+"]")
	}
}

// A multipart body replaces the content type in the headers of the class.
func TestContentTypeOfFiles(t *testing.T) {
	t.Parallel()
	visit(t, serve(t), `static headers = { 'Content-Type': 'application/json' }`, `
		const e = (await c.post('/', { files: { f: 'x' } })).json()
		log(e.headers['Content-Type'][0].split(';')[0])
		log((await c.post('/', { data: 'x' })).json().headers['Content-Type'][0])`).wantLog(t, "multipart/form-data\napplication/json")
}

// A request is rejected if it cannot be sent as the script intends.
func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]string{
		`c.post('/', { data: 5 })`:                                                               `POST /: data must be a string, bytes, an object, or a list of [name, value] pairs; for a file, set files: { name: file }, got 5`,
		`c.post('/', { data: true })`:                                                            `data must be a string, bytes, an object, or a list of [name, value] pairs; for a file, set files: { name: file }, got true`,
		`c.post('/', { data: file('x') })`:                                                       `got a file`,
		`c.post('/', { data: Promise.resolve('x') })`:                                            `got a promise (await is missing)`,
		`c.post('/', { data: new Date(0) })`:                                                     `data must be an object or a list of [name, value] pairs, got a Date`,
		`c.post('/', { data: () => 'x' })`:                                                       `got a function`,
		`c.post('/', { data: [1, 2] })`:                                                          `data[0] must be a [name, value] pair, got 1`,
		`c.post('/', { data: { a: { b: 1 } } })`:                                                 `data.a must be a string, a finite number, or a boolean, got an object`,
		`c.post('/', { data: { a: [1, [2]] } })`:                                                 `data.a[1] must be a string, a finite number, or a boolean, got a list`,
		`c.post('/', { data: { a: NaN } })`:                                                      `data.a must be a string, a finite number, or a boolean, got NaN`,
		`c.post('/', { data: { a: Symbol('x') } })`:                                              `got a symbol`,
		`c.post('/', { name: 'n', data: { a: new Uint8Array(2) } })`:                             `POST n: data.a must be a string`,
		`c.get('/', { params: { a: {} } })`:                                                      `GET /: params.a must be a string`,
		`c.get('/', { params: 5 })`:                                                              `params must be an object or a list of [name, value] pairs, got 5`,
		`c.get('/', { params: new Uint8Array(2) })`:                                              `params must be an object`,
		`c.get('/', { headers: { a: {} } })`:                                                     `headers.a must be a string`,
		`c.get('/', { headers: { a: ['x'] } })`:                                                  `headers.a must be a string, a finite number, or a boolean, got a list`,
		`c.get('/', { headers: { a: 'x\ny' } })`:                                                 `headers.a is not a valid header, got "x\ny"`,
		`c.get('/', { headers: { 'a b': 'x' } })`:                                                `headers.a b is not a valid header`,
		`c.get('/', { headers: { host: null } })`:                                                `headers.host must be a string, got null`,
		`c.post('/', { headers: { 'content-length': 5 }, data: 'x' })`:                           `headers.content-length is set by the client, which knows the length of the body: remove the header`,
		`c.get('/', { headers: { 'Transfer-Encoding': 'chunked' } })`:                            `headers.Transfer-Encoding is set by the client`,
		`c.headers = { 'Content-Length': 5 }`:                                                    `client.headers.Content-Length is set by the client`,
		`c.get('/', { headers: 'a: b' })`:                                                        `headers must be an object`,
		`c.post('/', { json: () => 1 })`:                                                         `json must be a value that JSON can represent, got a function`,
		`c.post('/', { json: Promise.resolve(1) })`:                                              `json must be a value that JSON can represent, got a promise (await is missing)`,
		`c.post('/', { json: {}, data: 'x' })`:                                                   `a request has one body: set json, or data and files`,
		`c.post('/', { json: {}, files: { a: 'x' } })`:                                           `a request has one body`,
		`c.post('/', { files: { a: 'x' }, data: 'x' })`:                                          `with files, data must be an object or a list of [name, value] pairs`,
		`c.post('/', { files: { a: 5 } })`:                                                       `files.a must be a string, bytes, http.file(…), or [filename, content, contentType, headers], got 5`,
		`c.post('/', { files: { a: ['x'] } })`:                                                   `files.a must be a string, bytes`,
		`c.post('/', { files: { a: ['x', 5] } })`:                                                `files.a[1] must be a string, bytes`,
		`c.post('/', { files: 'x' })`:                                                            `files must be an object`,
		`c.post('/', { files: { a: 'x' }, headers: { 'content-type': 'multipart/form-data' } })`: `remove the header Content-Type`,
		`c.post('/', 'body')`:                                                                    `POST /: the argument after the URL must be an object such as { data: … }, got "body"`,
		`c.post('/', null, { headers: {} })`:                                                     `POST /: a request has one argument after the URL`,
		`c.post('/', [])`:                                                                        `the argument after the URL must be an object such as { data: … }, got a list`,
		`c.get('/', (response) => {})`:                                                           `got a function`,
		`c.get(undefined)`:                                                                       `GET: the URL must be a string, got undefined`,
		`c.get('ws://127.0.0.1/')`:                                                               `GET: the URL must be a path or a URL with http or https, got "ws://127.0.0.1/"`,
		`c.get({ url: '/' })`:                                                                    `GET: the URL must be a string, got an object`,
		`c.request(undefined, '/')`:                                                              `the method must be an HTTP method name, such as GET (CONNECT is not allowed), got undefined`,
		`c.request('', '/')`:                                                                     `the method must be an HTTP method name, such as GET (CONNECT is not allowed), got ""`,
		`c.request('G ET', '/')`:                                                                 `the method must be an HTTP method name, such as GET (CONNECT is not allowed), got "G ET"`,
		`c.request('GET\r\nX: y', '/')`:                                                          `the method must be an HTTP method name, such as GET (CONNECT is not allowed), got "GET\r\nX: y"`,
		`c.request('connect', '/')`:                                                              `the method must be an HTTP method name, such as GET (CONNECT is not allowed), got "connect"`,
		`c.request(Symbol('GET'), '/')`:                                                          `the method must be an HTTP method name, such as GET (CONNECT is not allowed), got a symbol`,
		`c.get(Symbol('/'))`:                                                                     `GET: the URL must be a string, got a symbol`,
		`c.post('/', { data: Symbol('x') })`:                                                     `got a symbol`,
		`c.get('/', { params: Symbol('x') })`:                                                    `params must be an object or a list of [name, value] pairs, got a symbol`,
		`c.post('/', { files: { a: Symbol('x') } })`:                                             `files.a must be a string, bytes`,
		`c.get('/', { auth: { user: 'a' } })`:                                                    `auth must be [name, password], got an object`,
		`c.get('/', { auth: ['a'] })`:                                                            `auth must be [name, password], got a list`,
		`c.get('/', { auth: ['a', undefined] })`:                                                 `auth[1] must be a string`,
		`c.get('/', { timeout: '10s' })`:                                                         `timeout must be a number of seconds above 0 and at most 1000000000, got "10s"`,
		`c.get('/', { timeout: NaN })`:                                                           `timeout must be a number of seconds above 0 and at most 1000000000, got NaN`,
		`c.get('/', { timeout: 1e10 })`:                                                          `at most 1000000000, got 10000000000`,
		`c.get('/', { timeout: 0 })`:                                                             `timeout must be a number of seconds above 0 and at most 1000000000, got 0`,
		`c.get('/', { timeout: [1, 2] })`:                                                        `timeout must be a number of seconds above 0 and at most 1000000000, got a list`,
		`c.get('/', { allowRedirects: 'false' })`:                                                `allowRedirects must be true or false, got "false"`,
		`c.get('/', { name: {} })`:                                                               `name must be a string`,
		`c.headers = { a: {} }`:                                                                  `client.headers.a must be a string`,
		`c.headers.a = 'x\ny'`:                                                                   `client.headers.a is not a valid header`,
		`c.cookies.set('a', 'x;y')`:                                                              `client.cookies.set: the value of a must be printable ASCII without quotes, semicolons, and backslashes, got "x;y"`,
		`c.cookies.set('é', 'x')`:                                                                `client.cookies.set: the name must be letters, digits, and !#$%&'*+-.^_|~ or a backtick, got "é"`,
		`c.cookies.set('', 'x')`:                                                                 `client.cookies.set: the name must be letters`,
		`c.cookies.set('a', 'x', { domain: 'a b' })`:                                             `client.cookies.set: invalid cookie: http: invalid Cookie.Domain`,
		`c.cookies.set('a', 'b', { domain: {} })`:                                                `client.cookies.set: domain must be a string, got an object`,
		`c.cookies.set('a', 'b', { path: 5 })`:                                                   `client.cookies.set: path must be a string, got 5`,
		`c.cookies.set('a', 'b', { url: ['/'] })`:                                                `client.cookies.set: url must be a string, got a list`,
		`c.cookies.set('a', 'b', '/path')`:                                                       `client.cookies.set: the options must be an object, got "/path"`,
		`c.cookies.get('a', {})`:                                                                 `client.cookies: the URL must be a string, got an object`,
		`c.cookies.delete()`:                                                                     `client.cookies.delete: the name must be a string, got undefined`,
		`c.auth = ['a', 'b']`:                                                                    `auth`,
		`c.cookies.set('a', {})`:                                                                 `the value of a must be a string`,
		`c.cookies.set('a', 'b', { domain: 'b.example', url: 'http://a.example/' })`:             `does not accept the domain b.example`,
		`c.cookies.set('a', 'b', { secure: true })`:                                              `unknown option of cookies.set`,
		`c.get('/').then((r) => r.statuscode)`:                                                   `a Response has no statuscode; known: `,
	} {
		o := visit(t, serve(t), "", file+`await (`+request+`)`)
		if got := slices.Collect(maps.Keys(o.exceptions(t))); len(got) != 1 || !strings.Contains(got[0], want) || strings.Contains(got[0], "\n") {
			t.Errorf("%s: exceptions %q, want one with %s", request, got, want)
		}
	}
}

// Random values in all parts of a request either reach the server as the script intends, or cause a one-line error.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	values := []string{
		`'text'`, `''`, `5`, `-0.5`, `NaN`, `Infinity`, `true`, `null`, `undefined`, `7n`, `Symbol('s')`, `{}`, `{ a: 1 }`, `[]`, `[1, 'b']`, `[['a', 1]]`,
		`new Uint8Array([1])`, `new ArrayBuffer(2)`, `new Date(0)`, `/x/`, `() => 1`, `Promise.resolve(1)`, `new Map([['a', 1]])`, `new Set([1])`, `file('x')`,
		`new Proxy({}, {})`, `Object.create(null)`, `new (class A { b = 1 })()`, `new Error('e')`, `new Float64Array(1)`, `new DataView(new ArrayBuffer(1))`,
	}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() string { return values[random.IntN(len(values))] }
	var requests []string
	for _, option := range []string{"data", "params", "headers", "files", "json", "auth", "timeout", "name", "allowRedirects", "discardBody"} {
		for _, value := range values {
			requests = append(requests, fmt.Sprintf(`c.post('/', { %s: %s })`, option, value))
			requests = append(requests, fmt.Sprintf(`c.post('/', { %s: { k: %s } })`, option, value))
			requests = append(requests, fmt.Sprintf(`c.post('/', { %s: [['k', [%s, %s]]] })`, option, value, pick()))
		}
	}
	for _, value := range values {
		requests = append(requests, `c.post(`+value+`)`, `c.post('/', `+value+`)`, `c.request(`+value+`, '/')`)
	}
	o := visit(t, serve(t), "", file+`
		for (const request of [`+"\n() => "+strings.Join(requests, ",\n() => ")+`]) {
			let sent = ''
			try {
				const r = await request()
				if (r.statusCode === 0) log('no answer: ' + r.error + ' ' + request)
				sent = r.isDiscarded ? '' : decodeURIComponent(JSON.stringify([r.json('query'), r.json('body')]))
			} catch (error) {
				if (!/^(GoError: )?(locust: |the body was discarded)/.test(error.message ?? '') || error.message.includes('\n')) {
					if (!(error instanceof TypeError)) log('error: ' + error + ' ' + request)
				}
			}
			if (/\[object|undefined|NaN|=>/.test(sent)) log('sent ' + sent + ': ' + request)
		}`)
	o.wantLog(t, "")
}

func TestUserHeaders(t *testing.T) {
	t.Parallel()
	host := serve(t)
	const seen = `const seen = async (options) => { const h = (await c.get('/', options)).json('headers')
		return ['X-Class', 'X-User', 'X-Request', 'User-Agent'].map((name) => h[name]?.join() ?? '-').join() };`
	for name, test := range map[string]struct{ task, want string }{
		"the class's":      {`log(await seen())`, "c,-,-,xk6-locust"},
		"set":              {`c.headers = { 'X-User': 5 }; log(await seen())`, "-,5,-,xk6-locust"},
		"merged":           {`Object.assign(c.headers, { 'X-User': 'u' }); log(await seen())`, "c,u,-,xk6-locust"},
		"one by one":       {`c.headers['x-user'] = 'u'; c.headers['X-USER'] = 'v'; log(await seen())`, "c,v,-,xk6-locust"},
		"of a request":     {`c.headers['X-User'] = 'u'; log(await seen({ headers: { 'x-user': 'r', 'X-Request': 'r' } })); log(await seen())`, "c,r,r,xk6-locust\nc,u,-,xk6-locust"},
		"removed":          {`c.headers['x-class'] = undefined; log(await seen()); c.headers['x-user'] = 'u'; delete c.headers['X-User']; log(await seen())`, "-,-,-,xk6-locust\n-,-,-,xk6-locust"},
		"removed together": {`c.headers = { a: null, 'X-User': undefined }; log(await seen())`, "-,-,-,xk6-locust"},
		"removed in a request": {
			`log(await seen({ headers: { 'X-Class': null, 'user-agent': undefined } })); log(await seen())`, "-,-,-,-\nc,-,-,xk6-locust",
		},
		"read": {
			`c.headers['X-User'] = 'u'; log([c.headers['x-CLASS'], 'x-user' in c.headers, c.headers.none, Object.keys(c.headers), JSON.stringify({ ...c.headers })].join())`,
			`c,true,,X-Class,X-User,{"X-Class":"c","X-User":"u"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit(t, host, `static headers = { 'X-Class': 'c' }`, seen+test.task).wantLog(t, test.want)
		})
	}
	// Each user has its own headers.
	fine(t, `
		let n = 0, seen = []
		class A extends HttpUser {
			static host = '`+host+`'
			static headers = { 'X-Class': 'c' }
			static tasks = [async (u) => {
				const me = ++n
				if (me === 1) u.client.headers['X-Class'] = 'mine'
				await u.sleep(0.05)
				seen.push([me, (await u.client.get('/')).json('headers.X-Class.0')].join())
				if (seen.length === 2) {
					log(seen.sort().join('\n'))
					await over(u)
				}
				await u.sleep(3600)
			}]
		}
		const options = locust.options({ userClasses: [A], users: 2, spawnRate: 2 })`).wantLog(t, "1,mine\n2,c")
}

func TestCookieAPI(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.Header.Get("Cookie")) })
	mux.HandleFunc("/login", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "x y", Path: "/inner"})
		w.Header().Add("Set-Cookie", "c=3; Expires=Wed, 21 Oct 2065 07:28:00 GMT")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	const sent = `const sent = async (path = '/') => log((await c.get(path)).text || '-');`
	for name, test := range map[string]struct{ task, want string }{
		"of a response": {
			`const r = await c.get('/login'); log(json(r.cookies)); log(json(r.headers['set-cookie'].split('\n').length)); log(json((await c.get('/')).cookies))`,
			`{"a":"1","b":"\"x y\"","c":"3"}` + "\n3\n{}",
		},
		"read":         {`await c.get('/login'); log(json([c.cookies.all(), c.cookies.get('b'), c.cookies.get('d') ?? null, c.cookies.all('/'), c.cookies.get('b', '/inner/x')]))`, `[{"a":"1","b":"\"x y\"","c":"3"},"\"x y\"",null,{"a":"1","c":"3"},"\"x y\""]`},
		"set":          {`c.cookies.set('s', 5); c.cookies.set('t', 'u'); await sent(); log(c.cookies.get('s'))`, "s=5; t=u\n5"},
		"replaced":     {`await c.get('/login'); c.cookies.set('a', 'new'); await sent(); log(json(c.cookies.all()))`, `a=new; c=3` + "\n" + `{"a":"new","b":"\"x y\"","c":"3"}`},
		"with a path":  {`c.cookies.set('s', '1', { path: '/p' }); await sent(); await sent('/p/q'); log(json(c.cookies.all()))`, "-\ns=1\n" + `{"s":"1"}`},
		"other host":   {`c.cookies.set('s', '1', { domain: 'shop.example' }); await sent(); log(json([c.cookies.all(), c.cookies.all('http://www.shop.example/')]))`, "-\n" + `[{"s":"1"},{"s":"1"}]`},
		"deleted":      {`await c.get('/login'); c.cookies.delete('a'); c.cookies.delete('b'); await sent(); await sent('/inner/'); c.cookies.delete('none')`, "c=3\nc=3"},
		"cleared":      {`await c.get('/login'); c.cookies.clear(); await sent(); log(json(c.cookies.all())); c.cookies.clear(); c.cookies.delete('a')`, "-\n{}"},
		"set by hand":  {`await c.get('/login'); log((await c.get('/', { headers: { Cookie: 'own=1' } })).text)`, "own=1"},
		"not sent":     {`await c.get('/login'); log((await c.get('/', { headers: { Cookie: null } })).text || '-')`, "-"},
		"with a comma": {`c.cookies.set('s', 'a b,c'); await sent()`, `s=a b,c`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit(t, server.URL, "", sent+test.task).wantLog(t, test.want)
		})
	}
}

func TestResponseFields(t *testing.T) {
	t.Parallel()
	host := serve(t)
	for name, test := range map[string]struct{ task, want string }{
		"names of k6": {`const r = await c.get('/status/404'); log([r.status, r.body, r.reason, r.ok, r.elapsed > 0, r.name].join())`, "404,,Not Found,false,true,/status/404"},
		"headers": {
			`const r = await c.get('/a'); log([r.headers['X-TWICE'], r.headers['x-twice'], r.headers.none, Object.keys(r.headers).includes('X-Twice'), 'content-LENGTH' in r.headers].join())`,
			"a, b,a, b,,true,true",
		},
		"history": {
			`const r = await c.get('/from'); log([r.history.length, r.history[0].statusCode, r.history[0].url, r.history[0].headers.location, (await c.get('/a')).history.length].join())`,
			"1,302," + host + "/from,/to,0",
		},
		"JSON of a response": {`log(json(await c.get('/a')))`, "{}"},
		"unknown":            {`const r = await c.get('/a'); for (const name of ['status_code', 'timings', 'data']) try { r[name] } catch (error) { log(error.message.split(';')[0]) }`, "a Response has no status_code\na Response has no timings\na Response has no data"},
		"symbols":            {`const r = await c.get('/a'); log([r[Symbol.iterator], r instanceof locust.Response, r.toString(), r.hasOwnProperty('x')].join())`, ",true,[object Object],false"},
		"discarded": {
			`const r = await c.get('/json', { discardBody: true }); log(String(r.statusCode)); for (const read of [() => r.text, () => r.body, () => r.content, () => r.json()]) try { read() } catch (error) { log(error.message) }`,
			"200" + strings.Repeat("\nthe body was discarded: to keep it, set discardBody: false on the request", 4),
		},
		"discarded without an answer": {`const r = await c.get('http://127.0.0.1:1/', { discardBody: true }); log(json([r.text, r.error]))`, `["","connection refused"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit(t, host, "", test.task).wantLog(t, test.want)
		})
	}
	visit(t, host, `static discardBodies = true`, `
		try { (await c.get('/json')).text } catch (error) { log(error.message.split(':')[0]) }
		log((await c.get('/json', { discardBody: false })).json('word'))`).wantLog(t, "the body was discarded\n자동완성")
	visit(t, host, `static maxBodyBytes = 10`, `log((await c.get('/json')).error); log((await c.get('/text')).error)`).wantLog(t, "response body too large\nresponse body too large")
	visit(t, host, `static maxBodyBytes = 11`, `log(json((await c.get('/text')).error))`).wantLog(t, `""`)
}

// The response time ends with the arrival of the body. For a stream, it ends with the arrival of the response headers.
func TestTimeToFirstByte(t *testing.T) {
	t.Parallel()
	host := serve(t)
	held := strconv.Itoa(int(heldFor.Milliseconds() / 10))
	for _, options := range []string{"{}", "{ stream: false }"} {
		visit(t, host, "", `
			const r = await c.get('/held', `+options+`)
			const held = r.responseTime - r.timeToFirstByte
			log([r.text, r.timeToFirstByte > 0, held > `+held+`, Math.abs(r.elapsed * 1000 - r.responseTime) < 0.001].join())`).wantLog(t, "late,true,true,true")
	}
	o := visit(t, host, "", `
		await c.get('/held', { stream: true, catchResponse: async (r) => { log(await r.readLine() + (r.responseTime === r.timeToFirstByte)) } })`)
	o.wantLog(t, "latetrue")
	if rows := o.rows(t, "stats"); rows[0][1] != "/held" || o.requests(t)["GET /held"] != [2]int{1, 0} {
		t.Errorf("the statistics are %v", rows)
	} else if longest, _ := strconv.ParseFloat(rows[0][7], 64); longest <= 0 || longest > float64(heldFor.Milliseconds()*9/10) {
		t.Errorf("the longest response time is %v ms", longest)
	}
	visit(t, host, "", `
		const r = await c.get('http://127.0.0.1:1/', { stream: true })
		log([r.timeToFirstByte, r.responseTime > 0, (await c.get('/from')).history[0].timeToFirstByte].join())`).wantLog(t, ",true,")
}

func TestRequestNames(t *testing.T) {
	t.Parallel()
	o := visit(t, serve(t), "", `
		c.requestName = 'group'
		await c.get('/a')
		await c.get('/a', { name: 'own' })
		c.requestName = undefined
		await c.renameRequest('renamed', async () => { await c.get('/b'); await c.get('/c') })
		await c.get('/d', { catchResponse: (r) => { r.name = r.json('path') + '!'; r.failure({ code: 5 }) } })
		await c.request('get', '/e')
		await c.get({ url: '/g/1', name: '/g/${}' })
		log(String(c.requestName))
		try { (await c.get('/f')).name = 'late' } catch (error) { log(error.message) }`)
	o.wantLog(t, "undefined\nname can be set only in catchResponse: this request has already been counted")
	want := map[string][2]int{"GET group": {1, 0}, "GET own": {1, 0}, "GET renamed": {2, 0}, "GET /d!": {1, 1}, "GET /e": {1, 0}, "GET /g/${}": {1, 0}, "GET /f": {1, 0}}
	if got := o.requests(t); !maps.Equal(got, want) {
		t.Errorf("requests: %v, want %v", got, want)
	}
	if got, want := o.failures(t), map[string]int{`CatchResponseError('{"code":5}')`: 1}; !maps.Equal(got, want) {
		t.Errorf("failures: %v, want %v", got, want)
	}
}

// countConnections starts a server that counts its connections.
func countConnections(t *testing.T) (url string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = countNew(connections)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, connections
}

// countNew returns a function for [http.Server.ConnState] that counts connections.
func countNew(connections *atomic.Int64) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
}

// As in Locust, each user has its own connections, unless the class has a poolSize.
func TestConnectionsOfUsers(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]int64{"": 20, "static poolSize = 100": 1} {
		url, connections := countConnections(t)
		o := fine(t, `
			let turn = Promise.resolve(), n = 0
			class A extends HttpUser {
				static host = '`+url+`'
				`+members+`
				static tasks = [async (u) => {
					// The users take turns, so at most one request is in flight at a time.
					turn = turn.then(async () => { for (let i = 0; i < 3; i++) await u.client.get('/') })
					await turn
					if (++n === 20) await over(u)
					await u.sleep(3600)
				}]
			}
			const options = locust.options({ userClasses: [A], users: 20, spawnRate: 1000 })`)
		if got := o.requests(t)["GET /"]; got != [2]int{60, 0} {
			t.Errorf("%s: requests %v", members, got)
		}
		if got := connections.Load(); got != want {
			t.Errorf("%q: 20 users opened %d connections, want %d", members, got, want)
		}
	}
}

// An open loop with fast answers needs few connections, even if many users may be in flight.
func TestConnectionsOfOpenLoop(t *testing.T) {
	t.Parallel()
	url, connections := countConnections(t)
	o := fine(t, `
		let n = 0
		class A extends HttpUser {
			static host = '`+url+`'
			static tasks = [async (u) => { await u.client.get('/'); if (++n === 300) await over(u) }]
		}
		const options = locust.options({ userClasses: [A], arrivalRate: 300, maxInFlight: 300 })`)
	if got := o.requests(t)["GET /"]; got[0] < 300 || got[1] > 0 {
		t.Errorf("requests %v", got)
	}
	// On a busy machine, late answers may require more connections, so allow half of the maximum.
	if got := connections.Load(); got > 150 {
		t.Errorf("300 requests opened %d connections", got)
	}
}

// If a user did not await a request, the request ends with the user, without a failure.
func TestRequestsOfUsersThatEnded(t *testing.T) {
	t.Parallel()
	o := fine(t, `
		let n = 0
		class A extends HttpUser {
			static host = '`+serve(t)+`'
			static tasks = [async (u) => {
				if (++n === 2) {
					await u.sleep(0.2)
					await over(u)
				}
				await u.client.get('/a')
				u.client.get('/never')
				throw new StopUser()
			}]
		}
		const options = locust.options({ userClasses: [A], users: 2, spawnRate: 1000 })`)
	if got, want := o.requests(t), map[string][2]int{"GET /a": {1, 0}}; !maps.Equal(got, want) {
		t.Errorf("requests: %v, want %v", got, want)
	}
}
