package cli

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

func TestParseConfigLikeLocust(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/config.json.golden")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Line     string
		Settings map[string]any
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, test := range cases {
		settings, err := parseConfig(test.Line + "\n")
		if (err != nil) != (test.Settings == nil) {
			t.Errorf("%q: got the error %v, but Locust reads %v", test.Line, err, test.Settings)
			continue
		}
		got := map[string]any{}
		for _, setting := range settings {
			got[setting.key] = setting.values[0]
			if setting.isList {
				list := []any{}
				for _, item := range setting.values {
					list = append(list, item)
				}
				got[setting.key] = list
			}
		}
		if err == nil && !reflect.DeepEqual(got, test.Settings) {
			t.Errorf("%q: got %v, but Locust reads %v", test.Line, got, test.Settings)
		}
	}
}
