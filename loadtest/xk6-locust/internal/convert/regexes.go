package convert

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

var (
	groupReference = regexp.MustCompile(`\\(?:(\d)|g<(\d)>)`)
	otherEscape    = regexp.MustCompile(`\\`)
)

// regexFlags maps the flags of Python's regular expressions to those of JavaScript.
var regexFlags = map[string]string{"re.I": "i", "re.IGNORECASE": "i", "re.M": "m", "re.MULTILINE": "m", "re.S": "s", "re.DOTALL": "s", "re.U": "", "re.UNICODE": ""}

// flags converts the flags of a regular expression.
func (c *converter) flags(expr python.Expr) string {
	if expr == nil {
		return ""
	}
	if union, ok := expr.(*python.Binary); ok && union.Op == "|" {
		return c.flags(union.X) + strings.TrimLeft(c.flags(union.Y), c.flags(union.X))
	}
	flags, ok := regexFlags[c.qualified(expr)]
	if !ok {
		c.fail(expr.Position(), "flags of regular expressions must be re.I, re.M, re.S, or re.U")
	}
	return flags
}

// regexParams contains the parameters of the functions in Python's module re.
var regexParams = map[string][]string{
	"search": {"pattern", "string", "flags"}, "match": {"pattern", "string", "flags"}, "fullmatch": {"pattern", "string", "flags"}, "compile": {"pattern", "flags"},
	"findall": {"pattern", "string", "flags"}, "finditer": {"pattern", "string", "flags"}, "split": {"pattern", "string", "maxsplit", "flags"},
	"sub": {"pattern", "repl", "string", "count", "flags"},
}

// patternType is the type of the results of re.compile(). matchesType is the type of lists of matches.
const (
	patternType = "pattern"
	matchesType = "matches"
)

// regex converts a call to a function in Python's module re.
func (c *converter) regex(call *python.Call, name string) code {
	names := regexParams[name]
	args, ok := python.Bind(call, names...)
	isWrong := func(keyword python.Keyword) bool { return !slices.Contains(names, keyword.Name) }
	if !ok || args["pattern"] == nil || slices.ContainsFunc(call.Keywords, isWrong) {
		return c.unsupported(call, "these arguments of re.%s() are not supported", name)
	}
	flags := c.flags(args["flags"])
	if name == "compile" {
		return code{js: "new PyPattern(" + c.pattern(args["pattern"], "", flags) + groupNames(args["pattern"]) + ")", t: patternType}
	}
	if pattern := c.expr(args["pattern"]); pattern.t == patternType && flags == "" {
		// The functions of the module re also accept compiled patterns.
		return c.patternMethod(&python.Call{Pos: call.Pos, Func: call.Func, Args: call.Args[min(1, len(call.Args)):], Keywords: call.Keywords}, name, pattern)
	}
	if args["string"] == nil {
		return c.unsupported(call, "re.%s() needs a string", name)
	}
	text := c.value(args["string"])
	switch name {
	case "sub":
		return c.substitution(call, args, text, flags)
	case "findall":
		return code{js: "pyFindAll(" + c.pattern(args["pattern"], "", flags+"g") + ", " + text.js + ")", t: listType}
	case "finditer":
		return code{js: "pyFinditer(" + c.pattern(args["pattern"], "", flags+"g") + ", " + text.js + groupNames(args["pattern"]) + ")", t: matchesType}
	case "split":
		if args["maxsplit"] != nil {
			return c.unsupported(call, "the argument maxsplit of re.split() is not supported")
		}
		return code{js: "pyResplit(" + c.pattern(args["pattern"], "", flags+"g") + ", " + text.js + ")", t: listType}
	}
	if name != "search" && strings.Contains(flags, "m") {
		return c.unsupported(call, "re.M is not supported in re.%s()", name)
	}
	anchor := map[string]string{"match": "^(?:%s)", "fullmatch": "^(?:%s)$"}[name]
	return code{js: "pyMatch(" + c.pattern(args["pattern"], anchor, flags) + ", " + text.js + groupNames(args["pattern"]) + ")", t: "match"}
}

// substitution converts re.sub(pattern, replacement, text). The replacement may be a function.
func (c *converter) substitution(call *python.Call, args map[string]python.Expr, text code, flags string) code {
	if args["repl"] == nil {
		return c.unsupported(call, "re.sub() needs a replacement")
	}
	literal, ok := args["repl"].(*python.Constant)
	pattern := c.pattern(args["pattern"], "", flags+"g")
	if !ok || literal.Kind != python.String || args["count"] != nil || wordEscape.MatchString(pattern) {
		c.checkCallbacks(call)
		count := "0"
		if args["count"] != nil {
			count = c.value(args["count"]).js
		}
		return code{js: fmt.Sprintf("pySub(%s, %s, %s, %s%s)", pattern, c.value(args["repl"]).js, text.js, count, groupNames(args["pattern"])), t: strType}
	}
	replacement := groupReference.ReplaceAllString(strings.ReplaceAll(literal.Text, "$", "$$"), "$$${1}${2}")
	if otherEscape.MatchString(replacement) || strings.Contains(replacement, "$0") {
		return c.unsupported(call, "the replacement %q of re.sub() is not supported", literal.Text)
	}
	js := text.operand()
	if text.t != strType {
		js = "pyText(" + text.js + ")"
	}
	return code{js: js + ".replace(" + pattern + ", " + conversion.Quote(replacement) + ")", t: strType}
}

// patternMethod converts a call to a method of a compiled pattern.
func (c *converter) patternMethod(call *python.Call, name string, x code) code {
	names := regexParams[name]
	if names == nil || name == "compile" || name == "split" {
		return c.unsupported(call, "%s is not supported", c.source(call))
	}
	args, ok := python.Bind(call, names[1:len(names)-1]...)
	if !ok || args["string"] == nil {
		return c.unsupported(call, "these arguments of %s are not supported", c.source(call))
	}
	var list []string
	if name == "sub" {
		c.checkCallbacks(call)
		list = append(list, c.value(args["repl"]).js)
	}
	list = append(list, c.value(args["string"]).js)
	if args["count"] != nil {
		list = append(list, c.value(args["count"]).js)
	}
	t := map[string]string{"findall": listType, "finditer": matchesType, "sub": strType}[name]
	return code{js: x.operand() + "." + name + "(" + strings.Join(list, ", ") + ")", t: cmp.Or(t, "match")}
}

// wordEscape matches escapes that have a different meaning in JavaScript for non-ASCII characters.
var wordEscape = regexp.MustCompile(`\\[wWbB]`)

var namedGroup = regexp.MustCompile(`\(\?P<(\w+)>`)

// pattern converts a regular expression, which must be a string literal, to one in JavaScript. anchor is a format that
// adds anchors to its text, or empty.
func (c *converter) pattern(expr python.Expr, anchor string, flags string) string {
	constant, ok := expr.(*python.Constant)
	if !ok || constant.Kind != python.String {
		c.fail(expr.Position(), "a regular expression must be a string literal")
		return "/(?:)/"
	}
	text := namedGroup.ReplaceAllString(constant.Text, "(")
	for _, unknown := range []string{"(?P", `\A`, `\Z`, "(?i", "(?s", "(?m", "(?x", "(?a", "(?u", "(?L", "(?-", "(?#", "(?(", "++", "*+", "?+", "(?>"} {
		if strings.Contains(text, unknown) {
			c.fail(expr.Position(), "%s in a regular expression is not supported", unknown)
		}
	}
	text = withMeaning(text, flags)
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

// omittedMinimum matches a quantifier such as {,3}, which JavaScript does not know.
var omittedMinimum = regexp.MustCompile(`^\{,\d*\}`)

// startingBracket matches the start of a class that contains a `]`.
var startingBracket = regexp.MustCompile(`^(\[\^?)\]`)

// withMeaning replaces the parts of a regular expression that have a different meaning in JavaScript. In Python,
//   - `$` also matches before a line break at the end of the text, and with re.M only before \n;
//   - `^` with re.M matches only after \n;
//   - `.` matches all characters except \n;
//   - a `]` at the start of a class is one of its characters;
//   - `{,3}` means `{0,3}`.
func withMeaning(text, flags string) string {
	isMultiline := strings.Contains(flags, "m")
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch letter := rest[0]; {
		case letter == '\\' && len(rest) > 1:
			out.WriteString(rest[:2])
			i++
		case letter == '[':
			class := classAt(rest)
			out.WriteString(startingBracket.ReplaceAllString(class, `$1\]`))
			i += len(class) - 1
		case letter == '$' && isMultiline:
			out.WriteString(`(?=\n|(?![\s\S]))`)
		case letter == '$':
			out.WriteString(`(?=\n?$)`)
		case letter == '^' && isMultiline:
			out.WriteString(`(?<![^\n])`)
		case letter == '.' && !strings.Contains(flags, "s"):
			out.WriteString(`[^\n]`)
		case omittedMinimum.MatchString(rest):
			out.WriteString("{0")
		default:
			out.WriteByte(letter)
		}
	}
	return out.String()
}

// classAt returns the class, such as `[a-z]`, at the start of a regular expression. A `]` right after its start is one
// of its characters.
func classAt(text string) string {
	start := len("[")
	if strings.HasPrefix(text[start:], "^") {
		start++
	}
	for i := start; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == ']' && i > start:
			return text[:i+1]
		}
	}
	return text
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
	for i := 0; i < len(constant.Text); i++ {
		rest := constant.Text[i:]
		switch {
		case rest[0] == '\\':
			i++
		case rest[0] == '[':
			i += len(classAt(rest)) - 1
		case rest[0] != '(':
		case strings.HasPrefix(rest, "(?P<"):
			out.WriteString(", " + conversion.Quote(namedGroup.FindStringSubmatch(rest)[1]))
		case !strings.HasPrefix(rest, "(?"):
			out.WriteString(", ''")
		}
	}
	return out.String()
}
