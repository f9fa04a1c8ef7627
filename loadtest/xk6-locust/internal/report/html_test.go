package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// parsed is a page as a browser parses it.
type parsed struct {
	elements   []*html.Node
	data       string
	csp        string
	style      string
	script     string
	visible    string
	attributes []html.Attribute
}

func parse(t *testing.T, h report.HTML) parsed {
	t.Helper()
	var page bytes.Buffer
	if err := report.WriteHTML(&page, h); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	var p parsed
	for node := range root.Descendants() {
		if node.Type == html.TextNode {
			switch {
			case node.Parent.Data == "style":
				p.style += node.Data
			case node.Parent.Data == "script" && attribute(node.Parent, "id") == "data":
				p.data += node.Data
			case node.Parent.Data == "script":
				p.script += node.Data
			default:
				p.visible += node.Data + "\n"
			}
		}
		if node.Type == html.ElementNode {
			p.elements = append(p.elements, node)
			p.attributes = append(p.attributes, node.Attr...)
			if attribute(node, "http-equiv") == "Content-Security-Policy" {
				p.csp = attribute(node, "content")
			}
		}
	}
	return p
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func replayedHTML(t *testing.T) report.HTML {
	t.Helper()
	history := report.NewHistory()
	end, snapshot := replay(t, history.Sample)
	return report.HTML{Snapshot: snapshot, History: history, Now: end, Host: "http://target", Script: "locustfile.py"}
}

func TestHTMLContainsTheDataOfLocust(t *testing.T) {
	t.Parallel()
	var got, want map[string]any
	if err := json.Unmarshal([]byte(parse(t, replayedHTML(t)).data), &got); err != nil {
		t.Fatal(err)
	}
	goldenJSON(t, "html.json.golden", &want)
	// The history has more points than Locust's, and each point also has the 99th percentile.
	points, _ := got["history"].([]any)
	wanted, _ := want["history"].([]any)
	var shared []any
	for _, point := range points {
		fields, _ := point.(map[string]any)
		if fields["response_time_percentile_0.99"] == nil {
			t.Errorf("no 99th percentile: %v", fields)
		}
		delete(fields, "response_time_percentile_0.99")
		for _, one := range wanted {
			if reflect.DeepEqual(point, one) {
				shared = append(shared, point)
			}
		}
	}
	if len(points) <= 2*len(wanted) {
		t.Errorf("%d points, want one per second", len(points))
	}
	got["history"] = shared
	for key := range want {
		if !reflect.DeepEqual(got[key], want[key]) {
			t.Errorf("%s:\n got %v\nwant %v", key, got[key], want[key])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
}

// Names and errors come from scripts and servers. They must not be interpreted as HTML or JavaScript.
func TestHTMLEscapes(t *testing.T) {
	t.Parallel()
	const evil = `</script></title><img src=x onerror="alert(1)">'"--><script>alert(2)</script>`
	recorder := stats.NewRecorder()
	now := time.Unix(1700000000, 0)
	recorder.Log(stats.Key{Method: evil, Name: evil}, now, 1, 1, evil)
	recorder.LogException(evil, evil)
	all := stats.New(now)
	all.Add(recorder.Take())
	ratios := []report.TaskRatio{{Name: evil, Ratio: 1, Tasks: []report.TaskRatio{{Name: evil, Ratio: 1}}}}
	history := report.NewHistory()
	h := report.HTML{
		Snapshot: report.Snapshot{Stats: all}, History: history, Now: now, Host: evil, Script: evil, PerClass: ratios, Total: ratios,
	}
	history.Sample(now, h.Snapshot)
	p := parse(t, h)
	scripts := 0
	for _, element := range p.elements {
		switch element.Data {
		case "img":
			t.Error("a name was parsed as an element")
		case "script":
			scripts++
		}
	}
	if scripts != 2 {
		t.Errorf("%d scripts, want the data and the page's own", scripts)
	}
	for _, a := range p.attributes {
		if strings.HasPrefix(a.Key, "on") {
			t.Errorf("the page has a handler: %s", a.Key)
		}
	}
	if got := strings.Count(p.visible, evil); got < 10 {
		t.Errorf("the text occurs %d times on the page, want it in every table", got)
	}
	var data map[string]any
	if err := json.Unmarshal([]byte(p.data), &data); err != nil || data["host"] != evil {
		t.Errorf("the data has host %q, %v", data["host"], err)
	}
}

// The content security policy of the page must allow its own style and script, and nothing else.
func TestHTMLPolicy(t *testing.T) {
	t.Parallel()
	p := parse(t, replayedHTML(t))
	for kind, text := range map[string]string{"style-src": p.style, "script-src": p.script} {
		sum := sha256.Sum256([]byte(text))
		if want := kind + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(p.csp, want) {
			t.Errorf("the policy %q lacks %s", p.csp, want)
		}
	}
	if !strings.HasPrefix(p.csp, "default-src 'none';") {
		t.Errorf("the policy %q allows more than the page needs", p.csp)
	}
	for _, a := range p.attributes {
		if a.Key == "src" || a.Key == "href" || a.Key == "style" {
			t.Errorf("the page has %s=%q", a.Key, a.Val)
		}
	}
}

func TestHTMLShowsTheRun(t *testing.T) {
	t.Parallel()
	h := replayedHTML(t)
	h.PerClass = []report.TaskRatio{{Name: "Searcher", Ratio: 1, Tasks: []report.TaskRatio{{Name: "suggest", Ratio: 0.75}}}}
	h.Total = h.PerClass
	p := parse(t, h)
	for _, want := range []string{
		"http://target", "locustfile.py", "2023-11-14T22:13:20Z", "17 seconds", "/검색 ü 😀", "CatchResponseError('bad json')",
		"boom", "Traceback:\n  line 1\n", "Aggregated", "75.0%", "Searcher", "suggest", "Response times over time",
	} {
		if !strings.Contains(p.visible, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	checkNumbers(t, p)
}

func TestHTMLShowsTheVerdictFirst(t *testing.T) {
	t.Parallel()
	h := replayedHTML(t)
	if p := parse(t, h); strings.Contains(p.visible, "equirements were") {
		t.Error("there are no requirements")
	}
	h.VerdictOf, h.Verdicts = "the shop", []report.Verdict{{Name: "p95", OK: true, Text: "1 ms (limit: 2 ms)"}}
	if p := parse(t, h); !strings.Contains(p.visible, "All requirements were met") {
		t.Error("the requirements were met")
	}
	h.Verdicts, h.Refusal, h.Lateness = []report.Verdict{{Name: "p95", IsLate: true, Text: "3 ms (limit: 2 ms)"}}, "p99 34 ms", report.Lateness{P99Ms: 34, CPUs: 2}
	p := parse(t, h)
	for _, want := range []string{"No verdict", "The load generator was too late: p99 34 ms.", "late", "Lateness of the load generator", "p99 34.0 ms, maximum"} {
		if !strings.Contains(p.visible, want) {
			t.Errorf("a refused verdict lacks %q", want)
		}
	}
	h.Refusal, h.Verdicts = "", []report.Verdict{{Name: "p95", OK: true, Text: "1 ms (limit: 2 ms)"}}
	h.Verdicts = append(h.Verdicts, report.Verdict{Name: "rate", Text: "5 requests/s (required: 6)"})
	visible := parse(t, h).visible
	rest := visible
	for _, want := range []string{"Requirements were not met", "the shop", "ok", "p95", "1 ms (limit: 2 ms)", "FAIL", "rate", "5 requests/s (required: 6)", "Requests", "Over time"} {
		at := strings.Index(rest, want)
		if at < 0 {
			t.Fatalf("the page does not show %q in this order:\n%s", want, visible)
		}
		rest = rest[at+len(want):]
	}
}

// checkNumbers fails if a chart has a coordinate or a label that is not a number.
func checkNumbers(t *testing.T, p parsed) {
	t.Helper()
	for _, a := range p.attributes {
		if strings.Contains(a.Val, "NaN") || strings.Contains(a.Val, "Inf") {
			t.Errorf("%s=%q", a.Key, a.Val)
		}
	}
	if strings.Contains(p.visible, "NaN") || strings.Contains(p.visible, "Inf") {
		t.Error("the page shows NaN or Inf")
	}
}

func TestHTMLWithoutRequests(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	snapshot := report.Snapshot{Stats: stats.New(now)}
	p := parse(t, report.HTML{Snapshot: snapshot, History: report.NewHistory(), Now: now})
	for _, want := range []string{"No request failed.", "No task threw an exception.", "too short for a chart", "0 seconds"} {
		if !strings.Contains(p.visible, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	history := report.NewHistory()
	history.Sample(now, snapshot)
	checkNumbers(t, parse(t, report.HTML{Snapshot: snapshot, History: history, Now: now}))
}

func TestSaveHTMLCreatesTheFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "report.html")
	if err := report.SaveHTML(path, replayedHTML(t)); err != nil {
		t.Fatal(err)
	}
	if text := read(t, path); !strings.HasSuffix(text, "</html>\n") {
		t.Errorf("the page is incomplete: it ends with %q", text[max(0, len(text)-50):])
	}
}

func TestHTMLPath(t *testing.T) {
	t.Parallel()
	var golden struct{ Paths [][5]any }
	goldenJSON(t, "values.json.golden", &golden)
	if len(golden.Paths) == 0 {
		t.Fatal("no golden paths")
	}
	for _, test := range golden.Paths {
		runTime, _ := test[3].(float64)
		got := report.HTMLPath(test[0].(string), int(test[1].(float64)), test[2].(float64), time.Duration(runTime)*time.Second)
		if got != test[4] {
			t.Errorf("%v: got %q, want %q", test[:4], got, test[4])
		}
	}
}
