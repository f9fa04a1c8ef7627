package convert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// args converts the positional arguments.
func (c *converter) args(call *python.Call) []string {
	var list []string
	for _, arg := range call.Args {
		if starred, ok := arg.(*python.Starred); ok {
			list = append(list, "..."+iterable(c.value(starred.X)))
			continue
		}
		list = append(list, c.value(arg).js)
	}
	return list
}

// keptArgs converts the positional arguments of a call that keeps them, or passes them to a function of unknown parameters.
func (c *converter) keptArgs(call *python.Call) []string {
	list := c.args(call)
	for i, arg := range call.Args {
		if _, isStarred := arg.(*python.Starred); !isStarred {
			list[i] = c.kept(arg).js
		}
	}
	return list
}

// positional converts all arguments to positional arguments, in the order of names. It reports arguments that are
// missing from names.
func (c *converter) positional(call *python.Call, names ...string) []string {
	list := c.args(call)
	if len(list) > len(names) {
		c.fail(call.Pos, "%s has too many arguments for the converter", c.source(call))
	}
	for _, keyword := range call.Keywords {
		at := slices.Index(names, keyword.Name)
		if at < 0 {
			c.fail(call.Pos, "the argument %s of %s is not supported", keyword.Name, c.source(call))
			continue
		}
		for len(list) <= at {
			list = append(list, "undefined")
		}
		list[at] = c.value(keyword.Value).js
	}
	return list
}

// bind returns the arguments of a call by the names of its parameters. It returns false if there are too many. Keywords
// may have any name.
func bind(call *python.Call, names ...string) (map[string]python.Expr, bool) {
	if len(call.Args) > len(names) {
		return nil, false
	}
	args := map[string]python.Expr{}
	for i, name := range names[:len(call.Args)] {
		args[name] = call.Args[i]
	}
	for _, keyword := range call.Keywords {
		args[keyword.Name] = keyword.Value
	}
	return args, true
}

// firstArgument returns the first argument of a call, which may have a name.
func firstArgument(call *python.Call, name string) python.Expr {
	args, _ := bind(call, name, "")
	return args[name]
}

// libraryFunction describes a function of Python's library: its counterpart, its result type, and its argument names.
type libraryFunction struct {
	js, t  string
	params []string
}

var library = map[string]libraryFunction{
	"random.random":          {"Math.random", realType, nil},
	"random.randint":         {"pyRandint", intType, []string{"a", "b"}},
	"random.choice":          {"pyChoice", anyType, []string{"seq"}},
	"secrets.choice":         {"pyChoice", anyType, []string{"seq"}},
	"random.sample":          {"pySample", listType, []string{"population", "k"}},
	"random.shuffle":         {"pyShuffle", noneType, []string{"x"}},
	"json.loads":             {"JSON.parse", anyType, []string{"s"}},
	"math.floor":             {"Math.floor", intType, []string{"x"}},
	"math.ceil":              {"Math.ceil", intType, []string{"x"}},
	"math.sqrt":              {"Math.sqrt", floatType, []string{"x"}},
	"math.sin":               {"Math.sin", floatType, []string{"x"}},
	"math.cos":               {"Math.cos", floatType, []string{"x"}},
	"math.exp":               {"Math.exp", floatType, []string{"x"}},
	"math.tan":               {"Math.tan", floatType, []string{"x"}},
	"uuid.uuid4":             {"pyUuid4", strType, nil},
	"urllib.parse.quote":     {"pyQuote", strType, []string{"string", "safe"}},
	"urllib.parse.urlencode": {"pyUrlencode", strType, []string{"query"}},
	"copy.deepcopy":          {"pyDeepcopy", anyType, []string{"x"}},
	"dataclasses.asdict":     {"pyAsdict", dictType, []string{"obj"}},
}

var builtins = map[string]libraryFunction{
	"len": {"pyLen", intType, []string{"obj"}}, "abs": {"pyAbs", anyType, []string{"x"}}, "int": {"pyInt", intType, []string{"x"}},
	"float": {"pyFloat", floatType, []string{"x"}}, "repr": {"pyRepr", strType, []string{"x"}},
	"sorted": {"pySorted", listType, []string{"iterable", "key", "reverse"}}, "sum": {"pySum", anyType, []string{"iterable", "start"}},
	"zip": {"pyZip", listType, nil}, "min": {"pyMin", anyType, nil}, "max": {"pyMax", anyType, nil},
}

func (c *converter) call(call *python.Call) code {
	if full := c.qualified(call.Func); full != "" {
		return c.libraryCall(call, full)
	}
	switch callee := call.Func.(type) {
	case *python.Name:
		return c.nameCall(call, callee)
	case *python.Attribute:
		return c.methodCall(call, callee)
	}
	return c.unsupported(call, "a call to %s is not supported", c.source(call.Func))
}

func (c *converter) libraryCall(call *python.Call, full string) code {
	switch full {
	case "time.sleep", "gevent.sleep":
		return c.sleep(call)
	case "time.time", "time.perf_counter", "time.monotonic":
		return code{js: "(Date.now() / 1000)", t: realType}
	case "random.uniform":
		args := c.positional(call, "a", "b")
		if len(args) == 2 {
			return code{js: fmt.Sprintf("%s + (%s - %s) * Math.random()", args[0], args[1], args[0]), t: realType, isOpen: true}
		}
	case "random.expovariate":
		if args := c.positional(call, "lambd"); len(args) == 1 {
			return code{js: "-Math.log(1 - Math.random()) / (" + args[0] + ")", t: realType, isOpen: true}
		}
	case "random.randrange":
		switch args := c.args(call); {
		case len(call.Keywords) > 0:
		case len(args) == 1:
			return code{js: "pyRandint(0, " + args[0] + " - 1)", t: intType}
		case len(args) == 2:
			return code{js: "pyRandint(" + args[0] + ", " + args[1] + " - 1)", t: intType}
		case len(args) == 3:
			return code{js: "pyChoice(pyRange(" + strings.Join(args, ", ") + "))", t: intType}
		}
	case "random.seed":
		return c.seed(call)
	case "random.choices":
		return code{js: "pyChoices(" + strings.Join(c.positional(call, "population", "weights", "cum_weights", "k"), ", ") + ")", t: listType}
	case "os.environ.get", "os.getenv":
		args := c.positional(call, "key", "default")
		if len(args) == 2 {
			return code{js: "(__ENV[" + args[0] + "] ?? " + args[1] + ")", t: anyType, isPure: true}
		}
		if len(args) == 1 {
			return code{js: "(__ENV[" + args[0] + "] ?? null)", t: anyType, isPure: true}
		}
	case "re.search", "re.match", "re.fullmatch", "re.findall":
		if len(call.Args) != 2 || len(call.Keywords) > 0 {
			return c.unsupported(call, "flags of regular expressions are not supported")
		}
		text := c.value(call.Args[1]).js
		if full == "re.findall" {
			return code{js: "pyFindAll(" + c.pattern(call.Args[0], "", "g") + ", " + text + ")", t: listType}
		}
		anchor := map[string]string{"re.match": "^(?:%s)", "re.fullmatch": "^(?:%s)$"}[full]
		return code{js: "pyMatch(" + c.pattern(call.Args[0], anchor, "") + ", " + text + groupNames(call.Args[0]) + ")", t: "match"}
	case "re.sub":
		return c.substitution(call)
	case "locust.events.request.fire":
		return c.fire(call)
	case "gevent.spawn":
		return c.spawn(call)
	case "pyquery.PyQuery":
		return c.page(call)
	case "locust.HttpSession":
		return c.session(call)
	case "json.dumps":
		return c.dumps(call)
	case "itertools.count":
		return code{js: "new PyCount(" + strings.Join(c.positional(call, "start", "step"), ", ") + ")", t: endlessType}
	case "itertools.chain", "itertools.product":
		if len(call.Keywords) == 0 {
			var lists []string
			for _, arg := range call.Args {
				lists = append(lists, iterable(c.value(arg)))
			}
			if full == "itertools.chain" {
				return code{js: "[" + strings.Join(lists, ", ") + "].flat()", t: listType}
			}
			return code{js: "pyProduct(" + strings.Join(lists, ", ") + ")", t: listType}
		}
	case "collections.deque":
		if args := c.positional(call, "iterable", "maxlen"); len(args) <= 2 {
			return code{js: "new PyDeque(" + strings.Join(args, ", ") + ")", t: dequeType}
		}
	case "threading.Lock", "threading.RLock", "gevent.lock.RLock", "gevent.lock.BoundedSemaphore", "gevent.lock.Semaphore", "threading.Semaphore":
		if len(call.Args)+len(call.Keywords) == 0 {
			return code{js: "null", t: lockType, isPure: true}
		}
	case "io.BytesIO", "io.StringIO":
		return c.memoryFile(call, full)
	case "os.urandom", "random.randbytes", "secrets.token_bytes":
		if len(call.Args) == 1 && len(call.Keywords) == 0 {
			return code{js: "pyRandomBytes(" + c.args(call)[0] + ")", t: binaryType}
		}
	case "os.path.exists", "os.path.isfile":
		return c.exists(call)
	case "random.gauss", "random.normalvariate":
		if args := c.positional(call, "mu", "sigma"); len(args) == 2 {
			return code{js: "pyGauss(" + args[0] + ", " + args[1] + ")", t: realType}
		}
	case "secrets.token_hex":
		if len(call.Args) == 1 && len(call.Keywords) == 0 {
			return code{js: "pyChoices('0123456789abcdef', undefined, undefined, 2 * " + c.value(call.Args[0]).operand() + ").join('')", t: strType}
		}
	case "secrets.randbelow":
		if len(call.Args) == 1 && len(call.Keywords) == 0 {
			return code{js: "pyRandint(0, " + c.value(call.Args[0]).operand() + " - 1)", t: intType}
		}
	case "urllib3.disable_warnings", "requests.packages.urllib3.disable_warnings", "warnings.filterwarnings", "warnings.simplefilter":
		c.note(call.Pos, "%s was left out: k6 prints no such warnings", c.source(call))
		return code{js: "null", t: noneType, isPure: true}
	case "dotenv.load_dotenv":
		c.note(call.Pos, "%s was left out: k6 does not read .env files, so set their variables in the environment", c.source(call))
		return code{js: "true", t: boolType, isPure: true}
	case "queue.Queue", "queue.SimpleQueue", "gevent.queue.Queue":
		if len(call.Args)+len(call.Keywords) == 0 {
			return code{js: "new PyQueue()", t: queueType}
		}
		return c.unsupported(call, "a queue with a maximum size is not supported")
	case "collections.defaultdict":
		if len(call.Args) == 1 && len(call.Keywords) == 0 {
			factory := &python.Lambda{Pos: call.Pos, Body: &python.Call{Pos: call.Pos, Func: call.Args[0]}}
			return code{js: "pyDefaultDict(" + c.value(factory).js + ")", t: dictType}
		}
	case "collections.OrderedDict":
		return c.nameCall(call, &python.Name{Pos: call.Pos, ID: "dict"})
	case "csv.reader", "csv.DictReader", "itertools.cycle":
		return c.iteratorCall(call, full)
	case "json.load":
		if len(call.Args) == 1 && len(call.Keywords) == 0 {
			if file := c.value(call.Args[0]); file.t == fileType {
				return code{js: "JSON.parse(" + file.operand() + ".read())", t: anyType}
			}
		}
	}
	if result, ok := c.base64(call, full); ok {
		return result
	}
	if name, ok := strings.CutPrefix(full, "logging."); ok {
		switch name {
		case "getLogger", "StreamHandler", "FileHandler", "Formatter", "NullHandler":
			if name != "getLogger" {
				c.note(call.Pos, "%s was left out: k6 writes the log", c.source(call))
			}
			return code{js: "console", t: loggerType, isPure: true}
		case "basicConfig", "disable":
			c.note(call.Pos, "%s was left out: k6 writes the log", c.source(call))
			return code{js: "null", t: noneType, isPure: true}
		}
		return c.loggerCall(call, name)
	}
	if method, ok := strings.CutPrefix(full, "requests."); ok {
		return c.pythonRequest(call, method)
	}
	if strings.HasPrefix(full, "datetime.") || full == "time.strftime" {
		return c.datetime(call, full)
	}
	if full == "faker.Faker" || full == "faker.Factory.create" {
		return c.faker(call)
	}
	function, ok := library[full]
	if !ok {
		return c.unsupported(call, "%s() is not available in k6", full)
	}
	return code{js: function.js + "(" + strings.Join(c.positional(call, function.params...), ", ") + ")", t: function.t}
}

// sleep converts a call to Python's sleep. The Python function that contains the call must have access to a user.
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
		for name, key := range f.params {
			if c.knownParams[key] == "user" {
				c.f.isAsync = true
				return code{js: "await " + jsName(name) + ".sleep(" + args[0] + ")", t: noneType, isOpen: true}
			}
		}
	}
	return c.unsupported(call, "sleep is only supported in users and task sets")
}

// seed converts random.seed(). Without a fixed value, it has no effect on the load.
func (c *converter) seed(call *python.Call) code {
	isRandom := len(call.Args)+len(call.Keywords) == 0
	if len(call.Args) == 1 {
		value, isCall := call.Args[0].(*python.Call)
		isRandom = isCall && slices.Contains([]string{"time.time", "time.time_ns", "os.urandom", "os.getpid", "uuid.uuid4"}, c.qualified(value.Func)) || c.expr(call.Args[0]).t == noneType
	}
	if !isRandom {
		return c.unsupported(call, "%s is not supported, because k6 cannot repeat Python's random numbers: remove it, or take the values from a list", c.source(call))
	}
	return code{js: "null", t: noneType, isPure: true}
}

// dumps converts json.dumps().
func (c *converter) dumps(call *python.Call) code {
	args, ok := bind(call, "obj")
	if !ok || args["obj"] == nil {
		return c.unsupported(call, "json.dumps() needs one argument without a name")
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
		case keyword.Name == "separators" && isList && len(list.Items) == 2:
			options = append(options, "separators: "+value.js)
		default:
			return c.unsupported(call, "the argument %s of json.dumps() is not supported", keyword.Name)
		}
	}
	text := c.value(args["obj"]).js
	if len(options) > 0 {
		text += ", { " + strings.Join(options, ", ") + " }"
	}
	return code{js: "pyDumps(" + text + ")", t: strType}
}

func (c *converter) fire(call *python.Call) code {
	names := map[string]string{
		"request_type": "requestType", "name": "name", "response_time": "responseTime", "response_length": "responseLength",
		"exception": "exception",
	}
	var items []string
	for _, keyword := range call.Keywords {
		switch {
		case names[keyword.Name] != "":
			items = append(items, names[keyword.Name]+": "+c.value(keyword.Value).js)
		case keyword.Name != "context":
			c.fail(call.Pos, "the argument %s of events.request.fire is not supported", keyword.Name)
		}
	}
	return code{js: "locust.events.request.fire({ " + strings.Join(items, ", ") + " })", t: noneType}
}

// session converts HttpSession(base_url=…, request_event=…, user=…), which creates an additional client of a user.
func (c *converter) session(call *python.Call) code {
	names := []string{"base_url", "request_event", "user"}
	args, ok := bind(call, names...)
	if !ok {
		return c.unsupported(call, "HttpSession has too many arguments")
	}
	for _, keyword := range call.Keywords {
		if !slices.Contains(names, keyword.Name) && keyword.Name != "pool_manager" {
			return c.unsupported(call, "the argument %s of HttpSession is not supported", keyword.Name)
		}
	}
	if args["base_url"] == nil || args["user"] == nil {
		return c.unsupported(call, "HttpSession needs base_url and user")
	}
	if event, ok := args["request_event"].(*python.Attribute); !ok || event.Name != "request_event" && event.Name != "request" {
		return c.unsupported(call, "request_event must be self.client.request_event or self.environment.events.request")
	}
	for _, k := range c.classes {
		if k.isFast {
			return c.unsupported(call, "HttpSession and FastHttpUser encode forms differently: use HttpUser")
		}
	}
	user := c.value(args["user"])
	if user.t != "self" && user.t != "user" {
		return c.unsupported(call, "the user of HttpSession must be self or self.user")
	}
	if text, ok := args["base_url"].(*python.Constant); ok && strings.HasSuffix(text.Text, "/") {
		return c.unsupported(call, "base_url must not end with a slash, which Locust sends twice")
	}
	return code{js: "new " + c.use("HttpSession") + "(" + user.js + ", " + c.value(args["base_url"]).js + ")", t: "client"}
}

func (c *converter) nameCall(call *python.Call, callee *python.Name) code {
	name := callee.ID
	if k := c.classes[name]; k != nil && !c.isLocal(name) {
		switch {
		case k.isEnum():
			if args := c.args(call); len(args) == 1 && len(call.Keywords) == 0 {
				return code{js: "pyMemberOf(" + k.js + ", " + args[0] + ")", t: memberType + name}
			}
			return c.unsupported(call, "%s() needs one value", name)
		case k.base != "":
			return c.unsupported(call, "%s() is not supported: Locust creates its objects", name)
		}
		return code{js: "new " + k.js + "(" + strings.Join(c.ownArgs(call, c.creator(k), 0, c.initOf(k)), ", ") + ")", t: objectType + name}
	}
	if c.inClassMethod() && c.isLocal(name) {
		if class, ok := strings.CutPrefix(c.name(callee).t, "class:"); ok {
			k := c.classes[class]
			if k.base != "" {
				return c.unsupported(call, "%s() is not supported: Locust creates its objects", name)
			}
			// The call may create an object of a subclass. Its constructor then gets the same arguments.
			for _, other := range c.classes {
				if other.extends(k) && other.method("__init__") != nil {
					c.ownArgs(call, other.Name, 0, c.initOf(other))
				}
			}
			return code{js: "new " + c.name(callee).js + "(" + strings.Join(c.ownArgs(call, c.creator(k), 0, c.initOf(k)), ", ") + ")", t: objectType + class}
		}
	}
	if def := c.functions[name]; def != nil && !c.isLocal(name) {
		if c.f.of != nil && c.isBlocking(def.Body) {
			return c.unsupported(call, "%s makes requests without the user's client, which would block all users of the runtime", c.source(call))
		}
		return c.ownCall(call, jsName(name), name, 0, def.Params)
	}
	if (c.isLocal(name) || c.globals[name]) && c.name(callee).t == pageType {
		return c.selectElements(call, callee)
	}
	if c.isLocal(name) || c.globals[name] {
		text := jsName(name) + "(" + strings.Join(c.keptArgs(call), ", ") + ")"
		if len(call.Keywords) > 0 {
			c.fail(call.Pos, "keyword arguments are supported only for functions that the locustfile or its modules define")
		}
		if c.knownAsync[name] {
			c.f.isAsync = true
			return code{js: "await " + text, t: anyType, isOpen: true}
		}
		return code{js: text, t: anyType}
	}
	if len(call.Args) < needed[name] {
		return c.unsupported(call, "%s() has too few arguments", name)
	}
	if limit, isLimited := allowed[name]; isLimited && len(call.Args) > limit {
		return c.unsupported(call, "%s() has too many arguments for the converter", name)
	}
	if len(call.Keywords) > 0 && slices.Contains(positionalOnly, name) {
		return c.unsupported(call, "keyword arguments are not supported for %s()", name)
	}
	if (exceptions[name] || name == "Exception") && len(call.Args) <= 1 && len(call.Keywords) == 0 {
		message := ""
		if len(call.Args) == 1 && name != "KeyError" {
			message = ", " + c.value(call.Args[0]).js
		} else if len(call.Args) == 1 {
			message = ", pyRepr(" + c.value(call.Args[0]).js + ")"
		}
		return code{js: "new PyError(" + quote(name) + message + ")", t: "exception"}
	}
	switch name {
	case "print":
		return c.print(call)
	case "open":
		return c.open(call)
	case "next":
		return c.next(call)
	case "iter":
		if len(call.Args) == 1 {
			value := c.value(call.Args[0])
			if isIterator(value.t) {
				return value
			}
			return code{js: "new PyListIterator(" + iterable(value) + ")", t: iteratorType}
		}
	case "len":
		value := c.value(call.Args[0])
		switch {
		case strings.HasPrefix(value.t, enumType):
			return code{js: iterable(value) + ".length", t: intType, isPure: true}
		case value.t == binaryType:
			return code{js: value.operand() + ".byteLength", t: intType, isPure: value.isPure}
		case value.t == bytesType:
			if response, ok := strings.CutSuffix(value.js, ".text"); ok {
				return code{js: response + ".content.byteLength", t: intType, isPure: true}
			}
			return c.unsupported(call, "len() of bytes is only supported for response.content")
		}
	case "zip", "enumerate", "map", "filter", "any", "all":
		for _, arg := range call.Args {
			if isIterator(c.expr(arg).t) {
				return c.unsupported(call, "%s() of a file or an iterator is not supported: use list() first", name)
			}
		}
	}
	switch name {
	case "int", "float":
		if len(call.Args)+len(call.Keywords) == 0 {
			return code{js: "0", t: map[string]string{"int": intType, "float": floatType}[name], isPure: true}
		}
	case "str":
		if len(call.Args) == 0 {
			return code{js: "''", t: strType, isPure: true}
		}
		value := c.value(call.Args[0])
		if len(call.Args) == 2 {
			if value.t != bytesType || !isUTF8(&python.Call{Pos: call.Pos, Args: call.Args[1:]}) {
				return c.unsupported(call, "str() with an encoding is only supported for bytes of UTF-8 text")
			}
			return code{js: value.js, t: strType, isPure: value.isPure, isOpen: value.isOpen}
		}
		c.notBytes(call.Args[0], value)
		return textOfValue(value)
	case "bool":
		if len(call.Args) == 1 {
			return code{js: "(" + c.condition(call.Args[0]) + ")", t: boolType}
		}
	case "list", "tuple", "set":
		items := "[]"
		if len(call.Args) == 1 {
			items = "[..." + iterable(c.value(call.Args[0])) + "]"
		}
		switch name {
		case "set":
			return code{js: "new Set<any>(" + items + ")", t: setType}
		case "tuple":
			items = c.tuple(call, items)
		}
		return code{js: items, t: name}
	case "dict":
		if len(call.Args) > 1 {
			return c.unsupported(call, "dict() has too many arguments")
		}
		if len(call.Keywords) > 0 || len(call.Args) == 0 {
			dict := &python.Dict{Pos: call.Pos}
			if len(call.Args) == 1 {
				dict.Keys, dict.Values = []python.Expr{nil}, []python.Expr{&python.Call{Pos: call.Pos, Func: call.Func, Args: call.Args}}
			}
			for _, keyword := range call.Keywords {
				var key python.Expr
				if keyword.Name != "" {
					key = &python.Constant{Pos: call.Pos, Kind: python.String, Text: keyword.Name}
				}
				dict.Keys = append(dict.Keys, key)
				dict.Values = append(dict.Values, keyword.Value)
			}
			return c.dict(dict)
		}
		value := c.value(call.Args[0])
		if value.t == dictType {
			return code{js: "{ ..." + value.operand() + " }", t: dictType}
		}
		if value.t == listType {
			return code{js: "pyDict(" + value.js + ")", t: dictType}
		}
		if value.t == anyType {
			return code{js: "pyDictCopy(" + value.js + ")", t: dictType}
		}
	case "range":
		args := c.args(call)
		if len(args) == 1 {
			args = []string{"0", args[0]}
		}
		return code{js: "pyRange(" + strings.Join(args, ", ") + ")", t: "range"}
	case "enumerate":
		args := c.positional(call, "iterable", "start")
		start := ""
		if len(args) == 2 {
			start = args[1] + " + "
		}
		return code{js: "pyIter(" + args[0] + ").map((pyItem: any, pyI: number) => " + c.tuple(call, "["+start+"pyI, pyItem]") + ")", t: listType}
	case "reversed":
		return code{js: "[...pyIter(" + c.args(call)[0] + ")].reverse()", t: listType}
	case "any", "all":
		method := map[string]string{"any": "some", "all": "every"}[name]
		return code{js: iterable(c.value(call.Args[0])) + "." + method + "(pyTruthy)", t: boolType}
	case "map", "filter":
		if len(call.Args) == 2 {
			function, items := c.value(call.Args[0]), iterable(c.value(call.Args[1]))
			if name == "filter" && function.t == noneType {
				return code{js: items + ".filter(pyTruthy)", t: listType}
			}
			if name == "map" {
				return code{js: items + ".map((pyItem: any) => (" + function.js + ")(pyItem))", t: listType}
			}
			return code{js: items + ".filter((pyItem: any) => pyTruthy((" + function.js + ")(pyItem)))", t: listType}
		}
	case "round":
		args := c.positional(call, "number", "ndigits")
		if len(args) < 2 || args[0] == "undefined" {
			return code{js: "pyRound(" + strings.Join(args, ", ") + ")", t: intType}
		}
		if number := c.value(firstArgument(call, "number")); number.isNumber() {
			return code{js: "pyRound(" + strings.Join(args, ", ") + ")", t: map[bool]string{true: floatType, false: intType}[number.isFloat()]}
		}
		return code{js: "pyRoundAny(" + strings.Join(args, ", ") + ")", t: anyType}
	case "repr":
		if x := c.value(firstArgument(call, "x")); x.isFloat() {
			return textOfValue(x)
		}
	case "abs":
		if len(call.Args) == 1 && len(call.Keywords) == 0 {
			if x := c.value(call.Args[0]); x.isNumber() {
				return code{js: "Math.abs(" + x.js + ")", t: x.t, isPure: x.isPure}
			}
		}
	case "isinstance":
		return c.isInstance(call)
	case "getattr", "hasattr":
		return c.attributeCall(call, name)
	}
	function, ok := builtins[name]
	if !ok {
		return c.unsupported(call, "%s() is not supported", name)
	}
	var args []string
	if function.params == nil {
		args = c.keptArgs(call)
		if (name == "min" || name == "max") && len(args) == 1 && len(call.Keywords) == 1 && call.Keywords[0].Name == "key" {
			sign := map[string]string{"min": "1", "max": "-1"}[name]
			return code{js: "pyExtreme(" + args[0] + ", " + c.value(call.Keywords[0].Value).js + ", " + sign + ")", t: anyType}
		}
		if len(call.Keywords) > 0 {
			c.fail(call.Pos, "keyword arguments are not supported for %s()", name)
		}
	} else {
		args = c.positional(call, function.params...)
	}
	return code{js: function.js + "(" + strings.Join(args, ", ") + ")", t: function.t, isPure: name == "len"}
}

// attributeCall converts getattr() and hasattr() of a field that the locustfile defines.
func (c *converter) attributeCall(call *python.Call, function string) code {
	count := map[string]int{"getattr": 3, "hasattr": 2}[function]
	if len(call.Keywords) > 0 || len(call.Args) < 2 || len(call.Args) > count {
		return c.unsupported(call, "these arguments of %s() are not supported", function)
	}
	name, ok := call.Args[1].(*python.Constant)
	if !ok || name.Kind != python.String {
		return c.unsupported(call, "the name in %s() must be a string literal", function)
	}
	field := c.attribute(&python.Attribute{Pos: call.Pos, X: call.Args[0], Name: name.Text})
	object := c.value(call.Args[0])
	if object.t != "self" && object.t != "user" && !strings.HasPrefix(object.t, objectType) || !c.isOwnFieldOf(object, name.Text) || c.findMethod(name.Text) != nil {
		return c.unsupported(call, "%s() is only supported for fields that the locustfile defines", function)
	}
	switch {
	case function == "hasattr":
		return code{js: field.operand() + " !== undefined", t: boolType, isPure: true, isOpen: true}
	case len(call.Args) == 2:
		return field
	}
	otherwise := c.value(call.Args[2])
	c.checkFloat(call.Args[2], otherwise)
	return code{js: "pyGetattr(" + field.js + ", " + otherwise.js + ")", t: anyType}
}

// initOf returns the parameters of the constructor of a class.
func (c *converter) initOf(k *class) []python.Param {
	for ; k != nil; k = k.parent {
		if def := k.method("__init__"); def != nil {
			return def.Params[1:]
		}
	}
	return nil
}

// creator returns the name of the class that defines the constructor of a class.
func (c *converter) creator(k *class) string {
	for each := k; each != nil; each = each.parent {
		if each.method("__init__") != nil {
			return each.Name
		}
	}
	return k.Name
}

// runners maps Locust's runner classes to conditions in k6.
var runners = map[string]string{
	"locust.MasterRunner": "pyIsOn('LOCUST_MODE_MASTER')", "locust.WorkerRunner": "pyIsOn('LOCUST_MODE_WORKER')",
	"locust.LocalRunner": "!pyIsOn('LOCUST_MODE_MASTER') && !pyIsOn('LOCUST_MODE_WORKER')",
}

func (c *converter) isInstance(call *python.Call) code {
	if len(call.Args) == 2 {
		if runner, ok := call.Args[0].(*python.Attribute); ok && runner.Name == "runner" && runners[c.qualified(call.Args[1])] != "" {
			return code{js: runners[c.qualified(call.Args[1])], t: boolType, isOpen: true}
		}
		value := c.value(call.Args[0])
		if name, ok := call.Args[1].(*python.Name); ok {
			test := map[string]string{
				"str": "typeof %s === 'string'", "list": "Array.isArray(%s)", "dict": "pyIsDict(%s)", "bool": "typeof %s === 'boolean'",
			}[name.ID]
			if test != "" {
				return code{js: fmt.Sprintf(test, value.operand()), t: boolType, isOpen: true}
			}
		}
	}
	return c.unsupported(call, "isinstance is only supported with str, list, dict, and bool")
}

func (c *converter) print(call *python.Call) code {
	var parts []string
	for _, arg := range call.Args {
		if starred, ok := arg.(*python.Starred); ok {
			parts = append(parts, "..."+iterable(c.value(starred.X)))
			continue
		}
		value := c.value(arg)
		if value.t == timedeltaType {
			c.notBytes(arg, value)
		}
		parts = append(parts, textOfValue(value).js)
	}
	return code{js: "console.log(" + strings.Join(parts, ", ") + ")", t: noneType}
}

// passes records the type of a value that is passed to a parameter.
func (c *converter) passes(param string, arg python.Expr) {
	value := c.value(arg)
	join(c.params, param, value.t)
	of, _, _ := strings.Cut(param, ".")
	if k := c.classes[of]; c.knownParams[param] == anyType || k != nil && k.kind != "" {
		c.checkFloat(arg, value)
	}
}

// ownArgs converts the arguments of a call to a function that the locustfile defines, and records their types.
func (c *converter) ownArgs(call *python.Call, name string, first int, params []python.Param) []string {
	names := []string{}
	forwards := false
	for _, param := range params {
		if param.Kind == "**" {
			forwards = true
		} else {
			names = append(names, param.Name)
		}
	}
	if forwards {
		return c.forwarded(call, name, first, params, names)
	}
	star := slices.IndexFunc(params, func(param python.Param) bool { return param.Kind == "*" })
	// plain is the number of parameters that arguments without a name set before they become part of `*args`.
	plain := star
	if at := slices.IndexFunc(params, func(param python.Param) bool { return param.KeywordOnly }); star >= 0 && at >= 0 {
		plain = min(at, star)
	}
	for i, arg := range call.Args {
		if _, isStarred := arg.(*python.Starred); isStarred {
			if len(call.Keywords) > 0 || takesKeywords(params) {
				c.fail(call.Pos, "%s has * and keyword arguments, which is not supported", c.source(call))
			}
			// The list may contain values for all further parameters.
			for j := i; j < len(params); j++ {
				join(c.params, fmt.Sprintf("%s.%d", name, first+j), anyType)
			}
			break
		}
		if star < 0 || i < plain {
			c.passes(fmt.Sprintf("%s.%d", name, first+i), arg)
		}
	}
	if star >= 0 {
		known := *call
		known.Args = call.Args[:min(plain, len(call.Args))]
		rest := &python.Call{Pos: call.Pos, Func: call.Func, Args: call.Args[len(known.Args):]}
		for _, keyword := range call.Keywords {
			if at := slices.Index(names[:star], keyword.Name); at >= 0 {
				c.passes(fmt.Sprintf("%s.%d", name, first+at), keyword.Value)
			}
		}
		list := spread(c.positional(&known, names[:star]...), star, ", ...any[]")
		for len(list) < star && len(rest.Args) > 0 {
			list = append(list, "undefined")
		}
		return append(list, c.keptArgs(rest)...)
	}
	for _, keyword := range call.Keywords {
		if at := slices.Index(names, keyword.Name); at >= 0 {
			c.passes(fmt.Sprintf("%s.%d", name, first+at), keyword.Value)
		}
	}
	return spread(c.positional(call, names...), len(names), "")
}

// spread casts an argument that passes on a list, so that the list has the types of the parameters that it fills. rest
// is the type of all further values.
func spread(args []string, count int, rest string) []string {
	for i, arg := range args {
		if list, ok := strings.CutPrefix(arg, "..."); ok && i < count {
			args[i] = "...(" + list + " as any as [" + strings.TrimPrefix(strings.Repeat(", any", count-i)+rest, ", ") + "])"
		}
	}
	return args
}

func (c *converter) ownCall(call *python.Call, js, name string, first int, params []python.Param) code {
	if c.managers[name] {
		return c.unsupported(call, "%s is a context manager, so it needs a with block", c.source(call))
	}
	isLogger := c.known["return."+name] == loggerType && c.methods[name] == 1
	wasLogger := c.inLogger
	c.inLogger = c.inLogger || isLogger
	text := js + "(" + strings.Join(c.ownArgs(call, name, first, params), ", ") + ")"
	c.inLogger = wasLogger
	if c.knownAsync[name] {
		c.f.isAsync = true
		return code{js: "await " + text, t: anyType, isOpen: true}
	}
	if c.generators[name] && c.methods[name] == 1 {
		return code{js: text, t: iteratorType}
	}
	if isLogger {
		return code{js: text, t: loggerType}
	}
	return code{js: text, t: anyType}
}

// findMethod returns a method with this name. If several classes define one, each pass gets the same method.
func (c *converter) findMethod(name string) *python.Def {
	var found *python.Def
	for _, k := range c.classes {
		if def := k.method(name); def != nil && (found == nil || c.id("", def.Pos) < c.id("", found.Pos)) {
			found = def
		}
	}
	return found
}

// method returns the method with this name that the class itself defines, or nil.
func (k *class) method(name string) *python.Def {
	for _, stmt := range k.Body {
		if def, ok := stmt.(*python.Def); ok && def.Name == name && (len(def.Params) > 0 || isStaticMethod(def)) {
			return def
		}
	}
	return nil
}

// extends returns whether a class is a subclass of another.
func (k *class) extends(other *class) bool {
	for k = k.parent; k != nil; k = k.parent {
		if k == other {
			return true
		}
	}
	return false
}

// methodOf returns the method in the locustfile that a method call on an object runs, or nil.
func (c *converter) methodOf(call *python.Call, x code, name string) *python.Def {
	class, isObject := strings.CutPrefix(x.t, objectType)
	if member, isMember := strings.CutPrefix(x.t, memberType); isMember {
		class, isObject = member, true
	}
	if !isObject && x.t != "self" && x.t != "user" && x.t != anyType {
		return nil
	}
	k := c.classes[class]
	if x.js == "this" {
		k = c.classOf()
	}
	for ; k != nil; k = k.parent {
		if def := k.method(name); def != nil {
			return def
		}
	}
	if isObject {
		return nil
	}
	found := c.findMethod(name)
	if found == nil || x.t == anyType && slices.Contains(harmlessMethods, name) && len(call.Keywords) == 0 {
		// The object may be a list or a dict. The converted call rejects all other objects.
		return nil
	}
	for _, k := range c.classes {
		if other := k.method(name); other != nil && len(call.Keywords) > 0 && !slices.EqualFunc(paramsOf(found), paramsOf(other), sameParam) {
			c.fail(call.Pos, "%s has keywords, but several classes define %s with different parameters", c.source(call), name)
		}
	}
	return found
}

// paramsOf returns the parameters of a method without the one for its object.
func paramsOf(method *python.Def) []python.Param {
	if isStaticMethod(method) {
		return method.Params
	}
	return method.Params[1:]
}

func sameParam(x, y python.Param) bool { return x.Name == y.Name && x.Kind == y.Kind }

func (c *converter) methodCall(call *python.Call, callee *python.Attribute) code {
	name := callee.Name
	if inner, ok := callee.X.(*python.Call); ok {
		if super, ok := inner.Func.(*python.Name); ok && super.ID == "super" {
			return c.superCall(call, name)
		}
	}
	if runner, ok := callee.X.(*python.Attribute); ok && runner.Name == "runner" && name == "quit" {
		if hasVariable, _ := c.hasEnvironment(); c.inHandler() && !hasVariable {
			return c.unsupported(call, "%s is only supported while users are running", c.source(call))
		}
		return code{js: "locust.quit()", t: noneType}
	}
	if result, ok := c.digest(callee); ok {
		return result
	}
	x := c.expr(callee.X)
	if len(call.Keywords) > 0 && slices.Contains(plainTypes, x.t) {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	if x.t == attributesType && name == "get" && len(call.Keywords) == 0 {
		return code{js: "pyGet(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}
	}
	x = c.value(callee.X)
	switch {
	case x.t == fakerType:
		return c.fakerCall(call, callee)
	case x.t == "client" && name == "iter_lines":
		return c.unsupported(call, "%s is supported only as the list of a for loop", c.source(call))
	case x.t == "client":
		return c.clientCall(call, callee, x)
	case x.t == loggerType:
		return c.loggerCall(call, name)
	case x.t == bytesType && name == "decode" && isUTF8(call):
		return code{js: x.js, t: strType, isPure: x.isPure, isOpen: x.isOpen}
	case x.t == "headers" && name == "pop":
		return code{js: "pyPop(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}
	case x.t == "headers" && name == "get":
		return code{js: "pyGet(" + strings.Join(append([]string{x.js}, c.args(call)...), ", ") + ")", t: anyType}
	case x.t == streamType && name == "close" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: x.operand() + ".close()", t: noneType}
	case x.t == streamType && (name == "iter_lines" || name == "iter_content"):
		return c.unsupported(call, "%s is supported only as the list of a for loop", c.source(call))
	case x.t == streamType && name == "json":
		return c.unsupported(call, "%s is not supported with stream=True: use iter_lines()", c.source(call))
	case (x.t == responseType || x.t == streamType || x.t == "rest" || x.t == anyType) && len(call.Keywords) == 0 && slices.Contains([]string{"json", "success", "failure", "raise_for_status"}, name):
		return c.responseCall(call, name, x)
	case x.t == queueType:
		return c.queueCall(call, callee, x)
	case x.t == fileType:
		return c.fileCall(call, callee, x)
	case x.t == uploadType:
		return c.uploadCall(call, name, x)
	case x.t == binaryType:
		return c.unsupported(call, "%s is not supported for the content of a binary file", c.source(call))
	case isTime(x.t):
		return c.datetimeCall(call, callee, x)
	case x.t == timedeltaType && name == "total_seconds" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: x.js, t: floatType, isOpen: x.isOpen}
	case x.t == entryType && name == "get_response_time_percentile" && len(call.Args) == 1 && len(call.Keywords) == 0:
		return code{js: x.js + ".getResponseTimePercentile(" + c.value(call.Args[0]).js + ")", t: realType}
	case x.t == "elapsed" && name == "total_seconds":
		return code{js: x.js, t: floatType, isPure: true}
	case x.t == "cookies":
		return c.cookieCall(call, name, x)
	case x.t == "headers" && name == "update" && len(call.Args) == 1:
		return code{js: "Object.assign(" + x.js + ", " + c.value(call.Args[0]).js + ")", t: noneType}
	case x.t == "match" && (name == "group" || name == "groups"):
		return code{js: x.operand() + "." + name + "(" + strings.Join(c.args(call), ", ") + ")", t: anyType}
	}
	if class, ok := strings.CutPrefix(x.t, "class:"); ok {
		for k := c.classes[class]; k != nil; k = k.parent {
			method := k.method(name)
			switch {
			case method == nil:
				continue
			case isStaticMethod(method):
				return c.ownCall(call, x.js+"."+c.member(name), name, 0, method.Params)
			case isDecorated(method, "classmethod"):
				return c.ownCall(call, x.js+"."+c.member(name), name, 1, method.Params[1:])
			}
			return c.unsupported(call, "%s is not supported without an object", c.source(call))
		}
	}
	if method := c.methodOf(call, x, name); method != nil {
		switch of := "(" + x.js + ".constructor as any)." + c.member(name); {
		case isDecorated(method, "property"):
			return c.unsupported(call, "%s calls the value of a property", c.source(call))
		case isStaticMethod(method):
			return c.ownCall(call, of, name, 0, method.Params)
		case isDecorated(method, "classmethod") && !c.inClassMethod():
			return c.ownCall(call, of, name, 1, method.Params[1:])
		}
		return c.ownCall(call, c.owner(x, name)+"."+c.member(name), name, 1, method.Params[1:])
	}
	if x.t == "self" || x.t == "user" {
		if name == "interrupt" {
			args := c.positional(call, "reschedule")
			return code{js: x.js + ".interrupt(" + strings.Join(args, ", ") + ")", t: noneType}
		}
		if len(call.Args)+len(call.Keywords) > 0 {
			return c.unsupported(call, "%s is not supported with arguments", c.source(call))
		}
		switch name {
		case "wait":
			c.f.isAsync = true
			return code{js: "await " + x.js + ".wait()", t: noneType, isOpen: true}
		case "stop":
			return code{js: x.js + ".stop()", t: noneType}
		case "get_run_time":
			return code{js: x.js + ".getRunTime()", t: floatType}
		case "get_current_user_count":
			return code{js: x.js + ".getCurrentUserCount()", t: intType}
		}
		return c.unsupported(call, "%s is not supported", c.source(call))
	}
	return c.valueCall(call, callee, x)
}

func (c *converter) superCall(call *python.Call, name string) code {
	if len(call.Keywords) > 0 {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	if method := c.findMethod(name); method != nil && takesKeywords(method.Params) {
		return c.unsupported(call, "super().%s() is not supported, because %s has parameters after *args", name, name)
	}
	text := "super." + c.member(name) + "(" + strings.Join(c.args(call), ", ") + ")"
	if name == "on_start" || name == "on_stop" || c.knownAsync[name] {
		c.f.isAsync = true
		return code{js: "await " + text, t: anyType, isOpen: true}
	}
	if c.findMethod(name) == nil {
		return c.unsupported(call, "super().%s() is not supported", name)
	}
	return code{js: text, t: anyType}
}

func (c *converter) responseCall(call *python.Call, name string, x code) code {
	args := c.args(call)
	switch name {
	case "json":
		if len(args) == 0 {
			return code{js: x.operand() + ".json()", t: anyType}
		}
	case "success":
		return code{js: x.operand() + ".success()", t: noneType}
	case "failure":
		if len(args) == 1 {
			return code{js: x.operand() + ".failure(" + textOfValue(c.value(call.Args[0])).js + ")", t: noneType}
		}
	case "raise_for_status":
		return code{js: "pyRaiseForStatus(" + x.js + ")", t: noneType}
	}
	return c.unsupported(call, "these arguments of %s are not supported", c.source(call))
}

func (c *converter) cookieCall(call *python.Call, name string, x code) code {
	args := c.args(call)
	switch {
	case name == "get" && len(args) == 1:
		return code{js: "(" + x.js + ".get(" + args[0] + ") ?? null)", t: anyType}
	case name == "set" && len(args) == 2 && len(call.Keywords) == 0:
		return code{js: x.js + ".set(" + strings.Join(args, ", ") + ")", t: noneType}
	case name == "clear" && len(args) == 0:
		return code{js: x.js + ".clear()", t: noneType}
	case name == "get_dict" && len(args) == 0:
		return code{js: x.js + ".all()", t: dictType}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// needed maps methods and functions to the minimum number of their arguments.
var needed = map[string]int{
	"join": 1, "append": 1, "appendleft": 1, "extend": 1, "insert": 2, "remove": 1, "index": 1, "startswith": 1, "endswith": 1, "find": 1, "zfill": 1,
	"get": 1, "update": 1, "add": 1, "enumerate": 1, "reversed": 1, "any": 1, "all": 1, "range": 1, "round": 1, "len": 1, "sorted": 1,
	"ljust": 1, "rjust": 1, "count": 1, "removeprefix": 1, "removesuffix": 1, "setdefault": 2,
	"sum": 1, "abs": 1, "repr": 1, "min": 1, "max": 1,
}

// allowed maps functions to the maximum number of their arguments without names, if Python accepts more.
var allowed = map[string]int{"str": 2}

// positionalOnly are functions that the converter supports only without keyword arguments.
var positionalOnly = []string{"str", "bool", "list", "tuple", "set", "range", "reversed", "any", "all", "map", "filter", "isinstance", "iter", "next"}

// plainTypes are the types of objects whose methods the converter supports only without keyword arguments.
var plainTypes = []string{"cookies", "headers", "match", fileType, "elapsed"}

// valueCall converts a call to a method of a string, list, dict, or set.
func (c *converter) valueCall(call *python.Call, callee *python.Attribute, x code) code {
	name := callee.Name
	if name == "format" {
		return c.format(call, callee)
	}
	if name == "sort" {
		args := c.positional(call, "", "key", "reverse")
		args = args[min(1, len(args)):]
		c.mutates(callee.X)
		return code{js: x.js + ".splice(0, Infinity, ...pySorted(" + strings.Join(append([]string{x.js}, args...), ", ") + "))", t: noneType}
	}
	if name == "encode" && c.isAny(x.t, strType) && isUTF8(call) {
		if x.t != strType {
			x = code{js: "pyText(" + x.js + ")"}
		}
		return code{js: x.js, t: bytesType, isOpen: x.isOpen}
	}
	if len(call.Keywords) > 0 {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	args := c.keptArgs(call)
	if len(args) < needed[name] {
		return c.unsupported(call, "%s has too few arguments", c.source(call))
	}
	first := ""
	if len(args) > 0 {
		first = args[0]
	}
	all := strings.Join(args, ", ")
	text, list, dict := x.operand(), x.operand(), x.operand()
	if x.t != strType {
		text = "pyText(" + x.js + ")"
	}
	if x.t != listType {
		list = "pyList(" + x.js + ")"
	}
	if x.t != dictType {
		dict = "pyDictOf(" + x.js + ")"
	}
	if c.isAny(x.t, strType) {
		switch name {
		case "upper":
			return code{js: text + ".toUpperCase()", t: strType, isPure: true}
		case "lower":
			return code{js: text + ".toLowerCase()", t: strType, isPure: true}
		case "startswith", "endswith":
			if len(args) == 1 && c.value(call.Args[0]).t != tupleType {
				return code{js: text + map[string]string{"startswith": ".startsWith(", "endswith": ".endsWith("}[name] + first + ")", t: boolType, isPure: true}
			}
		case "replace":
			if len(args) == 2 {
				return code{js: text + ".replaceAll(" + args[0] + ", () => " + args[1] + ")", t: strType}
			}
		case "split":
			return code{js: "pySplit(" + strings.Join(append([]string{text}, args...), ", ") + ")", t: listType}
		case "splitlines":
			if len(args) == 0 {
				return code{js: text + ".replace(/\\r?\\n$/, '').split(/\\r?\\n/)", t: listType}
			}
		case "strip", "lstrip", "rstrip":
			sides := map[string]string{"strip": "3", "lstrip": "1", "rstrip": "2"}[name]
			if first == "" {
				first = "undefined"
			}
			return code{js: "pyStrip(" + text + ", " + first + ", " + sides + ")", t: strType}
		case "join":
			return code{js: iterable(c.value(call.Args[0])) + ".map(pyText).join(" + text + ")", t: strType}
		case "find":
			if len(args) == 1 {
				return code{js: text + ".indexOf(" + first + ")", t: intType}
			}
		case "zfill":
			return code{js: "pyZfill(" + text + ", " + first + ")", t: strType}
		case "isdigit":
			return code{js: "pyIsdigit(" + text + ")", t: boolType}
		case "capitalize", "title", "count", "removeprefix", "removesuffix":
			if len(args) == needed[name] {
				helper := "py" + strings.ToUpper(name[:1]) + name[1:]
				t := map[bool]string{true: intType, false: strType}[name == "count"]
				if name != "count" || x.t == strType {
					return code{js: helper + "(" + strings.Join(append([]string{text}, args...), ", ") + ")", t: t}
				}
			}
		case "ljust", "rjust":
			method := map[string]string{"ljust": ".padEnd(", "rjust": ".padStart("}[name]
			return code{js: text + method + all + ")", t: strType}
		}
	}
	if x.t == dequeType {
		return c.dequeCall(call, callee, x, args)
	}
	if c.isAny(x.t, listType) {
		switch name {
		case "append", "extend", "insert", "remove", "reverse", "clear":
			c.mutates(callee.X)
		}
		switch name {
		case "append":
			return code{js: list + ".push(" + all + ")", t: noneType}
		case "extend":
			return code{js: list + ".push(..." + iterable(c.value(call.Args[0])) + ")", t: noneType}
		case "popleft":
			c.mutates(callee.X)
			return code{js: "pyPop(" + list + ", 0)", t: anyType}
		case "appendleft":
			c.mutates(callee.X)
			return code{js: list + ".unshift(" + all + ")", t: noneType}
		case "insert":
			return code{js: list + ".splice(" + args[0] + ", 0, " + args[1] + ")", t: noneType}
		case "remove":
			return code{js: list + ".splice(pyIndex(" + list + ", " + first + "), 1)", t: noneType}
		case "reverse":
			return code{js: list + ".reverse()", t: noneType}
		case "copy":
			if x.t == listType {
				return code{js: "[..." + list + "]", t: listType}
			}
			if x.t == anyType {
				return code{js: "pyCopy(" + x.js + ")", t: anyType}
			}
		case "count":
			if x.t == listType && len(args) == 1 {
				return code{js: list + ".filter((pyItem: any) => pyEq(pyItem, " + first + ")).length", t: intType}
			}
		case "index":
			if len(args) > 1 {
				break
			}
			return code{js: "pyIndex(" + list + ", " + first + ")", t: intType}
		}
	}
	if name == "pop" && c.isAny(x.t, listType, dictType) {
		c.mutates(callee.X)
		return code{js: "pyPop(" + strings.Join(append([]string{x.js}, args...), ", ") + ")", t: anyType}
	}
	if name == "_asdict" && len(args) == 0 {
		return code{js: x.operand() + ".pyFields()", t: dictType}
	}
	if name == "discard" && x.t == setType && len(call.Args) == 1 {
		c.mutates(callee.X)
		return code{js: x.js + ".delete(" + all + ")", t: noneType}
	}
	if name == "add" && x.t == setType && len(call.Args) == 1 {
		c.checkFloat(call.Args[0], c.value(call.Args[0]))
		c.mutates(callee.X)
		return code{js: x.js + ".add(" + all + ")", t: noneType}
	}
	if c.isAny(x.t, dictType, "responseHeaders") {
		switch name {
		case "get":
			return code{js: "pyGet(" + strings.Join(append([]string{x.js}, args...), ", ") + ")", t: anyType}
		case "keys":
			return code{js: "Object.keys(" + dict + ")", t: listType}
		case "values":
			return code{js: "Object.values(" + dict + ")", t: listType}
		case "items":
			if c.known[marksKey] != "" && !c.unpacked[call] {
				return code{js: "pyItemsOf(" + dict + ")", t: listType}
			}
			return code{js: "Object.entries<any>(" + dict + ")", t: listType}
		case "update":
			c.mutates(callee.X)
			return code{js: "Object.assign(" + dict + ", pyDictOf(" + first + "))", t: noneType}
		case "setdefault":
			c.mutates(callee.X)
			return code{js: "pySetDefault(" + strings.Join(append([]string{dict}, args...), ", ") + ")", t: anyType}
		case "copy":
			if x.t == dictType {
				return code{js: "{ ..." + dict + " }", t: dictType}
			}
		}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// format converts `'…'.format(…)`. The format must be a string literal.
func (c *converter) format(call *python.Call, callee *python.Attribute) code {
	literal, ok := callee.X.(*python.Constant)
	if !ok || literal.Kind != python.String {
		return c.unsupported(call, "format is only supported for a string literal")
	}
	var out strings.Builder
	next, numbered := 0, false
	for rest := literal.Text; rest != ""; {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			out.WriteString(templateText(rest))
			break
		}
		out.WriteString(templateText(rest[:at]))
		rest = rest[at:]
		if strings.HasPrefix(rest, "{{") || strings.HasPrefix(rest, "}}") {
			out.WriteString(rest[:1])
			rest = rest[2:]
			continue
		}
		end := strings.IndexByte(rest, '}')
		if rest[0] == '}' || end < 0 {
			return c.unsupported(call, "the format string has an unmatched brace")
		}
		field, spec, _ := strings.Cut(rest[1:end], ":")
		field, conversion, _ := strings.Cut(field, "!")
		rest = rest[end+1:]
		var value python.Expr
		index := -1
		if field == "" && numbered || field != "" && integerKey.MatchString(field) && next > 0 {
			return c.unsupported(call, "the format string mixes {} and {0}")
		}
		numbered = numbered || integerKey.MatchString(field)
		if field == "" {
			index = next
			next++
		} else if integerKey.MatchString(field) {
			_, _ = fmt.Sscan(field, &index)
		}
		if index >= 0 && index < len(call.Args) {
			value = call.Args[index]
		}
		for _, keyword := range call.Keywords {
			if keyword.Name == field && field != "" {
				value = keyword.Value
			}
		}
		if value == nil || strings.Contains(spec, "{") || conversion != "" && conversion != "r" && conversion != "s" {
			return c.unsupported(call, "the field {%s} of the format string is not supported", field)
		}
		e := c.value(value)
		c.notBytes(value, e)
		if conversion == "" {
			out.WriteString(c.formatted(value, e, spec))
		} else {
			out.WriteString(c.text(e, conversion))
		}
	}
	return code{js: "`" + out.String() + "`", t: strType}
}

// request describes a request that a client makes.
type request struct {
	function, method, url string
	// unnamed is the URL if the request may get a name from its parameters.
	unnamed string
	// leading contains the arguments before the options.
	leading string
	options []string
	catches bool
	// t is the type of the answer.
	t string
}

func (r request) before() string {
	if len(r.options) == 0 {
		return ""
	}
	return strings.Join(r.options, ", ") + ", "
}

var optionNames = map[string]string{
	"params": "params", "data": "data", "json": "json", "headers": "headers", "name": "name", "auth": "auth", "timeout": "timeout",
	"allow_redirects": "allowRedirects", "files": "files",
}

func (c *converter) clientCall(call *python.Call, callee *python.Attribute, x code) code {
	if callee.Name == "close" && len(call.Args)+len(call.Keywords) == 0 {
		if c.f.name != "on_stop" || x.js != "this.client" && x.js != "this.user.client" {
			return c.unsupported(call, "%s is only supported in on_stop: k6 keeps the connections of a user until then", c.source(call))
		}
		c.note(call.Pos, "%s was left out: k6 closes the connections of a user when the user stops", c.source(call))
		return code{js: "null", t: noneType, isPure: true}
	}
	if !slices.Contains([]string{"get", "post", "put", "patch", "delete", "head", "options", "request"}, callee.Name) {
		return c.unsupported(call, "%s is not supported", c.source(call))
	}
	r := c.request(x, callee.Name, call, false)
	if r.catches {
		return c.unsupported(call, "catch_response=True needs a with block: without it, Locust does not count the request")
	}
	c.f.isAsync = true
	text := "await " + x.operand() + "." + r.function + "(" + r.leading
	if len(r.options) > 0 {
		text += "{ " + strings.Join(r.options, ", ") + " })"
	} else {
		text = strings.TrimSuffix(text, ", ") + ")"
	}
	// As an operand, the await expression needs parentheses around it. As a statement or a value, it does not.
	return code{js: text, t: r.t, isOpen: true}
}

// request converts the arguments of a request.
func (c *converter) request(x code, method string, call *python.Call, isRest bool) request {
	r := request{function: method, t: responseType}
	args := call.Args
	names := []string{"url"}
	switch method {
	case "post", "put", "patch":
		names = append(names, "data")
	case "request", "rest":
		names = []string{"method", "url"}
	}
	if method == "post" {
		names = append(names, "json")
	}
	values := map[string]python.Expr{}
	var order []string
	for i, arg := range args {
		if i >= len(names) {
			c.fail(call.Pos, "%s has too many arguments: name them", c.source(call))
			break
		}
		values[names[i]] = arg
		order = append(order, names[i])
	}
	for _, keyword := range call.Keywords {
		values[keyword.Name] = keyword.Value
		order = append(order, keyword.Name)
	}
	isFast, _ := c.clients()
	// Without a name, HttpUser names a request after its URL, which contains the parameters.
	isNamed := isFast || isRest || values["params"] == nil || values["name"] != nil
	if url := values["url"]; url != nil && !isFast && !isRest && values["name"] == nil {
		r.unnamed = c.value(url).js
	}
	for _, name := range order {
		value := values[name]
		switch name {
		case "params":
			if isNamed {
				c.option(&r, call, name, value)
			}
		case "url", "path":
			r.url = c.url(value)
			if !isNamed {
				r.url = "pyUrl(pyQuery(" + c.value(value).js + ", " + c.value(values["params"]).js + "))"
			}
		case "method":
			r.method = c.value(value).js
		case "catch_response":
			r.catches = isTrue(value)
			if constant, ok := value.(*python.Constant); !ok || constant.Kind != python.True && constant.Kind != python.False {
				c.fail(call.Pos, "catch_response must be True or False")
			}
		case "verify":
			if constant, ok := value.(*python.Constant); !ok || constant.Kind != python.True && constant.Kind != python.False {
				c.fail(call.Pos, "verify must be True or False")
			}
		case "stream":
			if constant, ok := value.(*python.Constant); !ok || constant.Kind != python.True && constant.Kind != python.False {
				c.fail(call.Pos, "stream must be True or False")
			}
			if isTrue(value) {
				r.t = streamType
				r.options = append(r.options, "stream: true")
			}
		case "context":
			c.note(call.Pos, "the context of the request was left out")
		default:
			c.option(&r, call, name, value)
		}
	}
	if r.url == "" {
		c.fail(call.Pos, "the request has no URL")
	}
	r.leading = r.url + ", "
	if method == "request" {
		r.leading = r.method + ", " + r.leading
	}
	if !isRest {
		c.fastHeaders(&r, x, values, call)
	}
	if json := values["json"]; json != nil && !isRest && c.known[floatsKey] != "" && c.expr(json).t != noneType {
		r.options = []string{"...pyJson(" + x.operand() + ", { " + strings.Join(r.options, ", ") + " })"}
	}
	return r
}

// fastHeaders wraps the options of a request with JSON or text, for which FastHttpUser adds headers of its own.
func (c *converter) fastHeaders(r *request, x code, values map[string]python.Expr, call *python.Call) {
	isFast, isSlow := c.clients()
	data, json := values["data"], values["json"]
	isText := data != nil && values["files"] == nil && !slices.Contains([]string{dictType, noneType}, c.expr(data).t)
	isJSON := json != nil && c.expr(json).t != noneType
	if !isFast || !isText && !isJSON && values[""] == nil {
		return
	}
	if isSlow {
		c.fail(call.Pos, "HttpUser and FastHttpUser send different headers with this body: use only one of these classes")
	}
	kind := "text/plain; charset=utf-8"
	if data != nil && (c.expr(data).t == bytesType || c.expr(data).t == binaryType) {
		kind = "application/octet-stream"
	}
	r.options = []string{"...pyFastOptions(" + x.operand() + ", { " + strings.Join(r.options, ", ") + " }, " + quote(kind) + ")"}
}

func (c *converter) option(r *request, call *python.Call, name string, value python.Expr) {
	option, ok := optionNames[name]
	if !ok {
		if variable, isName := value.(*python.Name); name == "" && isName && c.isCollected(variable.ID) {
			isFast, isSlow := c.clients()
			if isFast && isSlow {
				c.fail(call.Pos, "HttpUser and FastHttpUser send different headers with these arguments: use only one of these classes")
			}
			r.options = append(r.options, fmt.Sprintf("...pyOptions(%s, %s, %s)", jsName(variable.ID), cmp.Or(r.unnamed, "null"), c.form(call)))
			return
		}
		if name == "cookies" {
			c.fail(call.Pos, "cookies of a single request are not supported: use self.client.cookies.set(name, value) before the request")
			return
		}
		if name == "" {
			name = "**"
		}
		c.fail(call.Pos, "the argument %s of a request is not supported", name)
		return
	}
	c.unpacked[value] = true
	e := c.value(value)
	text := e.js
	switch {
	case e.t == noneType:
		return
	case name == "timeout" && e.t == tupleType:
		c.fail(call.Pos, "a timeout with two values is not supported: set connection_timeout on the class")
	case name == "files":
		text = "pyFiles(" + text + ")"
	case name == "data" && (e.t == uploadType || e.t == fileType):
		c.fail(call.Pos, "a file as data is not supported: pass the result of its read()")
	case name == "data" && e.t == binaryType:
	case name == "data" || name == "params":
		if e.t != strType && !isPlainForm(value) && e.t != bytesType {
			encode := "pyForm"
			if name == "data" {
				encode = c.form(call)
			}
			text = encode + "(" + text + ")"
		}
	case name == "auth" && isOutsideASCII(value):
		c.fail(call.Pos, "auth with non-ASCII characters is not supported: Locust encodes them in Latin-1, k6 in UTF-8")
	case name == "timeout" && e.t == anyType && c.known[floatsKey] != "":
		text = "pySeconds(" + e.js + ")"
	case e.t == anyType && name != "json":
		text += " ?? undefined"
	case name == "json" && !c.isExact(value) && c.known[floatsKey] == "" && c.readsJSON():
		text = "pyExact(" + text + ")"
	}
	if text == option {
		r.options = append(r.options, option)
		return
	}
	r.options = append(r.options, option+": "+text)
}

// readsJSON returns whether the file parses JSON, whose integers JavaScript may round.
func (c *converter) readsJSON() bool {
	found := false
	walk(c.body, func(node python.Node) bool {
		if call, ok := node.(*python.Call); ok {
			method, isMethod := call.Func.(*python.Attribute)
			found = found || isMethod && slices.Contains([]string{"json", "load", "loads", "rest"}, method.Name) || strings.HasPrefix(c.qualified(call.Func), "json.load")
		}
		return !found
	})
	return found
}

// isExact returns whether a value certainly contains no integer that JavaScript has rounded.
func (c *converter) isExact(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Constant, *python.JoinedStr:
		return true
	case *python.Sequence:
		return !slices.ContainsFunc(expr.Items, func(item python.Expr) bool { return !c.isExact(item) })
	case *python.Dict:
		return !slices.ContainsFunc(expr.Values, func(value python.Expr) bool { return !c.isExact(value) })
	case *python.Starred:
		return false
	}
	return slices.Contains([]string{strType, intType, boolType, floatType, realType, noneType}, c.expr(expr).t)
}

// isOutsideASCII returns whether a string literal in an expression contains non-ASCII characters.
func isOutsideASCII(expr python.Expr) bool {
	found := false
	walk(expr, func(node python.Node) bool {
		if constant, ok := node.(*python.Constant); ok && constant.Kind == python.String {
			found = found || !isASCII(constant.Text)
		}
		return true
	})
	return found
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(letter rune) bool { return letter > unicode.MaxASCII })
}

// clients returns whether the current code may run in a FastHttpUser, and whether it may run in an HttpUser.
func (c *converter) clients() (isFast, isSlow bool) {
	for _, k := range c.classes {
		if k.base == "HttpUser" {
			isFast = isFast || k.isFast
			isSlow = isSlow || !k.isFast
		}
	}
	for f := c.f; f != nil; f = f.outer {
		if f.of != nil && f.of.isUser() {
			return f.of.isFast, !f.of.isFast
		}
	}
	return isFast, isSlow
}

// url converts the URL of a request. Both clients of Locust rewrite URLs before they send them, unlike k6/x/locust.
// HttpUser rewrites more than FastHttpUser.
func (c *converter) url(expr python.Expr) string {
	text := c.value(expr).js
	isFast, isSlow := c.clients()
	switch {
	case c.isPlainURL(expr):
		return text
	case isFast && isSlow:
		return "pyPlainUrl(" + text + ")"
	case isFast:
		return "pyFastUrl(" + text + ")"
	}
	return "pyUrl(" + text + ")"
}

// isPlainURL returns whether Locust certainly sends a URL as it is.
func (c *converter) isPlainURL(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Constant:
		path, _, _ := strings.Cut(expr.Text, "?")
		return !strings.ContainsFunc(expr.Text, isRewritten) && !strings.HasSuffix(expr.Text, "?") && !strings.Contains(path, "/.") && !strings.Contains(path, "./")
	case *python.JoinedStr:
		return !slices.ContainsFunc(expr.Parts, func(part python.Expr) bool { return !c.isPlainURL(part) })
	case *python.Formatted:
		return c.value(expr.Value).isNumber()
	}
	return false
}

// isRewritten returns whether Locust may rewrite a character of a URL, in the request or in its name.
func isRewritten(letter rune) bool {
	return letter <= ' ' || letter > '~' || strings.ContainsRune("\"#%<>[\\]^`{|}", letter)
}

// form returns the function that encodes the argument data in the same way as the user's client. HttpUser and FastHttpUser encode it
// differently.
func (c *converter) form(call *python.Call) string {
	isFast, isSlow := c.clients()
	if isFast && isSlow {
		c.fail(call.Pos, "HttpUser and FastHttpUser encode forms differently: use one of them, or strings as values")
	}
	if isFast {
		return "pyFastForm"
	}
	return "pyForm"
}

// isPlainForm returns whether all values are literals that have the same text in JavaScript and Python.
func isPlainForm(expr python.Expr) bool {
	dict, ok := expr.(*python.Dict)
	if !ok || len(dict.Keys) == 0 {
		return false
	}
	for i, value := range dict.Values {
		constant, ok := value.(*python.Constant)
		_, isFormat := value.(*python.JoinedStr)
		if dict.Keys[i] == nil || !isFormat && (!ok || constant.Kind != python.String && constant.Kind != python.Int) {
			return false
		}
	}
	return true
}
