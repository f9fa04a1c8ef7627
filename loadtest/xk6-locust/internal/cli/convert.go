package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/convert"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/recording"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// exitCodeUnsupported is the exit code if a file contains something that cannot be converted.
const exitCodeUnsupported exitcodes.ExitCode = 3

var (
	errConvertPath = errors.New("convert needs one file: k6 x locust convert locustfile.py or recording.har")
	errConvertType = errors.New("convert accepts .py and .har files")
	errStatic      = errors.New("--static is only for .har files")
	errInput       = errors.New("this file is an input of the conversion: choose another name for the script")
	errForeign     = errors.New("this file exists, and its first line does not say that this command wrote it: remove it, or choose another name")
	errNotRegular  = errors.New("not a regular file: choose another name, or leave out -o to write to standard output")
)

// newConvert creates the command `k6 x locust convert`.
func newConvert(gs *state.GlobalState) *cobra.Command {
	var output string
	var keepsStatic bool
	command := &cobra.Command{
		Use:   "convert [flags] LOCUSTFILE.py|RECORDING.har",
		Short: "Convert a locustfile or a recording to a TypeScript script",
		Long: `Convert a locustfile or a recording to a TypeScript script.

A locustfile is converted as a whole, with the modules that it imports, or not at all. If it contains anything without an exact
counterpart, the command writes no script, prints one line for each such place, and exits with 3.

A recording (HAR) becomes a user class with one task that makes the recorded requests in order, with the recorded pauses. The script
reads the values of cookies and authentication headers from environment variables. It never contains these values.

With -o, the command replaces an empty file, or an earlier script that it wrote. Any other file remains unchanged, and the exit
code is 2.`,
		Example: `  k6 x locust convert locustfile.py -o script.ts
  k6 x locust convert recording.har -o script.ts --static`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errext.WithExitCodeIfNone(errConvertPath, exitCodeUsage)
			}
			return runConvert(gs, args[0], output, keepsStatic)
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "", "write the script to this `file` instead of standard output")
	command.Flags().BoolVar(&keepsStatic, "static", false, "with a recording: keep requests for images, styles, scripts, and fonts")
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errext.WithExitCodeIfNone(err, exitCodeUsage) })
	return command
}

func runConvert(gs *state.GlobalState, path, output string, keepsStatic bool) error {
	usage := func(err error) error { return errext.WithExitCodeIfNone(err, exitCodeUsage) }
	kind := strings.ToLower(filepath.Ext(path))
	switch {
	case kind != ".py" && kind != ".har":
		return usage(fmt.Errorf("%w, got %s", errConvertType, path))
	case kind == ".py" && keepsStatic:
		return usage(errStatic)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", path, errors.Unwrap(err)))
	}
	inputs := []string{path}
	var result conversion.Result
	if kind == ".har" {
		result, err = recording.Convert(path, source, keepsStatic)
		if err != nil {
			return errext.WithExitCodeIfNone(fmt.Errorf("%s: %w", path, err), exitCodeUnsupported)
		}
	} else {
		result = convert.Project(path, string(source), helperModules(filepath.Dir(path), &inputs))
	}
	printProblems(gs.Stderr, path, "note: ", result.Notes)
	if len(result.Problems) > 0 {
		printProblems(gs.Stderr, path, "", result.Problems)
		gs.OSExit(int(exitCodeUnsupported))
		return nil
	}
	if output == "" {
		return usage(writeOutput(gs, result.Script))
	}
	if err := checkOutput(output, inputs); err != nil {
		return usage(fmt.Errorf("%s: %w", output, err))
	}
	if err := os.WriteFile(output, []byte(result.Script), 0o644); err != nil { //nolint:gosec // others may read the script
		return usage(fmt.Errorf("%s: %w", output, errors.Unwrap(err)))
	}
	return nil
}

// checkOutput returns an error if the script would overwrite an input of the conversion, or a file that this command
// did not write. An empty file can be overwritten.
func checkOutput(output string, inputs []string) error {
	existing, err := os.Stat(output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errors.Unwrap(err)
	}
	if !existing.Mode().IsRegular() {
		return errNotRegular
	}
	for _, input := range inputs {
		if info, err := os.Stat(input); err == nil && os.SameFile(existing, info) {
			return errInput
		}
	}
	content, err := os.ReadFile(output)
	if err != nil {
		return errors.Unwrap(err)
	}
	if len(content) > 0 && !conversion.IsConverted(content) {
		return errForeign
	}
	return nil
}

// helperModules reads the modules that a locustfile imports. As in Locust, it looks for them in the folder of the
// locustfile and in the current folder. The paths of the modules are added to inputs.
func helperModules(folder string, inputs *[]string) simplify.Reader {
	return func(path string) (file, source string, ok bool) {
		for _, root := range []string{folder, "."} {
			module := filepath.Join(root, filepath.FromSlash(path))
			text, err := os.ReadFile(module)
			if err != nil {
				continue
			}
			absolute, errFolder := filepath.Abs(folder)
			found, errFile := filepath.Abs(module)
			relative, errRelative := filepath.Rel(absolute, found)
			if err := errors.Join(errFolder, errFile, errRelative); err != nil {
				continue
			}
			*inputs = append(*inputs, module)
			return filepath.ToSlash(relative), string(text), true
		}
		return "", "", false
	}
}

func printProblems(out io.Writer, path, prefix string, problems []conversion.Problem) {
	for _, problem := range problems {
		place := path
		if problem.File != "" {
			place = filepath.Join(filepath.Dir(path), filepath.FromSlash(problem.File))
		}
		if problem.Line > 0 {
			place = fmt.Sprintf("%s:%d", place, problem.Line)
		}
		_, _ = fmt.Fprintf(out, "%s: %s%s\n", place, prefix, problem.Text)
	}
}
