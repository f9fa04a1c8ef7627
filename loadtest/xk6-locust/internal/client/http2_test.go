package client

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// secureServer starts a net/http server with TLS that counts its connections.
func secureServer(t *testing.T, speaksHTTP2 bool, handler http.HandlerFunc) (url string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = speaksHTTP2
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, connections
}

func TestTLS(t *testing.T) {
	for _, speaksHTTP2 := range []bool{false, true} {
		proto := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[speaksHTTP2]
		t.Run(proto, func(t *testing.T) {
			url, connections := secureServer(t, speaksHTTP2, echo)
			c := newClient(t, Options{})
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					response := c.Do(&Request{Method: "POST", URL: url + "/a b?q=%zz", Body: []byte("body"), Header: [][2]string{
						{"X", "1"}, {"x", "2"}, {"Host", "other"}, {"Connection", "keep-alive"}, {"Te", "x"}, {"Content-Length", "9"},
					}})
					expected := "POST /a%20b?q=%zz host=other agent=xk6-locust accept=gzip, deflate, br length=4 authorization= cookie= x=[1 2] body=body"
					if response.Err != nil || string(response.Body) != expected || response.Proto != proto {
						t.Errorf("got %s, %v, %q", response.Proto, response.Err, response.Body)
					}
				})
			}
			all.Wait()
			if speaksHTTP2 && connections.Load() > 3 {
				t.Errorf("got %d connections of HTTP/2 for 50 requests", connections.Load())
			}
		})
		t.Run(proto+" switched off", func(t *testing.T) {
			url, _ := secureServer(t, speaksHTTP2, echo)
			c := newClient(t, Options{HTTP2: HTTP2Off})
			for range 2 {
				if response := c.Do(get(url)); response.Err != nil || response.Proto != "HTTP/1.1" {
					t.Fatalf("got %s, %v", response.Proto, response.Err)
				}
			}
		})
		t.Run(proto+" with an untrusted certificate", func(t *testing.T) {
			url, _ := secureServer(t, speaksHTTP2, echo)
			c := newClient(t, Options{VerifyCertificates: true})
			expectKind(t, c.Do(get(url)), ErrCertificate)
		})
		t.Run(proto+" with faults", func(t *testing.T) { faultsOverTLS(t, speaksHTTP2) })
	}
}

func faultsOverTLS(t *testing.T, speaksHTTP2 bool) {
	bomb := compress(t, "br", strings.Repeat("\x00", 10<<20))
	url, _ := secureServer(t, speaksHTTP2, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, compress(t, "gzip", "compressed"))
		case "/bomb":
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, bomb)
		case "/declared":
			w.Header().Set("Content-Length", "5000000000")
			_, _ = io.WriteString(w, "x")
		case "/endless":
			for piece := strings.Repeat("x", 1<<16); ; {
				if _, err := io.WriteString(w, piece); err != nil {
					return
				}
			}
		case "/stall":
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/half":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/redirect":
			w.Header().Add("Set-Cookie", "a=b; Path=/")
			http.Redirect(w, r, "/seen", http.StatusSeeOther)
		case "/seen":
			_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Cookie"))
		case "/head":
			w.Header().Set("Content-Length", "2000")
		case "/error":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	c := newClient(t, Options{MaxBodyBytes: 1 << 20})
	expectAnswer(t, c.Do(get(url+"/gzip")), 200, "compressed")
	expectKind(t, c.Do(get(url+"/bomb")), ErrBodyTooLarge)
	expectKind(t, c.Do(get(url+"/declared")), ErrBodyTooLarge)
	expectKind(t, c.Do(get(url+"/endless")), ErrBodyTooLarge)
	expectKind(t, c.Do(get(url+"/abort")), ErrStream, ErrCut)
	expectKind(t, c.Do(get(url+"/half")), ErrStream, ErrCut)
	response := c.Do(&Request{Method: "GET", URL: url + "/stall", Timeout: 100 * time.Millisecond})
	expectTimeout(t, response, 100*time.Millisecond, ErrTimeout)
	var jar Jar
	response = c.Do(&Request{Method: "POST", URL: url + "/redirect", Jar: &jar, AllowRedirects: true, Body: []byte("x")})
	expectAnswer(t, response, 200, "GET a=b")
	expectAnswer(t, c.Do(&Request{Method: "HEAD", URL: url + "/head"}), 200, "")
	expectAnswer(t, c.Do(get(url+"/error")), 503, "")
}

func TestHandshakeFails(t *testing.T) {
	plain := newPeer(t, func(_ int, connection *net.TCPConn, _ *bufio.Reader) {
		_, _ = io.WriteString(connection, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	closing := newPeer(t, func(_ int, connection *net.TCPConn, _ *bufio.Reader) {
		_, _ = connection.Read(make([]byte, 10_000))
	})
	silent := newPeer(t, func(_ int, connection *net.TCPConn, _ *bufio.Reader) { wait(connection) })
	c, impatient := newClient(t, Options{}), newClient(t, Options{ConnectTimeout: 100 * time.Millisecond})
	url := func(p peer) string { return strings.Replace(p.url, "http:", "https:", 1) }
	expectKind(t, c.Do(get(url(plain))), ErrTLS)
	expectKind(t, c.Do(get(url(closing))), ErrTLS, ErrReset)
	expectKind(t, impatient.Do(get(url(silent))), ErrConnectTimeout)
}

// priorKnowledgeServer starts a server that speaks only HTTP/2, without TLS.
func priorKnowledgeServer(t *testing.T) (url string) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	server.Config.Protocols = &protocols
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// The server sends the body long after the header.
func TestTimeOfTheHead(t *testing.T) {
	t.Parallel()
	for _, speaksHTTP2 := range []bool{false, true} {
		var flushed, resumed time.Time
		url, _ := secureServer(t, speaksHTTP2, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			flushed = time.Now()
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Second)
			resumed = time.Now()
			_, _ = io.WriteString(w, "body")
		}))
		c := newClient(t, Options{})
		response := c.Do(get(url))
		expectAnswer(t, response, 200, "body")
		if at := response.HeadAt; at.Before(flushed) || !at.Before(resumed) {
			t.Errorf("HTTP/2 %v: the header arrived at %v, between %v and %v", speaksHTTP2, at, flushed, resumed)
		}
		if response := c.Do(get("http://127.0.0.1:1")); !response.HeadAt.IsZero() {
			t.Errorf("without an answer, the header arrived at %v", response.HeadAt)
		}
	}
}

func TestPriorKnowledge(t *testing.T) {
	url := priorKnowledgeServer(t)
	c := newClient(t, Options{HTTP2: HTTP2PriorKnowledge})
	for range 3 {
		response := c.Do(get(url + "/a"))
		if response.Err != nil || response.Proto != "HTTP/2.0" || !strings.HasPrefix(string(response.Body), "GET /a ") {
			t.Fatalf("got %s, %v, %q", response.Proto, response.Err, response.Body)
		}
	}
	if got := c.Do(get(url)).Header.Get("Content-Length"); got == "" {
		t.Error("got no header")
	}
}

// TestStreamLimit uses a server that allows 100 streams per connection and answers once 250 requests are in flight.
func TestStreamLimit(t *testing.T) {
	const streams, requests = 100, 250
	var inFlight atomic.Int64
	all := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if inFlight.Add(1) == requests {
			close(all)
		}
		select {
		case <-all:
		case <-r.Context().Done():
		}
	}))
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.TLS = &tls.Config{NextProtos: []string{"h2"}}
	if err := http2.ConfigureServer(server.Config, &http2.Server{MaxConcurrentStreams: streams}); err != nil {
		t.Fatal(err)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	c := newClient(t, Options{})
	var users sync.WaitGroup
	for range requests {
		users.Go(func() {
			if response := c.Do(get(server.URL)); response.Err != nil || response.Status != 200 {
				t.Errorf("got %d, %v after %v", response.Status, response.Err, response.Duration)
			}
		})
	}
	users.Wait()
	if connections.Load() < 3 || connections.Load() > 10 {
		t.Errorf("got %d connections", connections.Load())
	}
}

// TestServerForgetsHTTP2 replaces an HTTP/2 server with a server at the same address that supports only HTTP/1.1.
func TestServerForgetsHTTP2(t *testing.T) {
	first := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	first.EnableHTTP2 = true
	first.StartTLS()
	address := first.Listener.Addr().String()
	c := newClient(t, Options{})
	if response := c.Do(get(first.URL)); response.Proto != "HTTP/2.0" {
		t.Fatalf("got %s, %v", response.Proto, response.Err)
	}
	first.Close()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip("the port is taken")
	}
	second := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	_ = second.Listener.Close()
	second.Listener = listener
	second.StartTLS()
	t.Cleanup(second.Close)
	var last *Response
	waitFor(t, func() bool {
		last = c.Do(get("https://" + address))
		return last.Proto == "HTTP/1.1"
	})
	if last.Err != nil {
		t.Error(last.Err)
	}
}

func TestCloseEndsHTTP2(t *testing.T) {
	arrived := make(chan struct{}, 10)
	url, _ := secureServer(t, true, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	c := newClient(t, Options{})
	responses := make(chan *Response, 10)
	for range 10 {
		c.Go(get(url), func(response *Response) { responses <- response })
	}
	for range 10 {
		<-arrived
	}
	c.Close()
	for range 10 {
		expectKind(t, <-responses, ErrClosed)
	}
}

// TestLongBodies sends and receives bodies that need many reads and writes, with each protocol.
func TestLongBodies(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	urls := []string{newServer(t, answer)}
	for _, speaksHTTP2 := range []bool{false, true} {
		url, _ := secureServer(t, speaksHTTP2, answer)
		urls = append(urls, url)
	}
	c := newClient(t, Options{})
	body := make([]byte, 3<<20)
	for i := range body {
		body[i] = byte(i % 251)
	}
	for _, url := range urls {
		t.Run(fmt.Sprintf("%.5s", url), func(t *testing.T) {
			for range 2 {
				expectAnswer(t, c.Do(&Request{Method: "POST", URL: url, Body: body}), 200, string(body))
			}
		})
	}
}
