package module_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// streaming is a server whose bodies arrive in parts.
type streaming struct {
	url         string
	connections *atomic.Int64
	// open is the number of requests that the server is answering.
	open *atomic.Int64
}

// serveStreams starts a server. /steps sends three events, and waits for a request for /next after each. /lines/N sends
// N lines. /silent and /cut send the beginning of a body; then /silent sends nothing more, and /cut closes the
// connection.
func serveStreams(t *testing.T) streaming {
	t.Helper()
	s := streaming{connections: new(atomic.Int64), open: new(atomic.Int64)}
	next := make(chan struct{}, 100)
	mux := http.NewServeMux()
	flush := func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
	mux.HandleFunc("/steps", func(w http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			_, _ = io.WriteString(w, "data: "+strconv.Itoa(i)+"\n\n")
			flush(w)
			select {
			case <-next:
			case <-r.Context().Done():
				return
			}
		}
	})
	mux.HandleFunc("/next", func(http.ResponseWriter, *http.Request) { next <- struct{}{} })
	mux.HandleFunc("/lines/{count}", func(w http.ResponseWriter, r *http.Request) {
		count, _ := strconv.Atoi(r.PathValue("count"))
		for i := range count {
			_, _ = io.WriteString(w, strconv.Itoa(i)+"\r\n")
		}
	})
	mux.HandleFunc("/body", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
	mux.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first\n")
		flush(w)
		<-r.Context().Done()
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first\nsecond")
		flush(w)
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/status/500", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "why\n")
	})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.open.Add(1)
		defer s.open.Add(-1)
		mux.ServeHTTP(w, r)
	}))
	server.Config.ConnState = countNew(s.connections)
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// eachLine logs the lines of the response r.
const eachLine = `for (let line = await r.readLine(); line !== null; line = await r.readLine()) log('<' + line + '>');`

func TestStreamReads(t *testing.T) {
	t.Parallel()
	host := serveStreams(t).url
	for name, test := range map[string]struct{ task, want string }{
		"lines as they arrive": {`
			const r = await c.get('/steps', { stream: true })
			log([r.statusCode, r.timeToFirstByte > 0, r.responseTime === r.timeToFirstByte].join())
			for (let line = await r.readLine(); line !== null; line = await r.readLine()) {
				log('<' + line + '>')
				if (line !== '') await c.get('/next')
			}
			log(String(await r.readLine()) + await r.read())`,
			"200,true,true\n<data: 0>\n<>\n<data: 1>\n<>\n<data: 2>\n<>\nnullnull",
		},
		"line breaks":                      {`const r = await c.post('/body', { data: 'a\r\n\nb\rc\n', stream: true }); ` + eachLine, "<a>\n<>\n<b\rc>"},
		"a last line without a line break": {`const r = await c.post('/body', { data: 'a\nb', stream: true }); ` + eachLine, "<a>\n<b>"},
		"an empty body":                    {`const r = await c.post('/body', { stream: true }); ` + eachLine + ` log('end')`, "end"},
		"a body that no answer has":        {`const r = await c.get('http://127.0.0.1:1/', { stream: true }); ` + eachLine + ` log(json([r.error, r.text]))`, `["connection refused",""]`},
		"text that is not UTF-8":           {`const r = await c.post('/body', { data: new Uint8Array([65, 255, 10]), stream: true }); ` + eachLine, "<A\uFFFD>"},
		"a long line": {
			`const r = await c.post('/body', { data: 'x'.repeat(300000) + '\n' + 'y'.repeat(5000), stream: true })
			log([(await r.readLine()).length, (await r.readLine()).length, await r.readLine()].join())`,
			"300000,5000,",
		},
		"many lines": {
			`const r = await c.get('/lines/20000', { stream: true }); let n = 0
			for (let line = await r.readLine(); line !== null; line = await r.readLine()) if (line !== String(n++)) log(line)
			log(String(n))`, "20000",
		},
		"bytes": {
			`const r = await c.post('/body', { data: 'abcdefg', stream: true })
			const text = (bytes) => bytes === null ? null : String.fromCharCode(...new Uint8Array(bytes))
			log(json([text(await r.read(3)), text(await r.read(3)), text(await r.read(3)), text(await r.read(3))]))`,
			`["abc","def","g",null]`,
		},
		"bytes between lines": {
			`const r = await c.post('/body', { data: 'a\nbc\nd', stream: true })
			log(json([await r.readLine(), (await r.read(1)).byteLength, await r.readLine(), await r.readLine(), await r.readLine()]))`,
			`["a",1,"c","d",null]`,
		},
		"many bytes": {
			`const r = await c.post('/body', { data: 'x'.repeat(3000000), stream: true }); let n = 0
			for (let part = await r.read(); part !== null; part = await r.read()) n += part.byteLength
			log(String(n))`, "3000000",
		},
		"close during a read": {
			`const r = await c.get('/silent', { stream: true }); await r.readLine()
			const line = r.readLine(); await u.sleep(0.05); r.close(); r.close(); log(String(await line))`, "null",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := visit(t, host, "", test.task)
			o.wantLog(t, test.want)
			if got := o.exceptions(t); len(got) > 0 {
				t.Errorf("exceptions: %v", got)
			}
		})
	}
}

// Without catchResponse, a request is counted when the response headers have arrived. As in Locust, errors that occur
// while reading are exceptions.
func TestStreamCounting(t *testing.T) {
	t.Parallel()
	host := serveStreams(t).url
	for name, test := range map[string]struct {
		task                 string
		requests             map[string][2]int
		failures, exceptions map[string]int
		length               string
	}{
		"Content-Length": {
			task:     `const r = await c.post('/body', { data: 'abc', stream: true }); r.close()`,
			requests: map[string][2]int{"POST /body": {1, 0}}, length: "3.0",
		},
		"no Content-Length": {
			task:     `const r = await c.get('/lines/2000', { stream: true }); ` + eachLine,
			requests: map[string][2]int{"GET /lines/2000": {1, 0}}, length: "0.0",
		},
		"status": {
			task:     `const r = await c.get('/status/500', { stream: true }); ` + eachLine,
			requests: map[string][2]int{"GET /status/500": {1, 1}}, failures: map[string]int{"LocustBadStatusCode(code=500)": 1},
		},
		"cut": {
			task:     `const r = await c.get('/cut', { stream: true }); ` + eachLine,
			requests: map[string][2]int{"GET /cut": {1, 0}}, exceptions: map[string]int{"Error: GET /cut: connection closed before the end of the answer": 1},
		},
		"timeout": {
			task: `const r = await c.get('/silent', { stream: true, timeout: 0.3, name: 'n' })
				try { ` + eachLine + ` } catch (error) { log(r.error + r.ok); throw error }`,
			requests: map[string][2]int{"GET n": {1, 0}}, exceptions: map[string]int{"Error: GET n: timed out": 1},
		},
		"a judge that reads": {
			task:     `await c.get('/lines/10', { stream: true, catchResponse: async (r) => { ` + eachLine + ` } })`,
			requests: map[string][2]int{"GET /lines/10": {1, 0}}, length: "30.0",
		},
		"a judge that closes": {
			task:     `await c.get('/lines/10', { stream: true, catchResponse: async (r) => { await r.readLine(); r.close() } })`,
			requests: map[string][2]int{"GET /lines/10": {1, 0}}, length: "3.0",
		},
		"a judge that fails": {
			task:     `await c.get('/lines/10', { stream: true, catchResponse: async (r) => { if (await r.readLine() === '0') r.failure('zero') } })`,
			requests: map[string][2]int{"GET /lines/10": {1, 1}}, failures: map[string]int{"CatchResponseError('zero')": 1},
		},
		"a judge of a body that is cut": {
			task:     `const r = await c.get('/cut', { stream: true, catchResponse: async (r) => { ` + eachLine + ` } }); log(r.error)`,
			requests: map[string][2]int{"GET /cut": {1, 1}}, failures: map[string]int{"connection closed before the end of the answer": 1},
		},
		"a judge that catches the error": {
			task:     `await c.get('/cut', { stream: true, catchResponse: async (r) => { try { ` + eachLine + ` } catch {} } })`,
			requests: map[string][2]int{"GET /cut": {1, 1}}, failures: map[string]int{"connection closed before the end of the answer": 1},
		},
		"a judge that expects the error": {
			task:     `await c.get('/cut', { stream: true, catchResponse: async (r) => { try { ` + eachLine + ` } catch { r.success() } } })`,
			requests: map[string][2]int{"GET /cut": {1, 0}},
		},
		"a judge that throws": {
			task:       `await c.get('/lines/10', { stream: true, catchResponse: async (r) => { await r.readLine(); throw new Error('own') } })`,
			exceptions: map[string]int{"Error: own": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := visit(t, host, "", test.task)
			if got := o.requests(t); !maps.Equal(got, test.requests) {
				t.Errorf("requests: %v, want %v", got, test.requests)
			}
			if got := o.failures(t); !maps.Equal(got, test.failures) {
				t.Errorf("failures: %v, want %v", got, test.failures)
			}
			if got := o.exceptions(t); !maps.Equal(got, test.exceptions) {
				t.Errorf("exceptions: %v, want %v", got, test.exceptions)
			}
			if test.length != "" && !strings.HasPrefix(o.rows(t, "stats")[0][8], test.length) {
				t.Errorf("the content length is %s, want %s", o.rows(t, "stats")[0][8], test.length)
			}
		})
	}
}

func TestStreamMistakes(t *testing.T) {
	t.Parallel()
	host := serveStreams(t).url
	for task, want := range map[string]string{
		`(await c.get('/lines/1')).readLine()`:                                                          "TypeError: readLine() needs the option stream: true",
		`(await c.get('/lines/1')).close()`:                                                             "TypeError: close() needs the option stream: true",
		`(await c.get('/lines/1', { stream: true })).text`:                                              "TypeError: the body is a stream: call readLine() or read(), or remove stream: true",
		`(await c.get('/lines/1', { stream: true })).json()`:                                            "TypeError: the body is a stream: call readLine() or read(), or remove stream: true",
		`(await c.get('/lines/1', { stream: true })).content`:                                           "TypeError: the body is a stream: call readLine() or read(), or remove stream: true",
		`(await c.get('/lines/1', { stream: true })).read(0)`:                                           "locust: the argument of read() must be an integer of at least 1, got 0",
		`await c.get('/lines/1', { stream: true, discardBody: true })`:                                  "locust: GET /lines/1: stream and discardBody exclude each other: a stream keeps no body",
		`await c.get('/lines/1', { stream: 'yes' })`:                                                    "locust: GET /lines/1: stream must be true or false, got \"yes\"",
		`const r = await c.get('/lines/1', { stream: true }); r.readLine(); r.readLine()`:               "TypeError: await the previous read() or readLine() first",
		`const r = await c.get('/lines/1', { stream: true }); r.close(); r.readLine()`:                  "TypeError: the stream is closed",
		`const r = await c.get('/lines/1', { stream: true, catchResponse: () => {} }); r.read()`:        "TypeError: the stream is closed: it ends with catchResponse",
		`const r = await c.post('/body', { stream: true, data: 'x'.repeat(9000) }); await r.readLine()`: "Error: POST /body: response line too long",
	} {
		o := visit(t, host, `static maxBodyBytes = 5000`, task)
		got := o.exceptions(t)
		if len(got) != 1 {
			t.Errorf("%s: exceptions %v", task, got)
		}
		for message := range got {
			if !strings.Contains(message, want) {
				t.Errorf("%s: exception %q, want %q", task, message, want)
			}
		}
	}
	visit(t, host, `static discardBodies = true`, `const r = await c.get('/lines/2', { stream: true }); `+eachLine).wantLog(t, "<0>\n<1>")
}

// A task's streams end with the task. Otherwise, a user that does not read its streams would run out of connections.
// Streams of onStart and of additional sessions stay open.
func TestStreamsOfTasks(t *testing.T) {
	t.Parallel()
	for _, members := range []string{"static concurrency = 2", "static poolSize = 4"} {
		server := serveStreams(t)
		o := fine(t, `
			let n = 0
			class Inner extends locust.TaskSet {
				static tasks = [async function () { await this.client.get('/silent', { stream: true }); if (++n % 3 === 0) this.interrupt() }]
				async onStart() { this.own = await this.client.get('/silent', { stream: true }) }
				async onStop() { log(await this.own.readLine()) }
			}
			class A extends HttpUser {
				static host = '`+server.url+`'
				`+members+`
				static networkTimeout = 5
				static tasks = [Inner, async (u) => {
					const r = await u.client.get('/silent', { stream: true })
					if (n >= 30) {
						log(r.error)
						log(await u.listening.readLine())
						await over(u)
					}
				}]
				async onStart() {
					const session = new locust.HttpSession(this, '`+server.url+`')
					this.listening = await session.get('/silent', { stream: true })
				}
			}
			const options = locust.options({ userClasses: [A] })`)
		lines := o.logged()
		if len(lines) < 12 || strings.Join(lines[len(lines)-2:], "") != "first" || strings.Trim(strings.Join(lines[:len(lines)-2], " "), "first ") != "" {
			t.Errorf("%s: the script logged %q", members, lines)
		}
		if got := o.failures(t); len(got) > 0 {
			t.Errorf("%s: failures %v", members, got)
		}
	}
}

// When users stop, their streams end, whether they are waiting for data or not.
func TestStreamsOfUsersThatStop(t *testing.T) {
	t.Parallel()
	server := serveStreams(t)
	o := fine(t, `
		let n = 0
		class A extends HttpUser {
			static host = '`+server.url+`'
			static tasks = [async (u) => {
				await u.client.get('/silent', { stream: true, catchResponse: async (r) => {
					await r.readLine()
					if (++n === 5) done()
					try { await r.readLine() } catch (error) { log(String(error instanceof StopUser)); throw error }
				} })
			}]
		}
		const options = locust.options({ userClasses: [A], users: 5, spawnRate: 1000 })`)
	o.wantLog(t, strings.Repeat("true\n", 5))
	if got := o.requests(t); len(got) > 0 {
		t.Errorf("requests: %v", got)
	}
	for until := time.Now().Add(30 * time.Second); server.open.Load() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%d streams are still open", server.open.Load())
		}
	}
}

// After a body was read to its end, the next request uses the same connection.
func TestStreamConnections(t *testing.T) {
	t.Parallel()
	server := serveStreams(t)
	visit(t, server.url, "", `
		for (let i = 0; i < 5; i++) { const r = await c.get('/lines/5', { stream: true }); while (await r.readLine() !== null); await c.get('/lines/1') }
		const r = await c.get('/steps', { stream: true }); await r.readLine(); r.close()
		await c.get('/lines/1')`)
	if got := server.connections.Load(); got != 2 {
		t.Errorf("there were %d connections, want 2", got)
	}
}
