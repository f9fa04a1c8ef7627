package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http2"
)

const (
	// If a connection is silent for pingAfter, it is checked with a ping. It is closed if the answer takes longer than
	// pingTimeout.
	pingAfter   = 30 * time.Second
	pingTimeout = 15 * time.Second
)

// errNotHTTP2 means that an origin used HTTP/2 before, but no longer does.
var errNotHTTP2 = errors.New("the server no longer speaks HTTP/2")

// newHTTP2 returns the transport of one origin. All requests of the pool to this origin share its connections. If a
// connection has as many streams as the server allows, the transport opens another one.
func newHTTP2(p *pool, s *server) *http2.Transport {
	return &http2.Transport{
		DisableCompression: true,
		AllowHTTP:          true,
		IdleConnTimeout:    p.options.IdleTimeout,
		ReadIdleTimeout:    pingAfter,
		PingTimeout:        pingTimeout,
		DialTLSContext: func(ctx context.Context, _, _ string, _ *tls.Config) (net.Conn, error) {
			if spare := s.spare.Swap(nil); spare != nil {
				return &tracked{Conn: spare, pool: p}, nil
			}
			deadline, ok := ctx.Deadline()
			if !ok {
				deadline = time.Now().Add(p.options.ConnectTimeout)
			}
			opened, err := p.dial(ctx, s, deadline, []string{"h2", "http/1.1"})
			if err != nil {
				return nil, err
			}
			wrapped := &tracked{Conn: opened, pool: p}
			if secure, ok := opened.(*tls.Conn); ok && secure.ConnectionState().NegotiatedProtocol != "h2" {
				_ = wrapped.Close()
				return nil, errNotHTTP2
			}
			return wrapped, nil
		},
	}
}

// tracked is a connection that is closed together with its pool.
type tracked struct {
	net.Conn
	pool *pool
}

// Close closes the connection, and removes it from the connections that the pool closes.
func (t *tracked) Close() error {
	t.pool.mu.Lock()
	delete(t.pool.live, t.Conn)
	t.pool.mu.Unlock()
	return t.Conn.Close()
}

// exchangeHTTP2 sends a request over HTTP/2 and reads the answer. If it returns an error, the answer may still have a
// status.
func exchangeHTTP2(p *pool, s *server, hop *hop, deadline time.Time) (answer, error) {
	if hop.streams {
		return streamHTTP2(p, s, hop, deadline)
	}
	ctx, cancel := context.WithDeadline(p.context, deadline)
	defer cancel()
	got, err := sendHTTP2(ctx, p, s, hop)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close() //nolint:errcheck // the answer is complete or already has an error
	a := answerHTTP2(got)
	err = a.readHTTP2(got, hop, p.options.MaxBodyBytes)
	return a, err
}

// readHTTP2 reads a body of at most limit bytes, or discards a body of any length if the request requires that.
func (a *answer) readHTTP2(got *http.Response, hop *hop, limit int64) (err error) {
	if hop.discards {
		if a.length, err = io.Copy(io.Discard, got.Body); err != nil {
			return errorHTTP2(err)
		}
		return nil
	}
	if hop.method != http.MethodHead && got.ContentLength > limit {
		return &Error{Kind: ErrBodyTooLarge}
	}
	a.body, err = io.ReadAll(io.LimitReader(got.Body, limit+1))
	if err != nil {
		return errorHTTP2(err)
	}
	if int64(len(a.body)) > limit {
		a.body = nil
		return &Error{Kind: ErrBodyTooLarge}
	}
	a.length = int64(len(a.body))
	return nil
}

// streamHTTP2 is like exchangeHTTP2, but does not read the body, unless the answer is a redirect that is followed.
func streamHTTP2(p *pool, s *server, hop *hop, deadline time.Time) (answer, error) {
	body := &http2Body{}
	ctx, cancel := context.WithCancelCause(p.context)
	body.context, body.cancel = ctx, cancel
	body.timer = time.AfterFunc(time.Until(deadline), func() { cancel(context.DeadlineExceeded) })
	got, err := sendHTTP2(ctx, p, s, hop) //nolint:bodyclose // body closes it
	if err != nil {
		err = body.failure(err)
		body.stop()
		return answer{}, err
	}
	body.received = got.Body
	a := answerHTTP2(got)
	if !hop.isStreamed(&a) {
		defer body.end()
		if err = a.readHTTP2(got, hop, p.options.MaxBodyBytes); err != nil {
			err = body.failure(err)
		}
		return a, err
	}
	body.disarm()
	a.length = max(0, got.ContentLength)
	a.stream = newStream(body, a.encoding, hop.timeout)
	return a, nil
}

// sendHTTP2 sends a request and waits for the response headers.
func sendHTTP2(ctx context.Context, p *pool, s *server, hop *hop) (*http.Response, error) {
	sent, err := http.NewRequestWithContext(ctx, hop.method, hop.scheme()+"://"+hop.authority, bytes.NewReader(hop.body))
	if err != nil {
		return nil, &Error{Kind: ErrURL, Cause: err}
	}
	if sent.URL, err = url.Parse(hop.scheme() + "://" + hop.authority + hop.uri); err != nil {
		// net/url rejects some URLs that servers accept, such as those with a stray %.
		sent.URL = &url.URL{Scheme: hop.scheme(), Host: hop.authority, Opaque: hop.uri}
	}
	sent.Header = headerHTTP2(hop, p.options.UserAgent)
	if host := sent.Header.Get("Host"); host != "" {
		sent.Host = host
		sent.Header.Del("Host")
	}
	sent.Close = hop.closes
	got, err := s.http2.RoundTrip(sent)
	if err != nil {
		return nil, errorHTTP2(err)
	}
	return got, nil
}

// answerHTTP2 returns an answer without its body.
func answerHTTP2(got *http.Response) answer {
	return answer{
		status: got.StatusCode, reason: http.StatusText(got.StatusCode), proto: got.Proto, header: headerLines(got.Header),
		encoding: strings.Join(got.Header["Content-Encoding"], ","),
		location: got.Header.Get("Location"), setsCookies: len(got.Header["Set-Cookie"]) > 0, headAt: time.Now(),
	}
}

// http2Body is the body of an HTTP/2 answer.
type http2Body struct {
	received io.ReadCloser
	context  context.Context
	cancel   context.CancelCauseFunc
	// timer cancels the context at the deadline.
	timer *time.Timer
}

// Read implements [io.Reader].
func (b *http2Body) Read(into []byte) (int, error) {
	n, err := b.received.Read(into)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err //nolint:wrapcheck // io.EOF
	}
	return n, b.failure(errorHTTP2(err))
}

// failure returns a timeout error if the deadline has passed, because HTTP/2 does not report why the context has ended.
// It returns other errors unchanged.
func (b *http2Body) failure(err error) error {
	if context.Cause(b.context) == context.DeadlineExceeded { //nolint:errorlint // set by the timer
		return &Error{Kind: ErrTimeout, Cause: err}
	}
	return err
}

func (b *http2Body) arm(deadline time.Time) error {
	b.timer.Reset(time.Until(deadline))
	return nil
}

func (b *http2Body) disarm() { b.timer.Stop() }

func (b *http2Body) abort() { b.cancel(nil) }

func (b *http2Body) end() {
	b.stop()
	// Close may have to wait until the connection can send. The event loop must not wait for Close.
	go func() { _ = b.received.Close() }()
}

func (b *http2Body) stop() {
	b.timer.Stop()
	b.cancel(nil)
}

// headerHTTP2 returns the header of a request, with the defaults of the client. It leaves out Content-Length, which the
// transport sets, and headers about the connection (RFC 9113, section 8.2.2).
func headerHTTP2(hop *hop, userAgent string) http.Header {
	header := http.Header{}
	for _, field := range hop.header {
		switch name := http.CanonicalHeaderKey(field[0]); name {
		case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Transfer-Encoding", "Upgrade", "Content-Length":
		default:
			header[name] = append(header[name], field[1])
		}
	}
	for _, field := range [][2]string{
		{"User-Agent", userAgent}, {"Accept-Encoding", acceptEncoding},
		{"Authorization", hop.authorization}, {"Cookie", hop.cookie},
	} {
		if _, ok := header[field[0]]; !ok && field[1] != "" && !containsFold(hop.without, field[0]) {
			header.Set(field[0], field[1])
		}
	}
	if _, ok := header["User-Agent"]; !ok {
		// With an empty value, the transport does not add its own User-Agent.
		header["User-Agent"] = []string{""}
	}
	return header
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(other, name) })
}

func headerLines(header http.Header) Header {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	var lines strings.Builder
	for _, name := range names {
		for _, value := range header[name] {
			fmt.Fprintf(&lines, "%s: %s\r\n", strings.ToLower(name), value)
		}
	}
	return Header(lines.String())
}

func errorHTTP2(err error) error {
	var (
		stream     http2.StreamError
		connection http2.ConnectionError
		goAway     http2.GoAwayError
	)
	if errors.As(err, &stream) || errors.As(err, &connection) || errors.As(err, &goAway) {
		return &Error{Kind: ErrStream, Cause: err}
	}
	return err
}
