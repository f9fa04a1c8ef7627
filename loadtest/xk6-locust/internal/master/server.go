package master

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/zmtp"
)

const (
	// peerTimeout limits the time for the handshake, for a write, and for the rest of a message after its first byte.
	peerTimeout = 30 * time.Second
	// maxReport limits the size of a message from a worker, in bytes.
	maxReport = 64 << 20
	// maxQueue limits the unsent messages to a worker. If a worker does not read, it is disconnected.
	maxQueue = 1000
)

// Server is a master with its network connections.
type Server struct {
	*Master

	events   Events
	listener net.Listener
	ctx      context.Context
	end      context.CancelFunc
	tasks    sync.WaitGroup

	// Lock order: the master's mutex, then mutex.
	mutex sync.Mutex
	peers map[string]*peer
}

// peer is the connection of a worker.
type peer struct {
	conn  *zmtp.Conn
	queue chan []byte
}

// Listen opens the port of a master. An empty host means all interfaces.
func Listen(ctx context.Context, host string, port int, events Events) (*Server, error) {
	if host == "*" { // Locust's default
		host = ""
	}
	address := net.JoinHostPort(host, strconv.Itoa(port))
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the master cannot listen on %s: %w", address, err)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{events: events, listener: listener, ctx: life, end: end, peers: map[string]*peer{}}
	s.Master = New(events, s.send, s.isConnected)
	s.tasks.Go(s.accept)
	s.tasks.Go(s.sendHeartbeats)
	return s, nil
}

// Port returns the port that the master listens on.
func (s *Server) Port() int {
	if address, ok := s.listener.Addr().(*net.TCPAddr); ok {
		return address.Port
	}
	return 0
}

// Close closes the port and all connections.
func (s *Server) Close() {
	s.end()
	_ = s.listener.Close()
	s.mutex.Lock()
	for _, p := range s.peers {
		_ = p.conn.Close()
	}
	s.mutex.Unlock()
	s.tasks.Wait()
}

func (s *Server) sendHeartbeats() {
	ticker := time.NewTicker(heartbeatInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
			s.Beat()
		}
	}
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		switch {
		case s.ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return
		case err != nil:
			// This happens if too many files are open, for example.
			s.events.Log("warning", fmt.Sprintf("cannot accept the connection of a worker: %v", err))
			select {
			case <-s.ctx.Done():
			case <-time.After(heartbeatInterval):
			}
		default:
			s.tasks.Go(func() { s.serve(conn) })
		}
	}
}

// serve handles the messages of one connection until it is lost.
func (s *Server) serve(raw net.Conn) {
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second}) // as in Locust
	}
	conn, id, err := zmtp.Accept(s.ctx, raw, zmtp.Options{Timeout: peerTimeout, MaxMessage: maxReport})
	if err != nil {
		// Load balancers and port scanners may connect and send nothing, so this is not logged as a warning.
		if s.ctx.Err() == nil {
			s.events.Log("debug", fmt.Sprintf("%v is not a worker: %v", raw.RemoteAddr(), err))
		}
		return
	}
	p := &peer{conn: conn, queue: make(chan []byte, maxQueue)}
	s.add(id, p)
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		p.write()
	}()
	err = s.read(id, conn)
	s.remove(id, p)
	<-writing
	if s.ctx.Err() == nil && errors.Is(err, zmtp.ErrProtocol) {
		s.events.Log("warning", fmt.Sprintf("worker %s was disconnected: %v", id, err))
	}
}

// add registers a connection. If an older connection of the same worker has not timed out yet, add closes it.
func (s *Server) add(id string, p *peer) {
	s.mutex.Lock()
	if old := s.peers[id]; old != nil {
		_ = old.conn.Close()
	}
	if s.ctx.Err() != nil {
		_ = p.conn.Close()
	}
	s.peers[id] = p
	s.mutex.Unlock()
	s.ConnectionsChanged()
}

func (s *Server) remove(id string, p *peer) {
	s.mutex.Lock()
	close(p.queue)
	_ = p.conn.Close()
	if s.peers[id] == p {
		delete(s.peers, id)
	}
	s.mutex.Unlock()
	s.ConnectionsChanged()
}

func (s *Server) read(id string, conn *zmtp.Conn) error {
	for {
		frames, err := conn.Receive()
		if err != nil {
			return err
		}
		message, err := protocol.Message{}, protocol.ErrMessage
		if len(frames) == 1 {
			message, err = protocol.Parse(frames[0], protocol.MaxWorkerValues)
		}
		message.Err = err
		s.Handle(id, message)
	}
}

// send queues a message for a worker. If the worker is not connected, the message is lost, as with ZeroMQ.
func (s *Server) send(id string, frame []byte) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	p := s.peers[id]
	if p == nil {
		return
	}
	select {
	case p.queue <- frame:
	default:
		_ = p.conn.Close()
	}
}

func (s *Server) isConnected(id string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.peers[id] != nil
}

func (p *peer) write() {
	for frame := range p.queue {
		if p.conn.Send(frame) != nil {
			_ = p.conn.Close() // ends read
		}
	}
}
