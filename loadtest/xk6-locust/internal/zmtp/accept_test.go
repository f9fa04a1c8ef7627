package zmtp

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// accepted contains the results of Accept.
type accepted struct {
	conn     *Conn
	identity string
	err      error
}

// listen accepts the first connection in the background, and returns the address of the listener.
func listen(t *testing.T, options Options) (address string, result <-chan accepted) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	results := make(chan accepted, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			results <- accepted{err: err}
			return
		}
		c, identity, err := Accept(context.Background(), conn, options)
		results <- accepted{c, identity, err}
	}()
	return listener.Addr().String(), results
}

func TestADealerAndARouterTalk(t *testing.T) {
	t.Parallel()
	address, result := listen(t, Options{Timeout: 10 * time.Second, MaxMessage: MaxMessage + 1})
	dealer, err := Dial(t.Context(), address, Options{Identity: "worker_1", Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	router := <-result
	if router.err != nil || router.identity != "worker_1" {
		t.Fatalf("accepted %q, %v", router.identity, router.err)
	}
	t.Cleanup(func() { _, _ = dealer.Close(), router.conn.Close() })
	if err := router.conn.Send([]byte("job")); err != nil {
		t.Fatal(err)
	}
	if frames, err := dealer.Receive(); err != nil || len(frames) != 1 || string(frames[0]) != "job" {
		t.Errorf("the dealer received %q, %v", frames, err)
	}
	large := bytes.Repeat([]byte("x"), MaxMessage+1)
	sent := make(chan error, 1)
	go func() { sent <- dealer.Send(large) }()
	if frames, err := router.conn.Receive(); err != nil || !bytes.Equal(bytes.Join(frames, nil), large) {
		t.Errorf("the router received %d frames, %v", len(frames), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestAcceptRejects(t *testing.T) {
	t.Parallel()
	ready := func(socketType, identity string) []byte {
		return append(greeting(), appendFrame(nil, flagCommand,
			property(property([]byte("\x05READY"), "Socket-Type", socketType), "Identity", identity))...)
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"a browser":                    {[]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "the data begins with"},
		"another ROUTER":               {ready("ROUTER", "a"), `socket type "ROUTER", want DEALER`},
		"a DEALER without an identity": {ready("DEALER", ""), "without an identity"},
		"a reserved identity":          {ready("DEALER", "\x00abc"), "without an identity"},
		"silence":                      {nil, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, result := listen(t, optionsFor(test.want))
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = conn.Write(test.data)
			got := <-result
			if got.err == nil || !strings.Contains(got.err.Error(), test.want) {
				t.Errorf("got %v, want %q", got.err, test.want)
			}
			if got.err != nil && test.want != "timeout" && !errors.Is(got.err, ErrProtocol) {
				t.Errorf("%v is not ErrProtocol", got.err)
			}
		})
	}
}

// The peer is a DEALER of libzmq, which Python workers use.
func TestAcceptLibzmq(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("LOCUST_BIN")
	if bin == "" {
		t.Skip("LOCUST_BIN does not name a Locust executable")
	}
	address, result := listen(t, Options{Timeout: 30 * time.Second})
	script := `import sys, zmq
socket = zmq.Context().socket(zmq.DEALER)
socket.setsockopt_string(zmq.IDENTITY, "python_1")
socket.connect("tcp://" + sys.argv[1])
socket.send(b"hello")
assert socket.recv() == b"x" * 300
socket.close()
`
	python := exec.Command(filepath.Join(filepath.Dir(bin), "python"), "-c", script, address)
	var output bytes.Buffer
	python.Stdout, python.Stderr = &output, &output
	if err := python.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := python.Wait(); err != nil {
			t.Errorf("%v: %s", err, output.String())
		}
	})
	router := <-result
	if router.err != nil || router.identity != "python_1" {
		t.Fatalf("accepted %q, %v", router.identity, router.err)
	}
	t.Cleanup(func() { _ = router.conn.Close() })
	if frames, err := router.conn.Receive(); err != nil || len(frames) != 1 || string(frames[0]) != "hello" {
		t.Errorf("received %q, %v", frames, err)
	}
	if err := router.conn.Send(bytes.Repeat([]byte("x"), 300)); err != nil {
		t.Error(err)
	}
	if _, err := router.conn.Receive(); err == nil {
		t.Error("the connection is still open")
	}
}
