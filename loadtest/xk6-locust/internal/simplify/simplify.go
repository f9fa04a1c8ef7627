package simplify

import (
	"errors"
	"reflect"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// Reporter adds a problem or a note about a position.
type Reporter func(pos python.Pos, format string, args ...any)

// Options describe the project of a locustfile.
type Options struct {
	// Own is the name of the locustfile as a module.
	Own string
	// Folders contains the folders in which Python searches for modules.
	Folders []string
	// Read reads a helper module. If it is nil, there are no helper modules.
	Read Reader
	// ScriptName returns the name that a variable gets in the script.
	ScriptName func(name string) string
	// Fail reports a construct that is not supported, and Note something that users need to know about the script.
	Fail, Note Reporter
}

// Simplified replaces constructs with simpler ones that mean the same. original maps the names that Merge changed to
// those in the modules. isReserved returns whether a member of a class has a meaning in Locust or in scripts. kinds contains the
// kinds of dataclasses and named tuples.
func Simplified(body []python.Stmt, original map[string]string, isReserved func(member string) bool, fail, note Reporter) (simple []python.Stmt, kinds map[string]string) {
	body = undecorated(body, original, fail)
	orderParameters(body, fail)
	body, kinds = withConstructors(withPatterns(body), fail)
	body = withClassBodies(decided(mixins(body, isReserved), note), kinds, note)
	body = withStarts(body, note)
	withJoinedBlocks(reflect.ValueOf(&body))
	return hoist(withRequestManagers(body)), kinds
}

// Describe returns the position and the text of an error in parsing a file.
func Describe(file string, err error) (pos python.Pos, text string) {
	var syntax *python.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Pos, syntax.Message
	}
	return python.Pos{Line: 1, File: file}, err.Error()
}
