package client

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Like Locust's users, each session has its own connection. Requests without a session share connections.
func TestSessions(t *testing.T) {
	server := newPeer(t, answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	c := newClient(t, Options{})
	sessions := make([]*Session, 50)
	for i := range sessions {
		sessions[i] = c.NewSession(nil)
	}
	for range 3 {
		for _, session := range sessions {
			expectAnswer(t, c.Do(&Request{Method: "GET", URL: server.url, Session: session}), 200, "")
		}
	}
	if got := server.connections(); got != 50 {
		t.Errorf("50 sessions opened %d connections", got)
	}
	for range 50 {
		expectAnswer(t, c.Do(get(server.url)), 200, "")
	}
	if got := server.connections(); got != 51 {
		t.Errorf("requests without a session opened %d connections", got-50)
	}
	sessions[0].CloseIdle()
	expectAnswer(t, c.Do(&Request{Method: "GET", URL: server.url, Session: sessions[0]}), 200, "")
	if got := server.connections(); got != 52 {
		t.Errorf("after CloseIdle, there were %d new connections", got-51)
	}
	sessions[1].Close()
	sessions[1].Close()
	expectKind(t, c.Do(&Request{Method: "GET", URL: server.url, Session: sessions[1]}), ErrClosed)
	expectAnswer(t, c.Do(&Request{Method: "GET", URL: server.url, Session: sessions[2]}), 200, "")
	c.Close()
	expectKind(t, c.Do(&Request{Method: "GET", URL: server.url, Session: sessions[2]}), ErrClosed)
	expectKind(t, c.Do(&Request{Method: "GET", URL: server.url, Session: c.NewSession(nil)}), ErrClosed)
}

func TestSessionsAreLimited(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, _ *bufio.Reader) { wait(connection) })
	c := newClient(t, Options{Concurrency: 2, PoolSize: 1})
	session, other := c.NewSession(nil), c.NewSession(nil)
	var ended sync.WaitGroup
	send := func(session *Session) {
		ended.Add(1)
		c.Go(&Request{Method: "GET", URL: server.url, Session: session}, func(response *Response) {
			defer ended.Done()
			expectKind(t, response, ErrClosed)
		})
	}
	send(session)
	send(session)
	waitFor(t, func() bool { return server.connections() == 2 })
	response := c.Do(&Request{Method: "GET", URL: server.url, Session: session, Timeout: 100 * time.Millisecond})
	expectKind(t, response, ErrPoolWait)
	send(other)
	waitFor(t, func() bool { return server.connections() == 3 })
	session.Close()
	other.Close()
	ended.Wait()
}

func TestSessionEndsItsRequests(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, _ *bufio.Reader) { wait(connection) })
	c := newClient(t, Options{})
	session := c.NewSession(nil)
	ended := make(chan *Response, 1)
	c.Go(&Request{Method: "GET", URL: server.url, Session: session}, func(response *Response) { ended <- response })
	for server.connections() == 0 {
		time.Sleep(time.Millisecond)
	}
	session.Close()
	expectKind(t, <-ended, ErrClosed)
}

// Over HTTP/2, each session also has its own connections.
func TestSessionsOverHTTP2(t *testing.T) {
	url, connections := secureServer(t, true, echo)
	c := newClient(t, Options{})
	one, two := c.NewSession(nil), c.NewSession(nil)
	for range 3 {
		for _, session := range []*Session{one, two} {
			if response := c.Do(&Request{Method: "GET", URL: url, Session: session}); response.Proto != "HTTP/2.0" {
				t.Fatalf("got %s, %v", response.Proto, response.Err)
			}
		}
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("2 sessions opened %d connections", got)
	}
	one.CloseIdle()
	c.Do(&Request{Method: "GET", URL: url, Session: one})
	if got := connections.Load(); got != 3 {
		t.Errorf("after CloseIdle, %d connections were opened", got)
	}
}

func TestNoKeepAliveOverHTTP2(t *testing.T) {
	url, connections := secureServer(t, true, echo)
	c := newClient(t, Options{DisableKeepAlive: true})
	for range 3 {
		if response := c.Do(get(url)); response.Err != nil || response.Proto != "HTTP/2.0" {
			t.Fatalf("got %s, %v", response.Proto, response.Err)
		}
	}
	if got := connections.Load(); got != 3 {
		t.Errorf("3 requests opened %d connections", got)
	}
}

// Discarded bodies may have any length. The connection can be reused afterward.
func TestDiscardedBodies(t *testing.T) {
	const long = 3 << 20
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := strings.Repeat("x", long)
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", "3145728")
		case "/close":
			w.Header().Set("Connection", "close")
		case "/short":
			w.Header().Set("Content-Length", "3145728")
			body = body[:long/2]
		case "/redirect":
			http.Redirect(w, r, "/length", http.StatusFound)
			return
		}
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, body)
		}
	})
	var plainConnections atomic.Int64
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			plainConnections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	secure, secureConnections := secureServer(t, true, handler)
	for url, connections := range map[string]*atomic.Int64{server.URL: &plainConnections, secure: secureConnections} {
		c := newClient(t, Options{MaxBodyBytes: 1 << 20})
		do := func(method, path string) *Response {
			return c.Do(&Request{Method: method, URL: url + path, DiscardBody: true, AllowRedirects: true})
		}
		for _, path := range []string{"/length", "/chunked", "/redirect"} {
			if response := do("GET", path); response.Err != nil || response.Body != nil || response.ContentLength != long {
				t.Errorf("%s: got %v, %d bytes, length %d", path, response.Err, len(response.Body), response.ContentLength)
			}
			expectKind(t, c.Do(&Request{Method: "GET", URL: url + path, AllowRedirects: true}), ErrBodyTooLarge)
		}
		if response := do("HEAD", "/length"); response.Err != nil || response.ContentLength != 0 {
			t.Errorf("HEAD: got %v, length %d", response.Err, response.ContentLength)
		}
		before := connections.Load()
		for range 3 {
			do("GET", "/length")
			do("GET", "/chunked")
		}
		if got := connections.Load(); got > before+1 {
			t.Errorf("%d connections for 6 requests", got-before)
		}
		if response := do("GET", "/close"); response.Err != nil || response.ContentLength != long {
			t.Errorf("/close: got %v, length %d", response.Err, response.ContentLength)
		}
		expectKind(t, do("GET", "/short"), ErrCut, ErrStream)
	}
	// An HTTP/1.0 body without a length ends with the connection.
	old := newPeer(t, answeringOnce("HTTP/1.0 200 Fine thanks\r\n\r\n"+strings.Repeat("x", 100_000)))
	response := newClient(t, Options{}).Do(&Request{Method: "GET", URL: old.url, DiscardBody: true})
	if response.Err != nil || response.ContentLength != 100_000 || response.Reason != "Fine thanks" {
		t.Errorf("got %v, length %d, reason %q", response.Err, response.ContentLength, response.Reason)
	}
}

func TestDefaultHeadersCanBeLeftOut(t *testing.T) {
	var seen http.Header
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Clone() })
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	secure, _ := secureServer(t, true, handler)
	for _, url := range []string{server.URL, secure} {
		c := newClient(t, Options{})
		var jar Jar
		jar.store(mustTarget(t, url), "Set-Cookie: a=b; Path=/\r\n")
		host := strings.SplitN(url, "://", 2)
		c.Do(&Request{Method: "GET", URL: host[0] + "://u:p@" + host[1], Jar: &jar, Without: []string{"user-agent", "Accept-encoding", "AUTHORIZATION", "cookie"}})
		for _, name := range []string{"User-Agent", "Accept-Encoding", "Authorization", "Cookie"} {
			if values, ok := seen[name]; ok {
				t.Errorf("%s: %s is %q", url, name, values)
			}
		}
		c.Do(&Request{Method: "GET", URL: host[0] + "://u:p@" + host[1], Jar: &jar})
		if len(seen) < 4 {
			t.Errorf("%s: got only %v", url, seen)
		}
	}
}

func mustTarget(t *testing.T, url string) target {
	t.Helper()
	parsed, err := parseTarget(url)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
