package executor

import (
	"strings"
	"testing"

	"go.k6.io/k6/v2/lib"
	k6executor "go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
)

// Thresholds on values that requests of users do not have would always be met.
func TestThresholdsOfUsers(t *testing.T) {
	t.Parallel()
	users := &Config{Config: engine.Config{HasHTTP: true}}
	sockets := &Config{}
	plain := k6executor.NewPerVUIterationsConfig("plain")
	const phase, tag = "k6 does not measure this metric for requests of users: use http_req_duration", "requests of users do not have the tag"
	for _, test := range []struct {
		threshold, want string
		scenarios       lib.ScenarioConfigs
		runTags         map[string]string
	}{
		{"http_req_duration", "", lib.ScenarioConfigs{"a": users}, nil},
		{"http_req_duration{name:/a,method:GET,status:200,step:login}", "", lib.ScenarioConfigs{"a": users}, nil},
		{"http_req_waiting", phase, lib.ScenarioConfigs{"a": users}, nil},
		{"http_req_connecting{name:/a}", phase, lib.ScenarioConfigs{"a": users, "b": users}, nil},
		{"http_req_waiting", "", lib.ScenarioConfigs{"a": users, "b": plain}, nil},
		{"http_req_waiting", "", lib.ScenarioConfigs{"a": users, "b": sockets}, nil},
		{"http_req_waiting{scenario:a}", phase, lib.ScenarioConfigs{"a": users, "b": plain}, nil},
		{"http_req_waiting{scenario:b}", "", lib.ScenarioConfigs{"a": users, "b": plain}, nil},
		{"http_req_waiting{group:::setup}", "", lib.ScenarioConfigs{"a": users}, nil},
		{"http_req_duration{url:http://a/b}", tag + " url: use name, ", lib.ScenarioConfigs{"a": users}, nil},
		{"http_req_duration{url:http://a/b}", "", lib.ScenarioConfigs{"a": users}, map[string]string{"url": "x"}},
		{"http_reqs{error_code:1050}", tag + " error_code", lib.ScenarioConfigs{"a": users}, nil},
		{"http_req_failed{proto:HTTP/2.0}", tag + " proto", lib.ScenarioConfigs{"a": users}, nil},
		{"checks{url:x}", "", lib.ScenarioConfigs{"a": users}, nil},
		{"data_sent", "", lib.ScenarioConfigs{"a": users}, nil},
	} {
		err := checkUserThresholds(lib.Options{
			Scenarios: test.scenarios, Thresholds: map[string]metrics.Thresholds{test.threshold: {}}, RunTags: test.runTags,
		})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.threshold, err, test.want)
		}
	}
}
