package worker

import (
	"fmt"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/zmtp"
)

// link is a connection with a goroutine that reads its messages.
type link struct {
	conn *zmtp.Conn
	// messages is closed when the connection is lost. err then contains the reason.
	messages chan protocol.Message
	err      error
	closed   chan struct{}
}

func newLink(conn *zmtp.Conn) *link {
	l := &link{conn: conn, messages: make(chan protocol.Message), closed: make(chan struct{})}
	go l.read()
	return l
}

func (l *link) read() {
	defer close(l.messages)
	for {
		frames, err := l.conn.Receive()
		if err != nil {
			l.err = err
			return
		}
		var m protocol.Message
		if len(frames) == 1 {
			m, err = protocol.Parse(frames[0], protocol.MaxMasterValues)
		} else {
			err = fmt.Errorf("%w: %d frames, want 1", protocol.ErrMessage, len(frames))
		}
		m.Err = err
		select {
		case l.messages <- m:
		case <-l.closed:
			return
		}
	}
}

// drain waits until the master has read all sent messages and has closed the connection, but at most for the timeout.
func (l *link) drain(timeout time.Duration) {
	if l.conn.CloseWrite() != nil {
		return
	}
	deadline := time.After(timeout)
	for {
		select {
		case _, open := <-l.messages:
			if !open {
				return
			}
		case <-deadline:
			return
		}
	}
}

// close closes the connection and waits until the reading goroutine has stopped.
func (l *link) close() {
	close(l.closed)
	_ = l.conn.Close()
	for range l.messages {
		continue
	}
}
