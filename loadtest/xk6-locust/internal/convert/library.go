package convert

import (
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// libraryFunction describes a function in Python's library: its counterpart, its result type, and its argument names.
type libraryFunction struct {
	js, t  string
	params []string
}

// library contains functions whose calls become calls to a single function in JavaScript.
var library = map[string]libraryFunction{
	"random.random":                 {"Math.random", realType, nil},
	"random.randint":                {"pyRandint", intType, []string{"a", "b"}},
	"random.choice":                 {"pyChoice", anyType, []string{"seq"}},
	"secrets.choice":                {"pyChoice", anyType, []string{"seq"}},
	"random.sample":                 {"pySample", listType, []string{"population", "k"}},
	"random.shuffle":                {"pyShuffle", noneType, []string{"x"}},
	"json.loads":                    {"pyLoads", anyType, []string{"s"}},
	"math.floor":                    {"pyFloor", intType, []string{"x"}},
	"math.ceil":                     {"pyCeil", intType, []string{"x"}},
	"math.trunc":                    {"pyTrunc", intType, []string{"x"}},
	"math.sqrt":                     {"Math.sqrt", floatType, []string{"x"}},
	"math.sin":                      {"Math.sin", floatType, []string{"x"}},
	"math.cos":                      {"Math.cos", floatType, []string{"x"}},
	"math.exp":                      {"Math.exp", floatType, []string{"x"}},
	"math.tan":                      {"Math.tan", floatType, []string{"x"}},
	"uuid.uuid4":                    {"pyUuid4", strType, nil},
	"urllib.parse.quote":            {"pyQuote", strType, []string{"string", "safe"}},
	"urllib.parse.urlencode":        {"pyUrlencode", strType, []string{"query"}},
	"copy.deepcopy":                 {"pyDeepcopy", anyType, []string{"x"}},
	"dataclasses.asdict":            {"pyAsdict", dictType, []string{"obj"}},
	"urllib.parse.quote_plus":       {"pyQuotePlus", strType, []string{"string"}},
	"urllib.parse.unquote":          {"pyUnquote", strType, []string{"string"}},
	"urllib.parse.unquote_plus":     {"pyUnquotePlus", strType, []string{"string"}},
	"urllib.parse.urljoin":          {"pyUrljoin", strType, []string{"base", "url"}},
	"urllib.parse.parse_qs":         {"pyParseQs", dictType, []string{"qs"}},
	"urllib.parse.parse_qsl":        {"pyParseQsl", listType, []string{"qs"}},
	"urllib.parse.urlparse":         {"pyUrlparse", urlType, []string{"url"}},
	"urllib.parse.urlsplit":         {"pyUrlparse", urlType, []string{"url"}},
	"itertools.islice":              {"pyIslice", listType, []string{"", "", "", ""}},
	"itertools.permutations":        {"pyPermutations", listType, []string{"iterable", "r"}},
	"itertools.combinations":        {"pyCombinations", listType, []string{"iterable", "r"}},
	"itertools.repeat":              {"pyRepeat", listType, []string{"object", "times"}},
	"itertools.pairwise":            {"pyPairwise", listType, []string{"iterable"}},
	"math.log":                      {"pyLog", floatType, []string{"x", "base"}},
	"math.log2":                     {"Math.log2", floatType, []string{"x"}},
	"math.log10":                    {"Math.log10", floatType, []string{"x"}},
	"math.pow":                      {"Math.pow", floatType, []string{"x", "y"}},
	"math.hypot":                    {"Math.hypot", floatType, []string{"x", "y"}},
	"math.fabs":                     {"Math.abs", floatType, []string{"x"}},
	"random.triangular":             {"pyTriangular", realType, []string{"low", "high", "mode"}},
	"random.lognormvariate":         {"pyLognormal", realType, []string{"mu", "sigma"}},
	"random.paretovariate":          {"pyPareto", realType, []string{"alpha"}},
	"random.weibullvariate":         {"pyWeibull", realType, []string{"alpha", "beta"}},
	"random.getrandbits":            {"pyBits", intType, []string{"k"}},
	"secrets.randbits":              {"pyBits", intType, []string{"k"}},
	"secrets.token_urlsafe":         {"pyTokenUrlsafe", strType, []string{"nbytes"}},
	"uuid.uuid1":                    {"pyUuid1", strType, nil},
	"re.escape":                     {"pyEscape", strType, []string{"pattern"}},
	"os.path.basename":              {"pyBasename", strType, []string{"p"}},
	"functools.reduce":              {"pyReduce", anyType, []string{"function", "sequence", "initial"}},
	"itertools.accumulate":          {"pyAccumulate", listType, []string{"iterable", "func"}},
	"itertools.takewhile":           {"pyTakewhile", listType, []string{"predicate", "iterable"}},
	"itertools.dropwhile":           {"pyDropwhile", listType, []string{"predicate", "iterable"}},
	"itertools.starmap":             {"pyStarmap", listType, []string{"function", "iterable"}},
	"itertools.groupby":             {"pyGroupby", listType, []string{"iterable", "key"}},
	"textwrap.dedent":               {"pyDedent", strType, []string{"text"}},
	"uuid.UUID":                     {"pyUuidOf", strType, []string{"hex"}},
	"itertools.chain.from_iterable": {"pyFlat", listType, []string{"iterable"}},
}

// callers contains the functions of the library that call their arguments.
var callers = []string{"functools.reduce", "itertools.accumulate", "itertools.takewhile", "itertools.dropwhile", "itertools.starmap", "itertools.groupby"}

func (c *converter) libraryCall(call *python.Call, full string) code {
	if slices.Contains(callers, full) {
		c.checkCallbacks(call)
	}
	for _, convert := range []func(*python.Call, string) (code, bool){
		c.numberLibrary, c.randomLibrary, c.concurrencyLibrary, c.containerLibrary, c.fileLibrary, c.timeLibrary, c.hashLibrary, c.encodingLibrary,
		c.functionLibrary, c.locustLibrary, c.leftOutLibrary, c.loggingLibrary,
	} {
		if result, ok := convert(call, full); ok {
			return result
		}
	}
	switch full {
	case "os.environ.get", "os.getenv":
		args := c.positional(call, "key", "default")
		if len(args) == 2 {
			return code{js: "(__ENV[" + args[0] + "] ?? " + args[1] + ")", t: anyType, isPure: true}
		}
		if len(args) == 1 {
			return code{js: "(__ENV[" + args[0] + "] ?? null)", t: anyType, isPure: true}
		}
	case "re.search", "re.match", "re.fullmatch", "re.findall", "re.finditer", "re.sub", "re.split", "re.compile":
		return c.regex(call, strings.TrimPrefix(full, "re."))
	case "pyquery.PyQuery":
		return c.page(call)
	case "json.dumps":
		return c.dumps(call)
	case "faker.Faker", "faker.Factory.create":
		return c.faker(call)
	}
	if method, ok := strings.CutPrefix(full, "requests."); ok {
		if method == "Session" && hasNone(call) {
			c.usesHTTP = true
			return code{js: "new PySession()", t: sessionType}
		}
		return c.pythonRequest(call, method, code{})
	}
	function, ok := library[full]
	if !ok {
		return c.unsupported(call, "%s() is not available in k6", full)
	}
	return code{js: function.js + "(" + strings.Join(c.positional(call, function.params...), ", ") + ")", t: function.t}
}

// sleep converts a call to Python's sleep. Outside of functions that run alongside the users, the call must have access
// to a user.
func (c *converter) sleep(call *python.Call) code {
	args := c.args(call)
	if len(args) != 1 {
		return c.unsupported(call, "sleep needs one argument")
	}
	if c.value(call.Args[0]).t == anyType {
		args[0] = "pyNumber(" + args[0] + ")"
	}
	if _, isWatcher := c.hasEnvironment(); isWatcher {
		c.f.isAsync = true
		return code{js: "await pyPause(" + args[0] + ")", t: noneType, isOpen: true}
	}
	for f := c.f; f != nil; f = f.outer {
		if f.of != nil && f.of.hasTasks() && !c.inClassMethod() {
			c.f.isAsync = true
			return code{js: "await this.sleep(" + args[0] + ")", t: noneType, isOpen: true}
		}
		for _, name := range slices.Sorted(maps.Keys(f.params)) {
			if c.knownParams[f.params[name]] == "user" {
				c.f.isAsync = true
				return code{js: "await " + jsName(name) + ".sleep(" + args[0] + ")", t: noneType, isOpen: true}
			}
		}
	}
	return c.unsupported(call, "sleep is only supported in methods of users and task sets, and in functions that get the user as an argument")
}

// seed converts random.seed(). Without a fixed value, it has no effect on the load.
func (c *converter) seed(call *python.Call) code {
	isRandom := hasNone(call)
	if len(call.Args) == 1 {
		value, isCall := call.Args[0].(*python.Call)
		isRandom = isCall && slices.Contains([]string{"time.time", "time.time_ns", "os.urandom", "os.getpid", "uuid.uuid4"}, c.qualified(value.Func)) || c.expr(call.Args[0]).t == noneType
	}
	if !isRandom {
		return c.unsupported(call, "%s is not supported, because k6 cannot repeat Python's random numbers: remove it, or take the values from a list", c.source(call))
	}
	return code{js: "null", t: noneType, isPure: true}
}

func (c *converter) dumps(call *python.Call) code {
	args, ok := python.Bind(call, "obj")
	if !ok || args["obj"] == nil {
		return c.unsupported(call, "json.dumps() needs one positional argument")
	}
	var options []string
	for _, keyword := range call.Keywords {
		value := c.value(keyword.Value)
		list, isList := keyword.Value.(*python.Sequence)
		switch {
		case keyword.Name == "obj":
		case keyword.Name == "sort_keys" && value.t == boolType:
			options = append(options, "isSorted: "+value.js)
		case keyword.Name == "ensure_ascii" && value.t == boolType:
			options = append(options, "isASCII: "+value.js)
		case keyword.Name == "indent" && (value.t == intType || value.t == noneType):
			if value.t == intType {
				options = append(options, "indent: "+value.js)
			}
		case keyword.Name == "separators" && isList && len(list.Items) == 2:
			options = append(options, "separators: "+value.js)
		default:
			return c.unsupported(call, "the argument %s of json.dumps() is not supported", python.ShownName(keyword.Name))
		}
	}
	text := c.value(args["obj"]).js
	if len(options) > 0 {
		text += ", { " + strings.Join(options, ", ") + " }"
	}
	return code{js: "pyDumps(" + text + ")", t: strType}
}
