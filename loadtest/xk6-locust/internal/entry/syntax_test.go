package entry_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/entry"
)

func TestCheckSyntax(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"class A { @task(3) go() {} }":                                   "@task(3)",
		"import d from './d.json' with { type: 'json' }\nconsole.log(d)": `import d from "./d.json" with { type: "json" };`,
		"const s: number = 5\nexport default () => s":                    "",
		"/**\n @task */ const text = `\n@task(3)`":                       "",
		"const broken: = 5":                                              "",
		"import './other.ts'":                                            "@other",
		"import x from './plain.js'\nconsole.log(x)":                     "@other",
		"import './loop.ts'\nimport './missing.ts'":                      "",
	} {
		folder := t.TempDir()
		for name, text := range map[string]string{
			"main.ts": source, "other.ts": "@other class A {}", "plain.js": "export * from './other.ts'", "loop.ts": "import './main.ts'",
		} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := entry.CheckSyntax(filepath.Join(folder, "main.ts"))
		if want == "" && err != nil || want != "" && (!errors.Is(err, entry.ErrSyntax) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: got %v, want an error with %q", source, err, want)
		}
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"k6 run -q a.ts":                   "a.ts",
		"k6 archive -O a.tar a.ts":         "a.ts",
		"k6 --verbose inspect a.ts":        "a.ts",
		"k6 x locust a.ts":                 "",
		"k6 version":                       "",
		"k6":                               "",
		"k6 run -e A=archive --quiet b.ts": "b.ts",
	} {
		if got := entry.Script(strings.Fields(args)); got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}
