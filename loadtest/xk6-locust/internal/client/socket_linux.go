package client

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/loop"
)

// socket is a connection that belongs to a loop. Go's scheduler does not know it, so only receive and send can use it.
type socket struct {
	net.Conn // nil; socket only implements the methods that a pool needs

	loop   *loop.Loop
	counts Counter
	// flight is the request in flight. isStale is true if the connection must not be used for another request, because
	// the server has ended it or has sent unexpected data. Only the loop's goroutine may use them.
	flight  *flight
	isStale bool

	// mutex guards the descriptor, which is -1 if it is closed.
	mutex      sync.Mutex
	descriptor int
	handle     loop.Handle
}

// moveToLoop moves an idle connection to a loop. It returns false if the connection has to stay with Go's scheduler, or
// belongs to another loop.
func (p *pool) moveToLoop(c *conn, l *loop.Loop) bool {
	if s, isSocket := c.Conn.(*socket); isSocket {
		return s.loop == l
	}
	counts, isCounted := c.Conn.(Counter)
	_, isTCP := c.Conn.(*net.TCPConn)
	owner, isSystem := c.Conn.(syscall.Conn)
	if !isSystem || !isCounted && !isTCP {
		return false
	}
	raw, err := owner.SyscallConn()
	if err != nil {
		return false
	}
	s := &socket{loop: l, counts: counts, descriptor: -1}
	err = raw.Control(func(descriptor uintptr) {
		s.descriptor, _ = unix.FcntlInt(descriptor, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err != nil || s.descriptor < 0 {
		return false
	}
	_ = unix.SetsockoptInt(s.descriptor, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	if s.handle, err = l.Watch(s.descriptor, s.ready); err != nil {
		_ = unix.Close(s.descriptor)
		return false
	}
	p.replace(c, s)
	return true
}

// returnToScheduler gives the connection of a loop back to Go's scheduler.
func (p *pool) returnToScheduler(c *conn) error {
	s, isSocket := c.Conn.(*socket)
	if !isSocket {
		return nil
	}
	opened, err := s.detach()
	if err != nil {
		return err
	}
	c.armed = time.Time{}
	p.replace(c, opened)
	return nil
}

// detach closes the socket, and returns its connection as one that Go's scheduler knows.
func (s *socket) detach() (net.Conn, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.descriptor < 0 {
		return nil, net.ErrClosed
	}
	s.loop.Forget(s.descriptor, s.handle)
	file := os.NewFile(uintptr(s.descriptor), "")
	s.descriptor = -1
	defer func() { _ = file.Close() }()
	opened, err := net.FileConn(file)
	if err == nil && s.counts != nil {
		opened = s.counts.With(opened)
	}
	return opened, err
}

// replace gives a connection a new network connection, and closes the old one.
func (p *pool) replace(c *conn, by net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.live, c.Conn)
	_ = c.Close()
	c.Conn = by
	if p.closed {
		_ = by.Close()
		return
	}
	p.live[by] = struct{}{}
}

// Close closes the socket, and lets the loop end the request in flight. Any goroutine may call it.
func (s *socket) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.descriptor < 0 {
		return nil
	}
	s.loop.Forget(s.descriptor, s.handle)
	err := unix.Close(s.descriptor)
	s.descriptor = -1
	s.loop.Post(func() error {
		if s.flight != nil {
			s.flight.endExchange(&answer{}, net.ErrClosed)
		}
		return nil
	})
	return err
}

// ready handles new data, or the end of the connection. The loop calls it.
func (s *socket) ready(hasEnded bool) {
	s.isStale = s.isStale || hasEnded || s.flight == nil
	if s.flight != nil {
		s.flight.ready()
	}
}

// send writes without blocking, and returns the number of bytes written.
func (s *socket) send(data []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.descriptor < 0 {
		return 0, net.ErrClosed
	}
	n, err := unix.Write(s.descriptor, data)
	if errors.Is(err, unix.EAGAIN) {
		n, err = 0, nil
	}
	if s.counts != nil {
		s.counts.Count(0, max(0, n))
	}
	return max(0, n), err
}

var errNothing = errors.New("no data has arrived yet")

// controlSize is the size of the control message that contains a time stamp.
var controlSize = unix.CmsgSpace(int(unsafe.Sizeof(unix.Timespec{})))

// receive reads without blocking. It also returns how long ago the kernel received the data, or noStamp.
func (s *socket) receive(into []byte) (n int, age time.Duration, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.descriptor < 0 {
		return 0, 0, net.ErrClosed
	}
	var control [64]byte
	n, controls, _, _, err := unix.Recvmsg(s.descriptor, into, control[:controlSize], unix.MSG_DONTWAIT)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, 0, errNothing
	case err != nil:
		return 0, 0, err
	}
	if s.counts != nil {
		s.counts.Count(n, 0)
	}
	return n, ageOf(control[:controls]), nil
}

// noStamp is the age of data without a time stamp. Sandboxes such as gVisor do not provide time stamps.
const noStamp = time.Duration(-1)

// ageOf returns how long ago the time stamp of a control message was, or noStamp.
func ageOf(control []byte) time.Duration {
	if len(control) < controlSize {
		return noStamp
	}
	header := (*unix.Cmsghdr)(unsafe.Pointer(&control[0])) //nolint:gosec // the kernel wrote this structure
	if header.Level != unix.SOL_SOCKET || header.Type != unix.SO_TIMESTAMPNS {
		return noStamp
	}
	stamp := (*unix.Timespec)(unsafe.Pointer(&control[unix.CmsgLen(0)])) //nolint:gosec // likewise
	return max(0, time.Duration(time.Now().UnixNano()-stamp.Nano()))
}
