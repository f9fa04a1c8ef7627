package network_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"go.k6.io/k6/v2/lib"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
)

// A new version of k6 may add options. Each one needs a rule.
func TestEveryOptionHasARule(t *testing.T) {
	t.Parallel()
	options := reflect.TypeFor[lib.Options]()
	for i := range options.NumField() {
		name := options.Field(i).Name
		switch treatment := network.TreatmentOf(name); treatment {
		case network.Honored, network.Refused, network.Irrelevant:
		default:
			t.Errorf("k6's option %s has no rule", name)
		}
	}
	for _, name := range network.RuleNames() {
		if _, ok := options.FieldByName(name); !ok {
			t.Errorf("k6 has no option %s", name)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		`{}`:                "",
		`{"vus":5}`:         "vus: set users in locust.options",
		`{"duration":"5s"}`: "duration: set runTime",
		`{"iterations":5}`:  "iterations: ",
		`{"stages":[{"duration":"5s","target":5}]}`: "stages: set a shape",
		`{"executionSegment":"0:1/2"}`:              "executionSegment: segments do not split users",
		`{"executionSegment":"0:1"}`:                "",
		`{"executionSegmentSequence":"0,1/2,1"}`:    "executionSegmentSequence: ",
		`{"executionSegmentSequence":"0,1"}`:        "",
		`{"minIterationDuration":"5s"}`:             "minIterationDuration: set waitTime",
		`{"noCookiesReset":true}`:                   "",
		`{"noCookiesReset":false}`:                  "noCookiesReset: users keep their cookies",
		`{"throw":true}`:                            "throw: requests of users do not throw",
		`{"throw":false}`:                           "",
		`{"batch":5,"batchPerHost":5,"noSetup":true,"tags":{"a":"b"},"thresholds":{},"noConnectionReuse":true,"rps":5}`: "",
	} {
		var parsed lib.Options
		if err := json.Unmarshal([]byte(options), &parsed); err != nil {
			t.Fatal(err)
		}
		err := network.Check(parsed)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: got %v, want %q", options, err, want)
		}
	}
}
