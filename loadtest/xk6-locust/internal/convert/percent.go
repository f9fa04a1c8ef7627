package convert

import (
	"regexp"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// percent converts `'…' % values`.
func (c *converter) percent(expr *python.Binary, format string) code {
	args := []python.Expr{expr.Y}
	tuple, isTuple := expr.Y.(*python.Sequence)
	if isTuple && tuple.Kind == tupleType {
		args = tuple.Items
	}
	named, isDict := expr.Y.(*python.Dict)
	var out strings.Builder
	var repeated repeatedValues
	used, last := 0, 0
	for _, match := range placeholderPattern.FindAllStringSubmatchIndex(format, -1) {
		if strings.Contains(format[last:match[0]], "%") {
			break
		}
		out.WriteString(conversion.TemplateText(format[last:match[0]]))
		last = match[1]
		field := placeholderAt(format, match)
		if field.kind == "%" {
			out.WriteString("%")
			continue
		}
		var value python.Expr
		switch {
		case field.name != "" && isDict:
			value = valueAt(named, field.name)
		case field.name == "" && used < len(args):
			value = args[used]
			used++
		}
		if value == nil {
			return c.unsupported(expr, "the number of values after %% must be the number of placeholders in the string")
		}
		out.WriteString(c.percentText(field, value, &repeated))
	}
	if strings.Contains(format[last:], "%") || !isDict && used != len(args) || !isTuple && !isDict && used == 1 && c.bitsOf(expr.Y) == 0 && c.value(expr.Y).t == tupleType {
		return c.unsupported(expr, "this format of %% is not supported")
	}
	out.WriteString(conversion.TemplateText(format[last:]))
	return code{js: repeated.computedOnce("`" + out.String() + "`"), t: strType}
}

// placeholder is a conversion such as %-5.2f in the format of the operator %.
type placeholder struct{ name, flags, width, precision, kind string }

var placeholderPattern = regexp.MustCompile(`%(?:\((\w+)\))?([-+0 #]*)(\d*)(\.\d+)?([sdirfFxXoeEgG%])`)

// placeholderAt returns the placeholder at a match of placeholderPattern.
func placeholderAt(format string, match []int) placeholder {
	part := func(i int) string {
		if match[2*i] < 0 {
			return ""
		}
		return format[match[2*i]:match[2*i+1]]
	}
	return placeholder{name: part(1), flags: part(2), width: part(3), precision: part(4), kind: part(5)}
}

// valueAt returns the value of a string key in a dict literal, or nil.
func valueAt(dict *python.Dict, key string) python.Expr {
	var value python.Expr
	for i, each := range dict.Keys {
		if constant, ok := each.(*python.Constant); ok && constant.Text == key {
			value = dict.Values[i]
		}
	}
	return value
}

// integerFormats maps the conversions of `'…' % values` that accept integers to the equivalent types of format().
var integerFormats = map[string]string{"d": "d", "i": "d", "x": "x", "X": "X", "o": "o", "s": "", "r": ""}

// percentText converts the value of a placeholder to the text that takes its place in a template literal.
func (c *converter) percentText(field placeholder, value python.Expr, repeated *repeatedValues) string {
	options := field.flags + field.width + field.precision
	if number, isKnown := integerFormats[field.kind]; isKnown && (number != "" || field.flags == "") {
		if text, ok := c.randomDigits(value, options+number); ok {
			return "${" + text.js + "}"
		}
	}
	e := repeated.add(value, c.value(value))
	c.checkText(value, e)
	spec := strings.ReplaceAll(field.flags, "-", "<") + field.width
	switch field.kind {
	case "s", "r":
		if options == "" {
			return c.text(e, map[bool]string{true: "r"}[field.kind == "r"])
		}
		text := "pyStr(" + textOfValue(e).js + ")"
		if field.kind == "r" {
			text = "pyRepr(" + e.js + ")"
		}
		align := map[bool]string{true: "<", false: ">"}[strings.Contains(field.flags, "-")]
		return "${pyFormat(" + text + ", " + conversion.Quote(align+field.width+field.precision) + ")}"
	case "d", "i":
		return "${pyFormat(pyInt(" + e.js + "), " + conversion.Quote(spec+"d") + ")}"
	}
	return "${pyFormat(" + e.js + ", " + conversion.Quote(spec+field.precision+field.kind) + ")}"
}
