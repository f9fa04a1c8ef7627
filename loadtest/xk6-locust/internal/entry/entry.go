// Package entry lets `k6 run DIR` run the entry file of a directory.
package entry

import (
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names lists the names of entry files, in order of precedence.
var Names = []string{"main.ts", "main.js", "index.ts", "index.js"}

// flagsWithoutValue lists the flags of `k6` and `k6 run` that take no value, from `k6 run --help` of k6 v2.1.0. All
// other flags take the next argument as their value, unless the value is part of the same argument.
var flagsWithoutValue = []string{
	"-h", "--help", "-l", "--linger", "-p", "--paused", "-q", "--quiet", "-v", "--verbose", "-w", "--throw",
	"--discard-response-bodies", "--http-debug", "--include-system-env-vars", "--insecure-skip-tls-verify",
	"--new-machine-readable-summary", "--no-color",
	"--no-connection-reuse", "--no-setup", "--no-teardown", "--no-thresholds", "--no-usage-report",
	"--no-vu-connection-reuse", "--profiling-enabled", "--version",
}

// FileSystem reports whether a path is a directory or a file.
type FileSystem interface {
	IsDir(path string) bool
	IsFile(path string) bool
}

// OS is the file system of this machine.
type OS struct{}

// IsDir reports whether the path is a directory.
func (OS) IsDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// IsFile reports whether the path is a regular file.
func (OS) IsFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Resolve replaces the directory in `k6 run DIR` with its entry file, and returns the new command line. It leaves all
// other command lines unchanged. If the directory has no entry file, k6 reports the error.
func Resolve(args []string, files FileSystem) []string {
	at := testArgument(args)
	if at < 0 || !files.IsDir(args[at]) {
		return args
	}
	file, ok := File(args[at], files)
	if !ok {
		return args
	}
	resolved := slices.Clone(args)
	resolved[at] = file
	return resolved
}

// File returns the path of the entry file of a directory, and whether there is one.
func File(directory string, files FileSystem) (string, bool) {
	for _, name := range Names {
		if path := filepath.Join(directory, name); files.IsFile(path) {
			return path, true
		}
	}
	return "", false
}

// testArgument returns the index of the test in `k6 [flags] run [flags] TEST [flags]`, or -1.
func testArgument(args []string) int {
	isRun := false
	for i := 1; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			if isRun && i+1 < len(args) {
				return i + 1
			}
			return -1
		case isFlag(arg):
			if _, takesNext := valueFlag(arg); takesNext {
				i++
			}
		case !isRun:
			if arg != "run" {
				return -1
			}
			isRun = true
		default:
			return i
		}
	}
	return -1
}

func isFlag(arg string) bool { return len(arg) > 1 && strings.HasPrefix(arg, "-") }

// valueFlag finds the flag in an argument that takes a value, and returns its name without dashes: "e" for "-qe",
// because -q takes no value. The name is empty if no flag in the argument takes a value. takesNext is true if the value
// is the next argument, as in "-e A=b" and "-qe A=b", but not in "-eA=b" and "--env=A=b".
func valueFlag(arg string) (name string, takesNext bool) {
	if long, ok := strings.CutPrefix(arg, "--"); ok {
		name, _, hasValue := strings.Cut(long, "=")
		if slices.Contains(flagsWithoutValue, "--"+name) {
			return "", false
		}
		return name, !hasValue
	}
	for i := 1; i < len(arg); i++ {
		if letter := arg[i : i+1]; !slices.Contains(flagsWithoutValue, "-"+letter) {
			return letter, i == len(arg)-1
		}
	}
	return "", false
}

// shortcuts contains the long names of k6's flags that replace the scenarios of a script, by their short names.
var shortcuts = map[string]string{"u": "vus", "d": "duration", "i": "iterations", "s": "stage"}

// Shortcuts returns the flags in k6's arguments that replace the scenarios of a script, such as vus for -u 5.
func Shortcuts(args []string) []string {
	if len(args) < 2 || args[1] == "x" {
		return nil
	}
	var found []string
	for flag := range flagValues(args) {
		name, isLong := strings.CutPrefix(flag, "--")
		if !isLong {
			name = shortcuts[strings.TrimPrefix(flag, "-")]
		}
		if slices.Contains(slices.Collect(maps.Values(shortcuts)), name) {
			found = append(found, name)
		}
	}
	return found
}

// Variables returns the names of the variables that k6's arguments set with -e or --env. All other variables in __ENV
// come from the environment.
func Variables(args []string) []string {
	names := []string{}
	for flag, value := range flagValues(args) {
		if flag == "-e" || flag == "--env" {
			name, _, _ := strings.Cut(value, "=")
			names = append(names, name)
		}
	}
	return names
}

// flagValues yields each flag in k6's arguments that takes a value, with its dashes, and the value: "-e" and "A=b" for
// "-e A=b", "-qeA=b", and "-e=A=b".
func flagValues(args []string) iter.Seq2[string, string] {
	return func(yield func(flag, value string) bool) {
		for i := 1; i < len(args) && args[i] != "--"; i++ {
			if !isFlag(args[i]) {
				continue
			}
			name, takesNext := valueFlag(args[i])
			if name == "" {
				continue
			}
			dashes := "-"
			if strings.HasPrefix(args[i], "--") {
				dashes = "--"
			}
			_, value, _ := strings.Cut(args[i], name)
			value = strings.TrimPrefix(value, "=")
			if takesNext {
				i++
				value = strings.Join(args[i:min(i+1, len(args))], "")
			}
			if !yield(dashes+name, value) {
				return
			}
		}
	}
}
