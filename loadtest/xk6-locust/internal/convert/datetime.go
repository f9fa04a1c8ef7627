package convert

import (
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const (
	datetimeType = "datetime"
	// timedeltaType is the type of durations in seconds.
	timedeltaType = "timedelta"
)

// seconds are the units of timedelta() in seconds.
var seconds = map[string]string{"weeks": "604800", "days": "86400", "hours": "3600", "minutes": "60", "seconds": "1", "milliseconds": "0.001"}

// datetimeParts are the parameters of datetime(), and its fields.
var datetimeParts = []string{"year", "month", "day", "hour", "minute", "second", "microsecond"}

func (c *converter) datetime(call *python.Call, full string) code {
	// `from datetime import datetime` and `import datetime` have the same meaning.
	name := strings.TrimPrefix(strings.TrimPrefix(full, "datetime."), "datetime.")
	switch {
	case full == "time.strftime" && len(call.Args) == 1:
		return c.strftime(code{js: "pyNow()"}, call.Args[0])
	case (name == "now" || name == "today") && strings.HasPrefix(full, "datetime.datetime.") && len(call.Args)+len(call.Keywords) == 0:
		return code{js: "pyNow()", t: datetimeType}
	case full == "datetime.datetime" && len(call.Args)+len(call.Keywords) >= 3:
		return code{js: "pyDatetime(" + strings.Join(c.positional(call, datetimeParts...), ", ") + ")", t: datetimeType}
	case name == "now" && full == "datetime.datetime.now":
		return c.unsupported(call, "datetime.now() is not supported with a time zone: use datetime.now() or datetime.utcnow()")
	case name == "utcnow" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: "pyNow(true)", t: datetimeType}
	case name == "strftime" && len(call.Args) == 2 && len(call.Keywords) == 0:
		if x := c.value(call.Args[0]); x.t == datetimeType {
			return c.strftime(x, call.Args[1])
		}
	case name == "timedelta" && len(call.Args) <= 2 && len(call.Args)+len(call.Keywords) > 0:
		var parts []string
		keywords := slices.Clone(call.Keywords)
		for i, arg := range call.Args {
			keywords = append(keywords, python.Keyword{Name: []string{"days", "seconds"}[i], Value: arg})
		}
		for _, keyword := range keywords {
			value := c.value(keyword.Value)
			if !value.isNumber() {
				value = code{js: c.number(value)}
			}
			if seconds[keyword.Name] == "" {
				return c.unsupported(call, "the argument %s of timedelta() is not supported", keyword.Name)
			}
			parts = append(parts, value.operand()+" * "+seconds[keyword.Name])
		}
		return code{js: strings.Join(parts, " + "), t: timedeltaType, isOpen: true}
	}
	return c.unsupported(call, "%s() is not available in k6 with these arguments", full)
}

func (c *converter) datetimeCall(call *python.Call, callee *python.Attribute, x code) code {
	switch {
	case callee.Name == "strftime" && len(call.Args) == 1 && len(call.Keywords) == 0:
		return c.strftime(x, call.Args[0])
	case callee.Name == "isoformat":
		if args, ok := c.isoformatArgs(call); ok {
			return code{js: "pyIsoformat(" + strings.Join(append([]string{x.js}, args...), ", ") + ")", t: strType}
		}
	case callee.Name == "timestamp" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: "pyTimestamp(" + x.js + ")", t: floatType}
	case callee.Name == "weekday" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: "(" + x.operand() + ".date.getUTCDay() + 6) % 7", t: intType, isOpen: true}
	case callee.Name == "replace" && len(call.Args) == 0 && len(call.Keywords) > 0:
		var parts []string
		for _, keyword := range call.Keywords {
			if !slices.Contains(datetimeParts, keyword.Name) {
				return c.unsupported(call, "the argument %s of %s is not supported", keyword.Name, c.source(call))
			}
			parts = append(parts, keyword.Name+": "+c.value(keyword.Value).js)
		}
		return code{js: "pyReplace(" + x.js + ", { " + strings.Join(parts, ", ") + " })", t: datetimeType}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// isoformatArgs converts the arguments of isoformat(). The precision must be a literal.
func (c *converter) isoformatArgs(call *python.Call) ([]string, bool) {
	args, ok := bind(call, "sep", "timespec")
	if !ok {
		return nil, false
	}
	precision := args["timespec"]
	if text, isText := precision.(*python.Constant); precision != nil && (!isText || !slices.Contains([]string{"auto", "minutes", "seconds", "milliseconds"}, text.Text)) {
		return nil, false
	}
	return c.positional(call, "sep", "timespec"), true
}

// datetimeFields are the fields of datetimes in JavaScript.
var datetimeFields = map[string]string{
	"year": "getUTCFullYear()", "month": "getUTCMonth() + 1", "day": "getUTCDate()", "hour": "getUTCHours()", "minute": "getUTCMinutes()",
	"second": "getUTCSeconds()",
}

// timeBinary converts arithmetic with datetimes and timedeltas. It returns false if the operation is not supported.
func timeBinary(op string, x, y code) (code, bool) {
	js := x.operand() + " " + op + " " + y.operand()
	isSum := op == "+" || op == "-"
	switch {
	case x.t == datetimeType && y.t == timedeltaType && isSum:
		return code{js: "pyLater(" + x.js + ", " + strings.TrimPrefix(op, "+") + y.operand() + ")", t: datetimeType}, true
	case x.t == timedeltaType && y.t == datetimeType && op == "+":
		return code{js: "pyLater(" + y.js + ", " + x.js + ")", t: datetimeType}, true
	case x.t == datetimeType && y.t == datetimeType && op == "-":
		return code{js: "(" + x.operand() + ".date.getTime() - " + y.operand() + ".date.getTime()) / 1000", t: timedeltaType, isOpen: true}, true
	case x.t == timedeltaType && (y.t == timedeltaType && isSum || y.isNumber() && op == "*"), x.isNumber() && y.t == timedeltaType && op == "*":
		return code{js: js, t: timedeltaType, isOpen: true}, true
	}
	return code{}, false
}

var strftimeFormat = regexp.MustCompile(`^(?:[^%]|%[YymdHIMSfpAaBbj%])*$`)

// strftime formats a datetime. The format must be a literal.
func (c *converter) strftime(x code, format python.Expr) code {
	text, ok := format.(*python.Constant)
	if !ok || text.Kind != python.String || !strftimeFormat.MatchString(text.Text) {
		return c.unsupported(format, "the format of strftime must be a literal with the codes %%Y %%y %%m %%d %%H %%I %%M %%S %%f %%p %%A %%a %%B %%b %%j %%%%")
	}
	return code{js: "pyStrftime(" + x.js + ", " + quote(text.Text) + ")", t: strType}
}
