package executor

import (
	"strings"
	"testing"

	"go.k6.io/k6/v2/metrics"
)

func TestThresholdsOfAMaster(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"http_reqs": "", "http_req_failed": "", "http_req_duration{name:/search}": "", "users": "", "requirements": "",
		"http_req_duration{name:/a,method:GET}": "", "requirements{requirement:p99}": "", "http_reqs{scenario:locust}": "",
		"http_req_duration{status:200}":          "a master does not receive this metric from its workers",
		"http_req_failed{name:/a,expected:true}": "a master does not receive this metric from its workers",
		"http_req_waiting":                       "a master does not receive this metric from its workers",
		"checks":                                 "a master does not receive this metric from its workers",
		"own_counter":                            "a master does not receive this metric from its workers",
		"iterations":                             "a master does not receive this metric from its workers",
		"http_reqs{name":                         "threshold http_reqs{name: ",
	} {
		err := checkThresholds(map[string]metrics.Thresholds{name: {}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}
