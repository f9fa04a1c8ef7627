package locust_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

func TestCheckNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"LOCUST_USERS": "", "LOCUST_EXPECT_WORKERS": "", "LOCUST_PASSWORD": "", "LOCUST_WEB_PORT": "", "USERS": "", "LOCUST_": "",
		"LOCUST_USER":       "LOCUST_USER is unknown: use LOCUST_USERS",
		"LOCUST_SPAWNRATE":  "LOCUST_SPAWNRATE is unknown: use LOCUST_SPAWN_RATE",
		"LOCUST_RUNTIME":    "LOCUST_RUNTIME is unknown: use LOCUST_RUN_TIME",
		"LOCUST_RUN_TMIE":   "LOCUST_RUN_TMIE is unknown: use LOCUST_RUN_TIME",
		"LOCUST_HATCH_RATE": "LOCUST_HATCH_RATE is unknown: use LOCUST_SPAWN_RATE",
		"LOCUST_DURATION":   "LOCUST_DURATION is unknown: use LOCUST_RUN_TIME",
	} {
		got := ""
		if err := locust.CheckNames([]string{"PATH", name}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// Every variable that options.go and the command line read is known.
func TestKnownVariables(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"options.go", "../cli/flags.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`"(LOCUST_[A-Z_]+)"`).FindAllStringSubmatch(string(text), -1)
		if len(names) < 5 {
			t.Errorf("%s has only %d variables", file, len(names))
		}
		// The command line derives these names from its flags.
		names = append(names, []string{"", "LOCUST_HEADLESS"}, []string{"", "LOCUST_AUTOSTART"}, []string{"", "LOCUST_AUTOQUIT"})
		for _, name := range names {
			// A name with an extra letter is unknown.
			if err := locust.CheckNames([]string{name[1] + "X"}); err == nil {
				t.Errorf("%s is not in the list of known variables", name[1])
			}
			if err := locust.CheckNames([]string{name[1]}); err != nil {
				t.Errorf("%v, although %s reads it", err, file)
			}
		}
	}
}
