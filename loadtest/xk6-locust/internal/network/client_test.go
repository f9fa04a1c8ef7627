package network_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/netext"
	"go.k6.io/k6/v2/lib/types"
	"golang.org/x/time/rate"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
)

// stateOf returns the state of a VU with the given options. It creates the state as k6's runner does.
func stateOf(t *testing.T, options string) *lib.State {
	t.Helper()
	var parsed lib.Options
	if err := json.Unmarshal([]byte(options), &parsed); err != nil {
		t.Fatal(err)
	}
	lookup := func(host string) ([]net.IP, error) {
		switch host {
		case "slow.example":
			<-t.Context().Done()
		case "local.example", "localhost":
			return []net.IP{net.IPv4(127, 0, 0, 1)}, nil
		}
		return nil, fmt.Errorf("lookup %s: no such host", host)
	}
	config := &tls.Config{InsecureSkipVerify: parsed.InsecureSkipTLSVerify.Bool}
	for _, auth := range parsed.TLSAuth {
		certificate, err := auth.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = append(config.Certificates, *certificate)
	}
	if parsed.TLSVersion != nil {
		config.MinVersion, config.MaxVersion = uint16(parsed.TLSVersion.Min), uint16(parsed.TLSVersion.Max)
	}
	if parsed.TLSCipherSuites != nil {
		config.CipherSuites = *parsed.TLSCipherSuites
	}
	state := &lib.State{
		Options: parsed, TLSConfig: config, Logger: logrus.New(),
		Dialer: &netext.Dialer{
			Resolver:  netext.NewResolver(lookup, 0, types.DNSfirst, types.DNSpreferIPv4),
			Blacklist: parsed.BlacklistIPs, BlockedHostnames: parsed.BlockedHostnames.Trie, Hosts: parsed.Hosts.Trie,
		},
	}
	if parsed.RPS.Valid {
		state.RPSLimit = rate.NewLimiter(rate.Limit(parsed.RPS.Int64), 1)
	}
	return state
}

func newClient(t *testing.T, state *lib.State) *network.Client {
	t.Helper()
	c := network.NewClient(client.Options{}, false, state)
	t.Cleanup(c.Close)
	return c
}

func get(c *network.Client, url string) *client.Response {
	return c.Do(&client.Request{Method: "GET", URL: url, AllowRedirects: c.FollowsRedirects, Without: c.Without, DiscardBody: c.DiscardsBodies})
}

// echo answers with the host, the user agent, the client's IP, and whether the client wants to close the connection.
func echo(w http.ResponseWriter, r *http.Request) {
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	if r.URL.Path == "/from" {
		http.Redirect(w, r, "/to", http.StatusFound)
		return
	}
	_, _ = fmt.Fprintf(w, "%s %s %s %v", r.Host, r.UserAgent(), ip, r.Close)
}

func TestDialing(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, test := range []struct {
		options, host string
		kind          client.Kind
	}{
		{`{}`, "127.0.0.1", ""},
		{`{}`, "local.example", ""},
		{`{}`, "none.example", client.ErrLookup},
		{`{"blacklistIPs":["127.0.0.0/8"]}`, "127.0.0.1", client.ErrBlockedIP},
		{`{"blacklistIPs":["127.0.0.0/8"]}`, "local.example", client.ErrBlockedIP},
		{`{"blacklistIPs":["10.0.0.0/8"]}`, "local.example", ""},
		{`{"blockHostnames":["*.example"]}`, "local.example", client.ErrBlockedHost},
		{`{"blockHostnames":["*.org"]}`, "local.example", ""},
		{`{"hosts":{"none.example":"127.0.0.1"}}`, "none.example", ""},
		{`{"hosts":{"*.example":"127.0.0.1"}}`, "any.example", ""},
		{`{"hosts":{"none.example":"127.0.0.1"},"blacklistIPs":["127.0.0.1/32"]}`, "none.example", client.ErrBlockedIP},
	} {
		response := get(newClient(t, stateOf(t, test.options)), "http://"+test.host+port+"/")
		if test.kind == "" {
			if response.Err != nil || !strings.HasPrefix(string(response.Body), test.host+port) {
				t.Errorf("%s, %s: got %v, %q", test.options, test.host, response.Err, response.Body)
			}
		} else if !errors.Is(response.Err, test.kind) {
			t.Errorf("%s, %s: got %v, want %s", test.options, test.host, response.Err, test.kind)
		}
	}
	late := network.NewClient(client.Options{ConnectTimeout: 50 * time.Millisecond}, false, stateOf(t, `{}`))
	t.Cleanup(late.Close)
	if response := get(late, "http://slow.example"+port); !errors.Is(response.Err, client.ErrConnectTimeout) || response.Duration > 30*time.Second {
		t.Errorf("a slow lookup gives %v after %v", response.Err, response.Duration)
	}
}

// If a server listens only on IPv6, it is reachable as localhost, unless the script sets a policy.
func TestIPv6(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	if response := get(newClient(t, stateOf(t, `{}`)), "http://localhost"+port); response.Err != nil {
		t.Errorf("localhost: %v", response.Err)
	}
	policy := newClient(t, stateOf(t, `{"dns":{"policy":"onlyIPv4"}}`))
	if response := get(policy, "http://localhost"+port); !errors.Is(response.Err, client.ErrRefused) {
		t.Errorf("onlyIPv4: %v", response.Err)
	}
	if response := get(newClient(t, stateOf(t, `{}`)), "http://[::1]"+port); response.Err != nil {
		t.Errorf("[::1]: %v", response.Err)
	}
}

// Users get the local IPs in turn, and each user keeps its IP.
func TestLocalIPs(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	state := stateOf(t, `{"noConnectionReuse":true}`)
	pool, err := types.NewIPPool("127.0.0.2-127.0.0.4")
	if err != nil {
		t.Fatal(err)
	}
	state.Options.LocalIPs = types.NullIPPool{Pool: pool, Valid: true}
	c := newClient(t, state)
	var all []string
	for range 4 {
		session := c.NewSession()
		var ips []string
		for range 2 {
			response := c.Do(&client.Request{Method: "GET", URL: server.URL, Session: session})
			if response.Err != nil {
				t.Fatal(response.Err)
			}
			ips = append(ips, strings.Fields(string(response.Body))[2])
		}
		if ips[0] != ips[1] {
			t.Errorf("a user sent from %v", ips)
		}
		all = append(all, ips[0])
	}
	if all[0] == all[1] || all[1] == all[2] || all[0] != all[3] {
		t.Errorf("users sent from %v", all)
	}
	shared := map[string]bool{}
	for range 3 {
		shared[strings.Fields(string(get(c, server.URL).Body))[2]] = true
	}
	if len(shared) != 3 {
		t.Errorf("shared connections came from %v", shared)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	for options, want := range map[string]string{
		`{}`:                             "200 " + host + " xk6-locust 127.0.0.1 false",
		`{"userAgent":"mine"}`:           "200 " + host + " mine 127.0.0.1 false",
		`{"userAgent":""}`:               "200 " + host + "  127.0.0.1 false",
		`{"noConnectionReuse":true}`:     "200 " + host + " xk6-locust 127.0.0.1 true",
		`{"maxRedirects":1}`:             "200 " + host + " xk6-locust 127.0.0.1 false",
		`{"maxRedirects":0}`:             "302 <a href=\"/to\">Found</a>.\n\n",
		`{"discardResponseBodies":true}`: "200 ",
	} {
		if response := get(newClient(t, stateOf(t, options)), server.URL+"/from"); fmt.Sprintf("%d %s", response.Status, response.Body) != want {
			t.Errorf("%s: got %d %q, %v, want %q", options, response.Status, response.Body, response.Err, want)
		}
	}
	discards := network.NewClient(client.Options{}, true, stateOf(t, `{"discardResponseBodies":false}`))
	t.Cleanup(discards.Close)
	if discards.DiscardsBodies {
		t.Error("k6's option does not take precedence")
	}
}

func TestHTTPDebug(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	for option, wantsBody := range map[string]bool{"headers": false, "full": true} {
		state := stateOf(t, `{"httpDebug":"`+option+`"}`)
		logger, hook := logtest.NewNullLogger()
		state.Logger = logger
		c := newClient(t, state)
		c.Do(&client.Request{Method: "POST", URL: server.URL + "/x", Body: []byte("sent")})
		entries := hook.AllEntries()
		if len(entries) != 2 || !strings.HasPrefix(entries[0].Message, "Request:\nPOST /x HTTP/1.1\n") || !strings.HasPrefix(entries[1].Message, "Response:\nHTTP/1.1 200 OK\n") {
			t.Fatalf("%s: got %v", option, entries)
		}
		if strings.Contains(entries[0].Message, "\n\nsent") != wantsBody || strings.Contains(entries[1].Message, "xk6-locust 127") != wantsBody {
			t.Errorf("%s: got %q and %q", option, entries[0].Message, entries[1].Message)
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	if got := network.Limit(stateOf(t, `{}`)); got != 0 {
		t.Errorf("without rps, requests wait %v", got)
	}
	state := stateOf(t, `{"rps":10}`)
	synctest.Test(t, func(t *testing.T) {
		for _, want := range []time.Duration{0, 100 * time.Millisecond, 200 * time.Millisecond} {
			if got := network.Limit(state); got != want {
				t.Errorf("a request waits %v, want %v", got, want)
			}
		}
	})
}

// tlsAuth returns k6's option with a new certificate.
func tlsAuth(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw})
	text, err := json.Marshal(map[string]any{"tlsAuth": []any{map[string]any{"cert": string(certificate), "key": string(private)}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %d", tls.VersionName(r.TLS.Version), tls.CipherSuiteName(r.TLS.CipherSuite), len(r.TLS.PeerCertificates))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	for options, want := range map[string]string{
		`{}`:                      "TLS 1.3",
		tlsAuth(t):                "TLS 1.3 TLS_AES_128_GCM_SHA256 1",
		`{"tlsVersion":"tls1.2"}`: "TLS 1.2",
		`{"tlsVersion":"tls1.2","tlsCipherSuites":["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]}`: "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 0",
		`{"insecureSkipTLSVerify":true}`:  "TLS 1.3",
		`{"insecureSkipTLSVerify":false}`: "certificate not trusted",
	} {
		response := get(newClient(t, stateOf(t, options)), server.URL)
		got := string(response.Body)
		if response.Err != nil {
			got = response.Err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", options, got, want)
		}
	}
}

func TestProxyVariables(t *testing.T) {
	seen := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Method + " " + r.RequestURI
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "direct.example")
	c := newClient(t, stateOf(t, `{"blockHostnames":["blocked.example"],"hosts":{"direct.example":"127.0.0.1:1"}}`))
	for url, want := range map[string]struct {
		request string
		kind    error
	}{
		"http://plain.example/a":  {"GET http://plain.example/a", nil},
		"https://secure.example/": {"CONNECT secure.example:443", client.ErrProxy},
		"http://direct.example/":  {"", client.ErrRefused},
		"http://blocked.example/": {"", client.ErrBlockedHost},
	} {
		response := get(c, url)
		got := ""
		select {
		case got = <-seen:
		default:
		}
		if !errors.Is(response.Err, want.kind) || got != want.request {
			t.Errorf("%s: got %v, and the proxy got %q", url, response.Err, got)
		}
	}
}

// k6's metrics data_received and data_sent count all bytes, including those of TLS.
func TestBytes(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})
	body := []byte(strings.Repeat("x", 100_000))
	for name, start := range map[string]func(http.Handler) *httptest.Server{"http": httptest.NewServer, "https": httptest.NewTLSServer} {
		server := start(handler)
		t.Cleanup(server.Close)
		state := stateOf(t, `{}`)
		c := network.NewClient(client.Options{}, false, state)
		t.Cleanup(c.Close)
		session := c.NewSession()
		for range 3 {
			got := c.Do(&client.Request{Method: "POST", URL: server.URL, Body: body, Session: session})
			if got.Err != nil || len(got.Body) != len(body) {
				t.Fatalf("%s: got %d bytes, %v", name, len(got.Body), got.Err)
			}
		}
		dialer, _ := state.Dialer.(*netext.Dialer)
		for _, count := range []int64{dialer.BytesRead, dialer.BytesWritten} {
			if count < 300_000 || count > 320_000 {
				t.Errorf("%s: received %d bytes and sent %d, want about 301,000 each", name, dialer.BytesRead, dialer.BytesWritten)
			}
		}
	}
}
