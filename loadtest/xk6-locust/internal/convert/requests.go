package convert

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
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
			c.fail(call.Pos, "the argument %s of events.request.fire is not supported", shownName(keyword.Name))
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
			return c.unsupported(call, "the argument %s of HttpSession is not supported", shownName(keyword.Name))
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
	function, method, url string
	// unnamed is the URL if the call sets no name, so that HttpUser names the request after its URL and parameters.
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
	c.checkDicts(call)
	values := map[string]python.Expr{}
	var order []string
	for i, arg := range args {
		if isStarred(arg) && i == len(args)-1 && !isRest && i <= len(names) {
			// pyNamed gives these names to the items of the list. As in Python, it rejects further items.
			var rest []string
			for _, name := range append(slices.Clone(names), map[bool][]string{true: {"name"}}[method == "request"]...)[i:] {
				rest = append(rest, quote(name))
			}
			values[""] = arg
			list := "pyNamed(" + iterable(c.value(unstarred(arg))) + ", [" + strings.Join(rest, ", ") + "])"
			r.options = append(r.options, fmt.Sprintf("...pyOptions(%s, %s, %s)", list, "null", c.form(call)))
			break
		}
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
	isFast, isSlow := c.clients()
	if method == "head" && !isRest && values["allow_redirects"] == nil {
		if isFast && isSlow {
			c.fail(call.Pos, "FastHttpUser follows redirects of this request, but HttpUser does not: set allow_redirects")
		}
		if !isFast {
			r.options = append(r.options, "allowRedirects: false")
		}
	}
	// Without a name, HttpUser names a request after its URL, which contains the parameters.
	isNamed := isFast || isRest || values["params"] == nil || values["name"] != nil
	if url := values["url"]; url != nil && !isFast && !isRest && values["name"] == nil {
		r.unnamed = c.value(url).js
	}
	for _, name := range order {
		value := values[name]
		if setting := fastSettings[name]; setting != "" && isFast && isSlow {
			c.fail(call.Pos, "HttpUser and FastHttpUser treat the argument %s of a request differently: use only one of these classes", name)
		} else if setting != "" && isFast {
			c.fail(call.Pos, "FastHttpUser sends the argument %s to the server, as a parameter: set %s on the class instead", name, setting)
		}
		switch name {
		case "params":
			if isNamed {
				c.option(&r, call, name, value)
			}
		case "url", "path":
			path := c.value(value)
			text, host := path.js, c.hostOf(x)
			hasPort := host != "" && values[""] == nil && c.isPort(value)
			if hasPort {
				text = host + " + " + path.operand()
			} else {
				c.checkPath(value)
			}
			switch {
			case !isNamed:
				r.url = "pyUrl(pyQuery(" + text + ", " + c.value(values["params"]).js + "))"
			case hasPort:
				r.url = "pyUrl(" + text + ")"
			default:
				r.url = c.url(value)
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
		case "cookies":
			c.cookies(&r, x, call, values)
		case "headers":
			if cookies := values["cookies"]; cookies == nil || c.expr(cookies).t == noneType {
				c.option(&r, call, name, value)
			}
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
	if json := values["json"]; json != nil && !isRest && (c.known[floatsKey] != "" || c.hasMaps()) && c.expr(json).t != noneType {
		r.options = []string{"...pyJson(" + x.operand() + ", { " + strings.Join(r.options, ", ") + " })"}
	}
	return r
}

// cookies adds the cookies of a single request to its headers.
func (c *converter) cookies(r *request, x code, call *python.Call, values map[string]python.Expr) {
	cookies := c.value(values["cookies"])
	if isFast, _ := c.clients(); isFast {
		c.fail(call.Pos, "FastHttpUser has no argument cookies: use HttpUser, or the header Cookie")
	}
	if values[""] != nil {
		c.fail(call.Pos, "cookies of a request with ** are not supported: name the other arguments")
	}
	switch cookies.t {
	case noneType:
		return
	case "cookies":
		c.fail(call.Pos, "cookies must be a dict: the client already sends its own cookies")
	}
	c.note(call.Pos, "if an answer redirects this request, k6 sends the following request without the cookies that the answer sets")
	headers := "undefined"
	if values["headers"] != nil {
		headers = c.plain(c.value(values["headers"])).js
	}
	r.options = append(r.options, fmt.Sprintf("headers: pyCookies(%s, %s, %s, %s)", x.operand(), c.url(values["url"]), headers, c.plain(cookies).js))
}

// fastHeaders wraps the options of a request that may have a body of JSON, text, or bytes. FastHttpUser may add headers
// to such a request.
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
	if data != nil && isBytes(c.expr(data).t) {
		kind = "application/octet-stream"
	}
	r.options = []string{"...pyFastOptions(" + x.operand() + ", { " + strings.Join(r.options, ", ") + " }, " + quote(kind) + ")"}
}

func (c *converter) option(r *request, call *python.Call, name string, value python.Expr) {
	option, ok := optionNames[name]
	if !ok {
		if name != "" {
			c.fail(call.Pos, "the argument %s of a request is not supported", name)
			return
		}
		isFast, isSlow := c.clients()
		if isFast && isSlow {
			c.fail(call.Pos, "HttpUser and FastHttpUser send different headers with these arguments: use only one of these classes")
		}
		r.options = append(r.options, fmt.Sprintf("...pyOptions(%s, %s, %s)", c.value(value).js, cmp.Or(r.unnamed, "null"), c.form(call)))
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
	case name == "headers":
		text = c.plain(e).js
		if e.t == anyType {
			text += " ?? undefined"
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

// readsJSON returns whether the file parses JSON. JavaScript may round the integers in it.
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

// isPort returns whether a path begins with the port of a host, such as ":8000/path". Locust appends it to the host.
func (c *converter) isPort(url python.Expr) bool {
	text := firstText(url)
	isFast, _ := c.clients()
	return text != nil && !isFast && portPath.MatchString(text.Text)
}

// firstText returns the text at the beginning of a URL, or nil if the URL does not begin with a text.
func firstText(url python.Expr) *python.Constant {
	if joined, ok := url.(*python.JoinedStr); ok && len(joined.Parts) > 0 {
		url = joined.Parts[0]
	}
	if text, ok := url.(*python.Constant); ok && text.Kind == python.String {
		return text
	}
	return nil
}

var portPath = regexp.MustCompile(`^:\d+/`)

// hostOf returns the host of a client as an expression, or "" if it is not known.
func (c *converter) hostOf(client code) string {
	switch k := c.classOf(); {
	case client.js == "this.user.client" || client.js == "this.client" && k != nil && k.hasTasks() && !k.isUser():
		return "this.user.host"
	case client.js == "this.client" && k != nil && k.isUser():
		return "this.host"
	}
	return ""
}

// checkPath reports a path that Locust and k6/x/locust join with the host in different ways. Locust appends the path to
// the host. k6/x/locust joins them with a slash.
func (c *converter) checkPath(url python.Expr) {
	text := firstText(url)
	if text == nil || text.Text == "" || absoluteURL.MatchString(text.Text) {
		return
	}
	for _, k := range c.classes {
		for _, stmt := range k.Body {
			assign, ok := stmt.(*python.Assign)
			if !ok || !k.isUser() || len(assign.Targets) != 1 || !isName(assign.Targets[0], "host") {
				continue
			}
			host, ok := assign.Value.(*python.Constant)
			switch hasSlash := strings.HasPrefix(text.Text, "/"); {
			case !ok || host.Kind != python.String || strings.HasSuffix(host.Text, "/") != hasSlash:
			case hasSlash:
				c.note(assign.Pos, "k6 sends one slash between host and path. Locust sends two, because %s ends with a slash", host.Text)
			default:
				c.fail(text.Pos, "the path %q must begin with a slash, because Locust appends it to the host %s", text.Text, host.Text)
			}
		}
	}
}

var absoluteURL = regexp.MustCompile(`(?i)^https?://`)

// isPlainURL returns whether Locust certainly sends a URL without changes.
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

// isRewritten returns whether Locust may rewrite a character of a URL, in the request or in the request's name.
func isRewritten(letter rune) bool {
	return letter <= ' ' || letter > '~' || strings.ContainsRune("\"#%<>[\\]^`{|}", letter)
}

// form returns the function that encodes the argument `data` in the same way as the user's client. HttpUser and
// FastHttpUser encode it differently.
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

// isPlainForm returns whether an expression is a literal dict, and all of its values are strings or integers that have
// the same text in JavaScript and Python.
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
