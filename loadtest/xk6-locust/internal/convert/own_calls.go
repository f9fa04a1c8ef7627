package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// initOf returns the parameters of the constructor of a class, without self.
func (c *converter) initOf(k *class) []python.Param {
	if def := k.inherited("__init__"); def != nil {
		return def.Params[1:]
	}
	return nil
}

// creator returns the name of the class that defines the constructor of a class, or the name of the class itself if
// none does.
func (c *converter) creator(k *class) string {
	for each := k; each != nil; each = each.parent {
		if each.method("__init__") != nil {
			return each.Name
		}
	}
	return k.Name
}

// recordArgument records the type of a value that is passed to a parameter.
func (c *converter) recordArgument(param string, arg python.Expr) {
	value := c.value(arg)
	join(c.params, param, value.t)
	of, _, _ := strings.Cut(param, ".")
	if k := c.classes[of]; c.knownParams[param] == anyType || k != nil && k.kind != "" {
		c.checkFloat(arg, value)
	}
}

// ownArgs converts the arguments of a call to a function that the locustfile defines, and records their types. The key
// of a parameter's type consists of the name of the function and the index of the parameter. `first` is the index of
// the first parameter.
func (c *converter) ownArgs(call *python.Call, name string, first int, params []python.Param) []string {
	for _, arg := range values(call) {
		c.pathArgs[arg] = true
	}
	if isBound(call, params) {
		c.fail(call.Pos, "** is not supported in %s", c.source(call))
		return nil
	}
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
	// plain is the number of parameters that positional arguments can set. Further arguments become part of `*args`.
	plain := star
	if at := slices.IndexFunc(params, func(param python.Param) bool { return param.KeywordOnly }); star >= 0 && at >= 0 {
		plain = min(at, star)
	}
	for i, arg := range call.Args {
		if isStarred(arg) {
			if len(call.Keywords) > 0 || python.TakesKeywords(params) {
				c.fail(call.Pos, "%s has * and keyword arguments, which is not supported", c.source(call))
			}
			// The list may contain values for all remaining parameters.
			for j := i; j < len(params); j++ {
				join(c.params, fmt.Sprintf("%s.%d", name, first+j), anyType)
			}
			break
		}
		if star < 0 || i < plain {
			c.recordArgument(fmt.Sprintf("%s.%d", name, first+i), arg)
		}
	}
	if star < 0 {
		c.recordKeywords(call, name, first, names)
		return spread(c.positional(call, names...), len(names), "")
	}
	c.recordKeywords(call, name, first, names[:star])
	known, rest := *call, *call
	known.Args, rest.Args = call.Args[:min(plain, len(call.Args))], call.Args[min(plain, len(call.Args)):]
	list := spread(c.positional(&known, names[:star]...), star, ", ...any[]")
	for len(list) < star && len(rest.Args) > 0 {
		list = append(list, "undefined")
	}
	return append(list, c.keptArgs(&rest)...)
}

// recordKeywords records the types of the keyword arguments that set parameters with these names.
func (c *converter) recordKeywords(call *python.Call, name string, first int, names []string) {
	for _, keyword := range call.Keywords {
		if at := slices.Index(names, keyword.Name); at >= 0 {
			c.recordArgument(fmt.Sprintf("%s.%d", name, first+at), keyword.Value)
		}
	}
}

// spread adds a type cast to an argument such as `...values`. Otherwise, TypeScript would reject a call in which a list
// fills several parameters. rest is the type of the remaining values, such as "...any[]".
func spread(args []string, count int, rest string) []string {
	for i, arg := range args {
		if list, ok := strings.CutPrefix(arg, "..."); ok && i < count {
			args[i] = "...(" + list + " as any as [" + strings.TrimPrefix(strings.Repeat(", any", count-i)+rest, ", ") + "])"
		}
	}
	return args
}

// isBound returns whether the script must match the arguments of a call to the parameters. This is necessary if the
// call passes a dict with **, and the dict may set a parameter. isBound returns false for functions with *args.
func isBound(call *python.Call, params []python.Param) bool {
	if python.KeywordOf(call, "") == nil || slices.ContainsFunc(params, func(param python.Param) bool { return param.Kind == "*" }) {
		return false
	}
	given := len(call.Args)
	for _, param := range params {
		if param.Kind == "" && python.KeywordOf(call, param.Name) != nil {
			given++
		}
	}
	hasStar := slices.ContainsFunc(call.Args, isStarred)
	collects := slices.ContainsFunc(params, func(param python.Param) bool { return param.Kind == "**" })
	return hasStar || !collects || given < len(params)-1
}

// boundArgs converts the arguments of a call with ** to a list with one value for each parameter.
func (c *converter) boundArgs(call *python.Call, name string, first int, params []python.Param) string {
	for _, arg := range values(call) {
		c.pathArgs[arg] = true
	}
	var shown []string
	collects := ""
	for i, param := range params {
		if param.Kind == "**" {
			collects = ", true"
			continue
		}
		join(c.params, fmt.Sprintf("%s.%d", name, first+i), anyType)
		text := param.Name
		if param.KeywordOnly {
			text = "*" + text
		}
		if param.Default != nil {
			text += "="
		}
		shown = append(shown, conversion.Quote(text))
	}
	var pairs []string
	for _, keyword := range call.Keywords {
		value := c.kept(keyword.Value).js
		if keyword.Name == "" {
			pairs = append(pairs, "...pyPairs("+value+")")
			continue
		}
		if collects != "" {
			c.checkForwarded(call, keyword, params)
		}
		pairs = append(pairs, "["+conversion.Quote(keyword.Name)+", "+value+"]")
	}
	return "pyBind([" + strings.Join(shown, ", ") + "], [" + strings.Join(c.keptArgs(call), ", ") + "], [" + strings.Join(pairs, ", ") + "]" + collects + ")"
}

func (c *converter) ownCall(call *python.Call, js, name string, first int, params []python.Param) code {
	if c.managers[name] {
		return c.unsupported(call, "%s is a context manager, so it needs a with block", c.source(call))
	}
	isLogger := c.known["return."+name] == loggerType && c.methods[name] == 1
	wasLogger := c.inLogger
	c.inLogger = c.inLogger || isLogger
	var text string
	if isBound(call, params) {
		// TypeScript does not know how many arguments there are.
		text = "(" + js + " as any)(..." + c.boundArgs(call, name, first, params) + ")"
	} else {
		text = js + "(" + strings.Join(c.ownArgs(call, name, first, params), ", ") + ")"
	}
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

// findMethod returns a method with this name, or nil. If several classes define one, it always returns the same method.
func (c *converter) findMethod(name string) *python.Def {
	var found *python.Def
	for _, k := range c.classes {
		if def := k.method(name); def != nil && (found == nil || c.id("", def.Pos) < c.id("", found.Pos)) {
			found = def
		}
	}
	return found
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
	if def := k.inherited(name); def != nil {
		return def
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
		if other := k.method(name); other != nil && len(call.Keywords) > 0 && !slices.EqualFunc(paramsOf(found), paramsOf(other), python.SameParam) {
			c.fail(call.Pos, "%s has keywords, but several classes define %s with different parameters", c.source(call), name)
		}
	}
	return found
}

// paramsOf returns the parameters of a method, without self or cls.
func paramsOf(method *python.Def) []python.Param {
	if isStaticMethod(method) {
		return method.Params
	}
	return method.Params[1:]
}

func (c *converter) superCall(call *python.Call, name string) code {
	if len(call.Keywords) > 0 {
		return c.unsupported(call, "keyword arguments are not supported in %s", c.source(call))
	}
	if method := c.findMethod(name); method != nil && python.TakesKeywords(method.Params) {
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
