// Package convert turns locustfiles and recorded traffic into scripts for k6/x/locust.
//
// A locustfile is converted as a whole or not at all: if any construct has no exact counterpart, the result is a list
// of problems, one for each construct.
package convert

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// Problem is a message about one line: a construct that cannot be converted, or a note.
type Problem struct {
	// Line is the line number. The first line is 1.
	Line int
	Text string
	// File is the path of a helper module, relative to the folder of the locustfile. It is empty for the locustfile.
	File string
}

// Result is a converted file.
type Result struct {
	// Script is empty if there are problems.
	Script string
	// Problems lists the constructs that cannot be converted, sorted by file and line.
	Problems []Problem
	// Notes lists what users need to know about the script, such as the parts that were left out, and the variables
	// that can be set.
	Notes []Problem
}

// maxPasses limits how many times the file is converted again because the types of its variables have changed. If they
// still change in the last pass, the file is not converted.
const maxPasses = 8

// Locustfile converts Python source that imports no helper modules. The first line of the script contains name, the
// name of the file.
func Locustfile(name, source string) Result { return Project(name, source, nil) }

// Project converts a locustfile together with the helper modules that it imports. If read is nil, there are no helper
// modules.
func Project(name, source string, read Reader) Result {
	body, err := python.Parse(source)
	if err != nil {
		var syntax *python.SyntaxError
		if found, ok := err.(*python.SyntaxError); ok { //nolint:errorlint // Parse wraps nothing
			syntax = found
		}
		return Result{Problems: []Problem{{syntax.Line, syntax.Message, syntax.File}}}
	}
	notes, problems := map[Problem]bool{}, map[Problem]bool{}
	add := func(found map[Problem]bool) func(pos python.Pos, format string, args ...any) {
		return func(pos python.Pos, format string, args ...any) {
			found[Problem{pos.Line, fmt.Sprintf(format, args...), pos.File}] = true
		}
	}
	own := strings.TrimSuffix(filepath.Base(name), ".py")
	body, hidden, original := merge(own, body, read, add(problems), add(notes))
	checkNames(body, add(problems))
	body = undecorated(body, original, add(problems))
	orderParameters(body, add(problems))
	body = withPatterns(body)
	body, kinds := withConstructors(body, add(problems))
	body = withClassBodies(decided(mixins(body), add(notes)), kinds, add(notes))
	body = withStarts(body, add(notes))
	withJoinedBlocks(reflect.ValueOf(&body))
	body = hoist(withRequestManagers(body))
	types, async, params := map[string]string{}, map[string]bool{}, map[string]string{}
	for pass := 0; ; pass++ {
		c := newConverter(types, async, params)
		maps.Copy(c.notes, notes)
		maps.Copy(c.problems, problems)
		c.hidden, c.kinds, c.own = hidden, kinds, own
		c.module(body)
		if textOf.MatchString(c.out.String()) || comparing().MatchString(c.out.String()) {
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

func sorted(problems map[Problem]bool) []Problem {
	return slices.SortedFunc(maps.Keys(problems), func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Text, b.Text))
	})
}

// subject returns the expression that a problem is about, such as "random.foo" in "random.foo() is not available in
// k6". It returns "" for other problems.
func subject(problem Problem) string {
	text, _, ok := strings.Cut(strings.TrimPrefix(problem.Text, "with "), " is not ")
	if !ok || strings.Contains(text, " ") {
		return ""
	}
	return strings.TrimSuffix(text, "()")
}

// distinct leaves out a problem about an expression, such as random.foo().bar, if another problem is about the
// beginning of this expression, such as random.foo().
func distinct(problems []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(problem Problem) bool {
		return slices.ContainsFunc(problems, func(other Problem) bool {
			rest, isPart := strings.CutPrefix(subject(problem), subject(other))
			return isPart && subject(other) != "" && strings.IndexAny(rest, ".([") == 0 && other.File == problem.File && other.Line == problem.Line
		})
	})
}

func (c *converter) result(name string) Result {
	if len(c.problems) > 0 {
		return Result{Problems: distinct(sorted(c.problems)), Notes: sorted(c.notes)}
	}
	code := strings.TrimSpace(c.out.String())
	before, run := c.lifecycle()
	code += before
	var files strings.Builder
	for i, path := range c.files {
		opened := "open(" + path + ")"
		if c.optional[path] {
			opened = "pyOpenIfAny(() => " + opened + ")"
		}
		fmt.Fprintf(&files, "\nconst file%d = %s", i+1, opened)
	}
	code = withoutUnused(code, before+run)
	truth := "pyOk"
	if isFast, isSlow := c.clients(); isFast && isSlow {
		truth = "pyTruthOfAny"
	} else if isFast {
		truth = "pyFastTruth"
	}
	helpers := prelude(code+files.String()+"\n"+run, truth)
	if strings.Contains(helpers, "StopUser") {
		c.use("StopUser")
	}
	options := []string{"userClasses: [" + strings.Join(c.users, ", ") + "]"}
	if c.shape != "" {
		options = append(options, "shape: "+c.shape)
	}
	for _, name := range slices.Sorted(maps.Keys(c.defaults)) {
		// A shape decides how many users run.
		if c.shape == "" || name != "users" && name != "spawnRate" {
			options = append(options, name+": "+c.defaults[name])
		}
	}
	if c.sharesState {
		options = append(options, "processes: 1")
	}
	var out strings.Builder
	out.WriteString(heading(name))
	names := slices.Sorted(maps.Keys(c.imports))
	fmt.Fprintf(&out, "import locust, { %s } from 'k6/x/locust'\n", strings.Join(names, ", "))
	if c.usesEncoding || strings.Contains(helpers, "encoding.") {
		out.WriteString("import encoding from 'k6/encoding'\n")
	}
	if c.usesCrypto {
		out.WriteString("import crypto from 'k6/crypto'\n")
	}
	if strings.Contains(helpers, "clearTimeout(") {
		out.WriteString("import { clearTimeout, setTimeout } from 'k6/timers'\n")
	} else if strings.Contains(helpers, "setTimeout(") {
		out.WriteString("import { setTimeout } from 'k6/timers'\n")
	}
	if strings.Contains(helpers, "parseHTML(") {
		out.WriteString("import { parseHTML } from 'k6/html'\n")
	}
	if c.usesHTTP {
		out.WriteString("import http from 'k6/http'\n")
	}
	if files.Len() > 0 {
		out.WriteString(files.String() + "\n")
	}
	// The helpers come first if code outside of functions may use one of their classes. This is the case if the code
	// extends PyError, contains a try block, calls a listener, or may create an object of a helper class.
	isFirst := strings.Contains(code, "extends PyError") || strings.Contains(code, "\ntry {") || len(c.inits) > 0 ||
		definesClass(helpers)
	if helpers != "" && isFirst {
		out.WriteString("\n// Functions that behave as in Python.\n\n" + helpers + "\n")
	}
	out.WriteString("\n" + regexp.MustCompile(`\n{3,}`).ReplaceAllString(code, "\n\n") + "\n\n")
	if c.sharesState {
		out.WriteString("// One runtime, because the users share variables.\n")
	}
	fmt.Fprintf(&out, "export const options = locust.options({ %s })\n\n%s\n", strings.Join(options, ", "), run)
	if helpers != "" && !isFirst {
		out.WriteString("\n// Functions that behave as in Python.\n\n" + helpers + "\n")
	}
	return Result{Script: out.String(), Notes: sorted(c.notes)}
}

// constantLine matches the declaration of a variable of the module on a line of its own.
var constantLine = regexp.MustCompile(`(?m)^(?:const|let) (\w+): any = (.*)\n?`)

// literalLine matches a value that is a single string literal.
var literalLine = regexp.MustCompile(`^(?:'[^']*'|"(?:[^"\\]|\\.)*")$`)

// withoutUnused removes variables of the module that neither code nor rest uses, such as weights. It keeps variables
// whose values may have an effect, or continue on the next line.
func withoutUnused(code, rest string) string {
	return constantLine.ReplaceAllStringFunc(code, func(line string) string {
		found := constantLine.FindStringSubmatch(line)
		name, value := found[1], found[2]
		isUsed := len(regexp.MustCompile(`\b`+name+`\b`).FindAllString(code, 2)) > 1 || mentions(rest, name)
		if !isUsed && literalLine.MatchString(value) {
			return ""
		}
		if isUsed || strings.ContainsAny(value, "`=") || regexp.MustCompile(`\w\(|\bnew\b|\[$|\{$`).MatchString(value) {
			return line
		}
		return ""
	})
}

var helperClass = regexp.MustCompile(`(?m)^class (Py\w+)`)

// definesClass returns whether the helpers contain a class that code outside of functions may instantiate.
func definesClass(helpers string) bool {
	return slices.ContainsFunc(helperClass.FindAllStringSubmatch(helpers, -1), func(found []string) bool { return found[1] != "PyError" && found[1] != "PyMatch" })
}

type converter struct {
	out      strings.Builder
	depth    int
	problems map[Problem]bool
	notes    map[Problem]bool
	imports  map[string]bool
	// modules maps imported names to their full names, such as "random" or "time.sleep".
	modules   map[string]string
	classes   map[string]*class
	functions map[string]*python.Def
	f         *function
	// known contains the types of variables from the previous pass. types contains the types from this pass.
	known, types        map[string]string
	knownAsync, async   map[string]bool
	knownParams, params map[string]string
	users               []string
	// own is the name of the locustfile as a module.
	own string
	// hasTasks is set if a user class has tasks.
	hasTasks bool
	// hidden contains the classes of helper modules that Locust does not see.
	hidden map[string]bool
	// unused contains the classes that have no effect.
	unused map[string]bool
	// reachable contains the classes, functions, and variables that FastHttpUsers (true) and HttpUsers (false) may use.
	// It is nil until clients() needs it.
	reachable map[bool]map[string]bool
	// kinds contains the kinds of dataclasses and named tuples.
	kinds              map[string]string
	shape              string
	sharesState        bool
	usesEncoding       bool
	usesCrypto         bool
	usesHTTP, usesHTML bool
	// files contains the arguments of calls that open files.
	files []string
	// optional contains the arguments for files that may be missing. All of them are also in files.
	optional map[string]bool
	// inits, setup, and teardown contain functions that the script calls in init code, in setup(), and in teardown().
	inits, setup, teardown []string
	// transferred contains variables that setup() changes.
	transferred map[string]bool
	// hooks counts, for each name, how many listeners were converted to functions with this name.
	hooks map[string]int
	// managers contains the functions and methods with the decorator @contextmanager.
	managers map[string]bool
	// generators contains the functions and methods that yield values.
	generators map[string]bool
	// paths contains the variables that contain paths of files.
	paths map[string]python.Expr
	// bound maps parameters and loop variables to their values in the path that is being converted.
	bound map[string]python.Expr
	// open contains the variables whose values are being resolved. It prevents endless recursion.
	open map[string]bool
	// watchers contains functions that run alongside the users.
	watchers map[string]bool
	// hasIterators is set if the file creates iterators, so that a value of unknown type may be one.
	hasIterators bool
	// direct contains the generator expressions that are arguments of built-in functions or methods. They become lists.
	direct map[*python.Comprehension]bool
	// lazy contains the generator expressions in direct that are arguments of functions such as map(). Python reads
	// their items only when the result of the function is used.
	lazy      map[*python.Comprehension]bool
	arguments map[string]string
	// defaults contains options of the script, from parser.set_defaults().
	defaults          map[string]string
	hosts             map[string]string
	skipsVerification bool
	globals           map[string]bool
	// passedOn contains the **kwargs parameters that a function only passes on to requests.
	passedOn map[python.Pos]bool
	// parameters contains the names of all parameters except *args and **kwargs.
	parameters map[string]bool
	// inLogger is set during the conversion of the arguments of a function that returns a logger. The name of a logger
	// has no effect in k6.
	inLogger bool
	// inGetattr is set while the field of hasattr(), or of getattr() with a default, is converted. This field may be
	// missing.
	inGetattr bool
	// asyncLambdas contains the lambdas that make requests or wait.
	asyncLambdas map[*python.Lambda]bool
	// pathArgs contains the paths that are arguments of functions in the locustfile.
	pathArgs map[python.Expr]bool
	// inMessage is set while text for people is converted, such as printed or logged text and the text of exceptions.
	// In such text, paths and the order of sets need not be the same as in Python.
	inMessage bool
	// stored contains the temporary variables that replace expressions.
	stored map[python.Expr]code
	// unpacked contains the expressions whose tuples are not kept, because the code reads only their items.
	unpacked map[python.Expr]bool
	// mapped contains the expressions that create a dict with keys of any type.
	mapped map[python.Expr]bool
	// scoped contains the types of variables in the block that is being converted.
	scoped map[string]string
	// moduleDefs contains the functions outside of classes.
	moduleDefs map[string]bool
	count      int
	methods    map[string]int
	body       []python.Stmt
}

func newConverter(types map[string]string, async map[string]bool, params map[string]string) *converter {
	return &converter{
		problems: map[Problem]bool{}, notes: map[Problem]bool{}, imports: map[string]bool{}, modules: map[string]string{},
		classes: map[string]*class{}, functions: map[string]*python.Def{}, known: types, types: map[string]string{},
		knownAsync: async, async: map[string]bool{}, knownParams: params, params: map[string]string{}, arguments: map[string]string{}, defaults: map[string]string{},
		hosts: map[string]string{}, globals: map[string]bool{}, methods: map[string]int{}, moduleDefs: map[string]bool{}, transferred: map[string]bool{}, watchers: map[string]bool{}, paths: map[string]python.Expr{}, bound: map[string]python.Expr{}, open: map[string]bool{}, pathArgs: map[python.Expr]bool{}, optional: map[string]bool{}, managers: map[string]bool{}, hooks: map[string]int{}, unused: map[string]bool{}, passedOn: map[python.Pos]bool{}, parameters: map[string]bool{}, scoped: map[string]string{}, generators: map[string]bool{}, direct: map[*python.Comprehension]bool{}, lazy: map[*python.Comprehension]bool{}, stored: map[python.Expr]code{}, unpacked: map[python.Expr]bool{}, mapped: map[python.Expr]bool{}, asyncLambdas: map[*python.Lambda]bool{},
	}
}

// withImports returns a converter that knows the imports of a file, for [converter.qualified].
func withImports(body []python.Stmt) *converter {
	c := newConverter(nil, nil, nil)
	walk(body, func(node python.Node) bool {
		if imported, ok := node.(*python.Import); ok {
			c.importing(imported)
		}
		return true
	})
	return c
}

func (c *converter) fail(pos python.Pos, format string, args ...any) {
	c.problems[Problem{pos.Line, fmt.Sprintf(format, args...), pos.File}] = true
}

func (c *converter) note(pos python.Pos, format string, args ...any) {
	c.notes[Problem{pos.Line, fmt.Sprintf(format, args...), pos.File}] = true
}

// use imports a name from k6/x/locust.
func (c *converter) use(name string) string {
	c.imports[name] = true
	if _, isOwn := c.classes[name]; isOwn {
		c.fail(c.classes[name].Pos, "the class %s has the name of a class of k6/x/locust: rename it", name)
	}
	return name
}

func (c *converter) line(format string, args ...any) {
	if format == "" {
		c.out.WriteByte('\n')
		return
	}
	text := fmt.Sprintf(format, args...)
	c.out.WriteString(strings.Repeat("  ", c.depth) + text + "\n")
}

// capture returns the text that emit writes.
func (c *converter) capture(emit func()) string {
	outer := c.out.String()
	c.out.Reset()
	emit()
	inner := c.out.String()
	c.out.Reset()
	c.out.WriteString(outer)
	return inner
}

func (c *converter) isLocal(name string) bool {
	for f := c.f; f != nil && f.id != ""; f = f.outer {
		if _, isParam := f.params[name]; isParam || f.locals[name] || f.self == name {
			return true
		}
	}
	return false
}
