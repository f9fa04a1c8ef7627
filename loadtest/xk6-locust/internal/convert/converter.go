package convert

import (
	"fmt"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

type converter struct {
	out      strings.Builder
	depth    int
	problems map[conversion.Problem]bool
	notes    map[conversion.Problem]bool
	imports  map[string]bool
	// modules maps imported names to their full names, such as "random" or "time.sleep".
	modules   simplify.Imports
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
	// emitted contains the classes of the module that were converted, in their order.
	emitted []*class
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
	// resolving contains the variables and fields whose values are being resolved. It prevents endless recursion.
	resolving map[string]bool
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
		problems: map[conversion.Problem]bool{}, notes: map[conversion.Problem]bool{}, imports: map[string]bool{}, modules: simplify.Imports{},
		classes: map[string]*class{}, functions: map[string]*python.Def{}, methods: map[string]int{}, moduleDefs: map[string]bool{},
		known: types, types: map[string]string{}, knownAsync: async, async: map[string]bool{}, knownParams: params, params: map[string]string{},
		arguments: map[string]string{}, defaults: map[string]string{}, hosts: map[string]string{}, globals: map[string]bool{},
		hooks: map[string]int{}, watchers: map[string]bool{}, transferred: map[string]bool{}, unused: map[string]bool{},
		managers: map[string]bool{}, generators: map[string]bool{}, asyncLambdas: map[*python.Lambda]bool{},
		paths: map[string]python.Expr{}, bound: map[string]python.Expr{}, resolving: map[string]bool{}, pathArgs: map[python.Expr]bool{}, optional: map[string]bool{},
		parameters: map[string]bool{}, passedOn: map[python.Pos]bool{}, scoped: map[string]string{}, stored: map[python.Expr]code{},
		direct: map[*python.Comprehension]bool{}, lazy: map[*python.Comprehension]bool{}, unpacked: map[python.Expr]bool{}, mapped: map[python.Expr]bool{},
	}
}

func (c *converter) fail(pos python.Pos, format string, args ...any) {
	reporterTo(c.problems)(pos, format, args...)
}

func (c *converter) note(pos python.Pos, format string, args ...any) {
	reporterTo(c.notes)(pos, format, args...)
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

// resolve records that the value of a variable or field is being resolved, until the caller deletes it from c.resolving.
// It returns false if this is already recorded: the value then contains the variable or field itself.
func (c *converter) resolve(name string) bool {
	if c.resolving[name] {
		return false
	}
	c.resolving[name] = true
	return true
}

func (c *converter) isLocal(name string) bool {
	for f := c.f; f != nil && f.id != ""; f = f.outer {
		if _, isParam := f.params[name]; isParam || f.locals[name] || f.self == name {
			return true
		}
	}
	return false
}
