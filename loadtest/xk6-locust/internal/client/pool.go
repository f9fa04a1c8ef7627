package client

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// Protocols of an origin.
const (
	protocolUnknown = iota
	protocolHTTP1
	protocolHTTP2
)

// server is an origin and its connections.
type server struct {
	origin
	protocol atomic.Int32
	// idle lists the idle connections, in the order in which they became idle. The last one is reused first. Guarded by
	// pool.mu.
	idle []*conn
	// probing contains a value while a request determines the protocol.
	probing chan struct{}
	// http2 is set for origins that may use HTTP/2.
	http2 *http2.Transport
	// spare is the connection that was opened to determine the protocol, until http2 takes it.
	spare atomic.Pointer[tls.Conn]
	// proxy is the proxy for this origin, or nil. proxyErr says why the proxy is unusable.
	proxy    *proxy
	proxyErr error
}

// conn is an HTTP/1.1 connection.
type conn struct {
	net.Conn
	server *server
	// armed is the current deadline of the connection. See arm.
	armed  time.Time
	isTLS  bool
	reused bool
	// idleSince is the tick at which the connection became idle.
	idleSince int64
}

// arm makes reads and writes fail after the deadline. If the connection already has an earlier deadline, arm keeps it.
// When the earlier deadline passes, extend sets the actual one. A connection therefore sets its deadline once per
// timeout instead of once per request. This saves measurable time. TLS connections always get the exact deadline,
// because a TLS write cannot be resumed. Other connections get it if isExact is set.
func (c *conn) arm(now, deadline time.Time, isExact bool) error {
	if !c.isTLS && !isExact && c.armed.After(now) && !c.armed.After(deadline) {
		return nil
	}
	c.armed = deadline
	return c.SetDeadline(deadline)
}

// extend reports whether the error only means that an earlier deadline has passed. If so, it sets the actual deadline.
func (c *conn) extend(err error, deadline time.Time) bool {
	if c.isTLS || !isTimeout(err) || !time.Now().Before(deadline) {
		return false
	}
	c.armed = deadline
	return c.SetDeadline(deadline) == nil
}

// waiter is a request that waits for a connection.
type waiter struct {
	server *server
	// grant receives a connection to the server, or nil if the request may open a new one.
	grant   chan *conn
	granted bool
}

// pool contains connections to all servers. Either all users share them, or they belong to one session.
type pool struct {
	options *Options
	tls     *tls.Config
	// limit is the maximum number of HTTP/1.1 connections.
	limit int
	open  DialFunc
	// context ends when the pool is closed.
	context context.Context
	cancel  context.CancelFunc

	// mu guards the fields below, and the idle connections of the servers.
	mu      sync.Mutex
	closed  bool
	servers map[origin]*server
	// count is the number of HTTP/1.1 connections, including those that are being opened.
	count   int
	waiters list.List
	// live contains all open connections, for close.
	live map[net.Conn]struct{}
	// tick counts the calls to reap.
	tick int64
}

// init prepares an empty pool. Its requests fail when the pool is closed or the parent context ends.
func (p *pool) init(parent context.Context, options *Options, config *tls.Config, limit int, open DialFunc) {
	p.options, p.tls, p.limit, p.open = options, config, limit, open
	p.servers, p.live = map[origin]*server{}, map[net.Conn]struct{}{}
	p.context, p.cancel = context.WithCancel(parent)
}

// close closes all connections and makes all requests fail.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.cancel()
	for connection := range p.live {
		if secure, ok := connection.(*tls.Conn); ok {
			connection = secure.NetConn()
		}
		_ = connection.Close()
	}
	clear(p.live)
	for _, s := range p.servers {
		s.idle = nil
	}
}

// serverOf returns the server of an origin. It creates the server if there is none.
func (p *pool) serverOf(at origin) *server {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.servers[at]
	if s != nil {
		return s
	}
	s = &server{origin: at, probing: make(chan struct{}, 1)}
	if p.options.Proxy != nil {
		s.proxy, s.proxyErr = findProxy(p.options.Proxy, at)
	}
	switch {
	case at.https && p.options.HTTP2 != HTTP2Off:
		s.protocol.Store(protocolUnknown)
		s.http2 = newHTTP2(p, s)
	case !at.https && p.options.HTTP2 == HTTP2PriorKnowledge:
		s.protocol.Store(protocolHTTP2)
		s.http2 = newHTTP2(p, s)
	default:
		s.protocol.Store(protocolHTTP1)
	}
	p.servers[at] = s
	return s
}

// probe determines whether an origin uses HTTP/2. One request does this while all other requests to the origin wait.
// Otherwise, if a thousand users started at once, they would perform a thousand TLS handshakes.
func (p *pool) probe(s *server, deadline time.Time) error {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case s.probing <- struct{}{}:
		defer func() { <-s.probing }()
	case <-timer.C:
		return &Error{Kind: ErrTimeout}
	case <-p.context.Done():
		return &Error{Kind: ErrClosed}
	}
	if s.protocol.Load() != protocolUnknown {
		return nil
	}
	first, err := p.acquire(s, deadline, true)
	if err != nil {
		return err
	}
	secure, ok := first.Conn.(*tls.Conn)
	if ok && secure.ConnectionState().NegotiatedProtocol == "h2" {
		s.spare.Store(secure)
		s.protocol.Store(protocolHTTP2)
		p.release(s, nil, false)
		return nil
	}
	s.protocol.Store(protocolHTTP1)
	p.release(s, first, true)
	return nil
}

// acquire returns an idle connection (unless fresh is set) or a new one. If the pool is full, it waits until another
// request releases a connection.
func (p *pool) acquire(s *server, deadline time.Time, fresh bool) (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, &Error{Kind: ErrClosed}
	}
	if last := len(s.idle) - 1; last >= 0 && !fresh {
		idle := s.idle[last]
		s.idle[last] = nil
		s.idle = s.idle[:last]
		p.mu.Unlock()
		idle.reused = true
		return idle, nil
	}
	if p.count < p.limit || p.evict() {
		p.count++
		p.mu.Unlock()
		return p.connect(s, deadline)
	}
	w := &waiter{server: s, grant: make(chan *conn, 1)}
	place := p.waiters.PushBack(w)
	p.mu.Unlock()
	return p.wait(w, place, deadline)
}

func (p *pool) wait(w *waiter, place *list.Element, deadline time.Time) (*conn, error) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	reason := ErrPoolWait
	select {
	case got := <-w.grant:
		if got == nil {
			return p.connect(w.server, deadline)
		}
		got.reused = true
		return got, nil
	case <-timer.C:
	case <-p.context.Done():
		reason = ErrClosed
	}
	p.mu.Lock()
	if !w.granted {
		p.waiters.Remove(place)
		p.mu.Unlock()
		return nil, &Error{Kind: reason}
	}
	p.mu.Unlock()
	// A connection, or the right to open one, was granted at the same moment. Pass it on.
	p.release(w.server, <-w.grant, true)
	return nil, &Error{Kind: reason}
}

// evict closes an idle connection of any server, so that another can be opened. It returns false if no
// connection is idle. The caller holds mu.
func (p *pool) evict() bool {
	for _, s := range p.servers {
		if len(s.idle) > 0 {
			oldest := s.idle[0]
			s.idle = append(s.idle[:0], s.idle[1:]...)
			p.discard(oldest)
			p.count--
			return true
		}
	}
	return false
}

// release returns a connection to the pool, or closes it if it is not reusable. If used is nil, release only frees a
// slot for a connection.
func (p *pool) release(s *server, used *conn, reusable bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if used != nil && (!reusable || p.closed) {
		p.discard(used)
		used = nil
	}
	if first := p.waiters.Front(); first != nil {
		p.waiters.Remove(first)
		next := first.Value.(*waiter) //nolint:forcetypeassert // the list contains only waiters
		if used != nil && next.server != s {
			p.discard(used)
			used = nil
		}
		next.granted = true
		next.grant <- used
		return
	}
	if used == nil {
		p.count--
		return
	}
	used.idleSince = p.tick
	s.idle = append(s.idle, used)
}

// discard closes a connection. The caller holds mu.
func (p *pool) discard(dead *conn) {
	delete(p.live, dead.Conn)
	dead.interrupt()
}

// interrupt closes a connection, so that reads and writes fail.
func (c *conn) interrupt() {
	// Closing a TLS connection would first send an alert, which can block.
	if secure, ok := c.Conn.(*tls.Conn); ok {
		_ = secure.NetConn().Close()
		return
	}
	_ = c.Close()
}

// connect opens a connection in a slot that the caller has reserved. On error, it frees the slot.
func (p *pool) connect(s *server, deadline time.Time) (*conn, error) {
	protocols := []string{"http/1.1"}
	if s.protocol.Load() == protocolUnknown {
		protocols = []string{"h2", "http/1.1"}
	}
	opened, err := p.dial(p.context, s, deadline, protocols)
	if err != nil {
		p.release(s, nil, false)
		return nil, err
	}
	_, isTLS := opened.(*tls.Conn)
	return &conn{Conn: opened, server: s, isTLS: isTLS}, nil
}

// dial connects and performs the TLS handshake, limited by the deadline and ConnectTimeout.
func (p *pool) dial(ctx context.Context, s *server, deadline time.Time, protocols []string) (net.Conn, error) {
	limit := time.Now().Add(p.options.ConnectTimeout)
	late := ErrConnectTimeout
	if limit.After(deadline) {
		limit, late = deadline, ErrTimeout
	}
	ctx, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	opened, err := p.openConnection(ctx, s)
	if err != nil {
		return nil, dialError(err, late)
	}
	if s.https {
		if opened, err = p.secure(ctx, opened, s.hostname(), protocols); err != nil {
			return nil, handshakeError(err, late)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = opened.Close()
		return nil, &Error{Kind: ErrClosed}
	}
	p.live[opened] = struct{}{}
	return opened, nil
}

// secure performs the TLS handshake. On error, it closes the connection.
func (p *pool) secure(ctx context.Context, opened net.Conn, serverName string, protocols []string) (net.Conn, error) {
	config := p.tls.Clone()
	config.ServerName = serverName
	config.NextProtos = protocols
	isAsked := false
	if len(config.Certificates) == 0 && config.GetClientCertificate == nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			isAsked = true
			return &tls.Certificate{}, nil
		}
	}
	secure := tls.Client(opened, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = opened.Close()
		// Before TLS 1.3, if a server gets no client certificate, it reports only that the handshake failed.
		if operation := (*net.OpError)(nil); isAsked && errors.As(err, &operation) && operation.Op == "remote error" {
			return nil, &Error{Kind: ErrClientCert, Cause: err}
		}
		return nil, err
	}
	return secure, nil
}

func dialError(err error, late Kind) error {
	if isTimeout(err) {
		return &Error{Kind: late, Cause: err}
	}
	return classify(err)
}

func handshakeError(err error, late Kind) error {
	if isTimeout(err) {
		return &Error{Kind: late, Cause: err}
	}
	known := classify(err)
	if known.Kind == ErrConnection || known.Kind == ErrCut {
		known.Kind = ErrTLS
	}
	return known
}

// closeIdle closes the connections that are not in use.
func (p *pool) closeIdle() {
	p.mu.Lock()
	var transports []*http2.Transport
	for _, s := range p.servers {
		for _, idle := range s.idle {
			p.discard(idle)
		}
		p.count -= len(s.idle)
		s.idle = nil
		if s.http2 != nil {
			transports = append(transports, s.http2)
		}
	}
	p.mu.Unlock()
	// Do not hold mu here, because tracked connections lock it when they are closed.
	for _, transport := range transports {
		transport.CloseIdleConnections()
	}
}

// reap closes connections that were already idle during the previous call.
func (p *pool) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tick++
	for _, s := range p.servers {
		old := 0
		for old < len(s.idle) && s.idle[old].idleSince < p.tick-1 {
			p.discard(s.idle[old])
			old++
		}
		p.count -= old
		rest := copy(s.idle, s.idle[old:])
		clear(s.idle[rest:])
		s.idle = s.idle[:rest]
	}
}
