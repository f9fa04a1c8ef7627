package master

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// BenchmarkReport measures the cost of handling one report from a worker. The report contains 10 names and 2,000
// requests with different response times.
func BenchmarkReport(b *testing.B) {
	m := New(Events{Log: func(string, string) {}}, func(string, []byte) {}, func(string) bool { return true })
	m.Handle("a_1", protocol.Message{Kind: "client_ready", Data: int64(-1)})
	m.Start(Job{})
	recorder := stats.NewRecorder()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		recorder.Log(stats.Key{Method: "GET", Name: fmt.Sprint("/", i%10)}, time.Now(), random.ExpFloat64()*10, 100, "")
	}
	frame, err := protocol.Encode("stats", protocol.StatsReport(recorder.Take(), map[string]int{"A": 100}, true), "a_1")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		message, err := protocol.Parse(frame, protocol.MaxWorkerValues)
		if err != nil {
			b.Fatal(err)
		}
		m.Handle("a_1", message)
	}
}

// BenchmarkStep measures the cost of a step that starts 100 users while 100,000 users are running on 100 workers.
func BenchmarkStep(b *testing.B) {
	m := New(Events{Log: func(string, string) {}}, func(string, []byte) {}, func(string) bool { return true })
	for i := range 100 {
		m.Handle(fmt.Sprintf("a_%d", i), protocol.Message{Kind: "client_ready", Data: int64(-1)})
	}
	m.Start(Job{})
	dispatcher, err := dispatch.New([]dispatch.Class{{Name: "A", Weight: 3}, {Name: "B", Weight: 1}})
	if err != nil {
		b.Fatal(err)
	}
	if err := dispatcher.Dispatch(1<<30, 100_000, nil); err != nil {
		b.Fatal(err)
	}
	first, _ := dispatcher.Next()
	m.Apply(first)
	if err := dispatcher.Dispatch(1<<30, 100, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		step, _ := dispatcher.Next()
		m.Apply(step)
	}
}
