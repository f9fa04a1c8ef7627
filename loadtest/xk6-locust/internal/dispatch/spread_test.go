package dispatch_test

import (
	"encoding/json"
	"maps"
	"os"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
)

type workersCase struct {
	Name    string
	Classes []dispatch.Class
	Workers []string
	Events  [][]json.RawMessage
}

func TestSpreadsLikeLocust(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/workers.json.golden")
	if err != nil {
		t.Fatal(err)
	}
	var cases []workersCase
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, test := range cases {
		t.Run(test.Name, func(t *testing.T) { t.Parallel(); replay(t, test) })
	}
}

func replay(t *testing.T, test workersCase) {
	t.Helper()
	dispatcher, err := dispatch.New(test.Classes)
	if err != nil {
		t.Fatal(err)
	}
	workers := len(test.Workers)
	var spread dispatch.Spread
	for _, id := range test.Workers {
		spread.Add(id)
	}
	isRebalanced := false
	for i, event := range test.Events {
		kind := value[string](t, event[0])
		switch kind {
		case "ramp":
			if err := dispatcher.Dispatch(value[int](t, event[1]), value[float64](t, event[2]), nil); err != nil {
				t.Fatal(err)
			}
		case "add":
			workers++
			spread.Add(value[string](t, event[1]))
		case "remove":
			workers--
			spread.Remove(value[string](t, event[1]))
		case "step":
			// After the set of workers changes, the first step only rebalances users.
			if !isRebalanced {
				step, ok := dispatcher.Next()
				if !ok {
					t.Fatalf("event %d: no step", i)
				}
				spread.Apply(step)
			}
			check(t, i, &spread, workers, value[map[string]map[string]int](t, event[1]))
		}
		isRebalanced = kind == "add" || kind == "remove" || isRebalanced && kind == "ramp"
	}
}

func value[T any](t *testing.T, text json.RawMessage) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func check(t *testing.T, event int, spread *dispatch.Spread, workers int, want map[string]map[string]int) {
	t.Helper()
	if workers != len(want) {
		t.Fatalf("event %d: %d workers, want %d", event, workers, len(want))
	}
	for worker, counts := range want {
		for class, count := range counts {
			if _, isNamed := spread.Counts(worker)[class]; !isNamed {
				t.Errorf("event %d: the job of %s does not name %s", event, worker, class)
			}
			if got := spread.Counts(worker)[class]; got != count {
				t.Errorf("event %d: %d users of %s on %s, want %d", event, got, class, worker, count)
			}
		}
	}
}

func TestSpreadWithoutWorkers(t *testing.T) {
	t.Parallel()
	var spread dispatch.Spread
	spread.Apply(dispatch.Step{Counts: map[string]int{"A": 2, "B": 1}, Started: []string{"A", "A", "B"}})
	spread.Apply(dispatch.Step{Stopped: 1})
	spread.Add("a_1")
	if counts := spread.Counts("a_1"); !maps.Equal(counts, map[string]int{"A": 2, "B": 0}) || spread.Len() != 2 || spread.Sum("a_1") != 2 {
		t.Errorf("the worker has %v", counts)
	}
	spread.Remove("a_1")
	if spread.Counts("a_1") != nil || spread.Len() != 2 {
		t.Errorf("a lost worker has %v", spread.Counts("a_1"))
	}
}
