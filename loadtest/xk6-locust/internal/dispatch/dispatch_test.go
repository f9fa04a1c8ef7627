package dispatch_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/dispatch"
)

// goldenStep is one of Locust's steps: the users per class, sorted by name, and the seconds until the next step.
type goldenStep struct {
	counts []int
	wait   float64
}

func (s *goldenStep) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&s.counts, &s.wait})
}

type goldenCase struct {
	Name    string
	Classes []dispatch.Class
	Ramps   []struct {
		Users int
		Rate  float64
		Only  []string
		// Cut is true if the next ramp started before the end of this one.
		Cut   bool
		Steps []goldenStep
	}
}

func TestDispatchesLikeLocust(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/ramps.json.golden")
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	for _, test := range cases {
		t.Run(test.Name, func(t *testing.T) {
			t.Parallel()
			dispatcher, err := dispatch.New(test.Classes)
			if err != nil {
				t.Fatal(err)
			}
			for i, ramp := range test.Ramps {
				if err := dispatcher.Dispatch(ramp.Users, ramp.Rate, ramp.Only); err != nil {
					t.Fatalf("ramp %d: %v", i, err)
				}
				for j, want := range ramp.Steps {
					step, ok := dispatcher.Next()
					if !ok {
						t.Fatalf("ramp %d ends before step %d of %d", i, j, len(ramp.Steps))
					}
					if got := inOrderOfName(step.Counts); !slices.Equal(got, want.counts) {
						t.Fatalf("ramp %d, step %d: got %v, want %v", i, j, got, want.counts)
					}
					if math.Abs(step.Wait.Seconds()-want.wait) > 1e-9 {
						t.Fatalf("ramp %d, step %d: got a wait of %v, want %v s", i, j, step.Wait, want.wait)
					}
				}
				if ramp.Cut {
					continue
				}
				if step, ok := dispatcher.Next(); ok {
					t.Fatalf("ramp %d has a step %v after its last", i, step)
				}
			}
		})
	}
}

func inOrderOfName(counts map[string]int) []int {
	inOrder := []int{}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		inOrder = append(inOrder, counts[name])
	}
	return inOrder
}

func TestNewRejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		classes []dispatch.Class
		want    string
	}{
		"no classes":             {nil, "no user classes"},
		"no name":                {[]dispatch.Class{{Weight: 1}}, "no name"},
		"the same name":          {[]dispatch.Class{{Name: "A", Weight: 1}, {Name: "B", Weight: 1}, {Name: "A", Weight: 2}}, "same name: A"},
		"a negative weight":      {[]dispatch.Class{{Name: "A", Weight: -0.5}, {Name: "B", Weight: 1}}, "A has -0.5"},
		"a weight of NaN":        {[]dispatch.Class{{Name: "A", Weight: math.NaN()}}, "A has NaN"},
		"a weight of +Inf":       {[]dispatch.Class{{Name: "A", Weight: math.Inf(1)}}, "A has +Inf"},
		"a negative fixed count": {[]dispatch.Class{{Name: "A", Weight: 1, FixedCount: -2}}, "A has -2"},
		"no class with users":    {[]dispatch.Class{{Name: "A"}, {Name: "B"}}, "no user class gets users"},
		"all weights below zero": {[]dispatch.Class{{Name: "A", Weight: -1}}, "A has -1"},
		"a weight of -Inf":       {[]dispatch.Class{{Name: "A", Weight: math.Inf(-1)}}, "A has -Inf"},
	} {
		_, err := dispatch.New(test.classes)
		checkError(t, name, err, test.want)
	}
}

func TestRejectedDispatchChangesNothing(t *testing.T) {
	t.Parallel()
	dispatcher, err := dispatch.New([]dispatch.Class{{Name: "A", Weight: 1}, {Name: "B", Weight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := dispatcher.Dispatch(4, 2, nil); err != nil {
		t.Fatal(err)
	}
	dispatcher.Next()
	for name, test := range map[string]struct {
		users int
		rate  float64
		only  []string
		want  string
	}{
		"negative users":   {-1, 1, nil, "got -1"},
		"a rate of 0":      {1, 0, nil, "got 0"},
		"a negative rate":  {1, -2, nil, "got -2"},
		"a rate of NaN":    {1, math.NaN(), nil, "got NaN"},
		"an infinite rate": {1, math.Inf(1), nil, "got +Inf"},
		"an unknown class": {1, 1, []string{"A", "C"}, "unknown user class: C; known: A, B"},
	} {
		checkError(t, name, dispatcher.Dispatch(test.users, test.rate, test.only), test.want)
	}
	step, ok := dispatcher.Next()
	if want := map[string]int{"A": 2, "B": 2}; !ok || !maps.Equal(step.Counts, want) {
		t.Errorf("after the errors: got %v, %v; want %v", step, ok, want)
	}
}

func checkError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: got the error %v, want one line with %q", name, err, want)
	}
}

func TestNoStepBeforeDispatch(t *testing.T) {
	t.Parallel()
	dispatcher, err := dispatch.New([]dispatch.Class{{Name: "A", Weight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if step, ok := dispatcher.Next(); ok {
		t.Errorf("got %v, want none", step)
	}
}

func TestCountsBelongToTheCaller(t *testing.T) {
	t.Parallel()
	classes := []dispatch.Class{{Name: "B", Weight: 1}, {Name: "A", Weight: 1}}
	dispatcher, err := dispatch.New(classes)
	if err != nil {
		t.Fatal(err)
	}
	if classes[0].Name != "B" {
		t.Error("New sorted the given classes")
	}
	if err := dispatcher.Dispatch(4, 2, nil); err != nil {
		t.Fatal(err)
	}
	first, _ := dispatcher.Next()
	first.Counts["A"] = 100
	second, _ := dispatcher.Next()
	if want := map[string]int{"A": 2, "B": 2}; !maps.Equal(second.Counts, want) {
		t.Errorf("got %v, want %v", second.Counts, want)
	}
}

func TestWaitBeyondDuration(t *testing.T) {
	t.Parallel()
	dispatcher, err := dispatch.New([]dispatch.Class{{Name: "A", Weight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := dispatcher.Dispatch(2, 1e-300, nil); err != nil {
		t.Fatal(err)
	}
	if step, _ := dispatcher.Next(); step.Wait != math.MaxInt64 {
		t.Errorf("got a wait of %v, want the longest", step.Wait)
	}
}

// FuzzRamps runs several ramps, cuts some of them short, and checks every step.
func FuzzRamps(f *testing.F) {
	f.Add(3.0, 1.0, 0, 2, 2.5, []byte{20, 0, 5, 2, 30, 0})
	f.Add(0.0, 0.5, 4, 0, 0.3, []byte{3, 0, 1, 1, 9, 3, 0, 0})
	f.Add(1e-9, 1e9, 0, 0, 1e9, []byte{255, 0, 254, 1, 0, 0})
	f.Add(0.0, 0.0, 3, 2, 1.0, []byte{9, 0, 2, 1, 7, 0})
	f.Fuzz(func(t *testing.T, weightA, weightB float64, fixedA, fixedB int, rate float64, ramps []byte) {
		dispatcher, err := dispatch.New([]dispatch.Class{
			{Name: "A", Weight: weightA, FixedCount: fixedA % 1000}, {Name: "B", Weight: weightB, FixedCount: fixedB % 1000},
		})
		if err != nil {
			return
		}
		hasWeighted := (weightA > 0 && fixedA%1000 == 0) || (weightB > 0 && fixedB%1000 == 0)
		total := 0
		// Each ramp consists of a target and the number of steps after which it is cut short, 0 for never.
		for ramp := range slices.Chunk(ramps[:min(len(ramps), 40)], 2) {
			if err := dispatcher.Dispatch(int(ramp[0]), rate, nil); err != nil {
				return
			}
			cut := 0
			if len(ramp) == 2 {
				cut = int(ramp[1])
			}
			total = checkRamp(t, dispatcher, rate, total, int(ramp[0]), cut, hasWeighted, fixedA%1000+fixedB%1000)
		}
	})
}

// checkRamp performs the steps of a ramp. It returns the number of users after the last one.
func checkRamp(
	t *testing.T, dispatcher *dispatch.Dispatcher, rate float64, total, target, cut int, hasWeighted bool, fixed int,
) int {
	t.Helper()
	perStep := max(1, math.Floor(rate))
	for steps := 1; ; steps++ {
		step, ok := dispatcher.Next()
		if !ok {
			if reachable := min(target, fixed); steps == 1 || (total != target && (hasWeighted || total != reachable)) {
				t.Fatalf("the ramp ends with %d users after %d steps, target %d, fixed %d", total, steps-1, target, fixed)
			}
			return total
		}
		before := total
		total = 0
		for name, count := range step.Counts {
			if count < 0 {
				t.Fatalf("%s has %d users", name, count)
			}
			total += count
		}
		if total < min(before, target) || total > max(before, target) {
			t.Fatalf("from %d to %d users on the way to %d", before, total, target)
		}
		if change := math.Abs(float64(total - before)); change > perStep {
			t.Fatalf("%v users at once at a rate of %v per second", change, rate)
		}
		if isEnd := total == target; isEnd != (step.Wait == 0) {
			t.Fatalf("a wait of %v at %d of %d users", step.Wait, total, target)
		}
		if steps == cut {
			return total
		}
	}
}
