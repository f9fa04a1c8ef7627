package stats_test

import (
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

var (
	start = time.Unix(1700000000, 0)
	get   = stats.Key{Method: "GET", Name: "/"}
	post  = stats.Key{Method: "POST", Name: "/"}
)

func after(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

// delta returns statistics with count successful requests of 10 ms and 100 bytes, all at the same time.
func delta(key stats.Key, at time.Time, count int) *stats.Stats {
	recorder := stats.NewRecorder()
	for range count {
		recorder.Log(key, at, 10, 100, "")
	}
	return recorder.Take()
}

func TestRecorderCounts(t *testing.T) {
	t.Parallel()
	recorder := stats.NewRecorder()
	recorder.Log(get, after(1), 20.5, 100, "")
	recorder.Log(get, after(2), 3.25, 50, "CatchResponseError('bad')")
	recorder.Log(get, after(2.5), math.NaN(), 0, "")
	recorder.Log(post, after(3), 147, 10, "")
	taken := recorder.Take()

	e := taken.Entry(get)
	if e.Requests != 3 || e.NoneRequests != 1 || e.Failures != 1 || e.ContentLength != 150 {
		t.Errorf("got %+v", e)
	}
	if e.Min() != 3.25 || e.Max() != 20.5 || e.Average() != (20.5+3.25)/2 || e.FailRatio() != 1.0/3 {
		t.Errorf("min %v max %v average %v fail ratio %v", e.Min(), e.Max(), e.Average(), e.FailRatio())
	}
	if e.AverageContentLength() != 50 || e.LastRequest != 1700000002.5 {
		t.Errorf("average content length %v, last request %v", e.AverageContentLength(), e.LastRequest)
	}
	if len(e.RequestsPerSecond) != 2 || e.RequestsPerSecond[1700000002] != 2 || e.FailuresPerSecond[1700000002] != 1 {
		t.Errorf("per second: %v, %v", e.RequestsPerSecond, e.FailuresPerSecond)
	}
	total := taken.Total
	if total.Name != "Aggregated" || total.Method != "" || total.Requests != 4 || total.Failures != 1 || total.Max() != 147 {
		t.Errorf("total: %+v", total)
	}
	if total.ResponseTimes[150] != 1 || total.ResponseTimes[20] != 1 || total.ResponseTimes[3] != 1 {
		t.Errorf("response times: %v", total.ResponseTimes)
	}
	failure := taken.Failures()[0]
	if failure.Name != "/" || failure.Error != "CatchResponseError('bad')" || failure.Occurrences != 1 ||
		!failure.FirstSeen.Equal(after(2)) || !failure.LastSeen.Equal(after(2)) {
		t.Errorf("failure: %+v", failure)
	}
}

func TestTakeClears(t *testing.T) {
	t.Parallel()
	recorder := stats.NewRecorder()
	recorder.Log(get, after(0), 10, 1, "no")
	recorder.LogException("boom", "at x")
	first := recorder.Take()
	recorder.Log(get, after(1), 20, 1, "")
	second, third := recorder.Take(), recorder.Take()

	if e := first.Entry(get); e.Requests != 1 || e.ResponseTimes[10] != 1 || len(e.RequestsPerSecond) != 1 {
		t.Errorf("later requests changed the first delta: %+v", e)
	}
	if e := second.Entry(get); e.Requests != 1 || e.Min() != 20 || len(e.ResponseTimes) != 1 || len(e.RequestsPerSecond) != 1 {
		t.Errorf("the second delta repeats the first one: %+v", e)
	}
	if len(second.Failures()) != 0 || len(second.Exceptions()) != 0 || second.Total.Failures != 0 {
		t.Error("the second delta has failures or exceptions of the first")
	}
	if len(third.Entries()) != 0 || third.Total.Requests != 0 || third.Total.LastRequest != 0 {
		t.Errorf("the third delta is not empty: %+v", third.Total)
	}
}

func TestRecorderIsSafe(t *testing.T) {
	t.Parallel()
	recorder := stats.NewRecorder()
	all := stats.New(start)
	var threads sync.WaitGroup
	for range 4 {
		threads.Go(func() {
			for range 500 {
				recorder.Log(get, after(1), 5, 1, "")
			}
		})
	}
	for range 20 {
		all.Add(recorder.Take())
	}
	threads.Wait()
	all.Add(recorder.Take())
	if all.Total.Requests != 2000 || all.Entry(get).ResponseTimes[5] != 2000 {
		t.Errorf("got %d requests, want 2000", all.Total.Requests)
	}
}

func TestAddMerges(t *testing.T) {
	t.Parallel()
	one, two := stats.NewRecorder(), stats.NewRecorder()
	one.Log(get, after(5), 30, 1, "b")
	one.Log(post, after(6), 10, 1, "")
	one.LogException("boom", "at x")
	two.Log(get, after(2), 4, 1, "b")
	two.Log(get, after(3), 5, 1, "a")
	two.LogException("boom", "at x")
	two.LogException("bang", "at y")
	all := stats.New(start)
	all.Add(one.Take())
	all.Add(two.Take())
	all.Add(stats.NewRecorder().Take())

	e := all.Entry(get)
	if e.Requests != 3 || e.Failures != 3 || e.Min() != 4 || e.Max() != 30 || e.LastRequest != 1700000005 || e.StartTime != 1700000002 {
		t.Errorf("got %+v", e)
	}
	failures := all.Failures()
	if len(failures) != 2 || failures[0].Error != "b" || failures[0].Occurrences != 2 || failures[1].Error != "a" {
		t.Fatalf("failures: %+v", failures)
	}
	if !failures[0].FirstSeen.Equal(after(2)) || !failures[0].LastSeen.Equal(after(5)) {
		t.Errorf("seen from %v to %v", failures[0].FirstSeen, failures[0].LastSeen)
	}
	exceptions := all.Exceptions()
	if len(exceptions) != 2 || exceptions[0].Count != 2 || exceptions[1].Message != "bang" || len(exceptions[0].Nodes) != 1 {
		t.Errorf("exceptions: %+v", exceptions)
	}
	if keys := all.SortedFailures(); keys[0].Key() > keys[1].Key() {
		t.Error("failures are not sorted by key")
	}
}

func TestSortedEntries(t *testing.T) {
	t.Parallel()
	all := stats.New(start)
	for _, key := range []stats.Key{{"POST", "b"}, {"GET", "b"}, {"PUT", "a"}} {
		all.Add(delta(key, after(0), 1))
	}
	names := func(entries []*stats.Entry) (names []string) {
		for _, e := range entries {
			names = append(names, e.Name+" "+e.Method)
		}
		return names
	}
	if got := names(all.SortedEntries()); !slices.Equal(got, []string{"a PUT", "b GET", "b POST"}) {
		t.Errorf("sorted: %v", got)
	}
	if got := names(all.Entries()); !slices.Equal(got, []string{"b POST", "b GET", "a PUT"}) {
		t.Errorf("in the order of occurrence: %v", got)
	}
}

// The rates of all rows use the times of the total row. Otherwise, a row that starts late would have too high a rate.
func TestRatesUseTheTimesOfTheTotal(t *testing.T) {
	t.Parallel()
	all := stats.New(start)
	for second := range 20 {
		all.Add(delta(get, after(float64(second)), 10))
	}
	all.Add(delta(post, after(16), 40))
	all.Add(delta(get, after(20), 10))
	if got := all.Entry(post).TotalRPS(); got != 2 {
		t.Errorf("total: got %v, want 40 / 20 s", got)
	}
	if got := all.Entry(post).CurrentRPS(); got != 4 {
		t.Errorf("current: got %v, want 40 / 10 s", got)
	}
	if got := all.Entry(get).CurrentRPS(); got != 10 {
		t.Errorf("current: got %v, want 10", got)
	}
}

func TestRatesOfNothing(t *testing.T) {
	t.Parallel()
	all := stats.New(start)
	e := all.Entry(get)
	for name, got := range map[string]float64{
		"total": e.TotalRPS(), "failures": e.TotalFailuresPerSecond(), "current": e.CurrentRPS(), "median": e.Median(),
		"average": e.Average(), "min": e.Min(), "max": e.Max(), "length": e.AverageContentLength(), "ratio": e.FailRatio(),
	} {
		if got != 0 {
			t.Errorf("%s: got %v, want 0", name, got)
		}
	}
	all.Add(delta(get, start, 1))
	if got := e.TotalRPS(); got != 0 {
		t.Errorf("for a single moment: got %v, want 0", got)
	}
}

func TestCurrentPercentilesForgetTheOld(t *testing.T) {
	t.Parallel()
	all := stats.New(start)
	recorder := stats.NewRecorder()
	for second := range 40 {
		responseTime := 100.0
		if second >= 20 {
			responseTime = 7
		}
		recorder.Log(get, after(float64(second)), responseTime, 1, "")
		all.Add(recorder.Take())
	}
	e := all.Entry(get)
	if got := e.CurrentPercentiles(after(39), 0.5, 1); !slices.Equal(got, []int{7, 7}) {
		t.Errorf("current: got %v, want 7, from the last 10 seconds", got)
	}
	if got := e.Percentile(1); got != 100 {
		t.Errorf("total: got %d, want 100", got)
	}
	if got := e.CurrentPercentiles(after(100), 0.5); got[0] != 0 {
		t.Errorf("a minute after the last request: got %v, want 0", got)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	all := stats.New(start)
	recorder := stats.NewRecorder()
	recorder.Log(get, after(1), 500, 1, "no")
	recorder.LogException("boom", "at x")
	all.Add(recorder.Take())
	all.Reset(after(10))
	if len(all.Entries()) != 1 || len(all.Failures()) != 0 || len(all.Exceptions()) != 1 {
		t.Errorf("%d rows, %d failures, %d exceptions; want 1, 0, 1", len(all.Entries()), len(all.Failures()), len(all.Exceptions()))
	}
	all.Add(delta(get, after(12), 4))
	if e := all.Entry(get); e.Requests != 4 || e.Max() != 10 || e.TotalRPS() != 2 || len(e.RequestsPerSecond) != 1 {
		t.Errorf("got %+v, at %v/s", e, e.TotalRPS())
	}
}

// A script can report any number as a response time.
func TestRecorderTakesAnyResponseTime(t *testing.T) {
	t.Parallel()
	recorder := stats.NewRecorder()
	for _, responseTime := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		recorder.Log(get, after(0), responseTime, 0, "")
	}
	e := recorder.Take().Entry(get)
	if e.Requests != 3 || e.NoneRequests != 3 || len(e.ResponseTimes) != 0 || e.Average() != 0 {
		t.Errorf("got %+v", e)
	}
}

func TestLogDoesNotAllocate(t *testing.T) {
	recorder := stats.NewRecorder()
	for range 2 {
		recorder.Log(get, after(1), 12, 1, "no")
		recorder.Take()
	}
	recorder.Log(get, after(1), 12, 1, "no")
	if got := testing.AllocsPerRun(1000, func() { recorder.Log(get, after(1), 12, 1, "no") }); got != 0 {
		t.Errorf("%v allocations a request, want 0", got)
	}
}

func BenchmarkLog(b *testing.B) {
	keys := make([]stats.Key, 10)
	for i := range keys {
		keys[i] = stats.Key{Method: "GET", Name: "/suggest/" + strconv.Itoa(i)}
	}
	for _, failure := range []string{"", "HTTPError('500 Server Error')"} {
		b.Run("failure="+strconv.FormatBool(failure != ""), func(b *testing.B) {
			recorder := stats.NewRecorder()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				recorder.Log(keys[i%len(keys)], start.Add(time.Duration(i)*50*time.Microsecond), float64(i%400)/2, 100, failure)
			}
		})
	}
}

func BenchmarkTakeAndAdd(b *testing.B) {
	recorder, all := stats.NewRecorder(), stats.New(start)
	for i := 0; b.Loop(); i++ {
		for request := range 10000 {
			key := stats.Key{Method: "GET", Name: "/" + strconv.Itoa(request%20)}
			recorder.Log(key, after(float64(i)), float64(request%3000), 100, "")
		}
		all.Add(recorder.Take())
	}
}

// The rate between two moments uses only whole seconds, whenever the requests were reported.
func TestRateBetweenTwoMoments(t *testing.T) {
	t.Parallel()
	s := stats.New(time.Unix(1000, 0))
	for second, count := range []int{5, 10, 20, 30, 40} {
		recorder := stats.NewRecorder()
		for range count {
			recorder.Log(stats.Key{"GET", "/"}, time.Unix(1000+int64(second), 5e8), 1, 1, "")
		}
		s.Add(recorder.Take())
	}
	for _, test := range []struct {
		from, to, want float64
	}{{1001, 1004, 20}, {1000.1, 1003.9, 15}, {1000, 1001, 5}, {1002.2, 1002.9, 0}, {1010, 1020, 0}} {
		from, to := time.UnixMilli(int64(test.from*1000)), time.UnixMilli(int64(test.to*1000))
		if got := s.Total.Rate(from, to); got != test.want {
			t.Errorf("from %v to %v: got %v, want %v", test.from, test.to, got, test.want)
		}
	}
}

// The total of a run contains the precise response times of all rows, even after several deltas were added. Requests
// without a response time add none.
func TestLatencyOfTheTotal(t *testing.T) {
	t.Parallel()
	recorder, total := stats.NewRecorder(), stats.New(time.Now())
	for i := range 1000 {
		recorder.Log(stats.Key{"GET", string(rune('a' + i%3))}, time.Now(), float64(i)+0.25, 1, "")
		if i == 500 {
			total.Add(recorder.Take())
		}
	}
	recorder.Log(stats.Key{"GET", "none"}, time.Now(), math.NaN(), 1, "")
	delta := recorder.Take()
	total.Add(delta)
	total.Add(stats.Delta(time.Now(), []*stats.Entry{{Method: "GET", Name: "d", Requests: 1}}, nil))
	if got := total.Total.Latency.Percentile(0.5); math.Abs(got-499.75) > 0.5 {
		t.Errorf("the median is %v", got)
	}
	var values, last float64
	for milliseconds, count := range total.Total.Latency.Values {
		if milliseconds < last {
			t.Errorf("%v follows %v", milliseconds, last)
		}
		last = milliseconds
		values += float64(count)
	}
	if values != 1000 || total.Total.Requests != 1002 {
		t.Errorf("%v values of %d requests", values, total.Total.Requests)
	}
	total.Reset(time.Now())
	if len(total.Total.Latency.Counts()) != 0 {
		t.Error("a reset keeps response times")
	}
}
