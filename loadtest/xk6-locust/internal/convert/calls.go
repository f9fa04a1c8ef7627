package convert

import (
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

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
	return c.builtinCall(call, name)
}
