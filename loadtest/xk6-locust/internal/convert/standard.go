package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// standardFunctions extends `library` with more functions of Python's library.
var standardFunctions = map[string]libraryFunction{
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
	"itertools.zip_longest":         {"pyZipLongest", listType, nil},
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

// callers contains the functions that call their arguments.
var callers = []string{"functools.reduce", "itertools.accumulate", "itertools.takewhile", "itertools.dropwhile", "itertools.starmap", "itertools.groupby"}

// getter converts operator.itemgetter() or operator.attrgetter() with one argument to a function. It returns false for
// other arguments.
func (c *converter) getter(call *python.Call, full string) (code, bool) {
	if len(call.Args) != 1 || len(call.Keywords) > 0 {
		return code{}, false
	}
	item := &python.Name{Pos: call.Pos, ID: "_item"}
	var body python.Expr = &python.Subscript{Pos: call.Pos, X: item, Index: call.Args[0]}
	if full == "operator.attrgetter" {
		name, ok := call.Args[0].(*python.Constant)
		if !ok || name.Kind != python.String || strings.Contains(name.Text, ".") {
			return code{}, false
		}
		body = &python.Attribute{Pos: call.Pos, X: item, Name: name.Text}
	}
	return c.lambda(lambdaOf(body, item)), true
}

// replaced converts dataclasses.replace() or the method _replace() of a named tuple.
func (c *converter) replaced(call *python.Call, object python.Expr) code {
	for _, k := range c.classes {
		if k.method(postInit) != nil {
			return c.unsupported(call, "%s is not supported in a file with %s", c.source(call), postInit)
		}
	}
	var fields []string
	for _, keyword := range call.Keywords {
		fields = append(fields, c.member(keyword.Name)+": "+c.kept(keyword.Value).js)
	}
	x := c.value(object)
	return code{js: "pyReplaced(" + x.js + ", { " + strings.Join(fields, ", ") + " })", t: x.t}
}

// urlType is the type of the parts of a URL.
const urlType = "url"

// urlFields contains the parts of a URL with their types.
var urlFields = map[string]string{
	"scheme": strType, "netloc": strType, "path": strType, "params": strType, "query": strType, "fragment": strType, "hostname": anyType, "port": anyType,
}

// standardCall converts a call to a function in Python's standard library. It returns false for functions and arguments
// that it does not convert.
func (c *converter) standardCall(call *python.Call, full string) (code, bool) {
	if slices.Contains(callers, full) {
		c.checkCallbacks(call)
	}
	switch full {
	case "operator.itemgetter", "operator.attrgetter":
		return c.getter(call, full)
	case "dataclasses.replace":
		if len(call.Args) == 1 {
			return c.replaced(call, call.Args[0]), true
		}
	case "itertools.zip_longest":
		var fill python.Expr
		for _, keyword := range call.Keywords {
			if keyword.Name != "fillvalue" {
				return code{}, false
			}
			fill = keyword.Value
		}
		value := "null"
		if fill != nil {
			value = c.kept(fill).js
		}
		return code{js: "pyZipLongest(" + strings.Join(append([]string{value}, c.args(call)...), ", ") + ")", t: listType}, true
	case "urllib.parse.urlencode":
		args, ok := bind(call, "query", "doseq")
		doseq, isConstant := args["doseq"].(*python.Constant)
		if ok && len(args) == 2 && isConstant && doseq.Kind == python.True {
			return code{js: "pyUrlencode(" + c.value(args["query"]).js + ", true)", t: strType}, true
		}
	case "time.mktime", "calendar.timegm":
		if hasOne(call) {
			if x := c.value(call.Args[0]); x.t == structType {
				if full == "calendar.timegm" {
					return code{js: "Math.floor(" + x.operand() + ".date.getTime() / 1000)", t: intType}, true
				}
				return code{js: "Math.floor(pyTimestamp(" + x.js + "))", t: floatType}, true
			}
		}
	case "time.gmtime", "time.localtime":
		args := c.args(call)
		isUTC := map[bool]string{true: "true"}[full == "time.gmtime"]
		switch {
		case len(call.Keywords) > 0 || len(args) > 1:
		case len(args) == 0:
			return code{js: "pyNow(" + isUTC + ")", t: structType}, true
		default:
			return code{js: strings.TrimSuffix("pyAtTime(Math.floor("+c.number(c.value(call.Args[0]))+"), "+isUTC, ", ") + ")", t: structType}, true
		}
	case "time.strptime":
		result := c.strptime(call)
		result.t = structType
		return result, true
	case "hashlib.md5", "hashlib.sha1", "hashlib.sha256", "hashlib.sha384", "hashlib.sha512":
		if len(call.Args) > 1 || len(call.Keywords) > 0 && call.Keywords[0].Name != "usedforsecurity" {
			return code{}, false
		}
		c.usesCrypto = true
		hash := "crypto.createHash(" + quote(strings.TrimPrefix(full, "hashlib.")) + ")"
		if len(call.Args) == 1 {
			return code{js: "pyHash(" + hash + ", " + c.anyBytes(call.Args[0]) + ")", t: hashType}, true
		}
		return code{js: hash, t: hashType}, true
	case "hmac.new":
		if hash, key, message, ok := c.hmac(call); ok {
			c.usesCrypto = true
			created := "crypto.createHMAC(" + quote(hash) + ", " + key + ")"
			if message != "" {
				created = "pyHash(" + created + ", " + message + ")"
			}
			return code{js: created, t: hashType}, true
		}
	case "base64.b64decode", "base64.urlsafe_b64decode":
		if hasOne(call) {
			c.usesEncoding = true
			value := c.value(call.Args[0])
			if value.t == binaryType {
				return code{}, false
			}
			return code{js: "pyB64decode(" + value.js + ", " + map[bool]string{true: "true", false: "false"}[full == "base64.urlsafe_b64decode"] + ")", t: binaryType}, true
		}
	}
	if bits := c.bitsOf(call); bits > maxBits {
		return c.unsupported(call, "%d random bits are only supported in a format such as f\"{%s(%d):x}\", because JavaScript has no integers of more than 53 bits", bits, full, bits), true
	}
	function, ok := standardFunctions[full]
	if !ok {
		return code{}, false
	}
	if full == "itertools.islice" && len(call.Args) < 2 {
		return code{}, false
	}
	return code{js: function.js + "(" + strings.Join(c.positional(call, function.params...), ", ") + ")", t: function.t}, true
}

const (
	// hashType is the type of the objects of hashlib and hmac.
	hashType = "hash"
	// structType is the type of time.struct_time.
	structType = "struct_time"
)

// anyBytes converts an argument that must be bytes: text in UTF-8, or the content of a binary file.
func (c *converter) anyBytes(expr python.Expr) string {
	if value := c.value(expr); value.t == binaryType {
		return value.js
	}
	return c.bytesOf(expr)
}

// hmac returns the parts of hmac.new(key, msg, digestmod). message is empty if the call has no message.
func (c *converter) hmac(call *python.Call) (hash, key, message string, ok bool) {
	args, ok := bind(call, "key", "msg", "digestmod")
	if !ok || args["key"] == nil || args["digestmod"] == nil {
		return "", "", "", false
	}
	hash = strings.TrimPrefix(c.qualified(args["digestmod"]), "hashlib.")
	if text, isText := args["digestmod"].(*python.Constant); isText {
		hash = text.Text
	}
	if args["msg"] != nil {
		message = c.anyBytes(args["msg"])
	}
	return hash, c.anyBytes(args["key"]), message, slices.Contains(hashes, hash)
}

// hashCall converts a call to a method of an object of hashlib or hmac.
func (c *converter) hashCall(call *python.Call, callee *python.Attribute, x code) code {
	switch {
	case len(call.Keywords) > 0:
	case callee.Name == "update" && len(call.Args) == 1:
		c.recordMutation(callee.X)
		return code{js: x.operand() + ".update(" + c.anyBytes(call.Args[0]) + ")", t: noneType}
	case callee.Name == "hexdigest" && len(call.Args) == 0:
		return code{js: x.operand() + ".digest('hex')", t: strType}
	case callee.Name == "digest" && len(call.Args) == 0:
		return code{js: x.operand() + ".digest('binary')", t: binaryType}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// structFields maps the fields of time.struct_time to expressions with methods of JavaScript's Date.
var structFields = map[string]string{
	"tm_year": "getUTCFullYear()", "tm_mon": "getUTCMonth() + 1", "tm_mday": "getUTCDate()", "tm_hour": "getUTCHours()", "tm_min": "getUTCMinutes()",
	"tm_sec": "getUTCSeconds()",
}

// standardField converts a field of the parts of a URL, or of time.struct_time. It returns false for other fields.
func (c *converter) standardField(expr *python.Attribute, x code) (code, bool) {
	if t := urlFields[expr.Name]; x.t == urlType && t != "" {
		return code{js: x.operand() + "." + expr.Name, t: t, isPure: x.isPure}, true
	}
	if x.t != structType {
		return code{}, false
	}
	date := x.operand() + ".date"
	switch field := structFields[expr.Name]; {
	case field != "":
		return code{js: date + "." + field, t: intType, isOpen: strings.Contains(field, "+")}, true
	case expr.Name == "tm_wday":
		return code{js: "(" + date + ".getUTCDay() + 6) % 7", t: intType, isOpen: true}, true
	case expr.Name == "tm_yday":
		return code{js: "pyInt(pyStrftime(" + x.js + ", '%j'))", t: intType}, true
	}
	return code{}, false
}

// textParams contains the parameters of the methods of strings that accept keyword arguments.
var textParams = map[string][]string{"split": {"sep", "maxsplit"}, "rsplit": {"sep", "maxsplit"}}

// textMethods contains methods of strings, with the number of their arguments and the types of their results. Each has
// a function in the prelude, for example pyCasefold for casefold().
var textMethods = map[string]struct {
	count int
	t     string
}{
	"casefold": {0, strType}, "swapcase": {0, strType}, "isalpha": {0, boolType}, "isalnum": {0, boolType}, "isupper": {0, boolType},
	"islower": {0, boolType}, "isspace": {0, boolType}, "isnumeric": {0, boolType}, "isdecimal": {0, boolType}, "partition": {1, tupleType},
	"rpartition": {1, tupleType}, "rfind": {1, intType}, "rindex": {1, intType},
}

// textCall converts center(), rsplit(), and the methods in textMethods. It returns false for other methods and numbers
// of arguments.
func (c *converter) textCall(call *python.Call, name, text string) (code, bool) {
	if name == "center" && len(call.Args) >= 1 && len(call.Args) <= 2 {
		return code{js: "pyCenter(" + text + ", " + strings.Join(c.args(call), ", ") + ")", t: strType}, true
	}
	if name == "rsplit" && len(call.Args) <= 2 {
		return code{js: "pyRsplit(" + strings.Join(append([]string{text}, c.args(call)...), ", ") + ")", t: listType}, true
	}
	method, ok := textMethods[name]
	if !ok || len(call.Args) != method.count {
		return code{}, false
	}
	return code{js: "py" + strings.ToUpper(name[:1]) + name[1:] + "(" + strings.Join(append([]string{text}, c.args(call)...), ", ") + ")", t: method.t}, true
}
