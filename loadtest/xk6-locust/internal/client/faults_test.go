package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

// TestBrokenAnswers uses servers that send a broken answer and close the connection.
func TestBrokenAnswers(t *testing.T) {
	tests := []struct {
		name, answer string
		kind         Kind
		status       int
	}{
		{"nothing", "", ErrCut, 0},
		{"half a status line", "HTTP/1.1 2", ErrCut, 0},
		{"half a header", "HTTP/1.1 200 OK\r\nContent-Le", ErrCut, 0},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ErrCut, 200},
		{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf", ErrCut, 200},
		{"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", ErrCut, 200},
		{"garbage", "\x00\x01\x02 garbage\r\n\r\n", ErrAnswer, 0},
		{"another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n", ErrAnswer, 0},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", ErrAnswer, 0},
		{"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", ErrAnswer, 0},
		{"status of two digits", "HTTP/1.1 20 OK\r\n\r\n", ErrAnswer, 0},
		{"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", ErrAnswer, 0},
		{"status below 100", "HTTP/1.1 099 OK\r\n\r\n", ErrAnswer, 0},
		{"unrequested protocol switch", "HTTP/1.1 101 Switching Protocols\r\n\r\n", ErrAnswer, 0},
		{"endless interim answers", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20), ErrAnswer, 0},
		{"header without a colon", "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n", ErrAnswer, 0},
		{"space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", ErrAnswer, 0},
		{"a header that begins with a fold", "HTTP/1.1 200 OK\r\n X: a\r\n\r\n", ErrAnswer, 0},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", ErrAnswer, 0},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi", ErrAnswer, 0},
		{"length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", ErrAnswer, 0},
		{"length beyond 64 bits", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhi", ErrAnswer, 0},
		{"unknown transfer encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ErrAnswer, 0},
		{"chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ErrAnswer, 200},
		{"negative chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", ErrAnswer, 200},
		{"chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n", ErrAnswer, 200},
		{"endless chunk line", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 20_000), ErrAnswer, 200},
		{"a length of gigabytes", "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\nhi", ErrBodyTooLarge, 200},
		{"a chunk of gigabytes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nhi", ErrBodyTooLarge, 200},
		{"chunk size beyond 64 bits", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhi", ErrAnswer, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newPeer(t, answeringOnce(test.answer))
			c := newClient(t, Options{})
			response := c.Do(get(server.url))
			expectKind(t, response, test.kind)
			if response.Status != test.status {
				t.Errorf("got status %d, expected %d", response.Status, test.status)
			}
			if strings.ContainsAny(response.Err.Error(), ":0123456789") {
				t.Errorf("%q could differ from request to request", response.Err)
			}
			// The client does not retry after a new connection has failed, and does not reuse a broken connection.
			if server.connections() != 1 {
				t.Errorf("got %d connections", server.connections())
			}
			_ = c.Do(get(server.url))
			if server.connections() != 2 {
				t.Errorf("got %d connections for two requests", server.connections())
			}
		})
	}
}

func TestResets(t *testing.T) {
	for _, begun := range []string{"", "HTTP/1.1 200 OK\r\nConten", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"} {
		t.Run(begun, func(t *testing.T) {
			server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
				_ = readRequest(requests)
				_, _ = io.WriteString(connection, begun)
				time.Sleep(20 * time.Millisecond) // the sent data arrives before the reset
				reset(connection)
			})
			c := newClient(t, Options{})
			expectKind(t, c.Do(get(server.url)), ErrReset)
		})
	}
}

func TestHalfClosedServer(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		_ = readRequest(requests)
		_ = connection.CloseWrite()
		wait(connection)
	})
	c := newClient(t, Options{})
	expectKind(t, c.Do(get(server.url)), ErrCut)
}

// TestTooLarge checks the limits on headers and bodies. Some servers never stop sending. The others send small
// compressed bodies that expand to more than the limit, or to exactly the limit.
func TestTooLarge(t *testing.T) {
	endless := func(begin, piece string) func(int, *net.TCPConn, *bufio.Reader) {
		return func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
			_ = readRequest(requests)
			_, err := io.WriteString(connection, begin)
			for piece = strings.Repeat(piece, 1000); err == nil; {
				_, err = io.WriteString(connection, piece)
			}
		}
	}
	bomb := strings.Repeat("\x00", 10<<20)
	tests := []struct {
		name  string
		serve func(int, *net.TCPConn, *bufio.Reader)
		kind  Kind
	}{
		{"header line", endless("HTTP/1.1 200 OK\r\nX: ", "x"), ErrHeaderTooLarge},
		{"header lines", endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"), ErrHeaderTooLarge},
		{"status line", endless("HTTP/1.1 200 ", "x"), ErrHeaderTooLarge},
		{"chunks", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "a\r\n0123456789\r\n"), ErrBodyTooLarge},
		{"body", endless("HTTP/1.1 200 OK\r\n\r\n", "x"), ErrBodyTooLarge},
		{"trailer", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"), ErrHeaderTooLarge},
		{"gzip bomb", answering(encoded("gzip", compress(t, "gzip", bomb))), ErrBodyTooLarge},
		{"brotli bomb", answering(encoded("br", compress(t, "br", bomb))), ErrBodyTooLarge},
		{"deflate bomb", answering(encoded("deflate", compress(t, "zlib", bomb))), ErrBodyTooLarge},
		{"bomb in a bomb", answering(encoded("gzip, gzip", compress(t, "gzip", compress(t, "gzip", bomb)))), ErrBodyTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newPeer(t, test.serve)
			c := newClient(t, Options{MaxBodyBytes: 4 << 20})
			response := c.Do(get(server.url))
			expectKind(t, response, test.kind)
			if len(response.Body) > 4<<20 {
				t.Errorf("got %d bytes", len(response.Body))
			}
		})
	}
	t.Run("exactly the limit", func(t *testing.T) {
		body := strings.Repeat("x", 4<<20)
		server := newPeer(t, answering(encoded("gzip", compress(t, "gzip", body))))
		c := newClient(t, Options{MaxBodyBytes: 4 << 20})
		expectAnswer(t, c.Do(get(server.url)), 200, body)
	})
}

// expectTimeout expects an error after the timeout, long before any default timeout.
func expectTimeout(t *testing.T, response *Response, timeout time.Duration, kind Kind) {
	t.Helper()
	expectKind(t, response, kind)
	if response.Duration < timeout || response.Duration > timeout+30*time.Second {
		t.Errorf("took %v, the timeout is %v", response.Duration, timeout)
	}
}

func TestTimeouts(t *testing.T) {
	const timeout = 150 * time.Millisecond
	trickle := func(begin string) func(int, *net.TCPConn, *bufio.Reader) {
		return func(_ int, connection *net.TCPConn, _ *bufio.Reader) {
			_, err := io.WriteString(connection, begin)
			for err == nil {
				time.Sleep(10 * time.Millisecond)
				_, err = io.WriteString(connection, "1")
			}
		}
	}
	stall := func(begin string) func(int, *net.TCPConn, *bufio.Reader) {
		return func(_ int, connection *net.TCPConn, _ *bufio.Reader) {
			_, _ = io.WriteString(connection, begin)
			wait(connection)
		}
	}
	tests := []struct {
		name   string
		serve  func(int, *net.TCPConn, *bufio.Reader)
		status int
	}{
		{"no data", stall(""), 0},
		{"half a header", stall("HTTP/1.1 200 OK\r\nX"), 0},
		{"half a body", stall("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"), 200},
		{"no last chunk", stall("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"), 200},
		{"body without an end", stall("HTTP/1.1 200 OK\r\n\r\nx"), 200},
		{"trickling header", trickle("HTTP/1.1 200 OK\r\nX: "), 0},
		{"trickling body", trickle("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"), 200},
		{"trickling chunk", trickle("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"), 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newPeer(t, test.serve)
			c := New(Options{NetworkTimeout: timeout})
			defer c.Close()
			response := c.Do(get(server.url))
			expectTimeout(t, response, timeout, ErrTimeout)
			if response.Status != test.status {
				t.Errorf("got status %d", response.Status)
			}
			_ = c.Do(get(server.url))
			if server.connections() != 2 {
				t.Errorf("got %d connections for two requests: the second request could get the late answer to the first one", server.connections())
			}
		})
	}
	t.Run("body that the server does not read", func(t *testing.T) {
		server := newPeer(t, func(_ int, _ *net.TCPConn, _ *bufio.Reader) { <-t.Context().Done() })
		c := newClient(t, Options{})
		response := c.Do(&Request{Method: "POST", URL: server.url, Body: make([]byte, 64<<20), Timeout: timeout})
		expectTimeout(t, response, timeout, ErrTimeout)
	})
	t.Run("redirects count too", func(t *testing.T) {
		server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
			for readRequest(requests) == nil {
				time.Sleep(20 * time.Millisecond)
				_, _ = io.WriteString(connection, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
			}
		})
		c := newClient(t, Options{})
		request := Request{Method: "GET", URL: server.url, AllowRedirects: true, Timeout: timeout}
		expectTimeout(t, c.Do(&request), timeout, ErrTimeout)
	})
}

// TestTimeoutOfAReusedConnection checks that a request does not inherit the deadline of the connection's last request.
func TestTimeoutOfAReusedConnection(t *testing.T) {
	pauses := make(chan time.Duration, 1)
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		for readRequest(requests) == nil {
			time.Sleep(<-pauses)
			if _, err := io.WriteString(connection, okAnswer); err != nil {
				return
			}
		}
	})
	c := newClient(t, Options{})
	ask := func(timeout, pause time.Duration) *Response {
		pauses <- pause
		return c.Do(&Request{Method: "GET", URL: server.url, Timeout: timeout})
	}
	// answered returns the timeout of a request that was answered in time. A slow machine needs several attempts.
	answered := func() time.Duration {
		timeout := 100 * time.Millisecond
		for errors.Is(ask(timeout, 0).Err, ErrTimeout) {
			timeout *= 2
		}
		return timeout
	}
	// The deadline of the first request passes during the second one.
	timeout := answered()
	before := server.connections()
	expectAnswer(t, ask(time.Minute, 2*timeout), 200, "hi")
	// The deadline of the third request passes before the fourth one starts.
	timeout = answered()
	time.Sleep(timeout * 3 / 2)
	expectAnswer(t, ask(time.Minute, 0), 200, "hi")
	if after := server.connections(); after != before && timeout == 100*time.Millisecond {
		t.Fatalf("got %d connections, %d of them for the first request", after, before)
	}
	// The previous request had a deadline of one minute, which must not apply here.
	expectTimeout(t, ask(100*time.Millisecond, 500*time.Millisecond), 100*time.Millisecond, ErrTimeout)
}

func TestConnectionFails(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := closed.Addr().String()
	_ = closed.Close()
	failing := func(err error) func(context.Context, string, string) (net.Conn, error) {
		return func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: err}
		}
	}
	hanging := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	tests := []struct {
		name    string
		options Options
		kind    Kind
	}{
		{"refused", Options{}, ErrRefused},
		{"lookup", Options{Dial: failing(&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true})}, ErrLookup},
		{"unreachable", Options{Dial: failing(syscall.EHOSTUNREACH)}, ErrUnreachable},
		{"ports", Options{Dial: failing(syscall.EADDRNOTAVAIL)}, ErrNoPorts},
		{"files", Options{Dial: failing(syscall.EMFILE)}, ErrOpenFiles},
		{"an unknown error", Options{Dial: failing(errors.New("odd"))}, ErrConnection},
		{"connect timeout", Options{Dial: hanging, ConnectTimeout: 20 * time.Millisecond}, ErrConnectTimeout},
		{"timeout", Options{Dial: hanging, NetworkTimeout: 20 * time.Millisecond}, ErrTimeout},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.options.PoolSize = 1 // a failed connection must free its slot in the pool
			c := newClient(t, test.options)
			for range 3 {
				expectKind(t, c.Do(get("http://"+address)), test.kind)
			}
		})
	}
}

func TestPoolIsFull(t *testing.T) {
	release := make(chan struct{})
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		for readRequest(requests) == nil {
			<-release
			_, _ = io.WriteString(connection, okAnswer)
		}
	})
	other := newPeer(t, answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"))
	c := newClient(t, Options{PoolSize: 2})
	responses := make(chan *Response, 10)
	send := func(url string) { c.Go(get(url), func(response *Response) { responses <- response }) }
	expected := map[string]string{server.url: "hi", other.url: "other"}
	send(server.url)
	send(server.url)
	waitFor(t, func() bool { return server.connections() == 2 })
	response := c.Do(&Request{Method: "GET", URL: server.url, Timeout: 50 * time.Millisecond})
	expectTimeout(t, response, 50*time.Millisecond, ErrPoolWait)
	send(other.url)
	send(server.url)
	send(other.url)
	waitFor(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.waiters.Len() == 2 // a third request waits for a goroutine
	})
	close(release)
	for range 5 {
		response := <-responses
		expectAnswer(t, response, 200, expected[response.URL])
	}
	// Idle connections to one host are closed to make room for connections to another.
	for range 3 {
		expectAnswer(t, c.Do(get(other.url)), 200, "other")
		expectAnswer(t, c.Do(get(server.url)), 200, "hi")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count > 2 {
		t.Errorf("got %d connections", c.count)
	}
}

func waitFor(t *testing.T, isTrue func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !isTrue(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("waited too long")
		}
	}
}

// TestServerClosesIdleConnections uses servers that close the connection after each answer without announcing it, so
// that every reuse fails. All requests must succeed anyway.
func TestServerClosesIdleConnections(t *testing.T) {
	ways := map[string]func(*net.TCPConn){
		"close": func(connection *net.TCPConn) { _ = connection.Close() },
		"reset": reset,
		"half-close": func(connection *net.TCPConn) {
			_ = connection.CloseWrite()
			wait(connection)
		},
		"408": func(connection *net.TCPConn) {
			_, _ = io.WriteString(connection, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			_ = connection.CloseWrite()
			wait(connection)
		},
	}
	for name, end := range ways {
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE"} {
			t.Run(name+" "+method, func(t *testing.T) {
				var requests atomic.Int64
				server := newPeer(t, func(_ int, connection *net.TCPConn, reader *bufio.Reader) {
					if readRequest(reader) != nil {
						return
					}
					requests.Add(1)
					if method == "HEAD" {
						_, _ = io.WriteString(connection, "HTTP/1.1 204 No Content\r\n\r\n")
					} else {
						_, _ = io.WriteString(connection, okAnswer)
					}
					end(connection)
				})
				c := newClient(t, Options{})
				for range 5 {
					response := c.Do(&Request{Method: method, URL: server.url, Body: []byte("body")})
					if response.Err != nil || response.Status >= 300 {
						t.Fatalf("got %d, %v", response.Status, response.Err)
					}
					time.Sleep(10 * time.Millisecond) // wait until the close arrives
				}
				if requests.Load() != 5 {
					t.Errorf("the server got %d requests", requests.Load())
				}
			})
		}
	}
}

// TestServerClosesUnderLoad uses a net/http server that closes connections as soon as they are idle. No request may
// fail.
func TestServerClosesUnderLoad(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(echo), IdleTimeout: time.Millisecond}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	c := newClient(t, Options{})
	var all sync.WaitGroup
	failures := make(chan error, 10_000)
	for range 20 {
		all.Go(func() {
			for i := range 100 {
				if response := c.Do(get("http://" + listener.Addr().String())); response.Err != nil {
					failures <- response.Err
				}
				time.Sleep(time.Duration(i%3) * time.Millisecond)
			}
		})
	}
	all.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
}

// TestNothingIsSentTwice uses a server that answers only the first request, and closes the connection after each later
// one. Only requests with safe methods may be sent again, and only once.
func TestNothingIsSentTwice(t *testing.T) {
	for method, expected := range map[string]int64{"GET": 3, "POST": 2, "PUT": 2, "DELETE": 2, "PATCH": 2} {
		t.Run(method, func(t *testing.T) {
			var requests atomic.Int64
			server := newPeer(t, func(_ int, connection *net.TCPConn, reader *bufio.Reader) {
				for readRequest(reader) == nil {
					if requests.Add(1) > 1 {
						return
					}
					_, _ = io.WriteString(connection, okAnswer)
				}
			})
			c := newClient(t, Options{})
			expectAnswer(t, c.Do(&Request{Method: method, URL: server.url}), 200, "hi")
			expectKind(t, c.Do(&Request{Method: method, URL: server.url}), ErrCut, ErrReset)
			if requests.Load() != expected {
				t.Errorf("the server got %d requests, expected %d", requests.Load(), expected)
			}
		})
	}
}

// TestAnswerBeforeTheBody uses a server that rejects a long body without reading it.
func TestAnswerBeforeTheBody(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		if _, err := http.ReadRequest(requests); err != nil {
			return
		}
		_, _ = io.WriteString(connection, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
	})
	c := newClient(t, Options{})
	response := c.Do(&Request{Method: "POST", URL: server.url, Body: make([]byte, 32<<20)})
	if response.Err == nil {
		expectAnswer(t, response, 413, "no")
	} else {
		expectKind(t, response, ErrReset) // if the reset arrives before the answer
	}
}

// TestLongAnswerBeforeTheBody uses a server that reads a long body only after it has sent a long answer. The request
// must succeed, not hang.
func TestLongAnswerBeforeTheBody(t *testing.T) {
	long := strings.Repeat("x", 12<<20)
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		for range 2 {
			request, err := http.ReadRequest(requests)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(long), long)
			if n, err := io.Copy(io.Discard, request.Body); n != int64(len(long)) {
				t.Errorf("the server got %d bytes: %v", n, err)
			}
		}
	})
	c := newClient(t, Options{})
	for range 2 {
		expectAnswer(t, c.Do(&Request{Method: "POST", URL: server.url, Body: []byte(long)}), 200, long)
	}
	if server.connections() != 1 {
		t.Errorf("got %d connections, expected 1", server.connections())
	}
}

// TestEndlessAnswerBeforeTheBody uses a server that sends an endless answer and never reads the body. The request must
// fail, not hang.
func TestEndlessAnswerBeforeTheBody(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		_, err := http.ReadRequest(requests)
		if err == nil {
			_, err = io.WriteString(connection, "HTTP/1.1 200 OK\r\n\r\n")
		}
		for err == nil {
			_, err = io.WriteString(connection, strings.Repeat("x", 1<<20))
		}
	})
	c := newClient(t, Options{MaxBodyBytes: 4 << 20})
	expectKind(t, c.Do(&Request{Method: "POST", URL: server.url, Body: make([]byte, 32<<20)}), ErrBodyTooLarge)
}

func TestCloseEndsRequests(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		_ = readRequest(requests)
		wait(connection)
	})
	hanging := make(chan struct{}, 100)
	c := newClient(t, Options{PoolSize: 4, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasSuffix(address, ":1") {
			hanging <- struct{}{}
			<-ctx.Done()
			return nil, fmt.Errorf("dial: %w", ctx.Err())
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}})
	responses := make(chan *Response, 100)
	send := func(url string) { c.Go(get(url), func(response *Response) { responses <- response }) }
	send(server.url)
	send(server.url)
	send("http://127.0.0.1:1")
	send("https://127.0.0.1:1")
	<-hanging
	<-hanging
	waitFor(t, func() bool { return server.connections() == 2 })
	for range 20 { // some wait for a connection, some for a goroutine
		send(server.url)
	}
	start := time.Now()
	c.Close()
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("Close took %v", took)
	}
	send(server.url)
	for range 25 {
		expectKind(t, <-responses, ErrClosed)
	}
	expectKind(t, c.Do(get(server.url)), ErrClosed)
	c.Close()
}

// FuzzAnswer parses arbitrary data from a server. The client must not panic or exceed its limits. If both the client
// and net/http accept an answer, the results must be equal.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		okAnswer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n0\r\nA: b\r\n\r\n", "HTTP/1.0 200\n\nbody",
		"HTTP/1.1 100 Continue\r\n\r\n" + okAnswer, "HTTP/1.1 304 x\r\nContent-Length: 5\r\nConnection: close, a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\nLocation: /\r\n\r\n0\r\n\r\n",
	} {
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, sent []byte, isHead bool) {
		const limit = 1 << 10
		method := "GET"
		if isHead {
			method = "HEAD"
		}
		w := newWire(&conn{Conn: &sender{data: sent}}, time.Now().Add(time.Minute))
		defer w.free()
		got, err := w.readAnswer(&hop{method: method}, limit)
		if len(got.body) > limit {
			t.Fatalf("got %d bytes", len(got.body))
		}
		if err != nil {
			return
		}
		for name, value := range got.header.All() {
			if strings.ContainsAny(name+value, "\n") || !isToken(name) {
				t.Fatalf("got header %q: %q", name, value)
			}
		}
		reader := bufio.NewReader(strings.NewReader(string(sent)))
		expected, err := http.ReadResponse(reader, &http.Request{Method: method})
		for err == nil && expected.StatusCode < 200 {
			expected, err = http.ReadResponse(reader, &http.Request{Method: method})
		}
		if err != nil {
			return
		}
		body, err := io.ReadAll(expected.Body)
		if err != nil {
			return
		}
		if expected.StatusCode != got.status || string(body) != string(got.body) {
			t.Fatalf("got %d %q, net/http %d %q", got.status, got.body, expected.StatusCode, body)
		}
		if got.keepAlive && expected.Close {
			t.Fatal("the client keeps a connection that net/http closes")
		}
	})
}

// sender is a connection that delivers its data in small pieces, and then io.EOF.
type sender struct {
	net.Conn
	data []byte
}

func (s *sender) Read(into []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(into[:min(len(into), 7)], s.data)
	s.data = s.data[n:]
	return n, nil
}

// FuzzTarget parses arbitrary URLs. An accepted URL must be valid in a request line and a Host header.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"http://u:p@host:80/a?b#c", "HTTPS://[::1]:8443", "http://bücher/ä b", "http://host\\x", "http://a@b@c:1/%zz", "http://A..b./",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseTarget(text)
		if err != nil {
			return
		}
		if got.uri == "" || got.uri[0] != '/' || strings.ContainsFunc(got.uri, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Fatalf("%q: got %q", text, got.uri)
		}
		if !isFieldValue(got.authorization) || strings.ContainsFunc(got.authority, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Fatalf("%q: got %q, %q", text, got.authority, got.authorization)
		}
		if _, _, err := net.SplitHostPort(got.address()); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		again, err := parseTarget(got.scheme() + "://" + got.authority + got.uri)
		if err != nil || again.origin != got.origin || again.uri != got.uri {
			t.Fatalf("%q: got %+v, and again %+v, %v", text, got, again, err)
		}
	})
}
