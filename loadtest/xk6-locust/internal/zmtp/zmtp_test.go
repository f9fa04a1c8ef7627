package zmtp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	// quick is the timeout of tests in which the timeout must expire.
	quick = 200 * time.Millisecond
	// patient is the timeout of all other tests. Even a slow machine does not reach it.
	patient = time.Minute
)

// optionsFor returns options for a test that expects this error.
func optionsFor(want string) Options {
	if want == "timeout" {
		return Options{Identity: "worker_1", Timeout: quick}
	}
	return Options{Identity: "worker_1", Timeout: patient}
}

// routerReady returns the READY command of a ROUTER.
func routerReady() []byte {
	return appendFrame(nil, flagCommand, property(property([]byte("\x05READY"), "socket-type", "ROUTER"), "Identity", ""))
}

// serve starts a peer that runs the script on the first connection and then closes it. It returns the address.
func serve(t *testing.T, script func(conn net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		script(conn)
		_ = conn.Close()
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

// write returns the script of a peer that sends a greeting and data, and waits until the client closes the connection.
func write(data []byte) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Write(greeting())
		_, _ = conn.Write(data)
		_, _ = io.Copy(io.Discard, conn)
	}
}

func dial(t *testing.T, address string, options Options) *Conn {
	t.Helper()
	conn, err := Dial(t.Context(), address, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestHandshakeFollowsTheSpecification(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 1)
	conn := dial(t, serve(t, func(conn net.Conn) {
		_, _ = conn.Write(append(greeting(), routerReady()...))
		data, _ := io.ReadAll(conn)
		got <- data
	}), optionsFor(""))
	if err := conn.Send([]byte("a"), bytes.Repeat([]byte("b"), 256)); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	want := "\xff" + strings.Repeat("\x00", 8) + "\x7f\x03\x01NULL" + strings.Repeat("\x00", 16+1+31) +
		"\x04\x31\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x08worker_1" +
		"\x01\x01a\x02\x00\x00\x00\x00\x00\x00\x01\x00" + strings.Repeat("b", 256)
	if data := <-got; string(data) != want {
		t.Errorf("got\n%q, want\n%q", data, want)
	}
}

func TestDialRejects(t *testing.T) {
	t.Parallel()
	command := func(body string) []byte { return append(greeting(), appendFrame(nil, flagCommand, []byte(body))...) }
	changed := func(at int, to byte) []byte {
		data := greeting()
		data[at] = to
		return append(data, routerReady()...)
	}
	for _, test := range []struct {
		name, want string
		greeting   []byte
		protocol   bool
	}{
		{"another protocol", "begins with", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), true},
		{"an old ZMTP", "version 2", changed(10, 2), true},
		{"another security", `"XULL"`, changed(12, 'X'), true},
		{"a refusal", "the peer reports an error", command("\x05ERROR\x04nope"), true},
		{"another command", `"HELLO"`, command("\x05HELLO"), true},
		{"a nameless command", "no READY", command(""), true},
		{"a long name", "want READY", command("\xff" + strings.Repeat("x", 255)), true},
		{"a message", "no READY", append(greeting(), 0, 1, 'x'), true},
		{"another socket", `"PUB"`, command(string(property([]byte("\x05READY"), "Socket-Type", "PUB"))), true},
		{"half a name", "incomplete property", command("\x05READY\xffabc"), true},
		{"half a value", "incomplete property", command("\x05READY\x01a\xff\xff\xff\xffabc"), true},
		{"a giant READY", "a frame of", append(greeting(), 6, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), true},
		{"silence", "timeout", nil, false},
		{"silence after the greeting", "timeout", greeting(), false},
		{"half a greeting", "timeout", greeting()[:40], false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(conn net.Conn) {
				_, _ = conn.Write(test.greeting)
				_, _ = io.Copy(io.Discard, conn)
			})
			conn, err := Dial(t.Context(), address, optionsFor(test.want))
			if err == nil {
				_ = conn.Close()
				t.Fatal("Dial succeeded")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), address) {
				t.Errorf("got %q, want %q and the address", err, test.want)
			}
			if errors.Is(err, ErrProtocol) != test.protocol {
				t.Errorf("%v: is ErrProtocol %v, want %v", err, !test.protocol, test.protocol)
			}
		})
	}
	for _, identity := range []string{"", "\x00a", strings.Repeat("a", 256)} {
		if _, err := Dial(t.Context(), "127.0.0.1:1", Options{Identity: identity, Timeout: quick}); err == nil ||
			!strings.Contains(err.Error(), "identity") {
			t.Errorf("identity %q: got %v", identity, err)
		}
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := serve(t, func(conn net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, conn)
	})
	_, err := Dial(ctx, address, Options{Identity: "a", Timeout: time.Hour})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte("l"), 300)
	data := routerReady()
	data = append(data, 0, 1, 'a')
	data = appendFrame(data, flagCommand, []byte("\x09SUBSCRIBEx")) // skipped
	data = appendFrame(data, flagMore, nil)
	data = appendFrame(data, flagMore, long)
	data = append(data, flagLong, 0, 0, 0, 0, 0, 0, 0, 1, 'c') // a long frame for short data
	data = appendFrame(data, flagCommand, []byte("\x04PING\x00\x0acontext"))
	data = append(data, 0, 0)
	pong := make(chan []byte, 1)
	conn := dial(t, serve(t, func(conn net.Conn) {
		_, _ = conn.Write(greeting())
		for _, b := range data { // byte by byte, as on a bad network
			_, _ = conn.Write([]byte{b})
		}
		all, _ := io.ReadAll(conn)
		pong <- all
	}), optionsFor(""))
	for _, want := range [][][]byte{{[]byte("a")}, {nil, long, []byte("c")}, {nil}} {
		got, err := conn.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("got %.100q, want %.100q", got, want)
		}
	}
	_ = conn.Close()
	if all := <-pong; !bytes.HasSuffix(all, []byte("\x04\x0c\x04PONGcontext")) {
		t.Errorf("the PING got %q", all[greetingSize:])
	}
	if _, err := conn.Receive(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close got %v", err)
	}
}

func TestReceiveEnds(t *testing.T) {
	t.Parallel()
	hangUp := func(data []byte) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = conn.Write(append(greeting(), data...))
			_, _ = io.CopyN(io.Discard, conn, greetingSize+2+49) // the greeting and READY of the client
		}
	}
	more := func(count, size int) []byte {
		var data []byte
		for range count {
			data = appendFrame(data, flagMore, make([]byte, size))
		}
		return data
	}
	for _, test := range []struct {
		name, want string
		play       func(net.Conn)
	}{
		{"a reserved flag", "flags 0x08", write(append(routerReady(), 8, 0))},
		{"a command with more", "flags 0x05", write(append(routerReady(), 5, 0))},
		{"a nameless command", "without a name", write(append(routerReady(), 4, 0))},
		{"a command inside a message", "inside a message", write(append(routerReady(), 1, 0, 4, 2, 1, 'a'))},
		{"a PING without a time", "a PING of 1", write(append(routerReady(), 4, 6, 4, 'P', 'I', 'N', 'G', 0))},
		{"a giant frame", "9223372036854775807", write(append(routerReady(), 2, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))},
		{"a frame beyond 2^63", "18446744073709551615", write(append(routerReady(), 2, 255, 255, 255, 255, 255, 255, 255, 255))},
		{"many large frames", "remaining limit of 0", write(append(append(routerReady(), more(4, MaxMessage/4)...), 0, 1, 'x'))},
		{"many frames", "more than 64 frames", write(append(routerReady(), more(MaxFrames, 0)...))},
		{"end of the connection", "EOF", hangUp(routerReady())},
		{"end inside a frame", "unexpected EOF", hangUp(append(routerReady(), 0, 9, 'x'))},
		{"end inside a length", "unexpected EOF", hangUp(append(routerReady(), 2, 0, 0))},
		{"end between frames of a message", "EOF", hangUp(append(routerReady(), 1, 0))},
		{"half a frame and silence", "timeout", write(append(routerReady(), 0, 9, 'x'))},
		{"half a message and silence", "timeout", write(append(routerReady(), 1, 0))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			frames, err := dial(t, serve(t, test.play), optionsFor(test.want)).Receive()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, %v, want %q", frames, err, test.want)
			}
		})
	}
}

// If the peer stops reading, the buffers of both machines fill up, and Send must end with a timeout.
func TestSendEndsWhenThePeerDoesNotRead(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	address := serve(t, func(conn net.Conn) {
		_, _ = conn.Write(append(greeting(), routerReady()...))
		<-ready
	})
	conn := dial(t, address, optionsFor("timeout"))
	defer close(ready)
	frame := make([]byte, 1<<20)
	for range 1000 {
		if err := conn.Send(frame); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			return
		}
	}
	t.Error("Send wrote 1,000 MB to a peer that does not read")
}

func TestHugeLengthsAllocateLittle(t *testing.T) {
	t.Parallel()
	data := append(greeting(), routerReady()...)
	data = append(data, flagLong, 0, 0, 0, 0x40, 0, 0, 0, 0) // 256 GiB
	conn, _, err := handshake(&memory{reader: bytes.NewReader(data)}, optionsFor(""), "DEALER", "ROUTER")
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err = conn.Receive(); !errors.Is(err, ErrProtocol) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

// The peer uses libzmq. Its heartbeats are enabled, so it closes connections that do not answer PINGs.
func TestRealRouter(t *testing.T) {
	t.Parallel()
	locust := os.Getenv("LOCUST_BIN")
	if locust == "" {
		t.Skip("LOCUST_BIN does not name a Locust executable; the Python of Locust provides ZeroMQ")
	}
	const script = `
import zmq
socket = zmq.Context().socket(zmq.ROUTER)
socket.setsockopt(zmq.HEARTBEAT_IVL, 100)
socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 300)
print(socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
while True:
    frames = socket.recv_multipart()
    socket.send_multipart(frames + [b"%d" % len(frames[-1])])
`
	command := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(locust), "python"), "-c", script)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	var port int
	if _, err = fmt.Fscan(out, &port); err != nil {
		t.Fatal(err)
	}
	conn, err := Dial(t.Context(), fmt.Sprintf("127.0.0.1:%d", port), Options{Identity: "host_1", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	got := make(chan string)
	go func() {
		defer close(got)
		for {
			frames, err := conn.Receive()
			if err != nil {
				return
			}
			got <- string(bytes.Join(frames, []byte("|")))
		}
	}()
	large := strings.Repeat("x", 1<<20)
	for _, test := range []struct {
		frames []string
		want   string
	}{{[]string{"hello"}, "hello|5"}, {[]string{"a", "", "b"}, "a||b|1"}, {[]string{large}, large + "|1048576"}} {
		var frames [][]byte
		for _, frame := range test.frames {
			frames = append(frames, []byte(frame))
		}
		if err = conn.Send(frames...); err != nil {
			t.Fatal(err)
		}
		if answer := <-got; answer != test.want {
			t.Fatalf("got %.50q, want %.50q", answer, test.want)
		}
	}
	time.Sleep(time.Second) // several heartbeats and their timeout
	if err = conn.Send([]byte("still here")); err != nil {
		t.Fatal(err)
	}
	if answer := <-got; answer != "still here|10" {
		t.Errorf("got %q after a second of PINGs", answer)
	}
	if err = conn.CloseWrite(); err != nil {
		t.Error(err)
	}
	select {
	case answer, open := <-got:
		if open {
			t.Errorf("got %q", answer)
		}
	case <-time.After(5 * time.Second):
		t.Error("ZeroMQ does not close the connection")
	}
}

// memory is a connection whose peer has already sent all data.
type memory struct {
	net.Conn
	reader *bytes.Reader
}

func (m *memory) Read(p []byte) (int, error)       { return m.reader.Read(p) }
func (m *memory) Write(p []byte) (int, error)      { return len(p), nil }
func (m *memory) SetDeadline(time.Time) error      { return nil }
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }

func FuzzReceive(f *testing.F) {
	message := append(append(routerReady(), 1, 1, 'a'), 0, 0)
	f.Add(append(greeting(), message...))
	f.Add(append(greeting(), appendFrame(routerReady(), flagCommand, []byte("\x04PING\x00\x00abc"))...))
	f.Add(append(greeting(), append(routerReady(), flagLong, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c')...))
	f.Add(append(greeting(), appendFrame(nil, flagCommand, []byte("\x05ERROR\x03bad"))...))
	f.Add(binary.BigEndian.AppendUint64(append(greeting(), flagCommand|flagLong), 1<<63))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, data := range [][]byte{data, append(greeting(), data...), append(append(greeting(), routerReady()...), data...)} {
			conn, _, err := handshake(&memory{reader: bytes.NewReader(data)}, optionsFor(""), "DEALER", "ROUTER")
			if err != nil {
				continue
			}
			for {
				frames, err := conn.Receive()
				if err != nil {
					break
				}
				size := 0
				for _, frame := range frames {
					size += len(frame)
				}
				if len(frames) == 0 || len(frames) > MaxFrames || size > len(data) {
					t.Fatalf("%d frames, %d bytes out of %d", len(frames), size, len(data))
				}
			}
		}
	})
}
