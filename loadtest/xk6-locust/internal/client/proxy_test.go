package client

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// forwarder is an HTTP proxy that records its requests.
type forwarder struct {
	mu       sync.Mutex
	requests []string
	refuses  bool
}

func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
	f.mu.Unlock()
	switch {
	case f.refuses:
		w.WriteHeader(http.StatusProxyAuthRequired)
	case r.Method == http.MethodConnect:
		backend, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		client, received, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 Connected\r\n\r\n")
		go pipe(client, backend)
		go pipe(backend, received)
	default:
		answer, err := http.DefaultTransport.RoundTrip(&http.Request{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body, Host: r.Host})
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}
}

func pipe(to io.WriteCloser, from io.Reader) {
	defer to.Close()
	// Between sockets, io.Copy would use pipes and keep them open for reuse. newClient would mistake them for leaks.
	_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
}

func TestProxies(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(plain.Close)
	secure, _ := secureServer(t, true, echo)
	knowsHTTP2 := priorKnowledgeServer(t)
	for _, test := range []struct {
		proxy, to string
		http2     HTTP2
		// request is the request that the proxy gets, up to its credentials.
		request, proto string
	}{
		{"http", plain.URL, HTTP2Auto, "GET " + plain.URL + "/a?b ", "HTTP/1.1"},
		{"https", plain.URL, HTTP2Auto, "GET " + plain.URL + "/a?b ", "HTTP/1.1"},
		{"http", secure, HTTP2Auto, "CONNECT " + strings.TrimPrefix(secure, "https://") + " ", "HTTP/2.0"},
		{"https", secure, HTTP2Off, "CONNECT " + strings.TrimPrefix(secure, "https://") + " ", "HTTP/1.1"},
		{"http", knowsHTTP2, HTTP2PriorKnowledge, "CONNECT " + strings.TrimPrefix(knowsHTTP2, "http://") + " ", "HTTP/2.0"},
	} {
		f := &forwarder{}
		server := httptest.NewUnstartedServer(f)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		if test.proxy == "https" {
			server.StartTLS()
		} else {
			server.Start()
		}
		t.Cleanup(server.Close)
		through := strings.Replace(server.URL, "://", "://user:pass@", 1)
		proxyURL := func(*url.URL) (*url.URL, error) { return url.Parse(through) }
		c := New(Options{Proxy: proxyURL, HTTP2: test.http2})
		response := c.Do(get(test.to + "/a?b"))
		if response.Err != nil || response.Status != 200 || response.Proto != test.proto || !strings.HasPrefix(string(response.Body), "GET /a?b ") {
			t.Errorf("%s to %s: got %v, %d, %s, %q", test.proxy, test.to, response.Err, response.Status, response.Proto, response.Body)
		}
		if want := test.request + "Basic dXNlcjpwYXNz"; len(f.requests) != 1 || f.requests[0] != want {
			t.Errorf("%s to %s: the proxy got %q, want %q", test.proxy, test.to, f.requests, want)
		}
		c.Close()
		f.refuses = true
		c = New(Options{Proxy: proxyURL, HTTP2: test.http2})
		response = c.Do(get(test.to))
		if strings.HasPrefix(test.request, "CONNECT") {
			expectKind(t, response, ErrProxy)
		} else if response.Status != http.StatusProxyAuthRequired {
			t.Errorf("%s to %s: got %d", test.proxy, test.to, response.Status)
		}
		c.Close()
	}
}

func TestProxyErrors(t *testing.T) {
	silent := newPeer(t, func(_ int, connection *net.TCPConn, _ *bufio.Reader) { wait(connection) })
	for proxy, kind := range map[string]Kind{
		"ftp://127.0.0.1:1": ErrProxyURL, "http://127.0.0.1:1": ErrRefused, "socks5://127.0.0.1:1": ErrRefused, silent.url: ErrConnectTimeout,
	} {
		timeout := time.Minute
		if kind == ErrConnectTimeout {
			timeout = 100 * time.Millisecond
		}
		c := newClient(t, Options{ConnectTimeout: timeout, Proxy: func(*url.URL) (*url.URL, error) { return url.Parse(proxy) }})
		expectKind(t, c.Do(get("https://127.0.0.1:9/")), kind)
	}
	for _, proxy := range []string{"http", "socks5"} {
		server := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
			_, _ = requests.ReadByte()
			_, _ = io.WriteString(connection, "\x05\xffno proxy\r\n\r\n")
		})
		c := newClient(t, Options{Proxy: func(*url.URL) (*url.URL, error) {
			return url.Parse(strings.Replace(server.url, "http", proxy, 1))
		}})
		if response := c.Do(get("https://127.0.0.1:9/")); response.Err == nil {
			t.Errorf("%s: an answer that is not a proxy's gives %d", proxy, response.Status)
		}
	}
}

// A SOCKS5 proxy gets the host name, and may ask for a password.
func TestSOCKS(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	asked := make(chan string, 2)
	proxy := newPeer(t, func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		read := func(n int) []byte {
			bytes := make([]byte, n)
			_, _ = io.ReadFull(requests, bytes)
			return bytes
		}
		read(int(read(2)[1]))
		_, _ = connection.Write([]byte{5, 2})
		user := read(int(read(2)[1]))
		password := read(int(read(1)[0]))
		_, _ = connection.Write([]byte{1, 0})
		host := read(int(read(5)[4]))
		port := strconv.Itoa(int(binary.BigEndian.Uint16(read(2))))
		asked <- string(user) + ":" + string(password) + "@" + string(host)
		backend, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			_, _ = connection.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
			return
		}
		_, _ = connection.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		go pipe(connection, backend)
		pipe(backend, requests)
	})
	c := newClient(t, Options{Proxy: func(*url.URL) (*url.URL, error) {
		return url.Parse(strings.Replace(proxy.url, "http://", "socks5h://u:p@", 1))
	}})
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	response := c.Do(get("http://service.example" + port + "/a"))
	if response.Err != nil || response.Status != 200 || !strings.HasPrefix(string(response.Body), "GET /a ") {
		t.Errorf("got %v, %d %q", response.Err, response.Status, response.Body)
	}
	if got := <-asked; got != "u:p@service.example" {
		t.Errorf("the proxy was asked for %s", got)
	}
	expectKind(t, c.Do(get("http://service.example:1/")), ErrProxy)
}

// clientCertificate returns a certificate for a client.
func clientCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestClientCertificates(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		expectKind(t, newClient(t, Options{}).Do(get(server.URL)), ErrClientCert)
		with := newClient(t, Options{TLS: &tls.Config{Certificates: []tls.Certificate{clientCertificate(t)}}})
		if response := with.Do(get(server.URL)); response.Err != nil || response.Status != 200 {
			t.Errorf("with a certificate: got %v, %d", response.Err, response.Status)
		}
	}
}

func TestDebug(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusTemporaryRedirect)
			return
		}
		_, _ = io.WriteString(w, "answer")
	}))
	t.Cleanup(server.Close)
	var seen []Exchange
	c := newClient(t, Options{Debug: func(exchange Exchange) { seen = append(seen, exchange) }})
	response := c.Do(&Request{Method: "POST", URL: server.URL + "/from", Header: [][2]string{{"X", "y"}}, Body: []byte("sent"), AllowRedirects: true})
	expectAnswer(t, response, 200, "answer")
	c.Do(get("http://127.0.0.1:1/"))
	if len(seen) != 3 {
		t.Fatalf("got %d exchanges", len(seen))
	}
	if !strings.HasPrefix(seen[0].RequestHead, "POST /from HTTP/1.1\r\n") || !strings.Contains(seen[0].RequestHead, "\r\nX: y\r\n") ||
		!strings.HasPrefix(seen[0].AnswerHead, "HTTP/1.1 307 Temporary Redirect\r\n") || string(seen[1].RequestBody) != "sent" ||
		string(seen[1].AnswerBody) != "answer" || seen[2].AnswerHead != "" {
		t.Errorf("got %q", seen)
	}
	if len(response.History) != 1 || response.History[0].Status != 307 || response.History[0].URL != server.URL+"/from" || response.URL != server.URL+"/to" {
		t.Errorf("got the history %+v", response.History)
	}
}

// As in Locust, an answer with the status 300 (Multiple Choices) is not followed as a redirect.
func TestMultipleChoices(t *testing.T) {
	server := newPeer(t, answering("HTTP/1.1 300 Multiple Choices\r\nLocation: /other\r\nContent-Length: 2\r\n\r\nok"))
	response := newClient(t, Options{}).Do(&Request{Method: "GET", URL: server.url, AllowRedirects: true})
	expectAnswer(t, response, 300, "ok")
}

func TestDialErrorsKeepTheirKind(t *testing.T) {
	c := newClient(t, Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &Error{Kind: ErrBlockedHost}
	}})
	expectKind(t, c.Do(get("http://example.com")), ErrBlockedHost)
}
