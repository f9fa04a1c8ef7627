package convert

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// withPatterns replaces the methods of regular expressions that the module compiles with the functions in Python's re
// module: after `DIGITS = re.compile(r'\d+')`, `DIGITS.search(text)` becomes `re.search(r'\d+', text)`.
func withPatterns(body []python.Stmt) []python.Stmt {
	c := newConverter(nil, nil, nil)
	walk(body, func(node python.Node) bool {
		if imported, ok := node.(*python.Import); ok {
			c.importing(imported)
		}
		return true
	})
	compiled := map[string]*python.Call{}
	stores := stored(body)
	for _, stmt := range body {
		assign, ok := stmt.(*python.Assign)
		if !ok || len(assign.Targets) != 1 {
			continue
		}
		name, isName := assign.Targets[0].(*python.Name)
		call, isCall := assign.Value.(*python.Call)
		if isName && isCall && c.qualified(call.Func) == "re.compile" && len(call.Args) == 1 && len(call.Keywords) == 0 && stores[name.ID] == 1 && !isGlobal(body, name.ID) && !isHidden(body, name.ID) {
			compiled[name.ID] = call
		}
	}
	if len(compiled) == 0 {
		return body
	}
	replaceCalls(reflect.ValueOf(body), compiled)
	var kept []python.Stmt
	for _, stmt := range body {
		if assign, ok := stmt.(*python.Assign); ok {
			if found := names(assign.Targets[0]); len(found) == 1 && compiled[found[0]] != nil && loads(body, found[0]) == 0 {
				continue
			}
		}
		kept = append(kept, stmt)
	}
	return kept
}

// isHidden returns whether a function or a class uses the name of a variable of the module for something else.
func isHidden(body []python.Stmt, name string) bool {
	found := false
	walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def:
			found = found || stored(node.Body)[name] > 0
			for _, param := range node.Params {
				found = found || param.Name == name
			}
		case *python.Lambda:
			for _, param := range node.Params {
				found = found || param.Name == name
			}
		case *python.Class:
			found = found || stored(node.Body)[name] > 0
		case *python.Comprehension:
			for _, clause := range node.Clauses {
				for _, target := range names(clause.Target) {
					found = found || target == name
				}
			}
		}
		return !found
	})
	return found
}

// replaceCalls replaces the calls to methods of compiled regular expressions.
func replaceCalls(value reflect.Value, compiled map[string]*python.Call) {
	switch value.Kind() {
	case reflect.Interface, reflect.Pointer:
		if value.IsNil() {
			return
		}
		if call, ok := reflect.TypeAssert[*python.Call](value); ok {
			replaceMethod(call, compiled)
		}
		replaceCalls(value.Elem(), compiled)
	case reflect.Slice:
		for i := range value.Len() {
			replaceCalls(value.Index(i), compiled)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			replaceCalls(value.Field(i), compiled)
		}
	default:
	}
}

func replaceMethod(call *python.Call, compiled map[string]*python.Call) {
	method, ok := call.Func.(*python.Attribute)
	if !ok {
		return
	}
	name, ok := method.X.(*python.Name)
	if !ok || compiled[name.ID] == nil {
		return
	}
	switch compile := compiled[name.ID]; method.Name {
	case "search", "match", "fullmatch", "findall":
		// Further arguments of a method are positions, but further arguments of the module's function are flags.
		if len(call.Args) == 1 && len(call.Keywords) == 0 {
			replaceFunction(call, compile, method)
		}
	case "sub":
		replaceFunction(call, compile, method)
	}
}

// replaceFunction turns a method call into a call to the module's function, with the regular expression as first
// argument.
func replaceFunction(call, compile *python.Call, method *python.Attribute) {
	switch function := compile.Func.(type) {
	case *python.Attribute:
		call.Func = &python.Attribute{Pos: method.Pos, X: function.X, Name: method.Name}
	default:
		return
	}
	call.Args = append([]python.Expr{compile.Args[0]}, call.Args...)
}

var (
	groupReference = regexp.MustCompile(`\\(?:(\d)|g<(\d)>)`)
	otherEscape    = regexp.MustCompile(`\\`)
)

// substitution converts re.sub(pattern, replacement, text). The replacement must be a string literal.
func (c *converter) substitution(call *python.Call) code {
	if len(call.Args) != 3 || len(call.Keywords) > 0 {
		return c.unsupported(call, "re.sub() needs three positional arguments")
	}
	literal, ok := call.Args[1].(*python.Constant)
	if !ok || literal.Kind != python.String {
		return c.unsupported(call, "the replacement of re.sub() must be a string literal")
	}
	replacement := groupReference.ReplaceAllString(strings.ReplaceAll(literal.Text, "$", "$$"), "$$${1}${2}")
	if otherEscape.MatchString(replacement) || strings.Contains(replacement, "$0") {
		return c.unsupported(call, "the replacement %q of re.sub() is not supported", literal.Text)
	}
	text := c.value(call.Args[2])
	js := text.operand()
	if text.t != strType {
		js = "pyText(" + text.js + ")"
	}
	return code{js: js + ".replace(" + c.pattern(call.Args[0], "", "g") + ", " + quote(replacement) + ")", t: strType}
}

var namedGroup = regexp.MustCompile(`\(\?P<(\w+)>`)

// pattern converts a regular expression.
func (c *converter) pattern(expr python.Expr, anchor string, flags string) string {
	constant, ok := expr.(*python.Constant)
	if !ok || constant.Kind != python.String {
		c.fail(expr.Position(), "a regular expression must be a string literal")
		return "/(?:)/"
	}
	text := namedGroup.ReplaceAllString(constant.Text, "(")
	for _, unknown := range []string{"(?P", `\A`, `\Z`, "(?i", "(?s", "(?m", "(?x", "(?#", "(?(", "++", "*+", "?+", "(?>"} {
		if strings.Contains(text, unknown) {
			c.fail(expr.Position(), "%s in a regular expression is not supported", unknown)
		}
	}
	text = withEnd(text, flags)
	if anchor != "" {
		text = fmt.Sprintf(anchor, text)
	}
	if text == "" {
		text = "(?:)"
	}
	// Slashes and line breaks would end the literal.
	text = regexp.MustCompile(`(^|[^\\])/`).ReplaceAllString(text, `$1\/`)
	text = regexp.MustCompile(`(^|[^\\])/`).ReplaceAllString(text, `$1\/`)
	text = strings.ReplaceAll(text, "\n", `\n`)
	return "/" + text + "/" + flags
}

// withEnd replaces `$`, which also matches before a line break at the end of the text in Python.
func withEnd(text, flags string) string {
	var out strings.Builder
	inClass := false
	for i := 0; i < len(text); i++ {
		switch letter := text[i]; {
		case letter == '\\' && i+1 < len(text):
			out.WriteByte(letter)
			i++
		case letter == '[':
			inClass = true
		case letter == ']':
			inClass = false
		case letter == '$' && !inClass && !strings.Contains(flags, "m"):
			out.WriteString(`(?=\n?$)`)
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// groupNames returns the names of the groups in a regular expression, as additional arguments of a call. The names are
// passed separately, because k6 does not support named groups.
func groupNames(expr python.Expr) string {
	constant, ok := expr.(*python.Constant)
	if !ok || !namedGroup.MatchString(constant.Text) {
		return ""
	}
	var out strings.Builder
	out.WriteString(", ''")
	inClass := false
	for i := 0; i < len(constant.Text); i++ {
		rest := constant.Text[i:]
		switch {
		case rest[0] == '\\':
			i++
		case rest[0] == '[':
			inClass = true
		case rest[0] == ']':
			inClass = false
		case inClass || rest[0] != '(':
		case strings.HasPrefix(rest, "(?P<"):
			out.WriteString(", " + quote(namedGroup.FindStringSubmatch(rest)[1]))
		case !strings.HasPrefix(rest, "(?"):
			out.WriteString(", ''")
		}
	}
	return out.String()
}
