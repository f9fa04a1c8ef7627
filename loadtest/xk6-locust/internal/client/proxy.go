package client

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	socks "golang.org/x/net/proxy"
)

type proxy struct {
	scheme string
	// address is the host and port to connect to, and host is the host alone.
	address, host string
	user          *url.Userinfo
	// authorization is the Proxy-Authorization header, or "".
	authorization string
}

var errProxyScheme = errors.New("a proxy must have the scheme http, https, socks5, or socks5h")

// findProxy returns the proxy for an origin, or nil.
func findProxy(find func(*url.URL) (*url.URL, error), at origin) (*proxy, error) {
	found, err := find(&url.URL{Scheme: at.scheme(), Host: at.authority})
	if known := (*Error)(nil); errors.As(err, &known) {
		return nil, known
	}
	if err != nil {
		return nil, &Error{Kind: ErrProxyURL, Cause: err}
	}
	if found == nil {
		return nil, nil //nolint:nilnil // there is no proxy
	}
	ports := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}
	port, ok := ports[found.Scheme]
	if !ok {
		return nil, &Error{Kind: ErrProxyURL, Cause: fmt.Errorf("%w, got %q", errProxyScheme, found.Scheme)}
	}
	if found.Port() != "" {
		port = found.Port()
	}
	p := &proxy{scheme: found.Scheme, host: found.Hostname(), address: net.JoinHostPort(found.Hostname(), port), user: found.User}
	if p.user != nil {
		password, _ := p.user.Password()
		p.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user.Username()+":"+password))
	}
	return p, nil
}

func (p *proxy) isSOCKS() bool { return p.scheme == "socks5" || p.scheme == "socks5h" }

// plainProxy returns the proxy that forwards plain requests to the server, or nil if there is a tunnel or no proxy.
func (s *server) plainProxy() *proxy {
	if s.proxy == nil || s.https || s.http2 != nil || s.proxy.isSOCKS() {
		return nil
	}
	return s.proxy
}

// openConnection opens a connection to the server, directly or through a tunnel. If a proxy forwards plain requests,
// the connection leads to the proxy.
func (p *pool) openConnection(ctx context.Context, s *server) (net.Conn, error) {
	switch {
	case s.proxy == nil:
		return p.open(ctx, "tcp", s.address())
	case s.proxy.isSOCKS():
		return p.reachSOCKS(ctx, s)
	}
	opened, err := p.open(ctx, "tcp", s.proxy.address)
	if err != nil {
		return nil, err
	}
	if s.proxy.scheme == "https" {
		if opened, err = p.secure(ctx, opened, s.proxy.host, []string{"http/1.1"}); err != nil {
			return nil, err
		}
	}
	if s.plainProxy() != nil {
		return opened, nil
	}
	if err := tunnel(ctx, opened, s.address(), s.proxy.authorization); err != nil {
		_ = opened.Close()
		return nil, err
	}
	return opened, nil
}

// tunnel asks an HTTP proxy to connect to an address.
func tunnel(ctx context.Context, connection net.Conn, address, authorization string) error {
	stop := context.AfterFunc(ctx, func() { _ = connection.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if authorization != "" {
		request.Header.Set("Proxy-Authorization", authorization)
	}
	if err := request.Write(connection); err != nil {
		return tunnelError(ctx, err)
	}
	reader := bufio.NewReader(connection)
	answer, err := http.ReadResponse(reader, request) //nolint:bodyclose // the body is the tunnel, or the connection is closed
	if err != nil {
		return tunnelError(ctx, err)
	}
	if answer.StatusCode != http.StatusOK || reader.Buffered() > 0 {
		return &Error{Kind: ErrProxy, Cause: fmt.Errorf("the proxy answered %s", answer.Status)}
	}
	return nil
}

// tunnelError returns the error of the context if the context has ended. Otherwise, it returns an error of the proxy.
func tunnelError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("proxy: %w", err)
}

// reachSOCKS connects to the server through a SOCKS5 proxy, which resolves the host.
func (p *pool) reachSOCKS(ctx context.Context, s *server) (net.Conn, error) {
	var auth *socks.Auth
	if s.proxy.user != nil {
		password, _ := s.proxy.user.Password()
		auth = &socks.Auth{User: s.proxy.user.Username(), Password: password}
	}
	isReached := false
	dialer, err := socks.SOCKS5("tcp", s.proxy.address, auth, forward(func(ctx context.Context, network, address string) (net.Conn, error) {
		opened, err := p.open(ctx, network, address)
		isReached = err == nil
		return opened, err
	}))
	if err != nil {
		return nil, err
	}
	opened, err := dialer.(socks.ContextDialer).DialContext(ctx, "tcp", s.address()) //nolint:forcetypeassert // documented
	if err != nil && isReached && !isTimeout(err) && ctx.Err() == nil {
		return nil, &Error{Kind: ErrProxy, Cause: err}
	}
	return opened, err
}

// forward is a dialer made from a function.
type forward DialFunc

// Dial implements [socks.Dialer].
func (f forward) Dial(network, address string) (net.Conn, error) {
	return f(context.Background(), network, address)
}

// DialContext implements [socks.ContextDialer].
func (f forward) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}
