package client

import (
	"sync"
)

// Session contains the connections of one user, like a session of Locust's clients. Requests of other users never use
// these connections. A session is safe for concurrent use.
type Session struct {
	pool

	client *Client
}

// NewSession returns a session without connections. It opens its connections with dial, or with Options.Dial if dial is
// nil. Call Close when the user stops. Closing the client also closes its sessions.
func (c *Client) NewSession(dial DialFunc) *Session {
	if dial == nil {
		dial = c.open
	}
	s := &Session{client: c}
	s.init(c.context, c.options, c.tls, c.options.Concurrency, dial)
	// The requests of a user must not wait for requests of other users.
	c.goroutines.adjustLimit(2 * c.options.Concurrency)
	if !c.sessions.add(s) {
		s.close()
	}
	return s
}

// Close closes the connections of the session, and makes its requests in flight fail with ErrClosed.
func (s *Session) Close() {
	s.close()
	if s.client.sessions.remove(s) {
		s.client.goroutines.adjustLimit(-2 * s.client.options.Concurrency)
	}
}

// CloseIdle closes the connections that are not in use, so that the next request opens a new one.
func (s *Session) CloseIdle() { s.closeIdle() }

// sessions is the set of a client's open sessions.
type sessions struct {
	mu     sync.Mutex
	all    map[*Session]struct{}
	closed bool
}

// add returns false if the client is closed.
func (s *sessions) add(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.all == nil {
		s.all = map[*Session]struct{}{}
	}
	s.all[session] = struct{}{}
	return true
}

// remove reports whether the session was still open.
func (s *sessions) remove(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := s.all[session]
	delete(s.all, session)
	return found
}

func (s *sessions) list() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Session, 0, len(s.all))
	for session := range s.all {
		list = append(list, session)
	}
	return list
}

func (s *sessions) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, session := range s.list() {
		session.close()
	}
}
