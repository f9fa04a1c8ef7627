package convert

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// maxPasses limits how many times the file is converted again because the types of its variables have changed. If they
// still change in the last pass, the file is not converted.
const maxPasses = 8

// Locustfile converts Python source that imports no helper modules. The first line of the script contains name, the
// name of the file.
func Locustfile(name, source string) conversion.Result { return Project(name, source, nil) }

// Project converts a locustfile together with the helper modules that it imports. If read is nil, there are no helper
// modules.
func Project(name, source string, read simplify.Reader) conversion.Result {
	body, err := python.Parse(source)
	if err != nil {
		pos, text := simplify.Describe("", err)
		return conversion.Result{Problems: []conversion.Problem{{Line: pos.Line, Text: text, File: pos.File}}}
	}
	own := strings.TrimSuffix(filepath.Base(name), ".py")
	problems, notes := map[conversion.Problem]bool{}, map[conversion.Problem]bool{}
	fail, note := reporterTo(problems), reporterTo(notes)
	body, folders := searchPath(body)
	body, hidden, original := simplify.Merge(body, simplify.Options{Own: own, Folders: folders, Read: read, ScriptName: jsName, Fail: fail, Note: note})
	checkNames(body, fail)
	body, kinds := simplify.Simplified(body, original, isReserved, fail, note)
	types, async, params := map[string]string{}, map[string]bool{}, map[string]string{}
	for pass := 0; ; pass++ {
		c := newConverter(types, async, params)
		maps.Copy(c.notes, notes)
		maps.Copy(c.problems, problems)
		c.hidden, c.kinds, c.own = hidden, kinds, own
		c.module(body)
		if convertsText.MatchString(c.out.String()) || comparing().MatchString(c.out.String()) {
			c.types[marksKey] = anyType
		}
		isStable := maps.Equal(c.types, types) && maps.Equal(c.async, async) && maps.Equal(c.params, params)
		if !isStable && pass < maxPasses {
			types, async, params = c.types, c.async, c.params
			continue
		}
		if !isStable {
			c.fail(python.Pos{Line: 1}, "the types of the variables depend on each other in a way that the converter does not understand")
		}
		return c.result(filepath.Base(name))
	}
}

func reporterTo(found map[conversion.Problem]bool) simplify.Reporter {
	return func(pos python.Pos, format string, args ...any) {
		found[conversion.Problem{Line: pos.Line, Text: fmt.Sprintf(format, args...), File: pos.File}] = true
	}
}

// subject returns the expression that a problem is about, such as "random.foo" in "random.foo() is not available in
// k6". It returns "" for other problems.
func subject(problem conversion.Problem) string {
	text, _, ok := strings.Cut(strings.TrimPrefix(problem.Text, "with "), " is not ")
	if !ok || strings.Contains(text, " ") {
		return ""
	}
	return strings.TrimSuffix(text, "()")
}

// distinct leaves out a problem about an expression, such as random.foo().bar, if another problem is about the
// beginning of this expression, such as random.foo().
func distinct(problems []conversion.Problem) []conversion.Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(problem conversion.Problem) bool {
		return slices.ContainsFunc(problems, func(other conversion.Problem) bool {
			rest, isPart := strings.CutPrefix(subject(problem), subject(other))
			return isPart && subject(other) != "" && strings.IndexAny(rest, ".([") == 0 && other.File == problem.File && other.Line == problem.Line
		})
	})
}
