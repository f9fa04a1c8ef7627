package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	locustfile = "from locust import HttpUser, task\nfrom helper import PATH\n\n" +
		"class Reader(HttpUser):\n    @task\n    def read(self):\n        self.client.get(PATH)\n"
	recording = `{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[{"startedDateTime":"2026-01-01T00:00:00Z","time":5,` +
		`"request":{"method":"GET","url":"http://h/a","headers":[],"queryString":[]},"response":{"status":200,"headers":[],"content":{}}}]}}`
)

// project writes a locustfile with a helper module, an empty module, and a recording.
func project(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "l.py"), locustfile)
	write(t, filepath.Join(folder, "helper.py"), "from empty import *\nPATH = '/a'\n")
	write(t, filepath.Join(folder, "empty.py"), "")
	write(t, filepath.Join(folder, "r.har"), recording)
	return folder
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runIn runs the command in a folder. A nil stdout is captured.
func runIn(t *testing.T, folder string, stdout *os.File, args ...string) outcome {
	t.Helper()
	command := exec.Command(os.Args[0], append([]string{"x", "locust"}, args...)...)
	command.Dir = folder
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if stdout != nil {
		command.Stdout = stdout
	}
	_ = command.Run()
	return outcome{code: command.ProcessState.ExitCode(), stdout: out.String(), stderr: problems.String()}
}

func TestConvertKeepsItsInputs(t *testing.T) {
	t.Parallel()
	for output, input := range map[string]string{
		"l.py":            "l.py",
		"./sub/../l.py":   "l.py",
		"symbolic.ts":     "l.py",
		"hard.ts":         "l.py",
		"helper.py":       "l.py",
		"empty.py":        "l.py",
		"r.har":           "r.har",
		"r-symbolic.ts":   "r.har",
		"sub/absolute.ts": "l.py",
	} {
		t.Run(output, func(t *testing.T) {
			t.Parallel()
			folder := project(t)
			if err := os.Mkdir(filepath.Join(folder, "sub"), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, link := range map[string]func() error{
				"symbolic":   func() error { return os.Symlink("l.py", filepath.Join(folder, "symbolic.ts")) },
				"r-symbolic": func() error { return os.Symlink("r.har", filepath.Join(folder, "r-symbolic.ts")) },
				"hard":       func() error { return os.Link(filepath.Join(folder, "l.py"), filepath.Join(folder, "hard.ts")) },
				"absolute": func() error {
					return os.Symlink(filepath.Join(folder, "helper.py"), filepath.Join(folder, "sub", "absolute.ts"))
				},
			} {
				if err := link(); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			o := runIn(t, folder, nil, "convert", input, "-o", output)
			if o.code != 2 || o.stderr != output+": this file is an input of the conversion: choose another name for the script\n" {
				t.Errorf("code %d, %q", o.code, o.stderr)
			}
			for name, want := range map[string]string{"l.py": locustfile, "r.har": recording, "helper.py": "from empty import *\nPATH = '/a'\n", "empty.py": ""} {
				if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(got) != want {
					t.Errorf("%s contains %q, %v", name, got, err)
				}
			}
		})
	}
}

func TestConvertOverwritesOnlyItsOwnScripts(t *testing.T) {
	t.Parallel()
	folder := project(t)
	for _, input := range []string{"l.py", "r.har"} {
		// The second run replaces the script, even if the script was changed after the first run.
		for range 2 {
			o := runIn(t, folder, nil, "convert", input, "-o", "script.ts")
			text, err := os.ReadFile(filepath.Join(folder, "script.ts"))
			if o.code != 0 || err != nil || strings.Contains(string(text), "changed") {
				t.Fatalf("%s: code %d, %q, %v, %s", input, o.code, o.stderr, err, text)
			}
			write(t, filepath.Join(folder, "script.ts"), string(text)+"// changed\n")
		}
	}
	write(t, filepath.Join(folder, "fresh.ts"), "")
	if o := runIn(t, folder, nil, "convert", "l.py", "-o", "fresh.ts"); o.code != 0 {
		t.Errorf("an empty file: code %d, %q", o.code, o.stderr)
	}
	const own = "// My script, not converted by `k6 x locust convert`.\n"
	write(t, filepath.Join(folder, "own.ts"), own)
	o := runIn(t, folder, nil, "convert", "l.py", "-o", "own.ts")
	if o.code != 2 || o.stderr != "own.ts: this file exists, and its first line does not say that this command wrote it: remove it, or choose another name\n" {
		t.Errorf("code %d, %q", o.code, o.stderr)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "own.ts")); err != nil || string(text) != own {
		t.Errorf("got %q, %v", text, err)
	}
	for _, output := range []string{".", "/dev/null"} {
		o := runIn(t, folder, nil, "convert", "l.py", "-o", output)
		if o.code != 2 || o.stderr != output+": not a regular file: choose another name, or leave out -o to write to standard output\n" {
			t.Errorf("code %d, %q", o.code, o.stderr)
		}
	}
}

func TestStandardOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	folder := project(t)
	write(t, filepath.Join(folder, "script.ts"), `{"Stdout":"{\"scenarios\":{\"default\":{\"executor\":\"locust\",\"userClasses\":[{\"name\":\"Reader\"}]}}}"}`)
	for _, args := range [][]string{
		{"convert", "l.py"}, {"convert", "r.har"}, {"--stub", "script.ts"}, {"--list", "script.ts"}, {"--show-task-ratio", "script.ts"}, {"-V"},
	} {
		const want = "cannot write to standard output: write /dev/stdout: no space left on device\n"
		if o := runIn(t, folder, full, args...); o.code != 2 || o.stderr != want {
			t.Errorf("%q on a full disk: code %d, %q", args, o.code, o.stderr)
		}
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = reader.Close()
		if o := runIn(t, folder, writer, args...); o.stderr != "" {
			t.Errorf("%q to a closed pipe: code %d, %q", args, o.code, o.stderr)
		}
		_ = writer.Close()
	}
}
