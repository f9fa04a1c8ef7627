package cli_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write creates the files of a test.
func (c test) write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(c.folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The order of precedence was observed with Locust 2.47.0. Its documentation lists the default files in a different
// order.
func TestConfigFiles(t *testing.T) {
	t.Parallel()
	const (
		home    = "\uFEFFusers = 1\nspawn-rate = 1\nrun-time = 1m\nhost = http://home\ncsv = home\nstop-timeout = 1"
		local   = "# comment\nusers = 2\nspawn-rate: 2\nrun-time 2m\nhost = http://local\ncsv = 'local files'"
		project = "\uFEFF[tool.other]\nusers = 9\n[tool.locust]\nusers = 3\nspawn-rate = 0.5\nhost = \"http://project\"\nrun-time = \"3m\""
		custom  = "users = 4\nhost = http://custom\nspawn-rate = 4"
	)
	c := newTest(t, plan{})
	c.write(t, map[string]string{"home/.locust.conf": home, "locust.conf": local, "pyproject.toml": project, "custom.conf": custom})
	o := c.run(t, []string{"LOCUST_SPAWN_RATE=5", "LOCUST_HOST=http://env"}, "-H", "http://flag", "--config", "custom.conf", "PATH")
	want := map[string]string{
		"LOCUST_USERS": "4", "LOCUST_SPAWN_RATE": "5", "LOCUST_RUN_TIME": "3m", "LOCUST_HOST": "http://flag", "LOCUST_CSV": "local files",
		"LOCUST_STOP_TIMEOUT": "1", "LOCUST_PRINT_STATS": "true",
	}
	if o.code != 0 || !maps.Equal(o.variables, want) {
		t.Errorf("code %d, %s\ngot  %v\nwant %v", o.code, o.stderr, o.variables, want)
	}
	if slices.ContainsFunc(o.record.Args, func(arg string) bool { return strings.HasPrefix(arg, "--config") }) {
		t.Errorf("k6 got Locust's configuration file: %q", o.record.Args)
	}
	// A variable set with -e also takes precedence over the files.
	o = c.run(t, nil, "-e", "LOCUST_USERS=7", "PATH")
	if !slices.Contains(o.record.Args, "LOCUST_USERS=7") || o.code != 0 {
		t.Errorf("with -e: code %d, %q; %s", o.code, o.record.Args, o.stderr)
	}
}

func TestConfigSettings(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{
		"locust.conf": "locustfile = main.ts\nheadless\nmaster = true\nexpect-workers = 5\nusers = 100\ntags = [Critical, Normal]\n" +
			"json = yes\nreset-stats = off\nloglevel = debug\nexit-code-on-error = 0\nautoquit = 5\nenable-rebalancing = true",
		"pyproject.toml": "[tool.locust]\nlocustfile = \"main.ts\"\nheadless = true\nmaster = true\nexpect-workers = 5\nusers = 100\n" +
			"tags = [\"Critical\", \"Normal\"]\njson = true\nreset-stats = false\nloglevel = \"DEBUG\"\nexit-code-on-error = 0\nautoquit = 5",
	} {
		c := newTest(t, plan{Result: `{"requests":1,"failures":1}`})
		c.write(t, map[string]string{file: text})
		o := c.run(t, nil)
		for name, want := range map[string]string{
			"LOCUST_MODE_MASTER": "true", "LOCUST_EXPECT_WORKERS": "5", "LOCUST_USERS": "100", "LOCUST_TAGS": "Critical,Normal",
			"LOCUST_JSON": "true", "LOCUST_RESET_STATS": "false",
		} {
			if o.variables[name] != want {
				t.Errorf("%s: %s is %q, want %q", file, name, o.variables[name], want)
			}
		}
		if o.code != 0 || !slices.Contains(o.record.Args, "--verbose") {
			t.Errorf("%s: code %d, k6 got %q; %s", file, o.code, o.record.Args, o.stderr)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ file, text, want string }{
		{"locust.conf", "web-port = 8089", "locust.conf: web-port is not supported by k6 x locust: remove it"},
		{"home/.locust.conf", "equal-weights", "~/.locust.conf: equal-weights is not supported"},
		{"pyproject.toml", "[tool.locust]\nweb-port = 8089", "pyproject.toml: web-port is not supported"},
		{"locust.conf", "spawn_rate = 5", "locust.conf: spawn_rate is unknown: use spawn-rate"},
		{"locust.conf", "user = 5", "locust.conf: user is unknown: use users"},
		{"locust.conf", "users = many", `locust.conf: users must be an integer of at least 0, got "many"`},
		{"locust.conf", "users = [1, 2]", "locust.conf: users must not be a list"},
		{"locust.conf", "users =", "locust.conf: users needs a value"},
		{"locust.conf", "tags = []", "locust.conf: tags needs a value"},
		{"locust.conf", "tags = [a,,b]", `locust.conf: tags must contain only non-empty strings without spaces, tabs, or commas, got ""`},
		{"locust.conf", `tags = ["a b"]`, `locust.conf: tags must contain only non-empty strings without spaces, tabs, or commas, got "a b"`},
		{"locust.conf", "json = maybe", `locust.conf: json must be true or false, got "maybe"`},
		{"locust.conf", "headless = false", "locust.conf: headless cannot be false: only a Locust master has a web UI"},
		{"locust.conf", "autoquit = soon", `locust.conf: autoquit must be an integer, got "soon"`},
		{"locust.conf", "loglevel = LOUD", `locust.conf: loglevel must be DEBUG, INFO, WARNING, ERROR, or CRITICAL, got "LOUD"`},
		{"locust.conf", "exit-code-on-error = x", `locust.conf: exit-code-on-error must be an integer from 0 to 255, got "x"`},
		{"locust.conf", "a = 5\n= 5", "locust.conf: line 2: each line must be a comment or a setting"},
		{"pyproject.toml", "[tool.locust]\nrun-time = 2026-11-29", "pyproject.toml: run-time must be a string, a number, true, or false"},
		{"pyproject.toml", "[tool.locust]\nusers = { a = 1 }", "pyproject.toml: users must be a string, a number, true, or false"},
		{"pyproject.toml", "[tool.locust]\nusers = \"many\"", `pyproject.toml: users must be an integer of at least 0, got "many"`},
		{"pyproject.toml", "[tool\nusers = 5", "pyproject.toml: toml: "},
		{"pyproject.toml", "tool.locust = 5", "pyproject.toml: tool.locust must be a table"},
	} {
		c := newTest(t, plan{})
		c.write(t, map[string]string{one.file: one.text})
		o := c.run(t, nil, "PATH")
		if o.code != 2 || !strings.HasPrefix(o.stderr, one.want) || strings.Count(o.stderr, "\n") != 1 {
			t.Errorf("%s with %q: code %d, %q; want a line that begins with %q", one.file, one.text, o.code, o.stderr, one.want)
		}
	}
	for args, want := range map[string]string{
		"--config missing.conf PATH": "missing.conf: no such file or directory\n",
		"--config home PATH":         "home: is a directory\n",
		"--config own.toml PATH":     "own.toml: the file has no table [tool.locust]\n",
	} {
		c := newTest(t, plan{})
		// Without Locust's table, pyproject.toml is ignored. A file named by --config must have this table.
		c.write(t, map[string]string{"home/x": "", "own.toml": "users = 5", "pyproject.toml": "[project]\nname = \"x\""})
		if o := c.run(t, nil, strings.Fields(args)...); o.code != 2 || o.stderr != want {
			t.Errorf("%s: code %d, %q; want %q", args, o.code, o.stderr, want)
		}
	}
	// A variable overrides an invalid value in a file.
	c := newTest(t, plan{})
	c.write(t, map[string]string{"locust.conf": "users = many"})
	if o := c.run(t, []string{"LOCUST_USERS=3"}, "PATH"); o.code != 0 || o.variables["LOCUST_USERS"] != "3" {
		t.Errorf("code %d, %v; %s", o.code, o.variables, o.stderr)
	}
}

// A JSON file is a configuration file of k6.
func TestConfigOfK6(t *testing.T) {
	t.Parallel()
	c := newTest(t, plan{})
	c.write(t, map[string]string{"k6.txt": "\n{ \"noUsageReport\": true }"})
	if o := c.run(t, nil, "-c", "k6.txt", "PATH"); o.code != 0 || !slices.Contains(o.record.Args, "--config=k6.txt") {
		t.Errorf("code %d, k6 got %q; %s", o.code, o.record.Args, o.stderr)
	}
}
