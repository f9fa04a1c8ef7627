package engine

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

func newWorker(t *testing.T, index int64, expected int) *Engine {
	t.Helper()
	e, err := New(Config{Options: locust.Options{Worker: true, MasterPort: 5557, ExpectWorkers: expected}, Classes: shoppers}, Environment{})
	if err != nil {
		t.Fatal(err)
	}
	e.index.Store(index)
	return e
}

func TestUserNumbers(t *testing.T) {
	t.Parallel()
	e := &Engine{numbers: &Numbers{}}
	var group sync.WaitGroup
	var mutex sync.Mutex
	var numbers []int64
	for range 4 {
		group.Go(func() {
			for range 100 {
				number, err := e.UserNumber(e.NextUser())
				if err != nil {
					t.Error(err)
				}
				mutex.Lock()
				numbers = append(numbers, number)
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(numbers)
	if len(slices.Compact(numbers)) != 400 || numbers[0] != 0 || numbers[399] != 399 {
		t.Errorf("got %v", numbers)
	}
	if got, err := newWorker(t, 2, 0).UserNumber(7); got != 2_000_007 || err != nil {
		t.Errorf("for the third worker: %d, %v", got, err)
	}
	if _, err := newWorker(t, -1, 0).UserNumber(0); err == nil {
		t.Error("got a user number in a worker without an index")
	}
	if _, err := newWorker(t, 0, 0).UserNumber(1_000_000); err == nil {
		t.Error("got a user number that belongs to another worker")
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	take := func(e *Engine, distributor, count int) []int64 {
		var items []int64
		for range count {
			item, err := e.NextItem(distributor)
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, item)
		}
		return items
	}
	e := &Engine{numbers: &Numbers{}}
	if got := slices.Concat(take(e, 0, 3), take(e, 1, 2), take(e, 0, 1)); !slices.Equal(got, []int64{0, 1, 2, 0, 1, 3}) {
		t.Errorf("got %v", got)
	}
	all := slices.Concat(take(newWorker(t, 0, 3), 0, 3), take(newWorker(t, 1, 3), 0, 3), take(newWorker(t, 2, 3), 0, 3))
	if !slices.Equal(all, []int64{0, 3, 6, 1, 4, 7, 2, 5, 8}) {
		t.Errorf("three workers take %v", all)
	}
	for want, worker := range map[string]*Engine{
		"set --expect-workers": newWorker(t, 0, 0), "Locust 2.11 or newer": newWorker(t, -1, 2), "more workers": newWorker(t, 2, 2),
	} {
		if _, err := worker.NextItem(0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %s", err, want)
		}
	}
}
