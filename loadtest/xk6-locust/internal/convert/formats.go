package convert

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// text converts a value to a placeholder in a template literal.
func (c *converter) text(e code, conversion string) string {
	switch {
	case conversion == "r" && !e.isFloat():
		return "${pyRepr(" + e.js + ")}"
	case conversion == "" && (e.t == strType || e.t == intType):
		return "${" + e.js + "}"
	case e.isFloat():
		return "${pyFloatText(" + e.js + ")}"
	}
	return "${pyStr(" + e.js + ")}"
}

func (c *converter) joined(expr *python.JoinedStr) code {
	var out strings.Builder
	for _, part := range expr.Parts {
		switch part := part.(type) {
		case *python.Constant:
			out.WriteString(conversion.TemplateText(part.Text))
		case *python.Formatted:
			if spec, ok := specOf(part); ok {
				if text, ok := c.randomDigits(part.Value, spec); ok {
					out.WriteString("${" + text.js + "}")
					continue
				}
			}
			value := c.value(part.Value)
			c.checkText(part.Value, value)
			if part.Conversion == "a" {
				c.fail(part.Pos, "!a is not supported")
			}
			if part.Spec == nil {
				out.WriteString(c.text(value, part.Conversion))
				continue
			}
			switch part.Conversion {
			case "s":
				value = textOfValue(value)
			case "r":
				value = code{js: "pyRepr(" + value.js + ")", t: strType}
			}
			if len(part.Spec.Parts) == 1 {
				if spec, ok := part.Spec.Parts[0].(*python.Constant); ok {
					out.WriteString(c.formatted(part.Value, value, spec.Text))
					continue
				}
			}
			out.WriteString("${pyFormat(" + value.js + ", " + c.joined(part.Spec).js + ")}")
		}
	}
	return code{js: "`" + out.String() + "`", t: strType}
}

// checkText reports a value whose text in JavaScript differs from its text in Python.
func (c *converter) checkText(expr python.Expr, value code) {
	if value.t == timedeltaType {
		c.fail(expr.Position(), "converting a timedelta to text is not supported: use its total_seconds()")
	}
	if value.t == setType && !c.inMessage {
		c.fail(expr.Position(), "the text of a set is not supported, because Python does not define its order: use sorted()")
	}
	if c.hasOtherText(value.t) {
		c.fail(expr.Position(), "the text of %s is different in JavaScript", c.source(expr))
	}
}

// hasOtherText returns whether objects of a type have a different text in JavaScript.
func (c *converter) hasOtherText(t string) bool {
	for _, prefix := range []string{memberType, enumType, "class:"} {
		if strings.HasPrefix(t, prefix) {
			return true
		}
	}
	return isBytes(t) || isIterator(t) || isResponse(t) || slices.Contains([]string{uploadType, "client", "self"}, t) || c.hasNoText(t)
}

var formatSpec = regexp.MustCompile(`^(?:.?[<>^=])?[+ -]?#?0?\d*[,_]?(?:\.\d+)?[dsfFxXobeEgG%]?$`)

func (c *converter) formatted(expr python.Expr, value code, spec string) string {
	if isTime(value.t) && spec != "" {
		return "${" + c.strftime(value, &python.Constant{Pos: expr.Position(), Kind: python.String, Text: spec}).js + "}"
	}
	if !formatSpec.MatchString(spec) {
		c.fail(expr.Position(), "the format %q is not supported", spec)
	}
	if spec == "" {
		return c.text(value, "")
	}
	if value.isFloat() && !strings.ContainsAny(spec[len(spec)-1:], "fFexXobEgGd%s") {
		// Without one of these types, Python formats 2.0 and 2 differently.
		value.js = "pyFloatOf(" + value.js + ")"
	}
	return "${pyFormat(" + value.js + ", " + conversion.Quote(spec) + ")}"
}

// literal returns the string literal that is the only value of an expression. It returns nil for other expressions.
func (c *converter) literal(expr python.Expr) *python.Constant {
	switch expr := expr.(type) {
	case *python.Constant:
		if expr.Kind == python.String {
			return expr
		}
	case *python.Name:
		body := c.body
		if c.isLocal(expr.ID) {
			body = c.f.body
		}
		_, isParam := c.f.params[expr.ID]
		if c.isLocal(expr.ID) && (isParam || !c.f.locals[expr.ID]) || python.Stored(body)[expr.ID] != 1 || python.IsGlobal(body, expr.ID) || isNonlocal(body, expr.ID) {
			return nil
		}
		return literalIn(body, expr.ID)
	case *python.Attribute:
		if x := c.expr(expr.X); x.t != "self" && !strings.HasPrefix(x.t, "class:") {
			return nil
		}
		if c.isAssigned(expr.Name) {
			return nil
		}
		var found *python.Constant
		for _, k := range c.classes {
			if k.members[expr.Name] && found != nil {
				return nil
			}
			if k.members[expr.Name] {
				if found = literalIn(k.Body, expr.Name); found == nil {
					return nil
				}
			}
		}
		return found
	}
	return nil
}

// literalIn returns the string literal that the statements assign to a variable first. It returns nil if there is no
// assignment, or if the first value is anything else.
func literalIn(body []python.Stmt, name string) *python.Constant {
	for _, stmt := range body {
		if assign, ok := stmt.(*python.Assign); ok && len(assign.Targets) == 1 && python.IsName(assign.Targets[0], name) {
			if text, ok := assign.Value.(*python.Constant); ok && text.Kind == python.String {
				return text
			}
			return nil
		}
	}
	return nil
}

// formatOf converts format() of a string that is not a literal.
func (c *converter) formatOf(call *python.Call, callee *python.Attribute) code {
	dict := &python.Dict{Pos: call.Pos}
	addKeywords(dict, call)
	for _, value := range values(call) {
		if !isStarred(value) {
			c.checkText(value, c.value(value))
		}
	}
	args := "[" + strings.Join(c.keptArgs(call), ", ") + "]"
	return code{js: "pyFormatOf(" + c.value(callee.X).js + ", " + args + ", " + c.dict(dict).js + ")", t: strType}
}

// format converts `'…'.format(…)`. If the converter does not know the literal, formatOf converts the call.
func (c *converter) format(call *python.Call, callee *python.Attribute) code {
	literal := c.literal(callee.X)
	if literal == nil {
		return c.formatOf(call, callee)
	}
	fields, after, ok := formatFields(literal.Text)
	if !ok {
		return c.unsupported(call, "the format string has an unmatched brace")
	}
	var out strings.Builder
	var repeated repeatedValues
	next, numbered := 0, false
	for _, field := range fields {
		out.WriteString(conversion.TemplateText(field.before))
		isNumber := integerKey.MatchString(field.name)
		if field.name == "" && numbered || isNumber && next > 0 {
			return c.unsupported(call, "the format string mixes {} and {0}")
		}
		numbered = numbered || isNumber
		index := -1
		var value python.Expr
		switch {
		case field.name == "":
			index = next
			next++
		case isNumber:
			_, _ = fmt.Sscan(field.name, &index)
		default:
			value = python.KeywordOf(call, field.name)
		}
		if index >= 0 && index < len(call.Args) {
			value = call.Args[index]
		}
		if value == nil || strings.Contains(field.spec, "{") || !slices.Contains([]string{"", "r", "s"}, field.conversion) {
			return c.unsupported(call, "the field {%s} of the format string is not supported", field.name)
		}
		out.WriteString(c.fieldText(field, value, &repeated))
	}
	out.WriteString(conversion.TemplateText(after))
	return code{js: repeated.computedOnce("`" + out.String() + "`"), t: strType}
}

// formatField is a field such as {0!r:>5} in the format string of `'…'.format(…)`.
type formatField struct {
	// before is the text between the previous field and this one.
	before, name, conversion, spec string
}

// formatFields returns the fields of a format string, and the text after the last field. It returns false if a brace is
// unmatched.
func formatFields(format string) (fields []formatField, after string, ok bool) {
	text := ""
	for {
		at := strings.IndexAny(format, "{}")
		if at < 0 {
			return fields, text + format, true
		}
		text += format[:at]
		format = format[at:]
		if strings.HasPrefix(format, "{{") || strings.HasPrefix(format, "}}") {
			text += format[:1]
			format = format[2:]
			continue
		}
		end := strings.IndexByte(format, '}')
		if format[0] == '}' || end < 0 {
			return nil, "", false
		}
		field, spec, _ := strings.Cut(format[1:end], ":")
		name, conversion, _ := strings.Cut(field, "!")
		fields = append(fields, formatField{before: text, name: name, conversion: conversion, spec: spec})
		text, format = "", format[end+1:]
	}
}

// fieldText converts the value of a field to the text that takes its place in a template literal.
func (c *converter) fieldText(field formatField, value python.Expr, repeated *repeatedValues) string {
	if text, ok := c.randomDigits(value, field.spec); ok && field.conversion == "" {
		return "${" + text.js + "}"
	}
	e := repeated.add(value, c.value(value))
	c.checkText(value, e)
	if field.conversion != "" {
		return c.text(e, field.conversion)
	}
	return c.formatted(value, e, field.spec)
}

// repeatedValues contains the values of a format that a script must compute only once, although the format may contain
// them several times.
type repeatedValues struct {
	expressions []python.Expr
	values      []string
}

// add returns a parameter for a value. It returns the value itself if the script may compute it several times.
func (r *repeatedValues) add(expr python.Expr, value code) code {
	if isRepeatable(expr) {
		return value
	}
	at := slices.Index(r.expressions, expr)
	if at < 0 {
		at = len(r.expressions)
		r.expressions, r.values = append(r.expressions, expr), append(r.values, value.js)
	}
	return code{js: fmt.Sprintf("pyValue%d", at+1), t: value.t, isPure: true}
}

var repeatedParameter = regexp.MustCompile(`\bpyValue(\d+)\b`)

// computedOnce completes the text of a format. If each parameter occurs only once, it replaces the parameters with
// their values. Otherwise, it returns a call that passes the values.
func (r *repeatedValues) computedOnce(text string) string {
	if len(repeatedParameter.FindAllString(text, -1)) > len(r.values) {
		var params []string
		for i := range r.values {
			params = append(params, fmt.Sprintf("pyValue%d: any", i+1))
		}
		return "((" + strings.Join(params, ", ") + ") => " + text + ")(" + strings.Join(r.values, ", ") + ")"
	}
	return repeatedParameter.ReplaceAllStringFunc(text, func(name string) string {
		number, _ := strconv.Atoi(strings.TrimPrefix(name, "pyValue"))
		return r.values[number-1]
	})
}
