package client

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// newClient returns a client, which is closed at the end of the test. The test fails if goroutines or sockets are left
// over.
func newClient(t *testing.T, options Options) *Client {
	t.Helper()
	goroutines, sockets := runtime.NumGoroutine(), openFiles()
	c := New(options)
	t.Cleanup(func() {
		c.Close()
		until := time.Now().Add(30 * time.Second)
		for runtime.NumGoroutine() > goroutines || openFiles() > sockets {
			if time.Now().After(until) {
				stacks := make([]byte, 1<<20)
				t.Errorf("%d goroutines and %d files left, %d and %d before\n%s", runtime.NumGoroutine(), openFiles(),
					goroutines, sockets, stacks[:runtime.Stack(stacks, true)])
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return c
}

// openFiles returns the number of open files and sockets, or 0 if the system does not report it.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// peer is a server that a test controls byte by byte.
type peer struct {
	url string
	// connections returns the number of accepted connections.
	connections func() int
}

// newPeer starts a peer. It calls serve for each connection, with a number that starts at 1, and then closes the
// connection. Call newPeer before newClient, because the peer's goroutines must end after the client's.
func newPeer(t *testing.T, serve func(number int, connection *net.TCPConn, requests *bufio.Reader)) peer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu   sync.Mutex
		open []net.Conn
		all  sync.WaitGroup
	)
	all.Go(func() {
		for {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			connection := accepted.(*net.TCPConn)
			mu.Lock()
			open = append(open, connection)
			number := len(open)
			mu.Unlock()
			all.Go(func() {
				defer connection.Close()
				serve(number, connection, bufio.NewReader(connection))
			})
		}
	})
	stop := func() {
		_ = listener.Close()
		mu.Lock()
		for _, connection := range open {
			_ = connection.Close()
		}
		mu.Unlock()
		all.Wait()
	}
	t.Cleanup(stop)
	return peer{"http://" + listener.Addr().String(), func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(open)
	}}
}

// answering answers every request on a connection with the same bytes.
func answering(bytes string) func(int, *net.TCPConn, *bufio.Reader) {
	return func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		for readRequest(requests) == nil {
			if _, err := io.WriteString(connection, bytes); err != nil {
				return
			}
		}
	}
}

// answeringOnce answers one request and closes the connection.
func answeringOnce(bytes string) func(int, *net.TCPConn, *bufio.Reader) {
	return func(_ int, connection *net.TCPConn, requests *bufio.Reader) {
		if readRequest(requests) == nil {
			_, _ = io.WriteString(connection, bytes)
		}
	}
}

func readRequest(requests *bufio.Reader) error {
	request, err := http.ReadRequest(requests)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, request.Body)
	return err
}

// reset closes a connection with RST.
func reset(connection *net.TCPConn) {
	_ = connection.SetLinger(0)
	_ = connection.Close()
}

// wait keeps a connection open until the other side closes it.
func wait(connection *net.TCPConn) { _, _ = io.Copy(io.Discard, connection) }

func get(url string) *Request { return &Request{Method: "GET", URL: url} }

func expectKind(t *testing.T, response *Response, kinds ...Kind) {
	t.Helper()
	for _, kind := range kinds {
		if errors.Is(response.Err, kind) {
			return
		}
	}
	var detail *Error
	errors.As(response.Err, &detail)
	t.Fatalf("got status %d, error %v (%+v), expected %q", response.Status, response.Err, detail, kinds)
}

func expectAnswer(t *testing.T, response *Response, status int, body string) {
	t.Helper()
	if response.Err != nil {
		var detail *Error
		errors.As(response.Err, &detail)
		t.Fatalf("got error %v (%v)", response.Err, detail.Cause)
	}
	if response.Status != status || string(response.Body) != body {
		t.Fatalf("got %d %.80q, expected %d %q", response.Status, response.Body, status, body)
	}
}
