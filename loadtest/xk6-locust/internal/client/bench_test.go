//go:build unix

package client

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// serverVariable makes the test binary act as the server, so that the benchmark measures only the client's CPU time.
const serverVariable = "XK6_LOCUST_BENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) == "" {
		os.Exit(m.Run())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	body := strings.Repeat("x", 300)
	panic(fasthttp.Serve(listener, func(answer *fasthttp.RequestCtx) {
		answer.SetContentType("application/json; charset=utf-8")
		answer.SetBodyString(body)
	}))
}

func benchServer(b *testing.B) string {
	b.Helper()
	server := exec.CommandContext(context.Background(), os.Args[0])
	server.Env = append(os.Environ(), serverVariable+"=1", "GOMAXPROCS=1")
	output, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(address)
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkClient measures the CPU time of a GET request with an answer of 300 bytes, for each client and number of
// users. Each user waits for the answer before the next request. Run it on an idle machine: `go test -run '^$' -bench
// Client -count 5`. All clients run on the same kind of pool of goroutines. Each client returns the header, and a body
// that the caller may keep.
func BenchmarkClient(b *testing.B) {
	clients := []struct {
		name string
		new  func(address string) (do func(), end func())
	}{
		{"own", ownClient}, {"fasthttp", fasthttpClient}, {"net-http", netHTTPClient},
	}
	for _, users := range []int{64, 1000, 10000} {
		for _, client := range clients {
			b.Run(fmt.Sprintf("users=%d/%s", users, client.name), func(b *testing.B) {
				do, end := client.new(benchServer(b))
				defer end()
				drive(int64(2*users), users, do)
				b.ReportAllocs()
				b.ResetTimer()
				before := cpuTime()
				drive(int64(b.N), users, do)
				b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/1000/float64(b.N), "CPU-us/op")
			})
		}
	}
}

func drive(requests int64, users int, do func()) {
	pool := goroutines{limit: users}
	defer pool.close()
	var left atomic.Int64
	left.Store(requests)
	var all sync.WaitGroup
	for range users {
		all.Go(func() {
			answered := make(chan struct{}, 1)
			for left.Add(-1) >= 0 {
				pool.run(func() {
					do()
					answered <- struct{}{}
				})
				<-answered
			}
		})
	}
	all.Wait()
}

func ownClient(address string) (do, end func()) {
	client := New(Options{})
	return func() {
		if answer := client.Do(&Request{Method: "GET", URL: "http://" + address + "/suggest?q=abc"}); answer.Status != 200 {
			panic(answer.Err)
		}
	}, client.Close
}

func fasthttpClient(address string) (do, end func()) {
	client := &fasthttp.HostClient{
		Addr: address, MaxConns: DefaultPoolSize, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
	}
	return func() {
		request, answer := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		request.SetRequestURI("http://" + address + "/suggest?q=abc")
		request.Header.Set("Accept-Encoding", acceptEncoding)
		if err := client.Do(request, answer); err != nil {
			panic(err)
		}
		_, _ = answer.Header.Header(), append([]byte(nil), answer.Body()...)
		fasthttp.ReleaseRequest(request)
		fasthttp.ReleaseResponse(answer)
	}, client.CloseIdleConnections
}

func netHTTPClient(address string) (do, end func()) {
	transport := &http.Transport{MaxIdleConnsPerHost: DefaultPoolSize, DisableCompression: true}
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	return func() {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+address+"/suggest?q=abc", nil)
		if err != nil {
			panic(err)
		}
		request.Header.Set("Accept-Encoding", acceptEncoding)
		answer, err := client.Do(request)
		if err != nil {
			panic(err)
		}
		_, _ = io.ReadAll(answer.Body)
		_ = answer.Body.Close()
	}, transport.CloseIdleConnections
}
