package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// libraryFunction describes a function in Python's library: its counterpart, its result type, and its argument names.
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
	"math.floor":             {"pyFloor", intType, []string{"x"}},
	"math.ceil":              {"pyCeil", intType, []string{"x"}},
	"math.trunc":             {"pyTrunc", intType, []string{"x"}},
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

func (c *converter) libraryCall(call *python.Call, full string) code {
	if result, ok := c.standardCall(call, full); ok {
		return result
	}
	switch full {
	case "math.floor", "math.ceil", "math.trunc":
		if c.isTooLargeInt(call) {
			return c.unsupported(call, tooLargeInteger)
		}
	case "time.sleep", "gevent.sleep":
		return c.sleep(call)
	case "time.time", "time.perf_counter", "time.monotonic":
		return code{js: "(Date.now() / 1000)", t: realType}
	case "random.uniform":
		if list := c.positional(call, "a", "b"); len(list) != 2 {
			break
		}
		args, _ := bind(call, "a", "b")
		low, high := c.value(args["a"]), c.value(args["b"])
		if !isRepeatable(args["a"]) {
			return code{js: "pyUniform(" + low.js + ", " + high.js + ")", t: realType}
		}
		return code{js: fmt.Sprintf("%s + (%s - %s) * Math.random()", low.operand(), high.operand(), low.operand()), t: realType, isOpen: true}
	case "random.expovariate":
		if args := c.positional(call, "lambd"); len(args) == 1 {
			return code{js: "-Math.log(1 - Math.random()) / (" + args[0] + ")", t: realType, isOpen: true}
		}
	case "random.randrange":
		switch args := c.args(call); {
		case len(call.Keywords) > 0:
		case len(args) == 1:
			return code{js: "pyRandint(0, " + c.value(call.Args[0]).operand() + " - 1)", t: intType}
		case len(args) == 2:
			return code{js: "pyRandint(" + args[0] + ", " + c.value(call.Args[1]).operand() + " - 1)", t: intType}
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
	case "re.search", "re.match", "re.fullmatch", "re.findall", "re.finditer", "re.sub", "re.split", "re.compile":
		return c.regex(call, strings.TrimPrefix(full, "re."))
	case "locust.events.request.fire":
		return c.fire(call)
	case "functools.partial":
		return c.partial(call)
	case "gevent.spawn":
		return c.spawn(call)
	case "gevent.joinall":
		c.f.isAsync = true
		return code{js: "await pyJoinAll(" + strings.Join(c.positional(call, "greenlets", "timeout", "raise_error"), ", ") + ")", t: listType, isOpen: true}
	case "concurrent.futures.ThreadPoolExecutor":
		// Locust turns threads into greenlets.
		return code{js: "new PyPool(" + strings.Join(c.positional(call, "max_workers"), ", ") + ")", t: poolType}
	case "gevent.pool.Pool", "gevent.pool.Group":
		if args := c.positional(call, "size"); len(args) == 0 || full == "gevent.pool.Pool" {
			return code{js: "new PyPool(" + strings.Join(args, ", ") + ")", t: poolType}
		}
	case "gevent.monkey.patch_all":
		c.note(call.Pos, "%s was left out: requests in k6 do not block other users", c.source(call))
		return code{js: "null", t: noneType, isPure: true}
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
	case "os.path.join", "os.path.dirname", "os.path.abspath", "os.path.realpath", "os.path.normpath", "pathlib.Path", "pathlib.Path.cwd", "os.getcwd":
		if path, ok := c.pathCode(call); ok && c.isPathLike(call) {
			return path
		}
	case "io.open", "codecs.open":
		return c.openFile(c.openCall(call))
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
			if c.mapped[call] {
				return code{js: "new PyMap([], " + c.value(factory).js + ")", t: dictType}
			}
			return code{js: "pyDefaultDict(" + c.value(factory).js + ")", t: dictType}
		}
	case "collections.Counter":
		if len(call.Args) <= 1 && len(call.Keywords) == 0 {
			c.types[mapsKey] = anyType
			return code{js: "new PyCounter(" + strings.Join(c.args(call), ", ") + ")", t: dictType}
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
		if method == "Session" && len(call.Args)+len(call.Keywords) == 0 {
			c.usesHTTP = true
			return code{js: "new PySession()", t: sessionType}
		}
		return c.pythonRequest(call, method, code{})
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
			return c.unsupported(call, "the argument %s of json.dumps() is not supported", shownName(keyword.Name))
		}
	}
	text := c.value(args["obj"]).js
	if len(options) > 0 {
		text += ", { " + strings.Join(options, ", ") + " }"
	}
	return code{js: "pyDumps(" + text + ")", t: strType}
}
