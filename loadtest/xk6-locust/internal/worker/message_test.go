package worker

import (
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
)

func FuzzJob(f *testing.F) {
	spawn, err := protocol.Encode("spawn", map[string]any{
		"timestamp": 1.5, "user_classes_count": map[string]int{"A": 1}, "host": nil, "parsed_options": map[string]any{"tags": []string{"a"}},
	}, "host_1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(spawn)
	f.Fuzz(func(_ *testing.T, data []byte) {
		if message, err := protocol.Parse(data, protocol.MaxMasterValues); err == nil {
			_, _ = jobOf(message) // must not panic, whatever the fields are
		}
	})
}
