package module_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/js/modulestest"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/module"
)

// prelude defines the imports of a script, and `over`, which ends the run from within a task.
const prelude = `
const { User, HttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet, LoadTestShape, StopUser, task, events } = locust
async function over(taskable) {
  done()
  await taskable.sleep(3600)
}
`

// script is a script that was loaded into a JavaScript runtime.
type script struct {
	*modulestest.Runtime

	mutex   sync.Mutex
	lines   []string
	done    context.CancelFunc
	runs    context.Context
	samples []metrics.Sample
	// received is the number of samples that k6 has received.
	received atomic.Int64
	engine   *engine.Engine
}

// load evaluates a script that can use `locust`, `log`, `done`, `received`, `later`, and `interrupt`. `received`
// returns the number of samples that k6 has received. `later` returns a promise that is resolved as another k6 module
// would resolve it. The script's __ENV contains the given variables.
func load(t *testing.T, source string, env map[string]string) (*script, error) {
	t.Helper()
	s := &script{Runtime: modulestest.NewRuntime(t)}
	s.runs, s.done = context.WithCancel(context.Background())
	t.Cleanup(s.done)
	rt := s.VU.Runtime()
	s.VU.InitEnvField.LookupEnv = func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	instance := module.New().NewModuleInstance(s.VU)
	for name, value := range map[string]any{
		"locust": instance.Exports().Default, "__ENV": env, "log": s.log, "done": func() { s.done() },
		"received": s.received.Load,
		"later": func() *sobek.Promise {
			promise, resolve, _ := rt.NewPromise()
			callback := s.VU.RegisterCallback()
			time.AfterFunc(5*time.Millisecond, func() { callback(func() error { return resolve(nil) }) })
			return promise
		},
		"interrupt": func() { s.VU.Runtime().Interrupt("interrupted") },
	} {
		if err := rt.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	_, err := rt.RunString(prelude + source)
	return s, err
}

func (s *script) log(line string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lines = append(s.lines, line)
}

func (s *script) logged() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]string(nil), s.lines...)
}

// configuration returns the scenario in the script's `options`.
func configuration(t *testing.T, s *script) engine.Config {
	t.Helper()
	text, err := s.VU.Runtime().RunString(`JSON.stringify(options.scenarios.locust)`)
	if err != nil {
		t.Fatal(err)
	}
	var config engine.Config
	if err := json.Unmarshal([]byte(text.String()), &config); err != nil {
		t.Fatal(err)
	}
	return config
}

// outcome is the result of a run.
type outcome struct {
	*script

	// err is the error of the script's function, and runErr is the engine's error.
	err, runErr error
	folder      string
	// warnings contains the warnings in k6's log.
	warnings []string
}

// run evaluates a script and runs its users until it calls done().
func run(t *testing.T, source string) *outcome {
	t.Helper()
	s, err := load(t, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &outcome{script: s, folder: t.TempDir()}
	config := configuration(t, s)
	config.Processes, config.CSV = 1, filepath.Join(o.folder, "run")
	warn := func(level, message string) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		if level == "warning" {
			o.warnings = append(o.warnings, message)
		}
	}
	s.engine, err = engine.New(config, engine.Environment{
		Stdout: &bytes.Buffer{}, Log: warn, Users: func(int) {}, Requirement: func(string, bool) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	samples := make(chan metrics.SampleContainer, 100)
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	registry, systemTags := s.VU.InitEnvField.Registry, metrics.DefaultSystemTagSet
	s.MoveToVUContext(&lib.State{
		Logger: logger, Samples: samples, BuiltinMetrics: s.BuiltinMetrics, Tags: lib.NewVUStateTags(registry.RootTagSet()),
		Options: lib.Options{SystemTags: &systemTags},
	})
	vuContext, interrupt := context.WithCancel(engine.WithEngine(context.Background(), s.engine))
	defer interrupt()
	s.VU.CtxField = vuContext
	runContext, cancel := context.WithTimeout(s.runs, 30*time.Second)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() {
		for container := range samples {
			s.samples = append(s.samples, container.GetSamples()...)
			s.received.Add(int64(len(container.GetSamples())))
		}
	})
	ended := make(chan error, 1)
	go func() {
		err := s.engine.Run(runContext)
		if !s.engine.IsFinished() {
			interrupt()
		}
		ended <- err
	}()
	_, o.err = s.RunOnEventLoop(`locust.run()`)
	// If a script fails, it does not call done.
	s.done()
	o.runErr = <-ended
	close(samples)
	group.Wait()
	if errors.Is(context.Cause(runContext), context.DeadlineExceeded) {
		t.Fatalf("the script did not call done(): %q", s.logged())
	}
	return o
}

// fine runs a script, which must end without errors.
func fine(t *testing.T, source string) *outcome {
	t.Helper()
	o := run(t, source)
	if o.err != nil || o.runErr != nil {
		t.Fatalf("the script ended with %v, the engine with %v", o.err, o.runErr)
	}
	return o
}

// rows reads a CSV file of the run without its header.
func (o *outcome) rows(t *testing.T, name string) [][]string {
	t.Helper()
	file, err := os.Open(filepath.Join(o.folder, "run_"+name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// requests returns the numbers of requests and failures by "METHOD name".
func (o *outcome) requests(t *testing.T) map[string][2]int {
	t.Helper()
	counts := map[string][2]int{}
	for _, row := range o.rows(t, "stats") {
		if row[0] == "" {
			continue
		}
		requests, _ := strconv.Atoi(row[2])
		failures, _ := strconv.Atoi(row[3])
		counts[row[0]+" "+row[1]] = [2]int{requests, failures}
	}
	return counts
}

// failures returns the number of occurrences of each error.
func (o *outcome) failures(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, row := range o.rows(t, "failures") {
		occurrences, _ := strconv.Atoi(row[3])
		counts[row[2]] += occurrences
	}
	return counts
}

// exceptions returns the number of exceptions by message.
func (o *outcome) exceptions(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, row := range o.rows(t, "exceptions") {
		occurrences, _ := strconv.Atoi(row[0])
		counts[row[1]] += occurrences
	}
	return counts
}

// wantLog checks the lines that the script has logged.
func (o *outcome) wantLog(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(o.logged(), "\n"); got != strings.TrimSpace(want) {
		t.Errorf("the script logged\n%s\nwant\n%s", got, strings.TrimSpace(want))
	}
}

// evaluate returns the value of an expression in the init code of a script.
func evaluate(t *testing.T, expression string) sobek.Value {
	t.Helper()
	s, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	value, err := s.VU.Runtime().RunString(expression)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// heldFor is the time between the header and the body of /held.
const heldFor = time.Second

// serve starts a server that echoes requests, and has special answers for some paths. It returns the URL.
func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Twice", "a")
		w.Header().Add("X-Twice", "b")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "path": r.URL.Path, "query": r.URL.RawQuery, "headers": r.Header, "body": string(body),
		})
	})
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
	})
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/after/{milliseconds}", func(_ http.ResponseWriter, r *http.Request) {
		milliseconds, _ := strconv.Atoi(r.PathValue("milliseconds"))
		select {
		case <-time.After(time.Duration(milliseconds) * time.Millisecond):
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/held", func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(heldFor)
		_, _ = io.WriteString(w, "late")
	})
	mux.HandleFunc("/from", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/to", http.StatusFound) })
	mux.HandleFunc("/around", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/around", http.StatusFound) })
	mux.HandleFunc("/cookie/{value}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: r.PathValue("value"), Path: "/"})
	})
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "no JSON: \xff.") })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"word":"자동완성","list":[{"n":1},{"n":2.5}],"yes":true,"no":null,"empty":"","big":12345678901}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
