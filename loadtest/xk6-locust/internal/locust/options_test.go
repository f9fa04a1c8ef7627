package locust_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

func TestParseRunTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"300s": 300 * time.Second, "20m": 20 * time.Minute, "3h": 3 * time.Hour, "1h30m": 90 * time.Minute,
		"1h2m3s": 3723 * time.Second, "1h3s": 3603 * time.Second, "90m": 90 * time.Minute, "45": 45 * time.Second, "0s": 0, "0": 0,
	} {
		if got, err := locust.ParseRunTime(text); err != nil || got != want {
			t.Errorf("ParseRunTime(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	// Locust's parse_timespan rejects these times, or they overflow.
	for _, text := range []string{
		"", "5 m", "m", "1.5h", "1.5", "-3s", "+3s", "10x", "30m1h", "1h30", "5S", " 5s", "5s\n",
		"99999999999999999999h", "9999999999999h", "2562047h99m", "9999999999999999999",
	} {
		if got, err := locust.ParseRunTime(text); err == nil || !strings.Contains(err.Error(), "1h30m, got") {
			t.Errorf("ParseRunTime(%q) = %v, %v; want an error with the accepted format and the value", text, got, err)
		}
	}
}

func TestDurationRoundTrip(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0s": "0s", "1s": "1s", "90": "1m30s", "60m": "1h", "3723s": "1h2m3s", "25h": "25h",
	} {
		var duration, again locust.Duration
		if err := json.Unmarshal([]byte(`"`+text+`"`), &duration); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		written, err := json.Marshal(duration)
		if err != nil || string(written) != `"`+want+`"` {
			t.Errorf("%s is encoded as %s, %v; want %q", text, written, err, want)
		}
		if err := json.Unmarshal(written, &again); err != nil || again != duration {
			t.Errorf("%s is decoded as %v, %v; want %v", written, again, err, duration)
		}
	}
	var duration locust.Duration
	if err := json.Unmarshal([]byte(`300`), &duration); err == nil || !strings.Contains(err.Error(), "got 300") {
		t.Errorf("a number gives %v, want an error that names it", err)
	}
}

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	base := locust.Options{Users: 100, SpawnRate: 10, RunTime: locust.Duration(5 * time.Minute), Tags: []string{"base"}, CSV: "base"}
	for _, test := range []struct {
		name, value string
		want        func(o *locust.Options)
	}{
		{"LOCUST_USERS", "7", func(o *locust.Options) { o.Users = 7 }},
		{"LOCUST_SPAWN_RATE", "0.5", func(o *locust.Options) { o.SpawnRate = 0.5 }},
		{"LOCUST_RUN_TIME", "1m3s", func(o *locust.Options) { o.RunTime = locust.Duration(63 * time.Second) }},
		{"LOCUST_STOP_TIMEOUT", "10", func(o *locust.Options) { o.StopTimeout = locust.Duration(10 * time.Second) }},
		{"LOCUST_HOST", "http://a", func(o *locust.Options) { o.Host = "http://a" }},
		{"LOCUST_TAGS", "a b", func(o *locust.Options) { o.Tags = []string{"a", "b"} }},
		{"LOCUST_TAGS", "[a, b]", func(o *locust.Options) { o.Tags = []string{"a", "b"} }},
		{"LOCUST_EXCLUDE_TAGS", "a,b", func(o *locust.Options) { o.ExcludeTags = []string{"a", "b"} }},
		{"LOCUST_USER_CLASSES", "Shopper", func(o *locust.Options) { o.UserClasses = []string{"Shopper"} }},
		{"LOCUST_PROCESSES", "-1", func(o *locust.Options) { o.Processes = -1 }},
		{"LOCUST_CSV", "out/run", func(o *locust.Options) { o.CSV = "out/run" }},
		{"LOCUST_CSV_FULL_HISTORY", "true", func(o *locust.Options) { o.CSVFullHistory = true }},
		{"LOCUST_HTML", "a.html", func(o *locust.Options) { o.HTML = "a.html" }},
		{"LOCUST_JSON", "1", func(o *locust.Options) { o.JSON = true }},
		{"LOCUST_JSON_FILE", "a", func(o *locust.Options) { o.JSONFile = "a" }},
		{"LOCUST_PRINT_STATS", "Yes", func(o *locust.Options) { o.PrintStats = true }},
		{"LOCUST_ONLY_SUMMARY", "on", func(o *locust.Options) { o.OnlySummary = true }},
		{"LOCUST_RESET_STATS", "TRUE", func(o *locust.Options) { o.ResetStats = true }},
		{"LOCUST_MODE_WORKER", "true", func(o *locust.Options) { o.Worker = true }},
		{"LOCUST_MODE_WORKER", "false", func(*locust.Options) {}},
		{"LOCUST_MASTER_NODE_HOST", "10.0.0.7", func(o *locust.Options) { o.MasterHost = "10.0.0.7" }},
		{"LOCUST_MASTER_NODE_PORT", "5558", func(o *locust.Options) { o.MasterPort = 5558 }},
		{"XK6_LOCUST_RESULT", "r.json", func(o *locust.Options) { o.Result = "r.json" }},
	} {
		want := base
		test.want(&want)
		got, err := base.Override(environment(map[string]string{test.name: test.value}))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s=%s: got %+v, %v; want %+v", test.name, test.value, got, err, want)
		}
	}
}

func TestOverrideErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, value, takes string }{
		{"LOCUST_USERS", "many", "an integer of at least 0"},
		{"LOCUST_ITERATIONS", "0", "an integer of at least 1"},
		{"LOCUST_ITERATIONS", "1.5", "an integer of at least 1"},
		{"LOCUST_USERS", "1.5", "an integer"},
		{"LOCUST_SPAWN_RATE", "fast", "a number"},
		{"LOCUST_RUN_TIME", "soon", "1h30m"},
		{"LOCUST_RUN_TIME", "1.5h", "1h30m"},
		{"LOCUST_STOP_TIMEOUT", "never", "1h30m"},
		{"LOCUST_PROCESSES", "all", "an integer"},
		{"LOCUST_CSV_FULL_HISTORY", "full", "true or false"},
		{"LOCUST_JSON", "2", "true or false"},
		{"LOCUST_PRINT_STATS", "x", "true or false"},
		{"LOCUST_ONLY_SUMMARY", "x", "true or false"},
		{"LOCUST_RESET_STATS", "x", "true or false"},
		{"LOCUST_MODE_WORKER", "x", "true or false"},
		{"LOCUST_MASTER_NODE_PORT", "http", "an integer"},
	} {
		_, err := locust.Options{}.Override(environment(map[string]string{test.name: test.value}))
		for _, part := range []string{test.name, `"` + test.value + `"`, test.takes} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s=%s: the error %v does not contain %s", test.name, test.value, err, part)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		options locust.Options
		// want is a part of the error, or "" if there must be none.
		want string
	}{
		{locust.Options{Users: 1, SpawnRate: 0.5}, ""},
		{locust.Options{SpawnRate: 1}, ""},
		{locust.Options{SpawnRate: 1, Host: "https://a.example/base/"}, ""},
		{locust.Options{SpawnRate: 1, Host: "mqtt://a"}, ""},
		{locust.Options{SpawnRate: 1, Host: "127.0.0.1:8000"}, `host must be a URL such as http://127.0.0.1:8000, got "127.0.0.1:8000"`},
		{locust.Options{SpawnRate: 1, Host: "localhost"}, "host must be a URL"},
		{locust.Options{SpawnRate: 1, Host: "http://localhost:99999"}, "host must be a URL"},
		{locust.Options{SpawnRate: 1, Host: "http://u:p@localhost:abc/x"}, "host must be a URL"},
		{locust.Options{SpawnRate: 1, Host: "http://[::1]:0"}, "host must be a URL"},
		{locust.Options{SpawnRate: 1, Host: "http://"}, "host must be a URL"},
		{locust.Options{Users: -1, SpawnRate: 1}, "users must be an integer of at least 0, got -1"},
		{locust.Options{Users: 1}, "spawnRate must be a number above 0, got 0"},
		{locust.Options{Users: 1, SpawnRate: math.NaN()}, "got NaN"},
		{locust.Options{Users: 1, SpawnRate: math.Inf(1)}, "got +Inf"},
		{locust.Options{Users: 1, SpawnRate: 1, Processes: -1}, ""},
		{locust.Options{Users: 1, SpawnRate: 1, Processes: -2}, "processes must be"},
		{locust.Options{ArrivalRate: 10, MaxInFlight: 5}, ""},
		{locust.Options{ArrivalRate: 10}, "maxInFlight must be an integer of at least 1, got 0"},
		{locust.Options{ArrivalRate: -1, MaxInFlight: 5}, "arrivalRate must be a number above 0, got -1"},
		{locust.Options{ArrivalRate: 10, MaxInFlight: 5, Users: 1}, "remove users and spawnRate"},
		{locust.Options{ArrivalRate: 10, MaxInFlight: 5, SpawnRate: 1}, "remove users and spawnRate"},
		{locust.Options{Users: 1, SpawnRate: 1, Iterations: 5}, ""},
		{locust.Options{Users: 1, SpawnRate: 1, Iterations: -5}, "iterations must be an integer of at least 1, got -5"},
		{locust.Options{Users: 1, SpawnRate: 1, ExpectWorkers: 2}, "only a master or worker needs the number of workers"},
		{locust.Options{Users: 1, SpawnRate: 1, ExpectWorkersMaxWait: 5}, "only a master waits for workers"},
		{locust.Options{Users: 1, SpawnRate: 1, Master: true, MasterBindPort: 5557, ExpectWorkers: 2, ExpectWorkersMaxWait: 5}, ""},
		{locust.Options{Users: 1, SpawnRate: 1, Master: true, Worker: true, MasterPort: 5557, MasterBindPort: 5557}, "either the master or a worker"},
		{locust.Options{Users: 1, SpawnRate: 1, Master: true, MasterBindPort: 5557, Iterations: 5}, "a master cannot limit the iterations"},
		{locust.Options{Master: true, MasterBindPort: 5557, ArrivalRate: 10, MaxInFlight: 5}, "a master cannot distribute an open loop"},
		{locust.Options{Users: 1, SpawnRate: 1, Master: true, MasterBindPort: 65536}, "1 to 65535, got 65536"},
		{locust.Options{Users: 1, SpawnRate: 1, Master: true}, "1 to 65535, got 0"},
		{locust.Options{Users: 1, Master: true, MasterBindPort: 5557}, "spawnRate must be a number above 0, got 0"},
		{locust.Options{Worker: true, MasterPort: 5557, ExpectWorkers: 2}, ""},
		{locust.Options{Worker: true, MasterPort: 5557, ExpectWorkers: -2}, "expectWorkers must be an integer of at least 1, got -2"},
		{locust.Options{Worker: true, MasterPort: 5557, Iterations: 5}, "a worker cannot limit the iterations"},
		{locust.Options{Worker: true, MasterPort: 5557}, ""},
		{locust.Options{Worker: true, MasterPort: 65536}, "1 to 65535, got 65536"},
		{locust.Options{Worker: true}, "1 to 65535, got 0"},
		{locust.Options{Worker: true, MasterPort: 5557, ArrivalRate: 1, MaxInFlight: 1}, "remove arrivalRate"},
		{locust.Options{Users: 1, SpawnRate: 1, Processes: 1001}, "processes must be an integer from -1 to 1000"},
	} {
		err := test.options.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.options, err, test.want)
		}
	}
}

func TestWithDefaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ given, want locust.Options }{
		{locust.Options{}, locust.Options{Users: 1, SpawnRate: 1, MasterHost: "127.0.0.1", MasterPort: 5557, MasterBindPort: 5557}},
		{
			locust.Options{Users: 5, SpawnRate: 2, MasterHost: "a", MasterPort: 1, MasterBindPort: 2},
			locust.Options{Users: 5, SpawnRate: 2, MasterHost: "a", MasterPort: 1, MasterBindPort: 2},
		},
		{
			locust.Options{ArrivalRate: 1, MaxInFlight: 2},
			locust.Options{ArrivalRate: 1, MaxInFlight: 2, MasterHost: "127.0.0.1", MasterPort: 5557, MasterBindPort: 5557},
		},
	} {
		if got := test.given.WithDefaults(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v: got %+v, want %+v", test.given, got, test.want)
		}
	}
	// An open loop rejects a number of users, even if it is set in the environment.
	options, err := locust.Options{ArrivalRate: 1, MaxInFlight: 2}.WithDefaults().Override(environment(map[string]string{"LOCUST_USERS": "5"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := options.Check(); err == nil || !strings.Contains(err.Error(), "remove users") {
		t.Errorf("an open loop with LOCUST_USERS gives %v", err)
	}
}
