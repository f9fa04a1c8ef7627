package client

import (
	"errors"
	"io"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/loop"
)

const (
	// flightTimeout limits how long a request stays on the loop. After this time, a goroutine waits for the rest of the
	// answer and applies the timeouts.
	flightTimeout = time.Second
	// maxArrivals limits how often new bytes of one answer are parsed on the loop.
	maxArrivals = 4
)

// Starter sends requests on the goroutine of a loop if this is possible without waiting. This needs less CPU time than
// [Client.Go]. The response times usually do not depend on when the goroutine runs, because the kernel records when the
// bytes of an answer arrive. Only the loop's goroutine may use a Starter.
type Starter struct {
	client *Client
	loop   *loop.Loop
	// first and last are the ends of the list of requests in flight, which is sorted by the time of sending.
	first, last *flight
	// isTimed is true while a timer for flightTimeout is set.
	isTimed bool
}

// flight is a request that was sent on a loop.
type flight struct {
	*chain

	starter *Starter
	pool    *pool
	wire    *wire
	socket  *socket
	// start is when the response time starts, and sent is when the request was sent.
	start, sent time.Time
	// headAt is the time at which the header was complete, or zero.
	headAt         time.Time
	done           func(response *Response, isOnLoop bool)
	arrivals       int
	previous, next *flight
}

// NewStarter returns a Starter for a loop. The loop may be nil.
func (c *Client) NewStarter(l *loop.Loop) *Starter { return &Starter{client: c, loop: l} }

// Go sends a request. It calls done either on the loop, after Go has returned, or on another goroutine. Go sends the
// request on the loop only if the request has a session with an idle, unencrypted connection, and its answer is not a
// stream.
func (s *Starter) Go(request *Request, done func(response *Response, isOnLoop bool)) {
	if s.loop == nil || !s.start(request, done) {
		s.client.Go(request, func(response *Response) { done(response, false) })
	}
}

// start sends a request on the loop, or returns false if the caller must send it in another way.
func (s *Starter) start(request *Request, done func(*Response, bool)) bool {
	start := time.Now()
	p := s.client.connectionsOf(request)
	if request.Session == nil || request.Stream || isHTTPS(request.URL) || request.Timeout > 0 || p.options.NetworkTimeout < 2*flightTimeout ||
		p.options.Debug != nil || p.options.DisableKeepAlive || len(request.Body) > joinedBody {
		return false
	}
	c := &chain{request: request, response: &Response{URL: request.URL}}
	if p.prepareFirstHop(c, start) != nil {
		return false
	}
	at := p.serverOf(c.origin)
	if at.protocol.Load() != protocolHTTP1 || at.proxyErr != nil {
		return false
	}
	used, socket := s.take(p, at)
	if used == nil {
		return false
	}
	c.proxy = at.plainProxy()
	f := &flight{chain: c, starter: s, pool: p, socket: socket, wire: newWire(used, c.deadline), start: start, done: done}
	f.wire.end = errIncomplete
	f.wire.prepare(&c.hop, p.options.UserAgent)
	if !isSafe(c.method) {
		// This request must not be sent twice, so first check that the server has not closed the connection.
		if _, _, err := socket.receive(f.wire.in); !errors.Is(err, errNothing) {
			f.wire.free()
			p.release(at, used, false)
			return false
		}
	}
	f.sent = time.Now()
	n, err := socket.send(f.wire.out)
	switch {
	case err != nil:
		// Go must return before done is called.
		s.loop.At(f.sent, func() error {
			f.endExchange(&answer{}, err)
			return nil
		})
	case n < len(f.wire.out):
		f.wire.out = f.wire.out[n:]
		f.moveToGoroutine(func(w *wire) error { return w.write(w.out) })
	default:
		f.push()
	}
	return true
}

// take returns a usable idle connection as a socket of the loop, or nil.
func (s *Starter) take(p *pool, at *server) (*conn, *socket) {
	for used := p.takeIdle(at); used != nil; used = p.takeIdle(at) {
		if !p.moveToLoop(used, s.loop) {
			p.release(at, used, true)
			return nil, nil
		}
		moved := used.Conn.(*socket) //nolint:forcetypeassert // moveToLoop has set it
		if !moved.isStale {
			return used, moved
		}
		p.release(at, used, false)
	}
	return nil, nil
}

// takeIdle removes and returns the connection that became idle last, or nil.
func (p *pool) takeIdle(s *server) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(s.idle) - 1
	if p.closed || last < 0 {
		return nil
	}
	idle := s.idle[last]
	s.idle[last] = nil
	s.idle = s.idle[:last]
	idle.reused = true
	return idle
}

// push appends the flight to the Starter's list of requests in flight.
func (f *flight) push() {
	s := f.starter
	f.socket.flight = f
	f.previous = s.last
	if s.last != nil {
		s.last.next = f
	} else {
		s.first = f
	}
	s.last = f
	s.setTimer()
}

// remove removes the flight from the list, if it is in the list.
func (f *flight) remove() {
	s := f.starter
	if f.socket.flight != f {
		return
	}
	f.socket.flight = nil
	if f.previous != nil {
		f.previous.next = f.next
	} else {
		s.first = f.next
	}
	if f.next != nil {
		f.next.previous = f.previous
	} else {
		s.last = f.previous
	}
	f.previous, f.next = nil, nil
}

// setTimer sets a timer for the first flight, unless there is a timer already.
func (s *Starter) setTimer() {
	if s.isTimed || s.first == nil {
		return
	}
	s.isTimed = true
	s.loop.At(s.first.sent.Add(flightTimeout), func() error {
		s.isTimed = false
		now := time.Now()
		for s.first != nil && now.Sub(s.first.sent) >= flightTimeout {
			s.first.moveToGoroutine(nil)
		}
		s.setTimer()
		return nil
	})
}

// ready reads everything that has arrived, because the loop calls it only once if data and the end of the connection
// arrive together.
func (f *flight) ready() {
	w := f.wire
	for isNew := false; ; {
		if w.filled == len(w.in) {
			if len(w.in) >= keptBuffer {
				f.moveToGoroutine(nil)
				return
			}
			w.in = append(w.in, make([]byte, len(w.in))...)
		}
		room := w.in[w.filled:]
		n, age, err := f.socket.receive(room)
		switch {
		case errors.Is(err, errNothing):
			if isNew {
				f.parse()
			}
			return
		case err != nil || n == 0:
			if err == nil {
				err = io.EOF
			}
			w.end, f.response.End = err, time.Now()
			f.parse()
			return
		}
		w.received, isNew = true, true
		w.filled += n
		if age == noStamp {
			// The kernel did not record the arrival, so the response time ends when the answer is read. Read answers as
			// soon as they arrive.
			f.starter.loop.WakeOnSockets()
			age = 0
		}
		now := time.Now()
		f.response.End = now.Add(-min(age, now.Sub(f.sent)))
		if n < len(room) {
			// The buffer is not full, so probably nothing else has arrived. If the answer is complete, parsing it now
			// saves a system call.
			if f.parse() {
				return
			}
			isNew = false
		}
	}
}

// parse ends the exchange if the answer is complete or invalid. After several incomplete parts, it leaves the rest to a
// goroutine. In both cases, it returns true. It returns false if the loop has to wait for the rest.
func (f *flight) parse() (hasLeft bool) {
	w := f.wire
	w.read = 0
	a, err := w.answer(&f.hop, f.pool.options.MaxBodyBytes)
	if !a.headAt.IsZero() && f.headAt.IsZero() {
		f.headAt = f.response.End
	}
	a.headAt = f.headAt
	if !errors.Is(err, errIncomplete) {
		f.endExchange(&a, err)
		return true
	}
	// The server may be waiting for space in the socket's buffer, so read the next part as soon as it arrives.
	f.starter.loop.WakeOnSockets()
	if f.arrivals++; f.arrivals == maxArrivals {
		f.moveToGoroutine(nil)
		return true
	}
	return false
}

// endExchange ends the exchange. If the request must be sent again, or is redirected, a goroutine continues.
func (f *flight) endExchange(a *answer, err error) {
	f.remove()
	p, at := f.pool, f.wire.conn.server
	isRetry := p.releaseConnection(f.wire, &f.hop, a, err, false)
	if !isRetry {
		var isLast bool
		if isLast, err = p.handleAnswer(f.chain, a, err); isLast {
			p.completeResponse(f.request, f.response, f.start, err)
			f.done(f.response, true)
			return
		}
	}
	f.response.End = time.Time{}
	f.continueInGoroutine(func() error {
		if isRetry {
			return f.complete(at, answer{}, nil, true)
		}
		return p.sendHops(f.chain)
	})
}

// moveToGoroutine moves the request to a goroutine. The goroutine first calls resume, unless it is nil, and then waits
// for the answer.
func (f *flight) moveToGoroutine(resume func(w *wire) error) {
	f.remove()
	f.response.End = time.Time{}
	w, p := f.wire, f.pool
	used := w.conn
	w.read, w.end = 0, nil
	f.continueInGoroutine(func() error {
		err := p.returnToScheduler(used)
		if err == nil {
			err = used.arm(time.Now(), f.deadline, false)
		}
		if err == nil && resume != nil {
			err = resume(w)
		}
		var a answer
		if err == nil {
			a, err = w.answer(&f.hop, p.options.MaxBodyBytes)
		}
		if !f.headAt.IsZero() {
			a.headAt = f.headAt
		}
		isRetry := p.releaseConnection(w, &f.hop, &a, err, false)
		return f.complete(used.server, a, err, isRetry)
	})
}

// complete handles the answer to a hop, and follows redirects. If isRetry is set, it first sends the hop again, and handles
// the new answer instead.
func (f *flight) complete(at *server, a answer, err error, isRetry bool) error {
	if isRetry {
		a, err = f.pool.tryHTTP1(at, &f.hop, f.deadline, true)
	}
	isLast, err := f.pool.handleAnswer(f.chain, &a, err)
	if isLast {
		return err
	}
	return f.pool.sendHops(f.chain)
}

// continueInGoroutine hands the request to a goroutine, which calls rest and finishes the request.
func (f *flight) continueInGoroutine(rest func() error) {
	end := func(err error) {
		f.pool.completeResponse(f.request, f.response, f.start, err)
		f.done(f.response, false)
	}
	if !f.starter.client.goroutines.run(func() { end(rest()) }) {
		go end(&Error{Kind: ErrClosed})
	}
}
