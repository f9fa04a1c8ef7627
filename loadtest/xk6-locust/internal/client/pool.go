package client

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// Protocols that an origin can speak.
const (
	protocolUnknown = iota
	protocolHTTP1
	protocolHTTP2
)

// host is an origin with its connections.
type host struct {
	origin
	protocol atomic.Int32
	// idle connections, the last used at the end: it is the one that is reused. Guarded by Client.mu.
	idle []*conn
	// probing is held by the request that finds out the protocol.
	probing chan struct{}
	// http2 is for origins that speak it.
	http2 *http2.Transport
	// spare is the connection that found out that the origin speaks HTTP/2, until http2 takes it.
	spare atomic.Pointer[tls.Conn]
}

// conn is a connection for HTTP/1.1.
type conn struct {
	net.Conn
	host *host
	// armed is the deadline that the connection has: see arm.
	armed  time.Time
	isTLS  bool
	reused bool
	// idleSince is the tick at which it became idle.
	idleSince int64
}

// arm sees to it that reads and writes end at the deadline, or before it with an error that extend takes away. So a connection sets
// its deadline once per timeout and not once per request: that is measurable. A write over TLS cannot be taken up again, and a long
// write is worth an exact deadline.
func (c *conn) arm(now, deadline time.Time, isLong bool) error {
	if !c.isTLS && !isLong && c.armed.After(now) && !c.armed.After(deadline) {
		return nil
	}
	c.armed = deadline
	return c.SetDeadline(deadline)
}

// extend reports whether an error only says that an older deadline passed, and sets the one that counts.
func (c *conn) extend(err error, deadline time.Time) bool {
	if c.isTLS || !isTimeout(err) || !time.Now().Before(deadline) {
		return false
	}
	c.armed = deadline
	return c.SetDeadline(deadline) == nil
}

// waiter is a request that waits for a connection.
type waiter struct {
	host *host
	// grant gets a connection to the host, or nil: the right to open one.
	grant   chan *conn
	granted bool
}

// hostOf returns the host of an origin.
func (c *Client) hostOf(at origin) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[at]
	if h != nil {
		return h
	}
	h = &host{origin: at, probing: make(chan struct{}, 1)}
	switch {
	case at.https && c.options.HTTP2 != HTTP2Off:
		h.protocol.Store(protocolUnknown)
		h.http2 = c.newHTTP2(h)
	case !at.https && c.options.HTTP2 == HTTP2PriorKnowledge:
		h.protocol.Store(protocolHTTP2)
		h.http2 = c.newHTTP2(h)
	default:
		h.protocol.Store(protocolHTTP1)
	}
	c.hosts[at] = h
	return h
}

// acquire returns a connection: an idle one unless it has to be fresh, a new one, or the first that another request gives back.
func (c *Client) acquire(h *host, deadline time.Time, fresh bool) (*conn, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, &Error{Kind: ErrClosed}
	}
	if last := len(h.idle) - 1; last >= 0 && !fresh {
		idle := h.idle[last]
		h.idle[last] = nil
		h.idle = h.idle[:last]
		c.mu.Unlock()
		idle.reused = true
		return idle, nil
	}
	if c.open < c.options.PoolSize || c.evict() {
		c.open++
		c.mu.Unlock()
		return c.connect(h, deadline)
	}
	w := &waiter{host: h, grant: make(chan *conn, 1)}
	place := c.waiters.PushBack(w)
	c.mu.Unlock()
	return c.wait(w, place, deadline)
}

func (c *Client) wait(w *waiter, place *list.Element, deadline time.Time) (*conn, error) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	reason := ErrPoolWait
	select {
	case got := <-w.grant:
		if got == nil {
			return c.connect(w.host, deadline)
		}
		got.reused = true
		return got, nil
	case <-timer.C:
	case <-c.context.Done():
		reason = ErrClosed
	}
	c.mu.Lock()
	if !w.granted {
		c.waiters.Remove(place)
		c.mu.Unlock()
		return nil, &Error{Kind: reason}
	}
	c.mu.Unlock()
	// Given in the same moment: somebody else can have it.
	c.release(w.host, <-w.grant, true)
	return nil, &Error{Kind: reason}
}

// evict closes an idle connection of any host, so that another can be opened. The caller holds mu.
func (c *Client) evict() bool {
	for _, h := range c.hosts {
		if len(h.idle) > 0 {
			oldest := h.idle[0]
			h.idle = append(h.idle[:0], h.idle[1:]...)
			c.discard(oldest)
			c.open--
			return true
		}
	}
	return false
}

// release gives back a connection, or with nil the right to open one.
func (c *Client) release(h *host, used *conn, reusable bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if used != nil && (!reusable || c.closed) {
		c.discard(used)
		used = nil
	}
	if first := c.waiters.Front(); first != nil {
		c.waiters.Remove(first)
		next := first.Value.(*waiter) //nolint:forcetypeassert // the list holds nothing else
		if used != nil && next.host != h {
			c.discard(used)
			used = nil
		}
		next.granted = true
		next.grant <- used
		return
	}
	if used == nil {
		c.open--
		return
	}
	used.idleSince = c.tick
	h.idle = append(h.idle, used)
}

// discard closes a connection. The caller holds mu.
func (c *Client) discard(dead *conn) {
	delete(c.live, dead.Conn)
	// Closing TLS properly can wait for the peer; nobody waits for the answer.
	if secure, ok := dead.Conn.(*tls.Conn); ok {
		_ = secure.NetConn().Close()
		return
	}
	_ = dead.Close()
}

// connect opens a connection. The caller has the right to it, which is given back with an error.
func (c *Client) connect(h *host, deadline time.Time) (*conn, error) {
	protocols := []string{"http/1.1"}
	if h.protocol.Load() == protocolUnknown {
		protocols = []string{"h2", "http/1.1"}
	}
	opened, err := c.dial(c.context, h, deadline, protocols)
	if err != nil {
		c.release(h, nil, false)
		return nil, err
	}
	_, isTLS := opened.(*tls.Conn)
	return &conn{Conn: opened, host: h, isTLS: isTLS}, nil
}

// dial connects and shakes hands, within the deadline and ConnectTimeout.
func (c *Client) dial(ctx context.Context, h *host, deadline time.Time, protocols []string) (net.Conn, error) {
	limit := time.Now().Add(c.options.ConnectTimeout)
	late := ErrConnectTimeout
	if limit.After(deadline) {
		limit, late = deadline, ErrTimeout
	}
	ctx, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	opened, err := c.options.Dial(ctx, "tcp", h.address())
	if err != nil {
		return nil, dialError(err, late)
	}
	if h.https {
		config := c.tls.Clone()
		config.ServerName = h.hostname()
		config.NextProtos = protocols
		secure := tls.Client(opened, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = opened.Close()
			return nil, handshakeError(err, late)
		}
		opened = secure
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = opened.Close()
		return nil, &Error{Kind: ErrClosed}
	}
	c.live[opened] = struct{}{}
	return opened, nil
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

// reap closes what has been idle for a time, and runs twice in that time.
func (c *Client) reap() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.tick++
	for _, h := range c.hosts {
		old := 0
		for old < len(h.idle) && h.idle[old].idleSince < c.tick-1 {
			c.discard(h.idle[old])
			old++
		}
		c.open -= old
		rest := copy(h.idle, h.idle[old:])
		clear(h.idle[rest:])
		h.idle = h.idle[:rest]
	}
	c.workers.reap()
	c.reaper.Reset(c.options.IdleTimeout / 2)
}
