// Package convert turns locustfiles and recorded traffic into scripts for k6/x/locust.
//
// A locustfile is converted as a whole or not at all: if any construct has no exact counterpart, the result is a list of
// problems, one for each construct.
package convert

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
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
	// Problems name everything that cannot be converted, sorted by line.
	Problems []Problem
	// Notes name parts that were left out because they do not affect the load, and variables that can be set.
	Notes []Problem
}

// maxPasses limits how many times the types of variables are inferred. If the types still change in the last pass, the
// file is not converted.
const maxPasses = 8

// Locustfile converts Python source that imports no helper modules. The first line of the script contains name, the name of
// the file.
func Locustfile(name, source string) Result { return Project(name, source, nil) }

// Project converts a locustfile together with the helper modules that it imports.
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
	body, hidden, original := merge(strings.TrimSuffix(filepath.Base(name), ".py"), body, read, add(problems))
	checkNames(body, add(problems))
	body = undecorated(body, original, add(problems))
	orderParameters(body, add(problems))
	body = withPatterns(body)
	body, kinds := withConstructors(body, add(problems))
	body = hoist(decided(mixins(body), add(notes)))
	types, async, params := map[string]string{}, map[string]bool{}, map[string]string{}
	for pass := 0; ; pass++ {
		c := newConverter(types, async, params)
		maps.Copy(c.notes, notes)
		maps.Copy(c.problems, problems)
		c.hidden, c.kinds = hidden, kinds
		c.module(body)
		if textOf.MatchString(c.out.String()) {
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

// subject returns the expression that a problem is about, such as "random.foo" in "random.foo() is not available in k6". It
// returns "" for other problems.
func subject(problem Problem) string {
	text, _, ok := strings.Cut(strings.TrimPrefix(problem.Text, "with "), " is not ")
	if !ok || strings.Contains(text, " ") {
		return ""
	}
	return strings.TrimSuffix(text, "()")
}

// distinct returns the problems without those about a part of an expression that is itself a problem.
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
	helpers := prelude(code + files.String() + "\n" + run)
	if strings.Contains(helpers, "StopUser") {
		c.use("StopUser")
	}
	options := []string{"userClasses: [" + strings.Join(c.users, ", ") + "]"}
	if c.shape != "" {
		options = append(options, "shape: "+c.shape)
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
	if strings.Contains(helpers, "setTimeout(") {
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
	// The helpers come first if top-level code needs them immediately: a class that extends PyError, a try block, a file, or
	// the call to a listener.
	isFirst := strings.Contains(code, "extends PyError") || strings.Contains(code, "throw new PyError('SystemExit'") || strings.Contains(code, "\ntry {") || len(c.inits) > 0 ||
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

var helperClass = regexp.MustCompile(`(?m)^class (Py\w+)`)

// definesClass returns whether the helpers contain a class that code outside of functions may instantiate.
func definesClass(helpers string) bool {
	return slices.ContainsFunc(helperClass.FindAllStringSubmatch(helpers, -1), func(found []string) bool { return found[1] != "PyError" && found[1] != "PyMatch" })
}

// class is a class of the locustfile.
type class struct {
	*python.Class
	// base is Locust's class that this class extends: User, HttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet, or
	// LoadTestShape. For exceptions, base is "Exception". For all other classes, it is empty.
	base   string
	parent *class
	isFast bool
	// kind is the kind of a dataclass, a named tuple, or an enumeration. It is empty for all others.
	kind string
	// inChain is set for classes in a MarkovTaskSet, which may be its tasks.
	inChain bool
	js      string
	tasks   []taskOf
	// members are the methods and fields that the class defines.
	members map[string]bool
	// statics are the fields that the locustfile reads or writes through the class.
	statics map[string]bool
}

type taskOf struct {
	// target is a TypeScript expression: the quoted name of a method, or a function or class.
	target string
	weight int
	tags   []string
}

func (k *class) has(name string) bool {
	for ; k != nil; k = k.parent {
		if k.members[name] {
			return true
		}
	}
	return false
}

// function is the function that is being converted.
type function struct {
	outer *function
	name  string
	// id distinguishes the variables of this function from those of other functions.
	id   string
	self string
	// of is the class if the function is a method.
	of     *class
	locals map[string]bool
	// params maps each parameter to the key of its type in converter.params.
	params  map[string]string
	globals map[string]bool
	// body is the body of the function. It shows where a variable is used.
	body      []python.Stmt
	declared  map[string]bool
	isAsync   bool
	isHandler bool
	// hasEnvironment is set if the function has Locust's environment as a parameter.
	hasEnvironment bool
	// event contains the parameters of a listener of events.request, by name.
	event map[string]code
	// isClassMethod is set for a method with the decorator @classmethod.
	isClassMethod bool
	// isGenerator is set for a function that yields values.
	isGenerator bool
	// isManager is set for a function with the decorator @contextmanager.
	isManager bool
	// exits is the name of the variable that a block sets to leave the function around it. It is empty outside of
	// blocks that become functions.
	exits string
	loops int
	// label is the label of the loop that is converted next.
	label string
	// labels are the labels of the loops around the current statement. They are empty for loops without else.
	labels []string
	temps  int
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
	// known contains the types of variables that the last pass found. types contains those of this pass.
	known, types        map[string]string
	knownAsync, async   map[string]bool
	knownParams, params map[string]string
	users               []string
	// hasTasks is set if a user class has tasks.
	hasTasks bool
	// hidden are the classes of helper modules that Locust does not see.
	hidden map[string]bool
	// unused are the classes that have no effect.
	unused map[string]bool
	// kinds are the kinds of dataclasses and named tuples.
	kinds              map[string]string
	shape              string
	sharesState        bool
	usesEncoding       bool
	usesCrypto         bool
	usesHTTP, usesHTML bool
	// files are the arguments of the calls that open files.
	files []string
	// optional are those of them for files that may be missing.
	optional map[string]bool
	// inits, setup, and teardown are functions that the script calls in init code, in setup(), and in teardown().
	inits, setup, teardown []string
	// transferred are variables that setup() changes.
	transferred map[string]bool
	// hooks counts the functions that listeners are converted to, by name.
	hooks map[string]int
	// managers are the functions and methods with the decorator @contextmanager.
	managers map[string]bool
	// generators are the functions and methods that yield values.
	generators map[string]bool
	// paths are the variables that contain paths of files.
	paths map[string]python.Expr
	// watchers are functions that run alongside the users.
	watchers map[string]bool
	// hasIterators is set if the file creates iterators, so that a value of unknown type may be one.
	hasIterators bool
	// direct are the generator expressions that a function of Python reads completely. They become lists.
	direct            map[*python.Comprehension]bool
	arguments         map[string]string
	hosts             map[string]string
	skipsVerification bool
	globals           map[string]bool
	// collected are the **kwargs parameters of functions.
	collected map[string]bool
	// passedOn are the **kwargs parameters that a function only passes on to other calls.
	passedOn map[python.Pos]bool
	// parameters are the names of all other parameters.
	parameters map[string]bool
	// inLogger is set for the arguments of a function that returns a logger, whose name has no effect in k6.
	inLogger bool
	// unpacked are the expressions whose tuples are not kept, because the code reads only their items.
	unpacked map[python.Expr]bool
	// scoped are the types of variables in the block that is being converted.
	scoped map[string]string
	// moduleDefs are the functions outside of classes.
	moduleDefs map[string]bool
	count      int
	methods    map[string]int
	body       []python.Stmt
}

func newConverter(types map[string]string, async map[string]bool, params map[string]string) *converter {
	return &converter{
		problems: map[Problem]bool{}, notes: map[Problem]bool{}, imports: map[string]bool{}, modules: map[string]string{},
		classes: map[string]*class{}, functions: map[string]*python.Def{}, known: types, types: map[string]string{},
		knownAsync: async, async: map[string]bool{}, knownParams: params, params: map[string]string{}, arguments: map[string]string{},
		hosts: map[string]string{}, globals: map[string]bool{}, methods: map[string]int{}, moduleDefs: map[string]bool{}, transferred: map[string]bool{}, watchers: map[string]bool{}, paths: map[string]python.Expr{}, optional: map[string]bool{}, managers: map[string]bool{}, hooks: map[string]int{}, collected: map[string]bool{}, unused: map[string]bool{}, passedOn: map[python.Pos]bool{}, parameters: map[string]bool{}, scoped: map[string]string{}, generators: map[string]bool{}, direct: map[*python.Comprehension]bool{}, unpacked: map[python.Expr]bool{},
	}
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

// join records the type of a value that is assigned to a variable. If the types of its values differ, the variable gets
// the type any.
func join(types map[string]string, key, value string) {
	if old, ok := types[key]; ok && old != value {
		value = anyType
	}
	types[key] = value
}

func (c *converter) module(body []python.Stmt) {
	c.f = &function{id: "", locals: map[string]bool{}, params: map[string]string{}, globals: map[string]bool{}, declared: map[string]bool{}}
	walk(body, func(node python.Node) bool {
		if node, ok := node.(*python.Import); ok {
			c.importing(node)
		}
		return true
	})
	body = c.trim(body)
	c.body, c.f.body = body, body
	walk(body, func(node python.Node) bool {
		if node, ok := node.(*python.Def); ok {
			c.methods[node.Name]++
			for _, param := range node.Params {
				c.collected[param.Name] = c.collected[param.Name] || param.Kind == "**"
				c.parameters[param.Name] = c.parameters[param.Name] || param.Kind == ""
				c.passedOn[param.Pos] = param.Kind == "**" && isPassedOn(node.Body, param.Name)
			}
			c.managers[node.Name] = c.managers[node.Name] || c.isManager(node)
			c.generators[node.Name] = c.generators[node.Name] || c.isGenerator(node)
		}
		return true
	})
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Def:
			c.functions[stmt.Name] = stmt
		case *python.Assign:
			for _, target := range stmt.Targets {
				for _, name := range names(target) {
					c.globals[name] = true
				}
			}
		case *python.With:
			for name := range stored([]python.Stmt{stmt}) {
				c.globals[name] = true
			}
		default:
			for _, name := range storedInBlocks(stmt) {
				c.globals[name] = true
			}
		}
	}
	c.watched(body)
	for _, stmt := range body {
		if class, ok := stmt.(*python.Class); ok {
			c.declareClass(class)
		}
	}
	c.findStatics(body)
	c.checkMembers()
	c.findDirect(body)
	c.hasIterators = c.usesIterators()
	walk(body, func(node python.Node) bool {
		if keyword, ok := node.(*python.Call); ok {
			for _, argument := range keyword.Keywords {
				if constant, ok := argument.Value.(*python.Constant); ok && argument.Name == "verify" && constant.Kind == python.False {
					c.skipsVerification = true
				}
			}
		}
		if assign, ok := node.(*python.Assign); ok && len(assign.Targets) == 1 {
			if target, ok := assign.Targets[0].(*python.Attribute); ok && target.Name == "verify" {
				if constant, ok := assign.Value.(*python.Constant); ok && constant.Kind == python.False {
					c.skipsVerification = true
				}
			}
		}
		return true
	})
	c.findUnusedClasses()
	for _, stmt := range body {
		c.moduleStatement(stmt)
	}
	if !c.hasTasks && len(c.problems) == 0 {
		c.fail(python.Pos{Line: 1}, "the file contains no user class with tasks")
	}
}

func (c *converter) moduleStatement(stmt python.Stmt) {
	switch stmt := stmt.(type) {
	case *python.Import:
	case *python.ExprStmt:
		if text, ok := stmt.X.(*python.Constant); !ok || text.Kind != python.String {
			c.statement(stmt)
		}
	case *python.Class:
		if c.unused[stmt.Name] {
			c.note(stmt.Pos, "the class %s was left out, because nothing uses it", stmt.Name)
			// The class is emitted only to report its problems, because Locust may reject the class even if nothing
			// uses it.
			imports := maps.Clone(c.imports)
			c.capture(func() { c.emitClass(c.classes[stmt.Name]) })
			c.imports = imports
			return
		}
		c.line("")
		c.emitClass(c.classes[stmt.Name])
	case *python.Def:
		c.line("")
		if c.listener(stmt) {
			return
		}
		if len(stmt.Decorators) > 0 && !c.isManager(stmt) && !c.isCached(stmt) {
			c.fail(stmt.Pos, "decorators of functions other than @events…, @contextmanager, and @lru_cache are not supported")
			return
		}
		c.emitFunction(stmt)
	case *python.Assign:
		if stmt.Value != nil && c.pathVariable(stmt) {
			return
		}
		if target, ok := stmt.Targets[0].(*python.Attribute); ok && strings.HasPrefix(c.qualified(target), "locust.stats.") {
			c.note(stmt.Pos, "%s was left out, because it only changes Locust's reports", c.qualified(target))
			return
		}
		if stmt.Value != nil && c.isBlocking([]python.Stmt{stmt}) {
			c.early(stmt)
			return
		}
		if len(stmt.Targets) == 1 {
			if target, ok := stmt.Targets[0].(*python.Attribute); ok && target.Name == "host" {
				if name, ok := target.X.(*python.Name); ok && strings.HasPrefix(c.modules[name.ID], "locust.") {
					c.hosts[strings.TrimPrefix(c.modules[name.ID], "locust.")] = c.expr(stmt.Value).js
					c.reemitHosts(stmt)
					return
				}
			}
		}
		c.statement(stmt)
	default:
		for _, name := range storedInBlocks(stmt) {
			if !c.f.declared[name] && loads(c.body, name) > 0 {
				c.f.declared[name] = true
				c.line("let %s: any", jsName(name))
			}
		}
		c.statement(stmt)
	}
}

// storedInBlocks returns the variables to which an if, try, for, or while statement of the module assigns values.
func storedInBlocks(stmt python.Stmt) []string {
	switch stmt.(type) {
	case *python.If, *python.Try, *python.For, *python.While:
	default:
		return nil
	}
	found := stored([]python.Stmt{stmt})
	walk(stmt, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def:
			delete(found, node.Name)
			return false
		case *python.Try:
			for _, handler := range node.Handlers {
				delete(found, handler.Name)
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(found))
}

// findUnusedClasses finds the classes that have no effect: Locust does not use them, and neither does the rest of the file.
func (c *converter) findUnusedClasses() {
	for {
		count := len(c.unused)
		rest := slices.DeleteFunc(slices.Clone(c.body), func(stmt python.Stmt) bool {
			class, ok := stmt.(*python.Class)
			return ok && c.unused[class.Name]
		})
		for _, stmt := range rest {
			if class, ok := stmt.(*python.Class); ok && c.isPassive(c.classes[class.Name]) && loads(rest, class.Name) == 0 {
				c.unused[class.Name] = true
			}
		}
		if len(c.unused) == count {
			return
		}
	}
}

// isPassive returns whether Locust uses a class only if the file uses it.
func (c *converter) isPassive(k *class) bool {
	isAbstract := c.hidden[k.Name]
	for _, stmt := range k.Body {
		if assign, ok := stmt.(*python.Assign); ok && slices.Contains(names(assign.Targets[0]), "abstract") {
			isAbstract = isAbstract || isTrue(assign.Value)
		}
	}
	return (!k.isUser() && k.base != "LoadTestShape" || isAbstract) && k.base != "Exception"
}

// reemitHosts sets the host of classes that were converted before the locustfile set the host of their base class,
// HttpUser or FastHttpUser.
func (c *converter) reemitHosts(stmt *python.Assign) {
	target, _ := stmt.Targets[0].(*python.Attribute)
	name, _ := target.X.(*python.Name)
	for _, class := range c.classes {
		if class.base == "HttpUser" && class.isFast == (c.modules[name.ID] == "locust.FastHttpUser") && !class.has("host") {
			c.line("%s.host = %s", class.js, c.hosts[strings.TrimPrefix(c.modules[name.ID], "locust.")])
		}
	}
}

// importing records the meaning of imported names. Unknown modules and functions are reported where they are used.
func (c *converter) importing(stmt *python.Import) {
	for _, alias := range stmt.Names {
		switch {
		case alias.Name == "*":
			c.fail(stmt.Pos, "from %s import * is not supported: import the names", stmt.Module)
		case stmt.IsFrom:
			module := stmt.Module
			if strings.HasPrefix(module, "locust.") && alias.Name != "run_single_user" {
				module = "locust"
			}
			c.modules[alias.As] = module + "." + alias.Name
		case alias.As == alias.Name:
			first, _, _ := strings.Cut(alias.Name, ".")
			c.modules[first] = first
		default:
			c.modules[alias.As] = alias.Name
		}
	}
}

// qualified returns the full name of a module or of a part of it, such as "os.environ". For other expressions, it
// returns "".
func (c *converter) qualified(expr python.Expr) string {
	switch expr := expr.(type) {
	case *python.Name:
		if c.isLocal(expr.ID) || c.globals[expr.ID] {
			return ""
		}
		return c.modules[expr.ID]
	case *python.Attribute:
		if base := c.qualified(expr.X); base != "" {
			return base + "." + expr.Name
		}
	}
	return ""
}

func (c *converter) isLocal(name string) bool {
	for f := c.f; f != nil && f.id != ""; f = f.outer {
		if _, isParam := f.params[name]; isParam || f.locals[name] || f.self == name {
			return true
		}
	}
	return false
}

// flagOf returns the flag from which argparse derives the name of an argument: the first long flag, or the first flag
// if none is long.
func flagOf(args []python.Expr) (flag *python.Constant, ok bool) {
	for _, arg := range args {
		text, isText := arg.(*python.Constant)
		if !isText || text.Kind != python.String {
			return nil, false
		}
		isLong := strings.HasPrefix(text.Text, "--")
		if flag == nil || isLong && !strings.HasPrefix(flag.Text, "--") {
			flag = text
		}
	}
	return flag, flag != nil
}

// parser converts the command line arguments that a locustfile adds.
func (c *converter) parser(def *python.Def) {
	for _, stmt := range def.Body {
		expr, ok := stmt.(*python.ExprStmt)
		if !ok {
			c.fail(stmt.Position(), "a listener of events.init_command_line_parser may only call parser.add_argument")
			continue
		}
		call, ok := expr.X.(*python.Call)
		if !ok {
			continue
		}
		function, ok := call.Func.(*python.Attribute)
		if !ok || function.Name != "add_argument" || len(call.Args) == 0 {
			c.fail(call.Pos, "a listener of events.init_command_line_parser may only call parser.add_argument")
			continue
		}
		flag, ok := flagOf(call.Args)
		if !ok {
			c.fail(call.Pos, "the name of the argument must be a string")
			continue
		}
		field := strings.ReplaceAll(strings.TrimLeft(flag.Text, "-"), "-", "_")
		variable := strings.ToUpper(field)
		value := "''"
		convert, isSwitch := "", false
		for _, keyword := range call.Keywords {
			switch keyword.Name {
			case "env_var":
				if name, ok := keyword.Value.(*python.Constant); ok {
					variable = name.Text
				}
			case "default":
				value = c.expr(keyword.Value).js
			case "type":
				if name, ok := keyword.Value.(*python.Name); ok && (name.ID == "int" || name.ID == "float") {
					convert = map[string]string{"int": "pyInt", "float": "pyFloat"}[name.ID]
				} else if !ok || name.ID != "str" {
					c.fail(call.Pos, "the type of --%s must be str, int, or float", strings.TrimLeft(flag.Text, "-"))
				}
			case "action":
				if action, ok := keyword.Value.(*python.Constant); ok && action.Text == "store_true" {
					isSwitch = true
				} else {
					c.fail(call.Pos, "the action of --%s must be store_true", strings.TrimLeft(flag.Text, "-"))
				}
			case "help", "metavar", "choices", "required", "include_in_web_ui", "is_secret", "is_required", "is_multiple":
			default:
				c.fail(call.Pos, "the argument %s of parser.add_argument is not supported", keyword.Name)
			}
		}
		code := fmt.Sprintf("(__ENV[%s] ?? %s)", quote(variable), value)
		switch {
		case isSwitch && value != "''" && value != "false":
			c.fail(call.Pos, "the default of --%s must be False", strings.TrimLeft(flag.Text, "-"))
		case isSwitch:
			code = "pyIsOn(" + quote(variable) + ")"
		case convert != "":
			code = convert + code
		}
		c.arguments[field] = code
		c.note(call.Pos, "set %s with -e %s=VALUE", flag.Text, variable)
	}
}
