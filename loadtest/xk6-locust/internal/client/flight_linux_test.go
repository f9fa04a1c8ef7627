package client

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/loop"
)

// starting is a Starter on a loop that the test drives.
type starting struct {
	*Starter
	*Session

	loop *loop.Loop
}

func newStarter(t *testing.T, options Options) *starting {
	t.Helper()
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	c := newClient(t, options)
	return &starting{c.NewStarter(l), c.NewSession(nil), l}
}

// do sends a request and drives the loop until the answer arrives. It reports whether the loop's goroutine handled the
// answer.
func (s *starting) do(t *testing.T, request *Request) (response *Response, isOnLoop bool) {
	t.Helper()
	request.Session = s.Session
	type result struct {
		*Response

		isOnLoop bool
	}
	results := make(chan result, 1)
	s.Go(request, func(response *Response, isOnLoop bool) { results <- result{response, isOnLoop} })
	s.drive(t, func() bool { return len(results) > 0 })
	got := <-results
	return got.Response, got.isOnLoop
}

// drive drives the loop until isDone returns true.
func (s *starting) drive(t *testing.T, isDone func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !isDone(); {
		if time.Now().After(until) {
			t.Fatal("it was not done within 20 s")
		}
		var due []func() error
		s.loop.Wait(time.Millisecond, &due)
		for _, do := range due {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

const plain = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// The first request opens a connection. The next ones reuse it on the loop.
func TestStarterReusesTheConnection(t *testing.T) {
	server := newPeer(t, answering(plain))
	s := newStarter(t, Options{})
	for i := range 5 {
		for _, method := range []string{"GET", "POST"} {
			response, isOnLoop := s.do(t, &Request{Method: method, URL: server.url, Body: []byte("body")})
			expectAnswer(t, response, 200, "ok")
			if want := i > 0 || method == "POST"; isOnLoop != want {
				t.Errorf("%s %d: isOnLoop is %v", method, i, isOnLoop)
			}
			if response.Duration <= 0 || response.End.IsZero() || time.Since(response.End) < 0 {
				t.Errorf("%s %d: duration %v, end %v: want a positive duration and an end in the past", method, i, response.Duration, response.End)
			}
		}
	}
	// Requests with their own timeout run on a goroutine, over the same connection.
	response, isOnLoop := s.do(t, &Request{Method: "GET", URL: server.url, Timeout: time.Second})
	expectAnswer(t, response, 200, "ok")
	if isOnLoop {
		t.Error("a request with a timeout ran on the loop")
	}
	response, isOnLoop = s.do(t, get(server.url))
	expectAnswer(t, response, 200, "ok")
	if !isOnLoop || server.connections() != 1 {
		t.Errorf("the last request: isOnLoop is %v; %d connections, want 1", isOnLoop, server.connections())
	}
}

// The response time ends when the bytes arrive, even if the loop reads them later. The kernel starts to record arrivals
// some time after a socket asks for it.
func TestStarterTimesArrivals(t *testing.T) {
	answered := make(chan struct{}, 1)
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		for readRequest(requests) == nil {
			_, _ = io.WriteString(connection, plain)
			answered <- struct{}{}
		}
	})
	s := newStarter(t, Options{})
	s.do(t, get(server.url))
	<-answered
	const delay = 100 * time.Millisecond
	late := delay
	for until := time.Now().Add(20 * time.Second); late >= delay && time.Now().Before(until); {
		request := get(server.url)
		request.Session = s.Session
		var got *Response
		s.Go(request, func(response *Response, _ bool) { got = response })
		<-answered
		arrived := time.Now()
		time.Sleep(delay)
		for got == nil {
			s.loop.Wait(time.Millisecond, new([]func() error))
		}
		late = got.End.Sub(arrived)
	}
	if late >= delay {
		t.Errorf("the response ended %v after it had arrived", late)
	}
}

// Answers that arrive in several parts are read completely, with any framing.
func TestStarterReadsAllAnswers(t *testing.T) {
	long := strings.Repeat("x", 300_000)
	answers := map[string][]string{
		"/parts":   {"HTTP/1.1 200 OK\r\nContent-", "Length: 6\r\n\r\n", "ab", "cdef"},
		"/slow":    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "a", "b", "c", "d", "e", "f", "g", "h", "i"},
		"/chunked": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n", "0\r\n\r\n"},
		"/long":    {"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", long},
		"/open":    {"HTTP/1.1 200 OK\r\n\r\n", "until the end"},
		"/wait":    {"HTTP/1.1 100 Continue\r\n\r\n", plain},
		"/moved":   {"HTTP/1.1 302 Found\r\nLocation: /parts\r\nContent-Length: 0\r\n\r\n"},
	}
	bodies := map[string]string{
		"/parts": "abcdef", "/slow": "abcdefghi", "/chunked": "abc", "/long": long, "/open": "until the end", "/wait": "ok", "/moved": "abcdef",
	}
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		_ = connection.SetNoDelay(true)
		for {
			request, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			for _, part := range answers[request.URL.Path] {
				_, _ = io.WriteString(connection, part)
				time.Sleep(2 * time.Millisecond)
			}
			if request.URL.Path == "/open" {
				return
			}
		}
	})
	s := newStarter(t, Options{})
	for path, body := range bodies {
		for range 2 {
			request := get(server.url + path)
			request.AllowRedirects = true
			response, _ := s.do(t, request)
			expectAnswer(t, response, 200, body)
		}
	}
}

// After a second, a goroutine waits for the answer, so that a request times out as usual.
func TestStarterTimesOut(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		_ = readRequest(requests)
		_, _ = io.WriteString(connection, plain)
		wait(connection)
	})
	s := newStarter(t, Options{NetworkTimeout: 2 * flightTimeout})
	s.do(t, get(server.url))
	response, isOnLoop := s.do(t, get(server.url))
	expectKind(t, response, ErrTimeout)
	if isOnLoop || response.Duration < 2*flightTimeout {
		t.Errorf("the request timed out after %v, on the loop: %v", response.Duration, isOnLoop)
	}
}

// If the server closes an idle connection, safe requests are sent again over a new one. Other requests never run twice.
func TestStarterWithClosedConnections(t *testing.T) {
	closed := make(chan struct{}, 10)
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		_ = readRequest(requests)
		_, _ = io.WriteString(connection, plain)
		_ = connection.Close()
		closed <- struct{}{}
	})
	s := newStarter(t, Options{})
	for _, method := range []string{"GET", "POST", "GET", "POST"} {
		response, _ := s.do(t, &Request{Method: method, URL: server.url})
		expectAnswer(t, response, 200, "ok")
		<-closed
	}
	if got := server.connections(); got != 4 {
		t.Errorf("4 requests opened %d connections", got)
	}
}

// If the server closes the connection in the middle of an answer, the request fails and is not sent again.
func TestStarterWithCutAnswers(t *testing.T) {
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		if readRequest(requests) == nil {
			_, _ = io.WriteString(connection, plain)
			_ = readRequest(requests)
			_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
		}
	})
	s := newStarter(t, Options{})
	s.do(t, get(server.url))
	response, _ := s.do(t, get(server.url))
	expectKind(t, response, ErrCut)
}

// The end of a connection ends the request immediately, even if it arrives together with the last bytes.
func TestStarterWithAnswersUntilTheEnd(t *testing.T) {
	const cut = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"
	for name, test := range map[string]struct {
		answer string
		end    func(*net.TCPConn)
		body   string
		err    Kind
	}{
		"body until the end": {"HTTP/1.1 200 OK\r\n\r\nbody", closing, "body", ""},
		"cut body":           {cut, closing, "ab", ErrCut},
		"cut header":         {"HTTP/1.1 200 OK\r\nContent-", closing, "", ErrCut},
		"cut chunk":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", closing, "abc", ErrCut},
		"reset":              {cut, reset, "ab", ErrReset},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{})
			server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
				_ = readRequest(requests)
				_, _ = io.WriteString(connection, plain)
				_ = readRequest(requests)
				_, _ = io.WriteString(connection, test.answer)
				test.end(connection)
				close(ended)
			})
			s := newStarter(t, Options{})
			s.do(t, get(server.url))
			request := get(server.url)
			request.Session = s.Session
			var got *Response
			s.Go(request, func(response *Response, _ bool) { got = response })
			// The loop sees the last bytes and the end of the connection in one event.
			<-ended
			s.drive(t, func() bool { return got != nil })
			if test.err != "" {
				expectKind(t, got, test.err)
			} else {
				expectAnswer(t, got, 200, test.body)
			}
			if string(got.Body) != test.body || got.Duration >= flightTimeout {
				t.Errorf("got %q after %v", got.Body, got.Duration)
			}
		})
	}
}

// When a session is closed, by any goroutine, the loop soon ends the session's requests.
func TestStarterEndsRequestsOfClosedSessions(t *testing.T) {
	for name, closeSession := range map[string]func(*starting){
		"this goroutine":    func(s *starting) { s.Close() },
		"another goroutine": func(s *starting) { go s.Close() },
		"the client":        func(s *starting) { go s.Starter.client.sessions.close() },
	} {
		t.Run(name, func(t *testing.T) {
			server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
				_ = readRequest(requests)
				_, _ = io.WriteString(connection, plain)
				wait(connection)
			})
			s := newStarter(t, Options{})
			s.do(t, get(server.url))
			request := get(server.url)
			request.Session = s.Session
			results := make(chan *Response, 1)
			s.Go(request, func(response *Response, _ bool) { results <- response })
			closeSession(s)
			s.drive(t, func() bool { return len(results) > 0 })
			got := <-results
			expectKind(t, got, ErrClosed)
			if got.Duration >= flightTimeout {
				t.Errorf("the request took %v", got.Duration)
			}
		})
	}
}

// If the server half-closes a connection, with an answer or later, the next request does not use the connection.
func TestStarterWithHalfClosedConnections(t *testing.T) {
	for name, isTogether := range map[string]bool{"with the answer": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			closes, closed := make(chan struct{}), make(chan struct{})
			server := newPeer(t, func(number int, connection *net.TCPConn, requests *bufio.Reader) {
				if number > 1 {
					answering(plain)(number, connection, requests)
					return
				}
				_ = readRequest(requests)
				_, _ = io.WriteString(connection, plain)
				_ = readRequest(requests)
				_, _ = io.WriteString(connection, plain)
				<-closes
				_ = connection.CloseWrite()
				close(closed)
				wait(connection)
			})
			s := newStarter(t, Options{})
			s.do(t, get(server.url))
			if isTogether {
				close(closes)
				request := get(server.url)
				request.Session = s.Session
				var got *Response
				s.Go(request, func(response *Response, _ bool) { got = response })
				<-closed
				s.drive(t, func() bool { return got != nil })
				expectAnswer(t, got, 200, "ok")
			} else {
				s.do(t, get(server.url))
				close(closes)
				s.drive(t, func() bool {
					idle := s.takeIdle(s.serverOf(origin{authority: strings.TrimPrefix(server.url, "http://")}))
					s.release(idle.server, idle, true)
					return idle.Conn.(*socket).isStale
				})
			}
			response, _ := s.do(t, get(server.url))
			expectAnswer(t, response, 200, "ok")
			if response.Duration >= flightTimeout || server.connections() != 2 {
				t.Errorf("the request took %v, over %d connections", response.Duration, server.connections())
			}
		})
	}
}

func closing(connection *net.TCPConn) { _ = connection.Close() }

// Closing the session or the client closes the connections that belong to the loop. newClient checks this.
func TestStarterCloses(t *testing.T) {
	server := newPeer(t, answering(plain))
	s := newStarter(t, Options{})
	s.do(t, get(server.url))
	if _, isOnLoop := s.do(t, get(server.url)); !isOnLoop {
		t.Error("the second request did not run on the loop")
	}
	s.Close()
	response, _ := s.do(t, get(server.url))
	expectKind(t, response, ErrClosed)
}
