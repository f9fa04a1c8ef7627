// Package client is the HTTP client of a load test. It speaks HTTP/1.1 and HTTP/2. Users share one pool of connections,
// or have a [Session] each. Features that Locust's FastHttpUser also has work in the same way, unless a comment says
// otherwise.
//
// The client has its own implementation of HTTP/1.1, because this needs less CPU time per request than fasthttp, and
// the load generator is often the bottleneck of a test. BenchmarkClient measured these medians of 7 interleaved rounds,
// or 14 for 10,000 users (Go 1.26, fasthttp 1.72, AMD EPYC, 2 CPUs that other programs also used, 2026-11-28):
//
//	users   this client  fasthttp  net/http
//	64      12.2 µs      13.5 µs   39.8 µs
//	1,000   19.3 µs      22.0 µs   58.0 µs
//	10,000  24.6 µs      30.9 µs   68.8 µs
//
// With 64 users, the results of the rounds overlap. With 1,000 users, the slowest round of this client is faster than
// the fastest round of fasthttp. In addition, a client based on fasthttp would have to implement a pool for all
// servers, a classification of errors by cause, and limits against hostile answers.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Defaults of Options. They equal the defaults of FastHttpUser for the options that FastHttpUser also has.
const (
	DefaultPoolSize       = 12000
	DefaultConcurrency    = 10
	DefaultConnectTimeout = 60 * time.Second
	DefaultNetworkTimeout = 60 * time.Second
	DefaultIdleTimeout    = 90 * time.Second
	DefaultMaxRedirects   = 30
	DefaultMaxBodyBytes   = 16 << 20
	DefaultUserAgent      = "xk6-locust"
)

// acceptEncoding is the Accept-Encoding header that FastHttpUser sends.
const acceptEncoding = "gzip, deflate, br"

// HTTP2 controls when to use HTTP/2.
type HTTP2 int

const (
	// HTTP2Auto uses HTTP/2 with https servers that choose it in the TLS handshake (ALPN).
	HTTP2Auto HTTP2 = iota
	// HTTP2Off never uses HTTP/2, like FastHttpUser.
	HTTP2Off
	// HTTP2PriorKnowledge is like HTTP2Auto, but also uses HTTP/2 with http servers, without negotiation (h2c).
	HTTP2PriorKnowledge
)

// Options configure a Client. Zero values mean the defaults.
type Options struct {
	// PoolSize limits the total number of HTTP/1.1 connections of all requests without a session. Requests above the
	// limit wait. Default: 12000.
	PoolSize int
	// Concurrency limits the HTTP/1.1 connections of each session. Default: 10.
	Concurrency int
	// ConnectTimeout limits the time to connect, including TLS. Default: 60 s.
	ConnectTimeout time.Duration
	// NetworkTimeout limits the whole request, if the request has no Timeout. Default: 60 s. FastHttpUser limits each
	// read instead, so it never times out while an answer trickles in.
	NetworkTimeout time.Duration
	// IdleTimeout limits how long unused connections and goroutines are kept. Default: 90 s.
	IdleTimeout time.Duration
	// MaxRedirects limits the redirects of a request. Default: 30.
	MaxRedirects int
	// MaxBodyBytes limits the body of an answer, both as received and decompressed, because thousands of users may
	// receive bodies at the same time. Default: 16 MiB.
	MaxBodyBytes int64
	// TLS contains the initial TLS settings, such as client certificates. The client overrides the protocols, the
	// server name, and whether certificates are verified. Default: Go's defaults.
	TLS *tls.Config
	// VerifyCertificates rejects servers with untrusted certificates. Default: false, like the default insecure = True
	// of FastHttpUser.
	VerifyCertificates bool
	// HTTP2 controls when to use HTTP/2. Default: HTTP2Auto.
	HTTP2 HTTP2
	// DisableKeepAlive opens a new connection for every request.
	DisableKeepAlive bool
	// UserAgent is the User-Agent of requests that do not set this header. Default: xk6-locust.
	UserAgent string
	// Dial opens connections, for example with k6's dialer and its DNS cache. Default: a net.Dialer.
	Dial DialFunc
	// Proxy returns the proxy for requests to a URL, or nil. It is called once per origin for each session, and once
	// per origin for all requests without a session. Proxies may use http, https, socks5, and socks5h. Default: no
	// proxies.
	Proxy func(to *url.URL) (*url.URL, error)
	// Debug is called after every exchange of a request and an answer, including redirects. Default: none.
	Debug func(Exchange)
}

// DialFunc opens a connection to an address.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Counter is a connection that counts its bytes. A connection that is moved to a loop must be a Counter or a
// [net.TCPConn], and it must implement [syscall.Conn].
type Counter interface {
	// Count adds bytes that were transferred directly through the socket.
	Count(received, sent int)
	// With returns a connection that adds to the same counts.
	With(connection net.Conn) net.Conn
}

// Exchange is a request and its answer, for logs. Over HTTP/2, heads are written as in HTTP/1.1.
type Exchange struct {
	// RequestHead and AnswerHead are the first line and the header. AnswerHead is empty if there was no answer.
	RequestHead, AnswerHead string
	RequestBody, AnswerBody []byte
}

// withDefaults replaces zero values with the defaults.
func (o Options) withDefaults() Options {
	setDefault(&o.PoolSize, DefaultPoolSize)
	setDefault(&o.Concurrency, DefaultConcurrency)
	setDefault(&o.ConnectTimeout, DefaultConnectTimeout)
	setDefault(&o.NetworkTimeout, DefaultNetworkTimeout)
	setDefault(&o.IdleTimeout, DefaultIdleTimeout)
	setDefault(&o.MaxRedirects, DefaultMaxRedirects)
	setDefault(&o.MaxBodyBytes, DefaultMaxBodyBytes)
	setDefault(&o.UserAgent, DefaultUserAgent)
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	return o
}

func setDefault[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	pool

	goroutines goroutines
	reaper     *time.Timer
	sessions   sessions
}

// New returns a client. Call Close when it is no longer used.
func New(options Options) *Client {
	options = options.withDefaults()
	// The servers of load tests often have self-signed certificates. See VerifyCertificates.
	config := options.TLS.Clone()
	config.InsecureSkipVerify = !options.VerifyCertificates
	c := &Client{
		// A request without a connection occupies a goroutine while it waits, so allow more goroutines than
		// connections.
		goroutines: goroutines{limit: 2 * options.PoolSize},
	}
	c.init(context.Background(), &options, config, options.PoolSize, options.Dial)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reaper = time.AfterFunc(options.IdleTimeout/2, c.reap)
	return c
}

// Close makes the requests in flight fail with ErrClosed, closes all connections, and waits for the goroutines of
// [Client.Go]. Do not call it from the callback of [Client.Go].
func (c *Client) Close() {
	c.close()
	c.sessions.close()
	c.mu.Lock()
	c.reaper.Stop()
	c.mu.Unlock()
	c.goroutines.close()
}

// reap closes the connections and stops the goroutines that were already idle during its previous call. It runs twice
// per IdleTimeout.
func (c *Client) reap() {
	c.pool.reap()
	for _, session := range c.sessions.list() {
		session.reap()
	}
	c.goroutines.reap()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.reaper.Reset(c.options.IdleTimeout / 2)
	}
}

// Go sends a request on a goroutine of the client, and calls done there. At most 2 * PoolSize requests, plus 2 *
// Concurrency per session, are in flight at a time. Further requests wait, and their timeouts take effect only after
// this wait.
func (c *Client) Go(request *Request, done func(*Response)) {
	start := time.Now()
	if !c.goroutines.run(func() { done(c.do(request, start)) }) {
		go done(&Response{URL: request.URL, Err: &Error{Kind: ErrClosed}})
	}
}

// Do sends a request and returns the response. The response is never nil.
func (c *Client) Do(request *Request) *Response { return c.do(request, time.Now()) }

func (c *Client) do(request *Request, start time.Time) *Response {
	response := &Response{URL: request.URL}
	connections := c.connectionsOf(request)
	connections.completeResponse(request, response, start, connections.follow(request, response, start))
	return response
}

// connectionsOf returns the connections that a request may use.
func (c *Client) connectionsOf(request *Request) *pool {
	if request.Session != nil {
		return &request.Session.pool
	}
	return &c.pool
}

// completeResponse sets the error, the content length, the end, and the duration of a response. If End is not set, the
// request has just ended.
func (p *pool) completeResponse(request *Request, response *Response, start time.Time, err error) {
	if err != nil {
		known := classify(err)
		if p.context.Err() != nil {
			known = &Error{Kind: ErrClosed, Cause: err}
		}
		response.Err = known
	}
	if !request.DiscardBody && !request.Stream {
		response.ContentLength = int64(len(response.Body))
	}
	if response.Stream != nil {
		response.End = response.HeadAt
	}
	if response.End.IsZero() {
		response.End = time.Now()
	}
	response.Duration = response.End.Sub(start)
}

// hop is one request in a chain of redirects.
type hop struct {
	target
	method string
	header [][2]string
	body   []byte
	cookie string
	// closes is true if the connection cannot be reused. addsClose is true if "Connection: close" must be sent.
	closes, addsClose bool
	// without lists the headers that the client must not send, although it has a default for them.
	without []string
	// proxy is set if the request is sent to an HTTP proxy, with an absolute URL.
	proxy *proxy
	// discards is true if the body of the answer is read, but not kept. streams is true if the body becomes a Stream.
	discards, streams bool
	// timeout limits each read of a stream.
	timeout time.Duration
	follows bool
}

// isFollowed reports whether an answer is a redirect that is followed.
func (h *hop) isFollowed(a *answer) bool {
	return h.follows && a.location != "" && isRedirect(a.status)
}

// isStreamed reports whether the body of an answer becomes a Stream.
func (h *hop) isStreamed(a *answer) bool { return h.streams && !h.isFollowed(a) }

// chain is a request and the redirects that it follows.
type chain struct {
	hop

	request  *Request
	response *Response
	deadline time.Time
}

// follow sends a request and follows redirects. The last answer becomes the response.
func (p *pool) follow(request *Request, response *Response, start time.Time) error {
	c := &chain{request: request, response: response}
	if err := p.prepareFirstHop(c, start); err != nil {
		return err
	}
	return p.sendHops(c)
}

// prepareFirstHop checks the request of a chain, and sets the deadline and the first hop.
func (p *pool) prepareFirstHop(c *chain, start time.Time) (err error) {
	request := c.request
	timeout := request.Timeout
	if timeout <= 0 {
		timeout = p.options.NetworkTimeout
	}
	c.deadline = start.Add(timeout)
	c.hop = hop{
		method: request.Method, header: request.Header, body: request.Body, without: request.Without,
		discards: request.DiscardBody, streams: request.Stream, timeout: timeout, follows: request.AllowRedirects,
	}
	if c.target, err = parseTarget(request.URL); err != nil {
		return &Error{Kind: ErrURL, Cause: err}
	}
	if err = check(request); err != nil {
		return err
	}
	saysClose := saysClose(request.Header)
	c.closes = saysClose || p.options.DisableKeepAlive
	c.addsClose = c.closes && !saysClose
	if request.Jar != nil {
		c.cookie = request.Jar.header(c.target)
	}
	return nil
}

// sendHops sends the hops of a chain until the last answer.
func (p *pool) sendHops(c *chain) error {
	for {
		a, err := p.send(&c.hop, c.deadline)
		isLast, err := p.handleAnswer(c, &a, err)
		if isLast {
			return err
		}
	}
}

// handleAnswer handles the answer to a hop. If the answer is a redirect that is followed, it prepares the next hop and
// returns false. If a redirect cannot be followed, it returns an error and does not store the answer. Otherwise, it
// stores the answer in the response.
func (p *pool) handleAnswer(c *chain, a *answer, err error) (isLast bool, _ error) {
	request, response := c.request, c.response
	if p.options.Debug != nil {
		p.options.Debug(exchanged(&c.hop, a, p.options.UserAgent))
	}
	if request.Jar != nil && a.setsCookies {
		request.Jar.store(c.target, a.header)
	}
	if err == nil && c.isFollowed(a) {
		if len(response.History) == p.options.MaxRedirects {
			return true, &Error{Kind: ErrRedirects}
		}
		response.History = append(response.History, Response{
			URL: response.URL, Status: a.status, Reason: a.reason, Proto: a.proto, Header: a.header, Body: a.body,
			ContentLength: a.length,
		})
		next, err := c.redirect(a.status, a.location)
		if err != nil {
			return true, &Error{Kind: ErrRedirectAddress, Cause: err}
		}
		response.URL = next
		if request.Jar != nil {
			c.cookie = request.Jar.header(c.target)
		}
		return false, nil
	}
	response.Status, response.Proto, response.Header, response.Body = a.status, a.proto, a.header, a.body
	response.Reason, response.ContentLength, response.HeadAt, response.Stream = a.reason, a.length, a.headAt, a.stream
	if err == nil && a.encoding != "" && len(a.body) > 0 {
		response.Body, err = decode(a.body, a.encoding, p.options.MaxBodyBytes)
	}
	return true, err
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// redirect turns the hop into the next one, and returns its URL. Like FastHttpUser, it changes the method to GET on
// 301, 302, and 303, except for HEAD. It removes headers that must not reach another origin, and headers about a
// dropped body. It also removes cookies, because only the jar knows which cookies the new URL gets.
func (h *hop) redirect(status int, location string) (string, error) {
	to, err := resolve(h.target, location)
	if err != nil {
		return "", err
	}
	next, err := parseTarget(to)
	if err != nil {
		return "", err
	}
	isSame := next.origin == h.origin
	if isSame && next.authorization == "" {
		next.authorization = h.authorization
	}
	h.target = next
	dropsBody := status != 307 && status != 308
	if dropsBody {
		if h.method != "HEAD" {
			h.method = "GET"
		}
		h.body = nil
	}
	h.header = slices.DeleteFunc(slices.Clone(h.header), func(field [2]string) bool {
		switch strings.ToLower(field[0]) {
		case "cookie":
			return true
		case "authorization", "host":
			return !isSame
		case "content-type", "content-encoding":
			return dropsBody
		}
		return false
	})
	return to, nil
}

// send sends one hop with the protocol of its origin.
func (p *pool) send(h *hop, deadline time.Time) (answer, error) {
	at := p.serverOf(h.origin)
	if at.proxyErr != nil {
		return answer{}, at.proxyErr
	}
	if at.protocol.Load() == protocolUnknown {
		if err := p.probe(at, deadline); err != nil {
			return answer{}, err
		}
	}
	if at.protocol.Load() == protocolHTTP2 {
		a, err := exchangeHTTP2(p, at, h, deadline)
		if !errors.Is(err, errNotHTTP2) {
			return a, err
		}
		at.protocol.Store(protocolHTTP1)
	}
	return p.sendHTTP1(at, h, deadline)
}

// sendHTTP1 sends one hop over a pooled connection. If the server closed a reused connection while it was idle, GET,
// HEAD, OPTIONS, and TRACE are sent once more over a new connection, as in net/http. Requests with other methods must
// not run twice, so they are never sent over a connection that is visibly closed.
func (p *pool) sendHTTP1(at *server, h *hop, deadline time.Time) (answer, error) {
	h.proxy = at.plainProxy()
	return p.tryHTTP1(at, h, deadline, false)
}

// tryHTTP1 is like sendHTTP1. If fresh is set, it uses no idle connection and does not repeat the request.
func (p *pool) tryHTTP1(at *server, h *hop, deadline time.Time, fresh bool) (answer, error) {
	for ; ; fresh = true {
		used, err := p.acquire(at, deadline, fresh)
		if err != nil {
			return answer{}, err
		}
		if err = p.returnToScheduler(used); err != nil {
			p.release(at, used, false)
			if p.context.Err() != nil {
				return answer{}, &Error{Kind: ErrClosed, Cause: err}
			}
			continue
		}
		if err = used.arm(time.Now(), deadline, len(h.body) > joinedBody); err != nil {
			p.release(at, used, false)
			return answer{}, err
		}
		if used.reused && !isSafe(h.method) && isStale(used.Conn) {
			p.release(at, used, false)
			continue
		}
		w := newWire(used, deadline)
		a, err := w.exchange(h, p.options.UserAgent, p.options.MaxBodyBytes)
		isRetry := p.releaseConnection(w, h, &a, err, fresh)
		if !isRetry {
			return a, err
		}
	}
}

// releaseConnection releases the connection of an exchange, unless the body is streamed. It reports whether the request
// should be sent again over a new connection.
func (p *pool) releaseConnection(w *wire, h *hop, a *answer, err error, fresh bool) (isRetry bool) {
	used := w.conn
	isGone := err != nil && !w.received && !isTimeout(err)
	// Some servers send 408 before they close an idle connection. That is not an answer to this request.
	isGone = isGone || err == nil && a.status == 408 && !a.keepAlive
	isRetry = isGone && used.reused && isSafe(h.method) && !fresh
	if err == nil && !isRetry && h.isStreamed(a) {
		a.stream = streamHTTP1(p, w, a, h)
		return false
	}
	w.free()
	p.release(used.server, used, err == nil && a.keepAlive)
	return isRetry
}

func isSafe(method string) bool {
	return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE"
}

// IsMethod reports whether the client can send requests with this method.
func IsMethod(name string) bool { return isToken(name) && name != http.MethodConnect }

// check rejects values that would change the structure of the request.
func check(request *Request) error {
	if !IsMethod(request.Method) {
		return &Error{Kind: ErrMethod}
	}
	for _, field := range request.Header {
		if !isToken(field[0]) || !isFieldValue(field[1]) {
			return &Error{Kind: ErrHeader}
		}
	}
	return nil
}

func saysClose(header [][2]string) bool {
	for _, field := range header {
		if strings.EqualFold(field[0], "Connection") && hasToken(field[1], "close") {
			return true
		}
	}
	return false
}

// tokenBytes lists the characters that are allowed in methods and header names (RFC 9110, 5.6.2).
const tokenBytes = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" //nolint:gosec // no secret

// isTokenByte is true for bytes that a token may contain.
var isTokenByte = func() (table [256]bool) {
	for i := range len(tokenBytes) {
		table[tokenBytes[i]] = true
	}
	return table
}()

func isToken(text string) bool {
	for i := range len(text) {
		if !isTokenByte[text[i]] {
			return false
		}
	}
	return text != ""
}

// isFieldValue reports whether the text is a valid header value, that is, contains no control characters except tabs.
func isFieldValue(text string) bool {
	for i := range len(text) {
		if b := text[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}
