package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// mapsKey is a key in converter.types. It is set if the script has dicts with keys of any type. Such a dict is a PyMap
// instead of a plain JavaScript object.
const mapsKey = "maps"

func (c *converter) hasMaps() bool { return c.known[mapsKey] != "" }

// dictKey returns the key in converter.types that is set if a variable or a field is a PyMap. It returns "" for other
// expressions.
func (c *converter) dictKey(expr python.Expr) string {
	switch expr := expr.(type) {
	case *python.Name:
		return "map of " + c.variable(expr.ID)
	case *python.Attribute:
		return "map of attr." + expr.Name
	}
	return ""
}

// recordStoredKey records that a key is added to a dict in a variable or field. If the key is not plain (isPlainKey),
// the script uses a PyMap, provided that the converter finds the expression that creates the dict.
func (c *converter) recordStoredKey(dict, key python.Expr) {
	if c.dictKey(dict) != "" && !c.isPlainKey(key) {
		join(c.types, c.dictKey(dict), anyType)
	}
}

// recordReadKey records that a key of a dict is read, unless the key is certainly a string or a member of an
// enumeration. If the dict is a defaultdict, reading may add the key.
func (c *converter) recordReadKey(dict python.Expr, key code) {
	if key.t != strType && !strings.HasPrefix(key.t, memberType) && c.dictKey(dict) != "" {
		join(c.types, "default "+c.dictKey(dict), anyType)
	}
}

// plain returns a dict as a plain JavaScript object, which k6/x/locust needs for headers.
func (c *converter) plain(value code) code {
	if !c.hasMaps() || value.t != dictType && value.t != anyType || strings.HasPrefix(value.js, "{") {
		return value
	}
	return code{js: "pyPlain(" + value.js + ")", t: value.t}
}

// isPlainKey returns whether a plain JavaScript object probably keeps the type and the order of a key. It does not keep
// the order of strings that look like integers, such as str(1). Members of enumerations count as plain: if a member is
// not, pyKey refuses it.
func (c *converter) isPlainKey(key python.Expr) bool {
	switch key := key.(type) {
	case *python.Constant:
		return key.Kind == python.String && !integerKey.MatchString(key.Text)
	case *python.Call:
		if python.IsName(key.Func, "str") {
			return false
		}
	case *python.JoinedStr:
		return slices.ContainsFunc(key.Parts, func(part python.Expr) bool { _, isText := part.(*python.Constant); return isText })
	}
	t := c.expr(key).t
	return t == strType || strings.HasPrefix(t, memberType)
}

// markAsMap marks a value as a PyMap if it is assigned to a variable or a field that needs one.
func (c *converter) markAsMap(targets []python.Expr, value python.Expr) {
	for _, target := range targets {
		key := c.dictKey(target)
		if key == "" || !c.isNewDict(value) {
			continue
		}
		call, isCall := value.(*python.Call)
		isDefault := isCall && c.qualified(call.Func) == "collections.defaultdict"
		if c.known[key] != "" || isDefault && c.known["default "+key] != "" {
			c.mapped[value] = true
			c.types[mapsKey] = anyType
		}
	}
}

// isNewDict returns whether an expression creates a dict for which the converter can choose between a PyMap and a plain
// JavaScript object.
func (c *converter) isNewDict(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Dict:
		return true
	case *python.Comprehension:
		return expr.Kind == dictType
	case *python.Call:
		full := c.qualified(expr.Func)
		return python.IsName(expr.Func, "dict") && !c.isLocal("dict") && len(expr.Args) == 0 || full == "collections.defaultdict" || full == "collections.OrderedDict" && len(expr.Args) == 0
	}
	return false
}

// needsMap returns whether a plain JavaScript object cannot keep the keys of a dict.
func (c *converter) needsMap(dict *python.Dict) bool {
	return c.mapped[dict] || slices.ContainsFunc(dict.Keys, func(key python.Expr) bool {
		constant, isConstant := key.(*python.Constant)
		switch {
		case key == nil:
			return false
		case isConstant && constant.Kind == python.String:
			return integerKey.MatchString(constant.Text) && !c.keepsOrder(dict)
		case isConstant:
			return constant.Kind != python.Bytes
		}
		return slices.Contains([]string{intType, floatType, realType, boolType, tupleType, noneType}, c.expr(key).t)
	})
}

// newMap converts a dict literal that needs a PyMap, or may need one because it contains the items of other dicts.
func (c *converter) newMap(dict *python.Dict) code {
	c.types[mapsKey] = anyType
	var pairs []string
	for i, key := range dict.Keys {
		value := c.kept(dict.Values[i])
		if key == nil {
			pairs = append(pairs, "...pyPairs("+value.js+")")
			continue
		}
		pairs = append(pairs, "["+c.kept(key).js+", "+value.js+"]")
	}
	switch {
	case len(pairs) == 0:
		return code{js: "new PyMap()", t: dictType}
	case !c.needsMap(dict):
		return code{js: "pyDictFrom([" + strings.Join(pairs, ", ") + "])", t: dictType}
	}
	return code{js: "new PyMap([" + strings.Join(pairs, ", ") + "])", t: dictType}
}

// dictComprehension returns the statements that create the dict of a comprehension. loops contains the heads of the
// loops.
func (c *converter) dictComprehension(expr *python.Comprehension, loops string, key, value code) string {
	if c.isPlainKey(expr.Element) && !c.mapped[expr] {
		return "const pyItems: any = {}; " + loops + "pyItems[pyKey(" + key.js + ")] = " + value.js + "; return pyItems"
	}
	c.types[mapsKey] = anyType
	dict := "pyDictFrom(pyItems)"
	if c.mapped[expr] {
		dict = "new PyMap(pyItems)"
	}
	return "const pyItems: any[] = []; " + loops + "pyItems.push([" + key.js + ", " + value.js + "]); return " + dict
}

// mapCall converts a call to a method of a dict or a counter in a file that has dicts with keys of any type. It returns
// false for other methods.
func (c *converter) mapCall(call *python.Call, callee *python.Attribute, x code, args []string) (code, bool) {
	with := func(function string) string {
		return function + "(" + strings.Join(append([]string{x.js}, args...), ", ") + ")"
	}
	switch name := callee.Name; {
	case name == "keys" && len(args) == 0:
		return code{js: with("pyKeys"), t: listType}, true
	case name == "values" && len(args) == 0:
		return code{js: with("pyValues"), t: listType}, true
	case name == "items" && len(args) == 0:
		return code{js: with("pyPairs"), t: listType}, true
	case name == "update" && len(args) == 1:
		c.recordMutation(callee.X)
		return code{js: with("pyUpdate"), t: noneType}, true
	case name == "setdefault":
		c.recordMutation(callee.X)
		c.recordStoredKey(callee.X, call.Args[0])
		return code{js: with("pySetDefault"), t: anyType}, true
	case name == "copy" && x.t == dictType:
		return code{js: with("pyDictCopy"), t: dictType}, true
	case name == "most_common" && len(args) <= 1:
		return code{js: "pyCounterOf(" + x.js + ").mostCommon(" + strings.Join(args, ", ") + ")", t: listType}, true
	case name == "elements" && len(args) == 0:
		return code{js: "pyCounterOf(" + x.js + ").elements()", t: listType}, true
	case name == "total" && len(args) == 0:
		return code{js: "pySum(pyCounterOf(" + x.js + ").values())", t: anyType}, true
	case name == "subtract" && len(args) == 1:
		c.recordMutation(callee.X)
		return code{js: "pyCounterOf(" + x.js + ").subtract(" + args[0] + ")", t: noneType}, true
	}
	return code{}, false
}

// dictUnion converts `x | y` for dicts.
func (c *converter) dictUnion(x, y code) code {
	if c.hasMaps() {
		return code{js: "pyMerge(" + x.js + ", " + y.js + ")", t: dictType}
	}
	return code{js: "{ ..." + x.operand() + ", ..." + y.operand() + " }", t: dictType}
}
