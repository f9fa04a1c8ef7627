package client

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/andybalholm/brotli"
)

// newServer starts a net/http server that is closed after the client. It returns the URL.
func newServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// echo answers with a description of the request.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s host=%s agent=%s accept=%s length=%d authorization=%s cookie=%s x=%v body=%s", r.Method, r.RequestURI, r.Host,
		r.UserAgent(), r.Header.Get("Accept-Encoding"), r.ContentLength, r.Header.Get("Authorization"), r.Header.Get("Cookie"),
		r.Header["X"], body)
}

func TestRequestReachesTheServer(t *testing.T) {
	url := newServer(t, echo)
	c := newClient(t, Options{})
	host := strings.TrimPrefix(url, "http://")
	tests := []struct {
		name     string
		request  Request
		expected string
	}{
		{"GET", Request{Method: "GET", URL: url + "/a?b=c#d"},
			"GET /a?b=c host=" + host + " agent=xk6-locust accept=gzip, deflate, br length=0 authorization= cookie= x=[] body="},
		{"no path", Request{Method: "GET", URL: url + "?b"},
			"GET /?b host=" + host + " agent=xk6-locust accept=gzip, deflate, br length=0 authorization= cookie= x=[] body="},
		{"characters that must be encoded", Request{Method: "GET", URL: url + "/ä b?q=한 \"%41"},
			"GET /%C3%A4%20b?q=%ED%95%9C%20%22%41 host=" + host +
				" agent=xk6-locust accept=gzip, deflate, br length=0 authorization= cookie= x=[] body="},
		{"POST", Request{Method: "POST", URL: url, Body: []byte("hello")},
			"POST / host=" + host + " agent=xk6-locust accept=gzip, deflate, br length=5 authorization= cookie= x=[] body=hello"},
		{"POST of nothing", Request{Method: "POST", URL: url},
			"POST / host=" + host + " agent=xk6-locust accept=gzip, deflate, br length=0 authorization= cookie= x=[] body="},
		{"user in the URL", Request{Method: "GET", URL: "http://us%40er:p:w@" + host},
			"GET / host=" + host + " agent=xk6-locust accept=gzip, deflate, br length=0 authorization=Basic dXNAZXI6cDp3 cookie= x=[] body="},
		{"headers of the caller take precedence", Request{Method: "PATCH", URL: "http://u:p@" + host, Body: []byte("hello"), Header: [][2]string{
			{"HOST", "other"}, {"user-agent", "me"}, {"accept-encoding", "identity"}, {"Content-Length", "1"},
			{"Transfer-Encoding", "chunked"}, {"authorization", "mine"}, {"cookie", "a=b"}, {"X", "1"}, {"x", "2"},
		}}, "PATCH / host=other agent=me accept=identity length=5 authorization=mine cookie=a=b x=[1 2] body=hello"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { expectAnswer(t, c.Do(&test.request), 200, test.expected) })
	}
}

func TestRejectedRequests(t *testing.T) {
	c := newClient(t, Options{})
	url := "http://127.0.0.1:1/"
	header := func(name, value string) Request {
		return Request{Method: "GET", URL: url, Header: [][2]string{{name, value}}}
	}
	tests := []struct {
		request Request
		kind    Kind
	}{
		{Request{Method: "", URL: url}, ErrMethod},
		{Request{Method: "GET /evil HTTP/1.1\r\nX:", URL: url}, ErrMethod},
		{Request{Method: "CONNECT", URL: url}, ErrMethod},
		{header("X", "a\r\nY: b"), ErrHeader},
		{header("X", "a\nY: b"), ErrHeader},
		{header("X", "\x00"), ErrHeader},
		{header("X: a\r\nY", "b"), ErrHeader},
		{header("X Y", "b"), ErrHeader},
		{header("", "b"), ErrHeader},
		{*get("/path"), ErrURL},
		{*get(""), ErrURL},
		{*get("ftp://host/"), ErrURL},
		{*get("http://"), ErrURL},
		{*get("http://:80/"), ErrURL},
		{*get("http://host:0/"), ErrURL},
		{*get("http://host:65536/"), ErrURL},
		{*get("http://host:8a/"), ErrURL},
		{*get("http://ho st/"), ErrURL},
		{*get("http://host\r\nX: y/"), ErrURL},
		{*get("http://host%0d/"), ErrURL},
		{*get("http://[::1/"), ErrURL},
		{*get("http://[fe80::1%25eth0]/"), ErrURL},
		{*get("http://host/ HTTP/1.1\r\nX: y"), ErrURL},
		{*get("http://u%zz@host/"), ErrURL},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%q %q %q", test.request.Method, test.request.URL, test.request.Header), func(t *testing.T) {
			expectKind(t, c.Do(&test.request), test.kind)
		})
	}
}

func TestTargets(t *testing.T) {
	tests := []struct{ url, authority, address, hostname, uri string }{
		{"http://Host.EXAMPLE", "host.example", "host.example:80", "host.example", "/"},
		{"HTTPS://host:443/a", "host", "host:443", "host", "/a"},
		{"http://host:443", "host:443", "host:443", "host", "/"},
		{"http://host:/a", "host", "host:80", "host", "/a"},
		{"https://[::1]:8443?q=http://x@y", "[::1]:8443", "[::1]:8443", "::1", "/?q=http://x@y"},
		{"http://[2001:DB8::1]/", "[2001:db8::1]", "[2001:db8::1]:80", "2001:db8::1", "/"},
		{"http://bücher.example/", "xn--bcher-kva.example", "xn--bcher-kva.example:80", "xn--bcher-kva.example", "/"},
		{"http://a_b/%zz%20", "a_b", "a_b:80", "a_b", "/%zz%20"},
		{"http://My_Service:8080/A", "my_service:8080", "my_service:8080", "my_service", "/A"},
	}
	for _, test := range tests {
		got, err := parseTarget(test.url)
		if err != nil || got.authority != test.authority || got.address() != test.address || got.hostname() != test.hostname ||
			got.uri != test.uri {
			t.Errorf("%s: got %+v %s %s, %v", test.url, got, got.address(), got.hostname(), err)
		}
	}
}

func TestAnswers(t *testing.T) {
	long := strings.Repeat("long ", 40_000)
	tests := []struct {
		name, method, answer string
		status               int
		body                 string
		// reused is true if the connection can be used for another request.
		reused bool
	}{
		{"length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true},
		{"long", "GET", fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(long), long), 200, long, true},
		{"no reason", "GET", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true},
		{"line ends without CR", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 200, "hi", true},
		{"folded header", "GET", "HTTP/1.1 200 OK\r\nX: a\r\n\t Connection: close\r\n b\nContent-Length:\r\n 2\r\n\r\nhi", 200, "hi", true},
		{"same length twice", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length:2\r\n\r\nhi", 200, "hi", true},
		{"chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n00A \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
			200, "hi0123456789", true},
		{"chunks and a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
			200, "hi", false},
		{"interim answers", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
			200, "hi", true},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", 200, "", true},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2000\r\n\r\n", 304, "", true},
		{"499", "GET", "HTTP/1.1 499 \r\nContent-Length: 2\r\n\r\nno", 499, "no", true},
		{"503", "GET", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno", 503, "no", true},
		{"999", "GET", "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", 999, "", true},
		{"the server wants to close", "GET", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false},
		{"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false},
		{"HTTP/1.0 with keep-alive", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true},
		{"data after the answer", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there", 200, "hi", false},
		{"a second answer", "GET", strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 2), 200, "hi", false},
		{"a body for HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "", false},
		{"unknown encoding", "GET", "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newPeer(t, answering(test.answer))
			c := newClient(t, Options{})
			for range 2 {
				response := c.Do(&Request{Method: test.method, URL: server.url})
				expectAnswer(t, response, test.status, test.body)
				if response.ContentLength != int64(len(test.body)) || response.Duration <= 0 {
					t.Errorf("got length %d, duration %v", response.ContentLength, response.Duration)
				}
			}
			if reused := server.connections() == 1; reused != test.reused {
				t.Errorf("got %d connections for two requests", server.connections())
			}
		})
	}
}

func TestBodyUntilTheEnd(t *testing.T) {
	body := strings.Repeat("until the end ", 10_000)
	server := newPeer(t, answeringOnce("HTTP/1.1 200 OK\r\n\r\n"+body))
	c := newClient(t, Options{})
	expectAnswer(t, c.Do(get(server.url)), 200, body)
}

func TestHeader(t *testing.T) {
	server := newPeer(t, answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-One:  a b \r\nset-cookie: a\r\nSet-Cookie: b\r\nEmpty:\r\n\r\n"))
	c := newClient(t, Options{})
	response := c.Do(get(server.url))
	expectAnswer(t, response, 200, "")
	if got := response.Header.Get("x-one"); got != "a b" {
		t.Errorf("got %q", got)
	}
	if got := response.Header.Get("X-On"); got != "" {
		t.Errorf("got %q for a missing header", got)
	}
	if got := response.Header.Values("SET-COOKIE"); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
	var all []string
	for name, value := range response.Header.All() {
		all = append(all, name+"="+value)
	}
	if expected := []string{"Content-Length=0", "X-One=a b", "set-cookie=a", "Set-Cookie=b", "Empty="}; !reflect.DeepEqual(all, expected) {
		t.Errorf("got %q", all)
	}
	if response.Proto != "HTTP/1.1" {
		t.Errorf("got %s", response.Proto)
	}
}

func compress(t *testing.T, encoding, text string) string {
	t.Helper()
	var compressed bytes.Buffer
	var writer io.WriteCloser
	switch encoding {
	case "gzip":
		writer = gzip.NewWriter(&compressed)
	case "br":
		writer = brotli.NewWriter(&compressed)
	case "zlib":
		writer = zlib.NewWriter(&compressed)
	case "flate":
		writer, _ = flate.NewWriter(&compressed, flate.BestCompression)
	}
	if _, err := io.WriteString(writer, text); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return compressed.String()
}

func encoded(encoding, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", encoding, len(body), body)
}

func TestDecompression(t *testing.T) {
	text := strings.Repeat("compressed ", 1000)
	tests := []struct{ name, encoding, body string }{
		{"gzip", "gzip", compress(t, "gzip", text)},
		{"x-gzip", "X-GZIP", compress(t, "gzip", text)},
		{"br", "br", compress(t, "br", text)},
		{"deflate with zlib", "deflate", compress(t, "zlib", text)},
		{"bare deflate", "deflate", compress(t, "flate", text)},
		{"two", "gzip, br", compress(t, "br", compress(t, "gzip", text))},
		{"identity", "identity", text},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newPeer(t, answering(encoded(test.encoding, test.body)))
			c := newClient(t, Options{})
			for range 3 { // decompressors are reused
				response := c.Do(get(server.url))
				expectAnswer(t, response, 200, text)
				if response.ContentLength != int64(len(text)) {
					t.Errorf("got length %d", response.ContentLength)
				}
			}
		})
	}
	for _, encoding := range []string{"gzip", "br", "deflate", "gzip,gzip,gzip"} {
		t.Run("broken "+encoding, func(t *testing.T) {
			server := newPeer(t, answering(encoded(encoding, "\xff\xffnot compressed")))
			c := newClient(t, Options{})
			response := c.Do(get(server.url))
			expectKind(t, response, ErrEncoding)
			if response.Status != 200 {
				t.Errorf("got status %d", response.Status)
			}
		})
		t.Run("no body "+encoding, func(t *testing.T) {
			server := newPeer(t, answering(encoded(encoding, "")))
			c := newClient(t, Options{})
			expectAnswer(t, c.Do(get(server.url)), 200, "")
		})
	}
}

// TestDecompressionAfterABomb checks that the next body is decompressed correctly after a decompressor has stopped
// early.
func TestDecompressionAfterABomb(t *testing.T) {
	for header, encoding := range map[string]string{"gzip": "gzip", "br": "br", "deflate": "flate"} {
		bomb := compress(t, encoding, strings.Repeat("\x00", 10<<20))
		good := compress(t, encoding, "good")
		for range 20 {
			if _, err := decode([]byte(bomb), header, 1<<20); !errors.Is(err, ErrBodyTooLarge) {
				t.Fatalf("%s: got %v for a bomb", header, err)
			}
			if body, err := decode([]byte(good), header, 1<<20); err != nil || string(body) != "good" {
				t.Fatalf("%s: got %q, %v after a bomb", header, body, err)
			}
		}
	}
}

func TestDecompressionStopsAtTheLimit(t *testing.T) {
	const limit = 1 << 20
	tooFar := io.MultiReader(strings.NewReader(strings.Repeat("x", limit+1)), iotest.ErrReader(errors.New("read on")))
	if _, err := readDecoded(tooFar, 100, limit); !errors.Is(err, ErrBodyTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestRedirects(t *testing.T) {
	other := newServer(t, echo)
	var seen atomic.Value
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		status := map[string]int{"301": 301, "302": 302, "303": 303, "307": 307, "308": 308}[r.URL.Query().Get("status")]
		switch r.URL.Path {
		case "/to":
			seen.Store(r.Header.Get("Authorization"))
			w.Header()["Location"] = []string{r.URL.Query().Get("location")}
			w.WriteHeader(status)
			fmt.Fprint(w, "moved")
		case "/none":
			w.WriteHeader(http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			echo(w, r)
		}
	})
	host, otherHost := strings.TrimPrefix(url, "http://"), strings.TrimPrefix(other, "http://")
	secrets := [][2]string{{"Authorization", "secret"}, {"Cookie", "a=b"}, {"Content-Type", "x"}}
	c := newClient(t, Options{})
	line := func(method, uri, host string, length int, authorization, body string) string {
		return fmt.Sprintf("%s %s host=%s agent=xk6-locust accept=gzip, deflate, br length=%d authorization=%s cookie= x=[] body=%s",
			method, uri, host, length, authorization, body)
	}
	tests := []struct {
		name, method, path, url, body string
	}{
		{"301", "POST", "/to?status=301&location=/a", url + "/a", line("GET", "/a", host, 0, "secret", "")},
		{"302", "PUT", "/to?status=302&location=/a", url + "/a", line("GET", "/a", host, 0, "secret", "")},
		{"303", "POST", "/to?status=303&location=b?c=d%23e", url + "/b?c=d", line("GET", "/b?c=d", host, 0, "secret", "")},
		{"307", "POST", "/to?status=307&location=/a", url + "/a", line("POST", "/a", host, 4, "secret", "body")},
		{"308", "PUT", "/to?status=308&location=/a", url + "/a", line("PUT", "/a", host, 4, "secret", "body")},
		{"letters", "GET", "/to?status=302&location=/%EA%B0%80%20b", url + "/%EA%B0%80%20b", line("GET", "/%EA%B0%80%20b", host, 0, "secret", "")},
		{"a percent sign", "GET", "/to?status=302&location=/100%25", url + "/100%25", line("GET", "/100%25", host, 0, "secret", "")},
		{"another host", "POST", "/to?status=307&location=" + other + "/a", other + "/a", line("POST", "/a", otherHost, 4, "", "body")},
		{"another host without a scheme", "GET", "/to?status=302&location=//" + otherHost, "http://" + otherHost, line("GET", "/", otherHost, 0, "", "")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request := Request{Method: test.method, URL: url + test.path, Header: secrets, AllowRedirects: true}
			if test.method != "GET" {
				request.Body = []byte("body")
			}
			response := c.Do(&request)
			expectAnswer(t, response, 200, test.body)
			if response.URL != test.url || len(response.History) != 1 {
				t.Errorf("got %s after %d redirects", response.URL, len(response.History))
			}
		})
	}
	t.Run("HEAD stays HEAD", func(t *testing.T) {
		response := c.Do(&Request{Method: "HEAD", URL: url + "/to?status=303&location=/a", AllowRedirects: true})
		expectAnswer(t, response, 200, "")
	})
	t.Run("user in the URL", func(t *testing.T) {
		response := c.Do(&Request{Method: "GET", URL: "http://u:p@" + host + "/to?status=302&location=/a", AllowRedirects: true})
		expectAnswer(t, response, 200, line("GET", "/a", host, 0, "Basic dTpw", ""))
		response = c.Do(&Request{Method: "GET", URL: "http://u:p@" + host + "/to?status=302&location=" + other, AllowRedirects: true})
		expectAnswer(t, response, 200, line("GET", "/", otherHost, 0, "", ""))
		if seen.Load() != "Basic dTpw" {
			t.Errorf("the first host got %q", seen.Load())
		}
	})
	t.Run("not followed", func(t *testing.T) {
		response := c.Do(get(url + "/to?status=302&location=/a"))
		expectAnswer(t, response, 302, "moved")
	})
	t.Run("no location", func(t *testing.T) {
		expectAnswer(t, c.Do(&Request{Method: "GET", URL: url + "/none", AllowRedirects: true}), 302, "")
	})
	t.Run("loop", func(t *testing.T) {
		response := c.Do(&Request{Method: "GET", URL: url + "/loop", AllowRedirects: true})
		expectKind(t, response, ErrRedirects)
		if len(response.History) != 30 || response.Status != 0 {
			t.Errorf("got status %d after %d redirects", response.Status, len(response.History))
		}
	})
	for _, location := range []string{"ftp://host/", "javascript:alert(1)", "http://host:99999/", "http://%0d/"} {
		t.Run("to "+location, func(t *testing.T) {
			from := url + "/to?status=302&location=" + location
			response := c.Do(&Request{Method: "GET", URL: from, AllowRedirects: true})
			expectKind(t, response, ErrRedirectAddress)
			if response.URL != from {
				t.Errorf("the response comes from %q, want %q", response.URL, from)
			}
		})
	}
}

func TestRelativeLocation(t *testing.T) {
	got, err := resolve(mustTarget(t, "http://a.test/50%/b?c=%"), "d?e=%")
	if want := "http://a.test/50%25/d?e=%"; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestCookies(t *testing.T) {
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/set":
			w.Header().Add("Set-Cookie", "broken")
			http.SetCookie(w, &http.Cookie{Name: "user", Value: "one two", Path: "/"})
			http.SetCookie(w, &http.Cookie{Name: "deep", Value: "1", Path: "/a b"})
			http.SetCookie(w, &http.Cookie{Name: "other", Value: "1", Path: "/", Domain: "example.com"})
			http.Redirect(w, r, "/", http.StatusFound)
		case "/delete":
			http.SetCookie(w, &http.Cookie{Name: "user", Path: "/", MaxAge: -1})
		default:
			fmt.Fprint(w, r.Header.Get("Cookie"))
		}
	})
	c := newClient(t, Options{})
	var one, two Jar
	ask := func(jar *Jar, path string, header ...[2]string) string {
		response := c.Do(&Request{Method: "GET", URL: url + path, Jar: jar, AllowRedirects: true, Header: header})
		if response.Err != nil || response.Status != 200 {
			t.Fatalf("got %d, %v", response.Status, response.Err)
		}
		return string(response.Body)
	}
	steps := []struct {
		jar            *Jar
		path, expected string
		header         [][2]string
	}{
		{&one, "/", "", nil},
		{&one, "/set", `user="one two"`, nil},
		{&one, "/a%20b/c?d=%zz", `deep=1; user="one two"`, nil},
		{&two, "/", "", nil},
		{nil, "/", "", nil},
		{&one, "/", "mine=1", [][2]string{{"Cookie", "mine=1"}}},
		{&one, "/delete", "", nil},
		{&one, "/", "", nil},
	}
	for _, step := range steps {
		if got := ask(step.jar, step.path, step.header...); got != step.expected {
			t.Errorf("%s: got %q, expected %q", step.path, got, step.expected)
		}
	}
	if err := two.SetCookies(url, []*http.Cookie{{Name: "given", Value: "2"}}); err != nil {
		t.Fatal(err)
	}
	if cookies, err := two.Cookies(url + "/x"); err != nil || len(cookies) != 1 || cookies[0].Value != "2" {
		t.Errorf("got %v, %v", cookies, err)
	}
	if got := ask(&two, "/"); got != "given=2" {
		t.Errorf("got %q", got)
	}
	two.Clear()
	if got := ask(&two, "/"); got != "" {
		t.Errorf("got %q after Clear", got)
	}
}

func TestKeepAliveCanBeOff(t *testing.T) {
	server := newPeer(t, answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
	c := newClient(t, Options{DisableKeepAlive: true})
	for range 3 {
		expectAnswer(t, c.Do(get(server.url)), 200, "hi")
	}
	if server.connections() != 3 {
		t.Errorf("got %d connections", server.connections())
	}
}

func TestUserCanCloseTheConnection(t *testing.T) {
	headers := make(chan string, 2)
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		request, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		headers <- strconv.FormatBool(request.Close)
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		wait(connection)
	})
	c := newClient(t, Options{})
	for range 2 {
		response := c.Do(&Request{Method: "GET", URL: server.url, Header: [][2]string{{"connection", "close"}}})
		expectAnswer(t, response, 200, "hi")
		if got := <-headers; got != "true" {
			t.Errorf("the server got %s", got)
		}
	}
}

func TestIdleConnectionsAndGoroutinesEnd(t *testing.T) {
	ended := make(chan struct{})
	server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")(0, connection, requests)
		close(ended)
	})
	c := newClient(t, Options{IdleTimeout: 50 * time.Millisecond})
	done := make(chan *Response)
	c.Go(get(server.url), func(response *Response) { done <- response })
	expectAnswer(t, <-done, 200, "hi")
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the connection stays open")
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		open := c.count
		c.mu.Unlock()
		c.goroutines.mu.Lock()
		running := c.goroutines.running
		c.goroutines.mu.Unlock()
		if open == 0 && running == 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%d connections and %d goroutines are left", open, running)
		}
	}
}

func TestManyUsers(t *testing.T) {
	url := newServer(t, echo)
	c := newClient(t, Options{PoolSize: 50})
	var all sync.WaitGroup
	var wrong atomic.Int64
	for user := range 200 {
		all.Add(1)
		left := 20
		var next func(*Response)
		next = func(response *Response) {
			if response != nil && (response.Err != nil || !strings.HasSuffix(string(response.Body), fmt.Sprintf("body=%d-%d", user, left))) {
				wrong.Add(1)
			}
			if left--; left < 0 {
				all.Done()
				return
			}
			c.Go(&Request{Method: "POST", URL: url, Body: fmt.Appendf(nil, "%d-%d", user, left)}, next)
		}
		next(nil)
	}
	all.Wait()
	if wrong.Load() > 0 {
		t.Errorf("%d requests failed or got the answer to another request", wrong.Load())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count > 50 || c.count != len(c.live) {
		t.Errorf("got %d connections, %d of them alive", c.count, len(c.live))
	}
}
