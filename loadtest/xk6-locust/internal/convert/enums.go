package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const (
	// Types of enumerations begin with enumType, and types of their members begin with memberType.
	enumType   = "enum:"
	memberType = "member:"
	// plainEnumKind is the kind of enumerations whose members are objects, and enumKind is the kind of enumerations
	// whose members are also strings or integers. Such members are converted to their values.
	plainEnumKind = "plain enum"
	enumKind      = "enum"
)

// isEnum returns whether a class is an enumeration, and records its kind.
func (c *converter) isEnum(k *class) bool {
	for i, base := range k.Bases {
		name, _ := base.(*python.Name)
		switch qualified := c.qualified(base); {
		case qualified == "enum.Enum" && i == 0 && len(k.Bases) == 1:
			k.kind = plainEnumKind
		case qualified == "enum.Enum" && i == 1 && k.kind == enumKind:
			return true
		case (qualified == "enum.StrEnum" || qualified == "enum.IntEnum") && len(k.Bases) == 1:
			k.kind = enumKind
		case i == 0 && len(k.Bases) == 2 && name != nil && (name.ID == "str" || name.ID == "int") && c.qualified(k.Bases[1]) == "enum.Enum":
			k.kind = enumKind
		default:
			return false
		}
	}
	return k.isEnum()
}

func (k *class) isEnum() bool { return k.kind == plainEnumKind || k.kind == enumKind }

// emitEnum converts an enumeration to a class with a static field for each member.
func (c *converter) emitEnum(k *class) {
	if k.kind == enumKind && len(k.Bases) == 2 {
		c.note(k.Pos, "members of %s are converted to their values; in Python 3.11 and later, their text in an f-string is %s.NAME", k.Name, k.Name)
	}
	c.line("class %s%s {", k.js, map[bool]string{true: " extends PyMember", false: ""}[k.kind == plainEnumKind])
	c.depth++
	seen := map[string]bool{}
	last := python.Expr(&python.Constant{Pos: k.Pos, Kind: python.Int, Text: "0"})
	var methods []*python.Def
	for _, stmt := range k.Body {
		switch stmt := stmt.(type) {
		case *python.Assign:
			last = c.emitMember(k, stmt, last, seen)
		case *python.Def:
			methods = append(methods, stmt)
			k.members[stmt.Name] = true
		case *python.Simple:
		default:
			if !python.IsDocstring(stmt) {
				c.fail(stmt.Position(), "an enumeration may only contain members and methods")
			}
		}
	}
	for _, def := range methods {
		if k.kind == enumKind || len(def.Decorators) > 0 && !isDecorated(def, "property") || strings.HasPrefix(def.Name, "_") {
			c.fail(def.Pos, "the method %s of an enumeration is not supported", def.Name)
			continue
		}
		c.method(k, def)
	}
	c.depth--
	c.line("}")
}

// emitMember emits a member of an enumeration, and returns its value. last is the value of the previous member, and
// seen contains the values of all previous members.
func (c *converter) emitMember(k *class, stmt *python.Assign, last python.Expr, seen map[string]bool) python.Expr {
	name, ok := stmt.Targets[0].(*python.Name)
	if !ok || len(stmt.Targets) != 1 || stmt.Value == nil || strings.HasPrefix(name.ID, "_") {
		c.fail(stmt.Pos, "a member of an enumeration must be NAME = VALUE")
		return last
	}
	value := stmt.Value
	if call, ok := value.(*python.Call); ok && c.qualified(call.Func) == "enum.auto" {
		value = c.automatic(name, last, c.qualified(k.Bases[0]) == "enum.StrEnum")
	}
	text := c.value(value)
	c.checkFloat(value, text)
	if seen[text.js] {
		c.fail(stmt.Pos, "two members of %s have the same value", k.Name)
	}
	seen[text.js] = true
	k.members[name.ID] = true
	if k.kind == plainEnumKind {
		text.js = fmt.Sprintf("new %s('%s', %s)", k.js, name.ID, text.js)
	}
	c.line("static readonly %s: any = %s", c.enumMember(name), text.js)
	return value
}

// enumMember returns the name of a member. It rejects the names of fields that every JavaScript class has.
func (c *converter) enumMember(name *python.Name) string {
	if slices.Contains([]string{"name", "length", "prototype", "arguments", "caller"}, name.ID) {
		c.fail(name.Pos, "the member %s has the name of a field of JavaScript's classes: rename it", name.ID)
	}
	return name.ID
}

// automatic returns the value of auto(): the previous value plus 1, or the name in lowercase if isText is set.
func (c *converter) automatic(name *python.Name, last python.Expr, isText bool) python.Expr {
	if isText {
		return &python.Constant{Pos: name.Pos, Kind: python.String, Text: strings.ToLower(name.ID)}
	}
	constant, ok := last.(*python.Constant)
	if !ok || constant.Kind != python.Int {
		c.fail(name.Pos, "auto() is only supported after integers")
		return last
	}
	return &python.Constant{Pos: name.Pos, Kind: python.Int, Text: strconv.Itoa(c.integer(constant) + 1)}
}

// memberField converts a member of an enumeration, or its name or value.
func (c *converter) memberField(expr *python.Attribute, x code) (code, bool) {
	if name, ok := strings.CutPrefix(x.t, enumType); ok {
		k := c.classes[name]
		for _, stmt := range k.Body {
			if assign, ok := stmt.(*python.Assign); ok && slices.Contains(python.Names(assign.Targets[0]), expr.Name) {
				return code{js: k.js + "." + expr.Name, t: memberType + name, isPure: true}, true
			}
		}
		return c.unsupported(expr, "%s is not supported", c.source(expr)), true
	}
	if expr.Name != "name" && expr.Name != "value" {
		return code{}, false
	}
	name, isMember := strings.CutPrefix(x.t, memberType)
	if k := c.classOf(); x.js == "this" && k != nil && k.isEnum() {
		name, isMember = k.Name, true
	}
	if isMember {
		k := c.classes[name]
		switch {
		case k.kind == plainEnumKind:
			return code{js: x.operand() + "." + expr.Name, t: map[string]string{"name": strType, "value": anyType}[expr.Name], isPure: x.isPure}, true
		case expr.Name == "value":
			return code{js: x.js, t: anyType, isPure: x.isPure, isOpen: x.isOpen}, true
		}
		return code{js: "pyNameOf(" + k.js + ", " + x.js + ")", t: strType}, true
	}
	if x.t != anyType || c.isOwnField(expr.Name) {
		return code{}, false
	}
	isUsed := func(kind string) bool {
		for _, k := range c.classes {
			if k.kind == kind {
				return true
			}
		}
		return false
	}
	switch {
	case isUsed(enumKind) && expr.Name == "value":
		return code{js: "pyValueOf(" + x.js + ")", t: anyType}, true
	case isUsed(plainEnumKind):
		return code{js: "pyMember(" + x.js + ")." + expr.Name, t: anyType}, true
	}
	return code{}, false
}

// hasNoText returns whether objects of a type have no conversion to strings that the converter supports.
func (c *converter) hasNoText(t string) bool {
	name, ok := strings.CutPrefix(t, objectType)
	return ok && c.classes[name].kind == "" && !c.classes[name].has("__str__")
}

// inClassMethod returns whether the current code is in a method with the decorator @classmethod.
func (c *converter) inClassMethod() bool {
	for f := c.f; f != nil; f = f.outer {
		if f.of != nil && f.self != "" {
			return f.isClassMethod
		}
	}
	return false
}
