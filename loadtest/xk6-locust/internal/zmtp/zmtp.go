// Package zmtp implements both sides of a ZeroMQ connection between a DEALER and a ROUTER. It uses ZMTP 3.1 over TCP
// without security (https://rfc.zeromq.org/spec/37/), as Locust does between workers and their master.
//
// The library github.com/go-zeromq/zmq4 v0.17.0 was not suitable. The library has no limits for frames and messages, so
// it panics at a frame with a declared size of 2^62 bytes. A silent peer blocks Dial even after the context ends. PING
// is passed to the caller instead of being answered. Send reports success on a lost connection. This package limits
// every size, and every wait except that for the next message. It returns an error when the connection is lost. The
// caller must reconnect.
package zmtp

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	// MaxMessage is the default limit, in bytes, for the total size of a message's frames and for the size of a
	// command.
	MaxMessage = 4 << 20
	// MaxFrames limits the frames of one message.
	MaxFrames = 64
	// maxIdentity is ZeroMQ's limit for an identity, in bytes.
	maxIdentity = 255
	// maxPingContext limits the part of a PING that its PONG repeats, in bytes.
	maxPingContext = 16
)

// Flags of a frame. The other bits are reserved and zero.
const (
	flagMore    = 1 << 0
	flagLong    = 1 << 1
	flagCommand = 1 << 2
)

// ErrProtocol means that the peer violates ZMTP, is not a ZeroMQ socket of the other kind, or requires security.
var ErrProtocol = errors.New("not the ZMTP of Locust")

// Options configure a connection.
type Options struct {
	// Identity is the name by which the ROUTER addresses this peer: 1 to 255 bytes. The first byte must not be zero. A
	// ROUTER does not use this option.
	Identity string
	// Timeout limits the time for the handshake, for a write, and for the rest of a message after its first byte.
	Timeout time.Duration
	// MaxMessage limits the size of a received message in bytes. Default: [MaxMessage].
	MaxMessage int
}

// Conn is a connection whose handshake is complete. One goroutine may call Receive while other goroutines call Send.
type Conn struct {
	conn    net.Conn
	reader  *bufio.Reader
	timeout time.Duration
	limit   int
	writing sync.Mutex
}

// Dial connects to a ROUTER at a "host:port". It gives up when the context ends. The error wraps ErrProtocol if the
// peer is not a ROUTER.
func Dial(ctx context.Context, address string, options Options) (*Conn, error) {
	if options.Identity == "" || len(options.Identity) > maxIdentity || options.Identity[0] == 0 {
		return nil, fmt.Errorf("an identity must have 1 to %d bytes and must not begin with a zero byte, got %q", maxIdentity, options.Identity)
	}
	dialer := net.Dialer{Timeout: options.Timeout, KeepAlive: 30 * time.Second} // Locust sets the same 30 s
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c, _, err := handshakeWithContext(ctx, conn, options, "DEALER", "ROUTER")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return c, nil
}

// Accept performs the handshake of a ROUTER with a DEALER that has connected, and returns the DEALER's identity. It
// gives up when the context ends. After an error, the connection is closed.
func Accept(ctx context.Context, conn net.Conn, options Options) (*Conn, string, error) {
	options.Identity = ""
	c, identity, err := handshakeWithContext(ctx, conn, options, "ROUTER", "DEALER")
	if err == nil && (identity == "" || identity[0] == 0) {
		_ = conn.Close()
		err = fmt.Errorf("%w: a DEALER without an identity", ErrProtocol)
	}
	if err != nil {
		return nil, "", err
	}
	return c, identity, nil
}

// handshakeWithContext performs the handshake, and closes the connection after an error.
func handshakeWithContext(ctx context.Context, conn net.Conn, options Options, own, peer string) (*Conn, string, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	c, identity, err := handshake(conn, options, own, peer)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, "", err
	}
	return c, identity, nil
}

// handshake exchanges greetings and READY commands, and returns the identity of the peer.
func handshake(conn net.Conn, options Options, own, peer string) (*Conn, string, error) {
	c := &Conn{conn: conn, reader: bufio.NewReader(conn), timeout: options.Timeout, limit: cmp.Or(options.MaxMessage, MaxMessage)}
	if err := conn.SetDeadline(time.Now().Add(options.Timeout)); err != nil {
		return nil, "", fmt.Errorf("handshake: %w", err)
	}
	if _, err := conn.Write(greeting()); err != nil {
		return nil, "", fmt.Errorf("handshake: %w", err)
	}
	if err := c.readGreeting(); err != nil {
		return nil, "", fmt.Errorf("handshake: %w", err)
	}
	ready := property(property([]byte("\x05READY"), "Socket-Type", own), "Identity", options.Identity)
	if err := c.write(appendFrame(nil, flagCommand, ready)); err != nil {
		return nil, "", fmt.Errorf("handshake: %w", err)
	}
	identity, err := c.readReady(peer)
	if err != nil {
		return nil, "", fmt.Errorf("handshake: %w", err)
	}
	return c, identity, conn.SetDeadline(time.Time{})
}

// greetingSize is the size of a greeting in bytes: signature 10, version 2, mechanism 20, as-server 1, filler 31.
const greetingSize = 64

func greeting() []byte {
	greeting := make([]byte, greetingSize)
	greeting[0], greeting[9] = 0xff, 0x7f
	greeting[10], greeting[11] = 3, 1
	copy(greeting[12:], "NULL")
	return greeting
}

func (c *Conn) readGreeting() error {
	// The signature is read first, because a peer that does not speak ZMTP may wait for input before it sends more.
	var peer [greetingSize]byte
	if _, err := io.ReadFull(c.reader, peer[:10]); err != nil {
		return err
	}
	if peer[0] != 0xff || peer[9]&1 != 1 {
		return fmt.Errorf("%w: the data begins with %q", ErrProtocol, peer[:10])
	}
	if _, err := io.ReadFull(c.reader, peer[10:]); err != nil {
		return err
	}
	if peer[10] < 3 {
		return fmt.Errorf("%w: version %d, want 3", ErrProtocol, peer[10])
	}
	if mechanism := strings.TrimRight(string(peer[12:32]), "\x00"); mechanism != "NULL" {
		return fmt.Errorf("%w: security %q, want NULL", ErrProtocol, mechanism)
	}
	return nil
}

// readReady reads the READY command of a peer with the given socket type, and returns the peer's identity.
func (c *Conn) readReady(peer string) (string, error) {
	flags, body, err := c.readFrame(MaxMessage)
	if err != nil {
		return "", err
	}
	name, body, ok := commandName(body)
	switch {
	case flags&flagCommand == 0 || !ok:
		return "", fmt.Errorf("%w: no READY", ErrProtocol)
	case name == "ERROR":
		return "", fmt.Errorf("%w: the peer reports an error: %q", ErrProtocol, body)
	case name != "READY":
		return "", fmt.Errorf("%w: command %q, want READY", ErrProtocol, name)
	}
	socketType, err := findProperty(body, "Socket-Type")
	if err != nil {
		return "", err
	}
	if socketType != peer {
		return "", fmt.Errorf("%w: socket type %q, want %s", ErrProtocol, socketType, peer)
	}
	return findProperty(body, "Identity")
}

// property appends a name, preceded by its length in one byte, and a value, preceded by its length in four bytes.
func property(to []byte, name, value string) []byte {
	to = append(append(to, byte(len(name))), name...)
	to = binary.BigEndian.AppendUint32(to, uint32(len(value)))
	return append(to, value...)
}

// findProperty returns the value of a property, or "". It ignores the case of the name.
func findProperty(properties []byte, wanted string) (string, error) {
	found := ""
	for len(properties) > 0 {
		size := int(properties[0])
		if len(properties) < 1+size+4 {
			return "", fmt.Errorf("%w: incomplete property", ErrProtocol)
		}
		name, rest := string(properties[1:1+size]), properties[1+size:]
		length := uint64(binary.BigEndian.Uint32(rest))
		if rest = rest[4:]; uint64(len(rest)) < length {
			return "", fmt.Errorf("%w: incomplete property", ErrProtocol)
		}
		if strings.EqualFold(name, wanted) {
			found = string(rest[:length])
		}
		properties = rest[length:]
	}
	return found, nil
}

// commandName splits the body of a command into its name and the rest.
func commandName(body []byte) (name string, rest []byte, ok bool) {
	if len(body) == 0 {
		return "", nil, false
	}
	end := 1 + int(body[0])
	if len(body) < end {
		return "", nil, false
	}
	return string(body[1:end]), body[end:], true
}

// Receive waits for the next message, without a timeout, and returns its frames. It answers PING commands between
// messages, and skips other commands. After an error, the connection is unusable.
func (c *Conn) Receive() ([][]byte, error) {
	var frames [][]byte
	size := 0
	for {
		if len(frames) == 0 {
			if err := c.await(); err != nil {
				return nil, err
			}
		}
		flags, body, err := c.readFrame(c.limit - size)
		if err != nil {
			return nil, err
		}
		if flags&flagCommand != 0 {
			if len(frames) > 0 {
				return nil, fmt.Errorf("%w: a command inside a message", ErrProtocol)
			}
			if err := c.command(body); err != nil {
				return nil, err
			}
			continue
		}
		size += len(body)
		frames = append(frames, body)
		if flags&flagMore == 0 {
			return frames, nil
		}
		if len(frames) == MaxFrames {
			return nil, fmt.Errorf("%w: a message of more than %d frames", ErrProtocol, MaxFrames)
		}
	}
}

// await waits for the first byte of a message. The rest must arrive within the timeout.
func (c *Conn) await() error {
	if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	if _, err := c.reader.Peek(1); err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	return nil
}

// readFrame reads one frame of at most limit bytes.
func (c *Conn) readFrame(limit int) (flags byte, body []byte, err error) {
	var head [9]byte
	if _, err := io.ReadFull(c.reader, head[:2]); err != nil {
		return 0, nil, fmt.Errorf("receive: %w", unexpected(err))
	}
	flags = head[0]
	if flags&^(flagMore|flagLong|flagCommand) != 0 || flags&flagCommand != 0 && flags&flagMore != 0 {
		return 0, nil, fmt.Errorf("%w: a frame has invalid flags %#02x", ErrProtocol, flags)
	}
	size := uint64(head[1])
	if flags&flagLong != 0 {
		if _, err := io.ReadFull(c.reader, head[2:]); err != nil {
			return 0, nil, fmt.Errorf("receive: %w", unexpected(err))
		}
		size = binary.BigEndian.Uint64(head[1:])
	}
	if size > uint64(limit) {
		return 0, nil, fmt.Errorf("%w: a frame of %d bytes exceeds the remaining limit of %d", ErrProtocol, size, limit)
	}
	body = make([]byte, size)
	if _, err := io.ReadFull(c.reader, body); err != nil {
		return 0, nil, fmt.Errorf("receive: %w", unexpected(err))
	}
	return flags, body, nil
}

// unexpected converts an end of file inside a frame to io.ErrUnexpectedEOF.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// command answers a PING, and ignores all other commands.
func (c *Conn) command(body []byte) error {
	name, rest, ok := commandName(body)
	if !ok {
		return fmt.Errorf("%w: a command without a name", ErrProtocol)
	}
	if name != "PING" {
		return nil
	}
	const ttl = 2 // size of the time to live, which precedes the context
	if len(rest) < ttl || len(rest) > ttl+maxPingContext {
		return fmt.Errorf("%w: a PING of %d bytes", ErrProtocol, len(rest))
	}
	return c.write(appendFrame(nil, flagCommand, append([]byte("\x04PONG"), rest[ttl:]...)))
}

// Send writes one message of one or more frames. After an error, the connection is unusable, and the peer has not
// received the whole message.
func (c *Conn) Send(frames ...[]byte) error {
	var message []byte
	for i, frame := range frames {
		var flags byte
		if i < len(frames)-1 {
			flags = flagMore
		}
		message = appendFrame(message, flags, frame)
	}
	return c.write(message)
}

func appendFrame(to []byte, flags byte, body []byte) []byte {
	if len(body) > 255 {
		to = binary.BigEndian.AppendUint64(append(to, flags|flagLong), uint64(len(body)))
	} else {
		to = append(to, flags, byte(len(body)))
	}
	return append(to, body...)
}

func (c *Conn) write(data []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if _, err := c.conn.Write(data); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// CloseWrite tells the peer that nothing more will be sent. When the peer has read everything, it closes the
// connection, and Receive returns an error that wraps io.EOF. Calling Close before that could discard data that the
// peer has not read yet.
func (c *Conn) CloseWrite() error {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok {
		return c.Close()
	}
	return half.CloseWrite()
}

// Close closes the connection immediately. Receive and Send then return errors.
func (c *Conn) Close() error {
	return c.conn.Close()
}
