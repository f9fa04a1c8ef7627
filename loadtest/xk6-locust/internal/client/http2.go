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
	// A connection that is silent for pingAfter is checked with a ping. It is closed if the answer takes longer than
	// pingTimeout.
	pingAfter   = 30 * time.Second
	pingTimeout = 15 * time.Second
)

// errNotHTTP2 means that an origin used HTTP/2 before, but no longer does.
var errNotHTTP2 = errors.New("the server no longer speaks HTTP/2")

// newHTTP2 returns the transport of one origin. All users share its few connections. If a connection has as many
// streams as the server allows, the transport opens another connection.
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

// tracked is a connection that is closed together with the client.
type tracked struct {
	net.Conn
	pool *pool
}

// Close closes the connection.
func (t *tracked) Close() error {
	t.pool.mu.Lock()
	delete(t.pool.live, t.Conn)
	t.pool.mu.Unlock()
	return t.Conn.Close()
}

// exchangeHTTP2 sends a request over HTTP/2 and reads the answer. With an error, the answer may still have a status.
func exchangeHTTP2(p *pool, s *server, hop *hop, deadline time.Time) (answer, error) {
	ctx, cancel := context.WithDeadline(p.context, deadline)
	defer cancel()
	sent, err := http.NewRequestWithContext(ctx, hop.method, hop.scheme()+"://"+hop.authority, bytes.NewReader(hop.body))
	if err != nil {
		return answer{}, &Error{Kind: ErrURL, Cause: err}
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
		return answer{}, errorHTTP2(err)
	}
	defer got.Body.Close() //nolint:errcheck // the answer is complete or already has an error
	a := answer{
		status: got.StatusCode, reason: http.StatusText(got.StatusCode), proto: got.Proto, header: headerLines(got.Header),
		encoding: strings.Join(got.Header["Content-Encoding"], ","),
		location: got.Header.Get("Location"), setsCookies: len(got.Header["Set-Cookie"]) > 0, headAt: time.Now(),
	}
	if hop.discards {
		if a.length, err = io.Copy(io.Discard, got.Body); err != nil {
			return a, errorHTTP2(err)
		}
		return a, nil
	}
	limit := p.options.MaxBodyBytes
	if hop.method != http.MethodHead && got.ContentLength > limit {
		return a, &Error{Kind: ErrBodyTooLarge}
	}
	a.body, err = io.ReadAll(io.LimitReader(got.Body, limit+1))
	if err != nil {
		return a, errorHTTP2(err)
	}
	if int64(len(a.body)) > limit {
		a.body = nil
		return a, &Error{Kind: ErrBodyTooLarge}
	}
	a.length = int64(len(a.body))
	return a, nil
}

// headerHTTP2 removes the headers that RFC 9113, 8.2.2 forbids.
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
		// An empty value keeps the transport from adding its own.
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
