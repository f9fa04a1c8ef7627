package client

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

// part reads the next part of a stream.
func part(c *Client, s *Stream, size int) (string, error) {
	type result struct {
		text string
		err  error
	}
	into, done := make([]byte, size), make(chan result, 1)
	c.Read(s, into, func(n int, err error) { done <- result{string(into[:n]), err} })
	got := <-done
	return got.text, got.err
}

// rest reads a stream to its end.
func rest(c *Client, s *Stream) (string, error) {
	var all strings.Builder
	for {
		text, err := part(c, s, 1<<10)
		all.WriteString(text)
		if errors.Is(err, io.EOF) {
			return all.String(), nil
		}
		if err != nil {
			return all.String(), err
		}
	}
}

// open requests a stream.
func open(t *testing.T, c *Client, request *Request) *Response {
	t.Helper()
	request.Stream = true
	if request.Method == "" {
		request.Method = "GET"
	}
	response := c.Do(request)
	if response.Err != nil || response.Stream == nil {
		t.Fatalf("%s: stream %v, error %v", request.URL, response.Stream, response.Err)
	}
	t.Cleanup(response.Stream.Close)
	return response
}

// endless sends a line for each value from the channel, in the given encoding.
func endless(lines <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		flush := func() { _ = http.NewResponseController(w).Flush() }
		var out io.Writer = w
		if encoding := r.URL.Query().Get("encoding"); encoding != "" {
			w.Header().Set("Content-Encoding", strings.TrimPrefix(encoding, "raw "))
			var encoder interface {
				io.WriteCloser
				Flush() error
			}
			switch encoding {
			case "gzip":
				encoder = gzip.NewWriter(w)
			case "deflate":
				encoder = zlib.NewWriter(w)
			case "raw deflate":
				encoder, _ = flate.NewWriter(w, 5)
			case "br":
				encoder = brotli.NewWriter(w)
			}
			defer encoder.Close()
			out, flush = encoder, func() {
				_ = encoder.Flush()
				_ = http.NewResponseController(w).Flush()
			}
		}
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case line, isOpen := <-lines:
				if !isOpen {
					return
				}
				_, _ = io.WriteString(out, line)
				flush()
			case <-r.Context().Done():
				return
			}
		}
	}
}

// Parts of a body can be read before the rest is sent, with both protocols and all encodings.
func TestStreamArrives(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		for _, encoding := range []string{"", "gzip", "deflate", "raw deflate", "br"} {
			t.Run(fmt.Sprintf("%v %s", isHTTP2, encoding), func(t *testing.T) {
				lines := make(chan string)
				server := httptest.NewUnstartedServer(endless(lines))
				server.EnableHTTP2 = isHTTP2
				server.StartTLS()
				t.Cleanup(server.Close)
				c := newClient(t, Options{})
				response := open(t, c, get(server.URL+"/?encoding="+strings.ReplaceAll(encoding, " ", "%20")))
				if isHTTP2 != (response.Proto == "HTTP/2.0") || response.HeadAt.IsZero() || !response.End.Equal(response.HeadAt) {
					t.Fatalf("got %s, header at %v, end at %v", response.Proto, response.HeadAt, response.End)
				}
				for i := range 3 {
					line := fmt.Sprintf("line %d\n", i)
					lines <- line
					if got, err := part(c, response.Stream, 100); got != line || err != nil {
						t.Fatalf("part %d: %q, %v", i, got, err)
					}
				}
				close(lines)
				if got, err := rest(c, response.Stream); got != "" || err != nil {
					t.Errorf("the rest: %q, %v", got, err)
				}
			})
		}
	}
}

// If a body was read to its end, the next request reuses the connection. Otherwise, the connection is closed.
func TestStreamConnections(t *testing.T) {
	for name, answer := range map[string]string{
		"length": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
		"chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n7;x\r\n3456789\r\n0\r\nA: b\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, answering(answer))
			c := newClient(t, Options{PoolSize: 1})
			for range 3 {
				if got, err := rest(c, open(t, c, get(p.url)).Stream); got != "0123456789" || err != nil {
					t.Fatalf("got %q, %v", got, err)
				}
			}
			if got := p.connections(); got != 1 {
				t.Errorf("bodies that were read opened %d connections", got)
			}
			for range 2 {
				s := open(t, c, get(p.url)).Stream
				if got, err := part(c, s, 2); got != "01" || err != nil {
					t.Fatalf("got %q, %v", got, err)
				}
				s.Close()
			}
			if got := p.connections(); got != 2 {
				t.Errorf("after bodies that were not read, there were %d connections, want 2", got)
			}
		})
	}
	p := newPeer(t, answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"))
	c := newClient(t, Options{PoolSize: 1})
	for range 2 {
		response := open(t, c, &Request{Method: "HEAD", URL: p.url})
		if response.ContentLength != 2 {
			t.Errorf("the length is %d", response.ContentLength)
		}
	}
	if got := p.connections(); got != 1 {
		t.Errorf("empty bodies opened %d connections", got)
	}
	// A body without a length ends when the server closes the connection.
	p = newPeer(t, answeringOnce("HTTP/1.1 200 OK\r\n\r\nto the end"))
	c = newClient(t, Options{})
	if got, err := rest(c, open(t, c, get(p.url)).Stream); got != "to the end" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// If an error occurs in the middle of a body, the stream ends with an error of the expected kind.
func TestStreamErrors(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		end    func(*net.TCPConn)
		kinds  []Kind
	}{
		"cut":            {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", nil, []Kind{ErrCut}},
		"cut chunk":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", nil, []Kind{ErrCut}},
		"no last chunk":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", nil, []Kind{ErrCut}},
		"no chunk":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n", nil, []Kind{ErrAnswer}},
		"reset":          {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", reset, []Kind{ErrReset}},
		"silent":         {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", wait, []Kind{ErrTimeout}},
		"no gzip":        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\nabcdefghijabcdefghij", nil, []Kind{ErrEncoding}},
		"cut gzip":       {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b", nil, []Kind{ErrCut}},
		"incomplete":     {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", nil, []Kind{ErrEncoding}},
		"many encodings": {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip\r\nContent-Length: 3\r\n\r\nabc", nil, []Kind{ErrEncoding}},
	} {
		t.Run(name, func(t *testing.T) {
			read := make(chan struct{})
			p := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
				if readRequest(requests) != nil {
					return
				}
				_, _ = io.WriteString(connection, test.answer)
				if test.end != nil {
					<-read
					test.end(connection)
				}
			})
			c := newClient(t, Options{PoolSize: 1})
			s := open(t, c, &Request{URL: p.url, Timeout: time.Second}).Stream
			if test.end != nil {
				if got, err := part(c, s, 100); got != "abc" || err != nil {
					t.Fatalf("got %q, %v", got, err)
				}
			}
			close(read)
			_, err := rest(c, s)
			expectKind(t, &Response{Err: err}, test.kinds...)
			// The stream no longer occupies a slot in the pool.
			open(t, c, get(p.url)).Stream.Close()
		})
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "abc")
		_ = http.NewResponseController(w).Flush()
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		<-r.Context().Done()
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := newClient(t, Options{})
	for path, kind := range map[string]Kind{"/abort": ErrStream, "/silent": ErrTimeout} {
		got, err := rest(c, open(t, c, &Request{URL: server.URL + path, Timeout: time.Second}).Stream)
		if got != "abc" {
			t.Errorf("%s: got %q", path, got)
		}
		expectKind(t, &Response{Err: err}, kind, ErrCut)
	}
}

// The timeout limits each read separately, not the whole body. The time between two reads does not count.
func TestStreamTimeout(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		lines := make(chan string)
		server := httptest.NewUnstartedServer(endless(lines))
		server.EnableHTTP2 = isHTTP2
		server.StartTLS()
		t.Cleanup(server.Close)
		c := newClient(t, Options{})
		s := open(t, c, &Request{URL: server.URL, Timeout: time.Second}).Stream
		for range 3 {
			time.Sleep(600 * time.Millisecond)
			lines <- "x"
			if got, err := part(c, s, 10); got != "x" || err != nil {
				t.Fatalf("got %q, %v", got, err)
			}
		}
		_, err := part(c, s, 10)
		expectKind(t, &Response{Err: err}, ErrTimeout)
	}
}

// Close ends a waiting read. A waiting read does not occupy a goroutine that other requests need.
func TestStreamClose(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(endless(nil))
		server.EnableHTTP2 = isHTTP2
		server.StartTLS()
		t.Cleanup(server.Close)
		c := newClient(t, Options{PoolSize: 20})
		c.goroutines.limit = 1
		var streams []*Stream
		errs := make(chan error)
		for range 10 {
			s := open(t, c, get(server.URL)).Stream
			streams = append(streams, s)
			c.Read(s, make([]byte, 10), func(_ int, err error) { errs <- err })
		}
		done := make(chan *Response)
		c.Go(&Request{Method: "HEAD", URL: server.URL, Timeout: 10 * time.Second}, func(response *Response) { done <- response })
		streams[0].Close()
		expectKind(t, &Response{Err: <-errs}, ErrClosed)
		for _, s := range streams[1:] {
			s.Close()
			s.Close()
			expectKind(t, &Response{Err: <-errs}, ErrClosed)
		}
		<-done
		if _, err := part(c, streams[0], 10); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// Closing the client ends waiting reads.
func TestStreamOfClosedClient(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(endless(nil))
		server.EnableHTTP2 = isHTTP2
		server.StartTLS()
		t.Cleanup(server.Close)
		c := newClient(t, Options{})
		session := c.NewSession(nil)
		errs := make(chan error, 2)
		for _, request := range []*Request{{URL: server.URL}, {URL: server.URL, Session: session}} {
			c.Read(open(t, c, request).Stream, make([]byte, 10), func(_ int, err error) { errs <- err })
		}
		session.Close()
		expectKind(t, &Response{Err: <-errs}, ErrClosed)
		c.Close()
		expectKind(t, &Response{Err: <-errs}, ErrClosed)
	}
}

// Redirects are followed before the stream begins.
func TestStreamRedirects(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			w.Header().Set("Location", "/to")
			w.WriteHeader(http.StatusFound)
		}
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	for _, isHTTP2 := range []bool{false, true} {
		if isHTTP2 {
			server = httptest.NewUnstartedServer(server.Config.Handler)
			server.EnableHTTP2 = true
			server.StartTLS()
		} else {
			server.Start()
		}
		t.Cleanup(server.Close)
		c := newClient(t, Options{PoolSize: 1})
		response := open(t, c, &Request{URL: server.URL + "/from", AllowRedirects: true})
		if got, err := rest(c, response.Stream); got != "/to" || err != nil || len(response.History) != 1 {
			t.Errorf("got %q, %v, history %v", got, err, response.History)
		}
		response = open(t, c, get(server.URL+"/from"))
		if got, err := rest(c, response.Stream); got != "/from" || err != nil || response.Status != http.StatusFound {
			t.Errorf("got %d %q, %v", response.Status, got, err)
		}
	}
}

// A request for a stream is sent again if the server has closed the idle connection.
func TestStreamAfterStaleConnection(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	p := newPeer(t, func(number int, connection *net.TCPConn, requests *bufio.Reader) {
		for readRequest(requests) == nil {
			_, _ = io.WriteString(connection, answer)
			if number == 1 {
				// This is not an answer to the next request.
				_, _ = io.WriteString(connection, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
				return
			}
		}
	})
	c := newClient(t, Options{PoolSize: 1})
	for range 3 {
		if got, err := rest(c, open(t, c, get(p.url)).Stream); got != "ok" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
}

// A long body needs little memory.
func TestStreamMemory(t *testing.T) {
	const size = 64 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 1<<20)
		for range size / len(block) {
			_, _ = w.Write(block)
		}
	}))
	t.Cleanup(server.Close)
	c := newClient(t, Options{MaxBodyBytes: 1 << 10})
	s := open(t, c, get(server.URL)).Stream
	into, total := make([]byte, 64<<10), 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for {
		n, err := s.read(into)
		total += n
		if err != nil {
			break
		}
	}
	runtime.ReadMemStats(&after)
	if total != size {
		t.Errorf("read %d bytes", total)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size/4 {
		t.Errorf("allocated %d bytes", allocated)
	}
}
