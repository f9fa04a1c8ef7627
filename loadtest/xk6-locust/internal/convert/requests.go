package convert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

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
		case !slices.Contains([]string{"context", "response", "start_time", "url"}, keyword.Name):
			c.fail(call.Pos, "the argument %s of events.request.fire is not supported", python.ShownName(keyword.Name))
		}
	}
	return code{js: "locust.events.request.fire({ " + strings.Join(items, ", ") + " })", t: noneType}
}

// session converts HttpSession(base_url=…, request_event=…, user=…), which creates an additional client of a user.
func (c *converter) session(call *python.Call) code {
	names := []string{"base_url", "request_event", "user"}
	args, ok := python.Bind(call, names...)
	if !ok {
		return c.unsupported(call, "HttpSession has too many arguments")
	}
	for _, keyword := range call.Keywords {
		if !slices.Contains(names, keyword.Name) && keyword.Name != "pool_manager" {
			return c.unsupported(call, "the argument %s of HttpSession is not supported", python.ShownName(keyword.Name))
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
		return c.unsupported(call, "base_url must not end with a slash, because Locust would send it twice")
	}
	return code{js: "new " + c.use("HttpSession") + "(" + user.js + ", " + c.value(args["base_url"]).js + ")", t: "client"}
}

// request describes a request that a client makes.
type request struct {
	call   *python.Call
	client code
	// isRest is set for a call to rest().
	isRest bool
	// values maps the names of the arguments to their values. The name of an argument with * or ** is "".
	values map[string]python.Expr
	// function is the method of the client.
	function, method, url string
	// isNamedByURL is set if the call sets no name, so that HttpUser names the request after its URL and parameters.
	isNamedByURL bool
	// unnamed is the URL of such a request.
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

// optionNames maps arguments of requests to options of k6/x/locust.
var optionNames = map[string]string{
	"params": "params", "data": "data", "json": "json", "headers": "headers", "name": "name", "auth": "auth", "timeout": "timeout",
	"allow_redirects": "allowRedirects", "files": "files",
}

// fastSettings maps arguments of HttpUser's requests to the fields of FastHttpUser that take their place.
var fastSettings = map[string]string{"timeout": "network_timeout", "verify": "insecure"}

func (c *converter) clientCall(call *python.Call, callee *python.Attribute, x code) code {
	if callee.Name == "close" && hasNone(call) {
		if c.f.name != "on_stop" || x.js != "this.client" && x.js != "this.user.client" {
			return c.unsupported(call, "%s is only supported in on_stop: k6 keeps the connections of a user until then", c.source(call))
		}
		c.note(call.Pos, "%s was left out: k6 closes the connections of a user when the user stops", c.source(call))
		return code{js: "null", t: noneType, isPure: true}
	}
	if !slices.Contains(simplify.RequestMethods, callee.Name) {
		return c.unsupported(call, "%s is not supported", c.source(call))
	}
	r := c.request(x, callee.Name, call, false)
	if r.catches {
		c.note(call.Pos, "catch_response=True was left out: without a with block, Locust does not count this request, but k6 does")
	}
	if r.t == responseType {
		r.t = uncaughtType
	}
	c.f.isAsync = true
	text := "await " + x.operand() + "." + r.function + "(" + r.leading
	if len(r.options) > 0 {
		text += "{ " + strings.Join(r.options, ", ") + " })"
	} else {
		text = strings.TrimSuffix(text, ", ") + ")"
	}
	return code{js: text, t: r.t, isOpen: true}
}

// request converts the arguments of a request.
func (c *converter) request(client code, method string, call *python.Call, isRest bool) request {
	c.checkDicts(call)
	r := request{call: call, client: client, isRest: isRest, function: method, values: map[string]python.Expr{}, t: responseType}
	names := c.requestArguments(&r)
	c.headRedirects(&r)
	isFast, _ := c.clients()
	r.isNamedByURL = !isFast && !isRest && r.values["name"] == nil
	if url := r.values["url"]; url != nil && r.isNamedByURL {
		r.unnamed = c.value(url).js
	}
	for _, name := range names {
		c.checkSetting(&r, name)
		c.requestArgument(&r, name, r.values[name])
	}
	if r.url == "" {
		c.fail(call.Pos, "the request has no URL")
	}
	r.leading = r.url + ", "
	if method == "request" {
		r.leading = r.method + ", " + r.leading
	}
	if !isRest {
		c.fastHeaders(&r)
	}
	if json := r.values["json"]; json != nil && !isRest && (c.known[floatsKey] != "" || c.hasMaps()) && c.expr(json).t != noneType {
		r.options = []string{"...pyJson(" + client.operand() + ", { " + strings.Join(r.options, ", ") + " })"}
	}
	return r
}

// requestParams returns the parameters of a method of the client that positional arguments can set.
func requestParams(method string) []string {
	switch method {
	case "post":
		return []string{"url", "data", "json"}
	case "put", "patch":
		return []string{"url", "data"}
	case "request", "rest":
		return []string{"method", "url"}
	}
	return []string{"url"}
}

// requestArguments finds the arguments of a request, and returns their names in the order of the arguments.
func (c *converter) requestArguments(r *request) []string {
	var order []string
	names := requestParams(r.function)
	for i, arg := range r.call.Args {
		switch {
		case isStarred(arg) && i == len(r.call.Args)-1 && !r.isRest && i <= len(names):
			c.listedArguments(r, arg, names[i:])
		case i >= len(names):
			c.fail(r.call.Pos, "%s has too many arguments: name them", c.source(r.call))
		default:
			r.values[names[i]] = arg
			order = append(order, names[i])
		}
	}
	for _, keyword := range r.call.Keywords {
		r.values[keyword.Name] = keyword.Value
		order = append(order, keyword.Name)
	}
	return order
}

// listedArguments adds the options for a list with `*`, whose items are the arguments with these names.
func (c *converter) listedArguments(r *request, list python.Expr, names []string) {
	if r.function == "request" {
		names = append(names, "name")
	}
	r.values[""] = list
	// As in Python, pyNamed rejects a list with too many items.
	named := "pyNamed(" + iterable(c.value(unstarred(list))) + ", [" + quoteAll(names) + "])"
	r.options = append(r.options, fmt.Sprintf("...pyOptions(%s, null, %s)", named, c.form(r.call)))
}

// headRedirects adds the option for head(), which follows redirects only with FastHttpUser.
func (c *converter) headRedirects(r *request) {
	if r.function != "head" || r.isRest || r.values["allow_redirects"] != nil {
		return
	}
	isFast, isSlow := c.clients()
	if isFast && isSlow {
		c.fail(r.call.Pos, "FastHttpUser follows redirects of this request, but HttpUser does not: set allow_redirects")
	}
	if !isFast {
		r.options = append(r.options, "allowRedirects: false")
	}
}

// checkSetting reports an argument that FastHttpUser takes from a field of the class instead.
func (c *converter) checkSetting(r *request, name string) {
	setting := fastSettings[name]
	switch isFast, isSlow := c.clients(); {
	case setting == "" || !isFast:
	case isSlow:
		c.fail(r.call.Pos, "HttpUser and FastHttpUser treat the argument %s of a request differently: use only one of these classes", name)
	default:
		c.fail(r.call.Pos, "FastHttpUser sends the argument %s to the server, as a parameter: set %s on the class instead", name, setting)
	}
}

func (c *converter) requestArgument(r *request, name string, value python.Expr) {
	switch name {
	case "url", "path":
		r.url = c.requestURL(r, value)
	case "method":
		r.method = c.value(value).js
	case "params":
		// If HttpUser names the request after its URL, the URL contains the parameters.
		if !r.isNamedByURL {
			c.option(r, name, value)
		}
	case "headers":
		// The option for cookies also contains the headers.
		if cookies := r.values["cookies"]; cookies == nil || c.expr(cookies).t == noneType {
			c.option(r, name, value)
		}
	case "cookies":
		c.cookies(r)
	case "catch_response":
		r.catches = c.flag(r, name, value)
	case "stream":
		if c.flag(r, name, value) {
			r.t = streamType
			r.options = append(r.options, "stream: true")
		}
	case "verify":
		c.flag(r, name, value)
	case "context":
		c.note(r.call.Pos, "the context of the request was left out")
	default:
		c.option(r, name, value)
	}
}

// flag returns the value of an argument that must be True or False.
func (c *converter) flag(r *request, name string, value python.Expr) bool {
	if !python.IsLiteral(value, python.True, python.False) {
		c.fail(r.call.Pos, "%s must be True or False", name)
	}
	return python.IsTrue(value)
}

// cookies adds the cookies of a single request to its headers.
func (c *converter) cookies(r *request) {
	cookies := c.value(r.values["cookies"])
	if isFast, _ := c.clients(); isFast {
		c.fail(r.call.Pos, "FastHttpUser has no argument cookies: use HttpUser, or the header Cookie")
	}
	if r.values[""] != nil {
		c.fail(r.call.Pos, "cookies of a request with ** are not supported: name the other arguments")
	}
	switch cookies.t {
	case noneType:
		return
	case "cookies":
		c.fail(r.call.Pos, "cookies must be a dict: the client already sends its own cookies")
	}
	c.note(r.call.Pos, "if an answer redirects this request, k6 sends the following request without the cookies that the answer sets")
	headers := "undefined"
	if r.values["headers"] != nil {
		headers = c.plain(c.value(r.values["headers"])).js
	}
	r.options = append(r.options, fmt.Sprintf("headers: pyCookies(%s, %s, %s, %s)", r.client.operand(), c.url(r.values["url"]), headers, c.plain(cookies).js))
}

// option adds the request option for an argument.
func (c *converter) option(r *request, name string, value python.Expr) {
	option, ok := optionNames[name]
	switch {
	case name == "":
		c.unpackedOptions(r, value)
		return
	case !ok:
		c.fail(r.call.Pos, "the argument %s of a request is not supported", name)
		return
	}
	c.unpacked[value] = true
	e := c.value(value)
	if e.t == noneType {
		return
	}
	if text := c.optionValue(r, name, value, e); text != option {
		option += ": " + text
	}
	r.options = append(r.options, option)
}

// unpackedOptions adds the request options for a dict with `**`.
func (c *converter) unpackedOptions(r *request, dict python.Expr) {
	if isFast, isSlow := c.clients(); isFast && isSlow {
		c.fail(r.call.Pos, "HttpUser and FastHttpUser send different headers with these arguments: use only one of these classes")
	}
	r.options = append(r.options, fmt.Sprintf("...pyOptions(%s, %s, %s)", c.value(dict).js, cmp.Or(r.unnamed, "null"), c.form(r.call)))
}

// optionValue returns the value of a request option. e is the converted argument.
func (c *converter) optionValue(r *request, name string, value python.Expr, e code) string {
	switch {
	case name == "timeout" && e.t == tupleType:
		c.fail(r.call.Pos, "a timeout with two values is not supported: set connection_timeout on the class")
	case name == "files":
		return "pyFiles(" + e.js + ")"
	case name == "data" && (e.t == uploadType || e.t == fileType):
		c.fail(r.call.Pos, "a file as data is not supported: pass the result of its read()")
	case name == "data" && e.t == binaryType:
	case name == "data" || name == "params":
		switch {
		case e.t == strType || e.t == bytesType || isPlainForm(value):
		case name == "data":
			return c.form(r.call) + "(" + e.js + ")"
		default:
			return "pyForm(" + e.js + ")"
		}
	case name == "headers":
		headers := c.plain(e).js
		if e.t == anyType {
			headers += " ?? undefined"
		}
		return headers
	case name == "auth" && isOutsideASCII(value):
		c.fail(r.call.Pos, "auth with non-ASCII characters is not supported: Locust encodes them in Latin-1, k6 in UTF-8")
	case name == "timeout" && e.t == anyType && c.known[floatsKey] != "":
		return "pySeconds(" + e.js + ")"
	case name != "json" && e.t == anyType:
		return e.js + " ?? undefined"
	case name == "json" && !c.isExact(value) && c.known[floatsKey] == "" && c.readsJSON():
		return "pyExact(" + e.js + ")"
	}
	return e.js
}
