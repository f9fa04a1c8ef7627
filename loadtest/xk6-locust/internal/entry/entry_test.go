package entry_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/entry"
)

type fakeFiles []string

func (f fakeFiles) IsFile(path string) bool { return slices.Contains(f, path) }

func (f fakeFiles) IsDir(path string) bool {
	return slices.ContainsFunc(f, func(file string) bool { return filepath.Dir(file) == filepath.Clean(path) })
}

func TestResolve(t *testing.T) {
	t.Parallel()
	files := fakeFiles{"loadtest/main.ts", "loadtest/index.js", "plain/index.js", "empty/readme.md", "run/main.js"}
	for _, test := range []struct{ name, args, want string }{
		{"a directory", "k6 run loadtest/", "k6 run loadtest/main.ts"},
		{"a directory without a slash", "k6 run loadtest", "k6 run loadtest/main.ts"},
		{"another entry file", "k6 run plain", "k6 run plain/index.js"},
		{"flags before and after the directory", "k6 --quiet run -e A=loadtest -u 5 loadtest/ --out json=x", "k6 --quiet run -e A=loadtest -u 5 loadtest/main.ts --out json=x"},
		{"a directory as a flag's value", "k6 run --summary-export loadtest script.js", "k6 run --summary-export loadtest script.js"},
		{"a value after an equals sign", "k6 run --env=A=1 -eB=2 loadtest", "k6 run --env=A=1 -eB=2 loadtest/main.ts"},
		{"after a double dash", "k6 run -q -- loadtest", "k6 run -q -- loadtest/main.ts"},
		{"short flags together", "k6 run -qe A=1 loadtest", "k6 run -qe A=1 loadtest/main.ts"},
		{"a directory named run", "k6 run run", "k6 run run/main.js"},
		{"a file", "k6 run loadtest/index.js", "k6 run loadtest/index.js"},
		{"no entry file", "k6 run empty", "k6 run empty"},
		{"a missing path", "k6 run missing", "k6 run missing"},
		{"standard input", "k6 run -", "k6 run -"},
		{"another command", "k6 inspect loadtest", "k6 inspect loadtest"},
		{"a subcommand", "k6 x run loadtest", "k6 x run loadtest"},
		{"no test", "k6 run", "k6 run"},
		{"no command", "k6", "k6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(test.args)
			before := slices.Clone(args)
			if got := strings.Join(entry.Resolve(args, files), " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if !slices.Equal(args, before) {
				t.Errorf("Resolve changed its arguments to %q", args)
			}
		})
	}
}

func TestShortcuts(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"k6 run s.ts --vus 5 --duration 2s":   "vus duration",
		"k6 run -u5 -i=9 s.ts":                "vus iterations",
		"k6 run -qu 5 s.ts":                   "vus",
		"k6 run --stage 5s:10 -s 5s:0 s.ts":   "stage stage",
		"k6 archive --vus=5 s.ts":             "vus",
		"k6 run -e --vus -q s.ts":             "",
		"k6 run --out csv=-u s.ts -- --vus 5": "",
		"k6 x locust -u 5 -i 3 s.ts":          "",
		"k6 run -v --paused s.ts":             "",
		"k6":                                  "",
	} {
		if got := strings.Join(entry.Shortcuts(strings.Fields(args)), " "); got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"k6 run -e A=1 --env B=2 s.ts -eC=3 --env=D=4 -e=E=5": "A B C D E",
		"k6 run -qe A=e=f -e B s.ts":                          "A B",
		"k6 run --tag env=A --out csv=-e s.ts -- -e A=1":      "",
		"k6 run s.ts -e": "",
		"k6":             "",
	} {
		if got := strings.Join(entry.Variables(strings.Fields(args)), " "); got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}

func TestOS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "main.ts")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := entry.Resolve([]string{"k6", "run", dir}, entry.OS{})
	if got[2] != file {
		t.Errorf("got %q, want %q", got[2], file)
	}
}
