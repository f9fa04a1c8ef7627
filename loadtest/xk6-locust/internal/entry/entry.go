// Package entry lets `k6 run DIR` run the entry file of a directory.
package entry

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names lists the names of entry files, in order of precedence.
var Names = []string{"main.ts", "main.js", "index.ts", "index.js"}

// flagsWithoutValue lists the flags of `k6` and `k6 run` that take no value, from `k6 run --help` of k6 v2.1.0. All
// other flags take the next argument as their value, unless the value follows a "=".
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
		case len(arg) > 1 && strings.HasPrefix(arg, "-"):
			if takesNext(arg) {
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

// takesNext reports whether the value of a flag is the next argument: true for "-e A=b", false for "-eA=b" and
// "--env=A=b".
func takesNext(flag string) bool {
	if strings.HasPrefix(flag, "--") {
		return !strings.Contains(flag, "=") && !slices.Contains(flagsWithoutValue, flag)
	}
	return len(flag) == 2 && !slices.Contains(flagsWithoutValue, flag)
}
