package entry

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/grafana/sobek/parser"
)

// ErrSyntax is returned for TypeScript that is valid, but that k6's JavaScript engine cannot parse.
var ErrSyntax = errors.New("k6 does not support this syntax, such as decorators and import attributes")

// Script returns the script that the arguments of a k6 command name, or an empty string if the command does not
// evaluate a script.
func Script(args []string) string {
	at := testArgument(args)
	if at < 0 {
		for i, arg := range args[min(1, len(args)):] {
			if slices.Contains([]string{"archive", "inspect"}, arg) {
				at = testArgument(slices.Concat(args[:i+1], []string{"run"}, args[i+2:]))
				break
			}
		}
	}
	if at < 0 {
		return ""
	}
	return args[at]
}

// CheckSyntax returns an error if the TypeScript of a script, or of a file that it imports, contains syntax that k6 does
// not support. Without this check, k6 2.1 would compile such a file over and over and never start.
func CheckSyntax(script string) error {
	return checkSyntax(script, map[string]bool{})
}

func checkSyntax(path string, seen map[string]bool) error {
	path = filepath.Clean(path)
	if seen[path] || !slices.Contains([]string{".ts", ".js"}, filepath.Ext(path)) {
		return nil
	}
	seen[path] = true
	source, err := os.ReadFile(path)
	if err != nil {
		return nil //nolint:nilerr // k6 reports a missing file
	}
	code := string(source)
	if filepath.Ext(path) == ".ts" {
		transformed := api.Transform(code, api.TransformOptions{
			Loader: api.LoaderTS, Sourcefile: path, Target: api.ESNext, Platform: api.PlatformNeutral, LogLevel: api.LogLevelSilent,
		})
		if len(transformed.Errors) > 0 {
			// If the syntax is invalid, k6 reports it.
			return nil
		}
		code = string(transformed.Code)
		if err := parse(path, code); err != nil {
			return err
		}
	}
	for _, match := range relativeImport.FindAllStringSubmatch(code, -1) {
		if err := checkSyntax(filepath.Join(filepath.Dir(path), match[1]), seen); err != nil {
			return err
		}
	}
	return nil
}

var relativeImport = regexp.MustCompile(`(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"'\n]*)["']`)

func parse(path, code string) error {
	_, err := parser.ParseFile(nil, path, code, 0, parser.IsModule, parser.WithDisableSourceMaps)
	var mistakes parser.ErrorList
	if !errors.As(err, &mistakes) || len(mistakes) == 0 {
		return nil
	}
	line := ""
	if lines := strings.Split(code, "\n"); mistakes[0].Position.Line <= len(lines) && mistakes[0].Position.Line > 0 {
		line = strings.TrimSpace(lines[mistakes[0].Position.Line-1])
	}
	return fmt.Errorf("%s: %w: %s", path, ErrSyntax, line)
}
