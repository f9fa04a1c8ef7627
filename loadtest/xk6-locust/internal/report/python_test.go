package report

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"
)

// values returns the results of Locust and Python functions that testdata/generate.py recorded.
func values(t *testing.T) (v struct {
	Floats    [][2]any
	Rounded   [][3]float64
	Durations [][2]any
	Paths     [][5]any
	Strings   [][2]string
},
) {
	t.Helper()
	text, err := os.ReadFile("testdata/values.json.golden")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPythonFloat(t *testing.T) {
	t.Parallel()
	cases := values(t).Floats
	if len(cases) < 300 {
		t.Fatalf("only %d golden floats", len(cases))
	}
	for _, test := range cases {
		if got := pythonFloat(test[0].(float64)); got != test[1] {
			t.Errorf("got %s, want %s", got, test[1])
		}
	}
	for f, want := range map[float64]string{
		1e-5: "1e-05", 1e16: "1e+16", 1e15: "1000000000000000.0", 0.0001: "0.0001", -2: "-2.0", -1e-7: "-1e-07",
		math.Inf(1): "inf", math.Inf(-1): "-inf", math.Copysign(0, -1): "-0.0",
	} {
		if got := pythonFloat(f); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestProperRound(t *testing.T) {
	t.Parallel()
	for _, test := range values(t).Rounded {
		if got := properRound(test[0], int(test[1])); got != test[2] {
			t.Errorf("properRound(%v, %v) = %v, want %v", test[0], test[1], got, test[2])
		}
	}
}

func TestDurationText(t *testing.T) {
	t.Parallel()
	for _, test := range values(t).Durations {
		if got := durationText(time.Duration(test[0].(float64) * float64(time.Second))); got != test[1] {
			t.Errorf("%v s: got %q, want %q", test[0], got, test[1])
		}
	}
}

func TestPythonJSONString(t *testing.T) {
	t.Parallel()
	for _, test := range values(t).Strings {
		if got := pythonJSONString(test[0]); got != test[1] {
			t.Errorf("got %s, want %s", got, test[1])
		}
	}
}

func TestNameWidth(t *testing.T) {
	t.Parallel()
	for columns, want := range map[int]int{0: 0, 79: 0, 80: 0, 100: 20, 160: 80, 300: 80} {
		if got := nameWidth(columns); got != want {
			t.Errorf("%d columns: got %d, want %d", columns, got, want)
		}
	}
}
