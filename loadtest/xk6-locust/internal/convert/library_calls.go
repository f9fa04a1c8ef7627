package convert

import (
	"fmt"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// hasNone returns whether a call has no arguments.
func hasNone(call *python.Call) bool { return len(call.Args)+len(call.Keywords) == 0 }

// numberLibrary converts a call that measures or spends time. It reports a call that rounds to an integer if the
// integer is too large. Like the functions below, it returns false for all other calls.
func (c *converter) numberLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "math.floor", "math.ceil", "math.trunc":
		if c.isTooLargeInt(call) {
			return c.unsupported(call, tooLargeInteger), true
		}
	case "time.sleep", "gevent.sleep":
		return c.sleep(call), true
	case "time.time", "time.perf_counter", "time.monotonic":
		return code{js: "(Date.now() / 1000)", t: realType}, true
	}
	return code{}, false
}

// randomLibrary converts a call that returns random values.
func (c *converter) randomLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "random.uniform":
		if list := c.positional(call, "a", "b"); len(list) != 2 {
			break
		}
		args, _ := python.Bind(call, "a", "b")
		low, high := c.value(args["a"]), c.value(args["b"])
		if !isRepeatable(args["a"]) {
			return code{js: "pyUniform(" + low.js + ", " + high.js + ")", t: realType}, true
		}
		return code{js: fmt.Sprintf("%s + (%s - %s) * Math.random()", low.operand(), high.operand(), low.operand()), t: realType, isOpen: true}, true
	case "random.expovariate":
		if args := c.positional(call, "lambd"); len(args) == 1 {
			return code{js: "-Math.log(1 - Math.random()) / (" + args[0] + ")", t: realType, isOpen: true}, true
		}
	case "random.randrange":
		switch args := c.args(call); {
		case len(call.Keywords) > 0:
		case len(args) == 1:
			return code{js: "pyRandint(0, " + c.value(call.Args[0]).operand() + " - 1)", t: intType}, true
		case len(args) == 2:
			return code{js: "pyRandint(" + args[0] + ", " + c.value(call.Args[1]).operand() + " - 1)", t: intType}, true
		case len(args) == 3:
			return code{js: "pyChoice(pyRange(" + strings.Join(args, ", ") + "))", t: intType}, true
		}
	case "random.getrandbits", "secrets.randbits":
		if bits := c.bitsOf(call); bits > maxBits {
			return c.unsupported(call, "%d random bits are only supported in a format such as f\"{%s(%d):x}\", because JavaScript has no integers of more than 53 bits", bits, full, bits), true
		}
	case "random.seed":
		return c.seed(call), true
	case "random.choices":
		return code{js: "pyChoices(" + strings.Join(c.positional(call, "population", "weights", "cum_weights", "k"), ", ") + ")", t: listType}, true
	case "random.gauss", "random.normalvariate":
		if args := c.positional(call, "mu", "sigma"); len(args) == 2 {
			return code{js: "pyGauss(" + args[0] + ", " + args[1] + ")", t: realType}, true
		}
	case "os.urandom", "random.randbytes", "secrets.token_bytes":
		if python.HasOne(call) {
			return code{js: "pyRandomBytes(" + c.args(call)[0] + ")", t: binaryType}, true
		}
	case "secrets.token_hex":
		if python.HasOne(call) {
			return code{js: "pyChoices('0123456789abcdef', undefined, undefined, 2 * " + c.value(call.Args[0]).operand() + ").join('')", t: strType}, true
		}
	case "secrets.randbelow":
		if python.HasOne(call) {
			return code{js: "pyRandint(0, " + c.value(call.Args[0]).operand() + " - 1)", t: intType}, true
		}
	}
	return code{}, false
}

// concurrencyLibrary converts a call that starts or waits for greenlets, or that creates a lock or a queue.
func (c *converter) concurrencyLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "gevent.spawn":
		return c.spawn(call), true
	case "gevent.joinall":
		c.f.isAsync = true
		return code{js: "await pyJoinAll(" + strings.Join(c.positional(call, "greenlets", "timeout", "raise_error"), ", ") + ")", t: listType, isOpen: true}, true
	case "concurrent.futures.ThreadPoolExecutor":
		// Locust turns threads into greenlets.
		return code{js: "new PyPool(" + strings.Join(c.positional(call, "max_workers"), ", ") + ")", t: poolType}, true
	case "gevent.pool.Pool", "gevent.pool.Group":
		if args := c.positional(call, "size"); len(args) == 0 || full == "gevent.pool.Pool" {
			return code{js: "new PyPool(" + strings.Join(args, ", ") + ")", t: poolType}, true
		}
	case "threading.Lock", "threading.RLock", "gevent.lock.RLock", "gevent.lock.BoundedSemaphore", "gevent.lock.Semaphore", "threading.Semaphore":
		if hasNone(call) {
			return code{js: "null", t: lockType, isPure: true}, true
		}
	case "queue.Queue", "queue.SimpleQueue", "gevent.queue.Queue":
		if hasNone(call) {
			return code{js: "new PyQueue()", t: queueType}, true
		}
		return c.unsupported(call, "a queue with a maximum size is not supported"), true
	}
	return code{}, false
}

// containerLibrary converts a call that creates a container or an iterator.
func (c *converter) containerLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "itertools.count":
		return code{js: "new PyCount(" + strings.Join(c.positional(call, "start", "step"), ", ") + ")", t: endlessType}, true
	case "itertools.chain", "itertools.product":
		if len(call.Keywords) > 0 {
			break
		}
		var lists []string
		for _, arg := range call.Args {
			lists = append(lists, iterable(c.value(arg)))
		}
		if full == "itertools.chain" {
			return code{js: "[" + strings.Join(lists, ", ") + "].flat()", t: listType}, true
		}
		return code{js: "pyProduct(" + strings.Join(lists, ", ") + ")", t: listType}, true
	case "itertools.zip_longest":
		return c.zipLongest(call)
	case "itertools.islice":
		if len(call.Args) < 2 {
			return c.unsupported(call, "%s() is not available in k6", full), true
		}
	case "csv.reader", "csv.DictReader", "itertools.cycle":
		return c.iteratorCall(call, full), true
	case "collections.deque":
		if args := c.positional(call, "iterable", "maxlen"); len(args) <= 2 {
			return code{js: "new PyDeque(" + strings.Join(args, ", ") + ")", t: dequeType}, true
		}
	case "collections.defaultdict":
		if python.HasOne(call) {
			factory := &python.Lambda{Pos: call.Pos, Body: &python.Call{Pos: call.Pos, Func: call.Args[0]}}
			if c.mapped[call] {
				return code{js: "new PyMap([], " + c.value(factory).js + ")", t: dictType}, true
			}
			return code{js: "pyDefaultDict(" + c.value(factory).js + ")", t: dictType}, true
		}
	case "collections.Counter":
		if hasNone(call) || python.HasOne(call) {
			c.types[mapsKey] = anyType
			return code{js: "new PyCounter(" + strings.Join(c.args(call), ", ") + ")", t: dictType}, true
		}
	case "collections.OrderedDict":
		return c.nameCall(call, &python.Name{Pos: call.Pos, ID: "dict"}), true
	}
	return code{}, false
}

// zipLongest converts itertools.zip_longest(). It returns false for unknown keyword arguments.
func (c *converter) zipLongest(call *python.Call) (code, bool) {
	fill := "null"
	for _, keyword := range call.Keywords {
		if keyword.Name != "fillvalue" {
			return code{}, false
		}
		fill = c.kept(keyword.Value).js
	}
	return code{js: "pyZipLongest(" + strings.Join(append([]string{fill}, c.args(call)...), ", ") + ")", t: listType}, true
}

// fileLibrary converts a call that reads files, or that concerns their paths.
func (c *converter) fileLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "io.BytesIO", "io.StringIO":
		return c.memoryFile(call, full), true
	case "io.open", "codecs.open":
		return c.openFile(c.openCall(call)), true
	case "os.path.exists", "os.path.isfile":
		return c.exists(call), true
	case "os.path.join", "os.path.dirname", "os.path.abspath", "os.path.realpath", "os.path.normpath", "pathlib.Path", "pathlib.Path.cwd", "os.getcwd":
		if path, ok := c.pathCode(call); ok && c.isPathLike(call) {
			return path, true
		}
	case "json.load":
		if python.HasOne(call) {
			if file := c.value(call.Args[0]); file.t == fileType {
				return code{js: "pyLoads(" + file.operand() + ".read())", t: anyType}, true
			}
		}
	}
	return code{}, false
}

// encodingLibrary converts a call that encodes or decodes a text.
func (c *converter) encodingLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "base64.b64encode", "base64.urlsafe_b64encode":
		if python.HasOne(call) {
			c.usesEncoding = true
			variant := map[string]string{"base64.b64encode": "std", "base64.urlsafe_b64encode": "url"}[full]
			return code{js: "encoding.b64encode(" + c.anyBytes(call.Args[0]) + ", " + conversion.Quote(variant) + ")", t: bytesType}, true
		}
	case "base64.b64decode", "base64.urlsafe_b64decode":
		if python.HasOne(call) {
			c.usesEncoding = true
			if value := c.value(call.Args[0]); value.t != binaryType {
				return code{js: fmt.Sprintf("pyB64decode(%s, %t)", value.js, full == "base64.urlsafe_b64decode"), t: binaryType}, true
			}
		}
	case "urllib.parse.urlencode":
		args, ok := python.Bind(call, "query", "doseq")
		if ok && len(args) == 2 && python.IsTrue(args["doseq"]) {
			return code{js: "pyUrlencode(" + c.value(args["query"]).js + ", true)", t: strType}, true
		}
	}
	return code{}, false
}

// functionLibrary converts a call that creates a function, or that copies a dataclass.
func (c *converter) functionLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "functools.partial":
		return c.partial(call), true
	case "operator.itemgetter", "operator.attrgetter":
		return c.getter(call, full)
	case "dataclasses.replace":
		if len(call.Args) == 1 {
			return c.replaced(call, call.Args[0]), true
		}
	}
	return code{}, false
}

// locustLibrary converts a call to a function or class of Locust.
func (c *converter) locustLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "locust.events.request.fire":
		return c.fire(call), true
	case "locust.HttpSession":
		return c.session(call), true
	}
	return code{}, false
}

// leftOutLibrary leaves out a call that has no effect on the load, with a note.
func (c *converter) leftOutLibrary(call *python.Call, full string) (code, bool) {
	none := code{js: "null", t: noneType, isPure: true}
	switch full {
	case "gevent.monkey.patch_all":
		c.note(call.Pos, "%s was left out: requests in k6 do not block other users", c.source(call))
		return none, true
	case "urllib3.disable_warnings", "requests.packages.urllib3.disable_warnings", "warnings.filterwarnings", "warnings.simplefilter":
		c.note(call.Pos, "%s was left out: k6 prints no such warnings", c.source(call))
		return none, true
	case "dotenv.load_dotenv":
		c.note(call.Pos, "%s was left out: k6 does not read .env files, so set their variables in the environment", c.source(call))
		return code{js: "true", t: boolType, isPure: true}, true
	}
	return code{}, false
}

// loggingLibrary converts a call to a function or class of the module logging.
func (c *converter) loggingLibrary(call *python.Call, full string) (code, bool) {
	name, ok := strings.CutPrefix(full, "logging.")
	if !ok {
		return code{}, false
	}
	switch name {
	case "getLogger", "StreamHandler", "FileHandler", "Formatter", "NullHandler":
		if name != "getLogger" {
			c.note(call.Pos, "%s was left out: k6 writes the log", c.source(call))
		}
		return code{js: "console", t: loggerType, isPure: true}, true
	case "basicConfig", "disable":
		c.note(call.Pos, "%s was left out: k6 writes the log", c.source(call))
		return code{js: "null", t: noneType, isPure: true}, true
	}
	return c.loggerCall(call, name), true
}
