package convert

import (
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const (
	datetimeType = "datetime"
	dateType     = "date"
	// timedeltaType is the type of durations in seconds.
	timedeltaType = "timedelta"
	// structType is the type of time.struct_time.
	structType = "struct_time"
)

// seconds contains the lengths of the units of timedelta(), in seconds.
var seconds = map[string]string{"weeks": "604800", "days": "86400", "hours": "3600", "minutes": "60", "seconds": "1", "milliseconds": "0.001"}

// datetimeParts contains the names of the parameters of datetime(), which are also the names of its fields.
var datetimeParts = []string{"year", "month", "day", "hour", "minute", "second", "microsecond"}

// isUTC returns whether an expression is the time zone UTC.
func (c *converter) isUTC(expr python.Expr) bool {
	return slices.Contains([]string{"datetime.timezone.utc", "datetime.UTC", "pytz.utc", "pytz.UTC"}, c.qualified(expr))
}

// zoned converts a function of datetime whose last argument may be the time zone UTC. names contains its other
// parameters, all of which are required.
func (c *converter) zoned(call *python.Call, js string, names ...string) code {
	args, ok := python.Bind(call, append(names, "tz")...)
	var list []string
	for _, name := range names {
		if ok = ok && args[name] != nil; ok {
			list = append(list, c.number(c.value(args[name])))
		}
	}
	zone, hasZone := args["tz"]
	if !ok || len(args) != len(names) && !hasZone {
		return c.unsupported(call, "these arguments of %s are not supported", c.source(call))
	}
	if hasZone && c.expr(zone).t != noneType {
		if !c.isUTC(zone) {
			return c.unsupported(call, "%s is not supported with this time zone: use timezone.utc, or no time zone", c.source(call))
		}
		list = append(list, "true", "'+00:00'")
	}
	return code{js: js + "(" + strings.Join(list, ", ") + ")", t: datetimeType}
}

// timeLibrary converts a call to a function or class of the modules datetime and time, or to calendar.timegm(). It
// returns false for other calls.
func (c *converter) timeLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "time.mktime", "calendar.timegm":
		if !python.HasOne(call) {
			break
		}
		x := c.value(call.Args[0])
		switch {
		case x.t != structType:
		case full == "calendar.timegm":
			return code{js: "Math.floor(" + x.operand() + ".date.getTime() / 1000)", t: intType}, true
		default:
			return code{js: "Math.floor(pyTimestamp(" + x.js + "))", t: floatType}, true
		}
	case "time.gmtime", "time.localtime":
		args := c.args(call)
		isUTC := map[bool]string{true: "true"}[full == "time.gmtime"]
		switch {
		case len(call.Keywords) > 0 || len(args) > 1:
		case len(args) == 0:
			return code{js: "pyNow(" + isUTC + ")", t: structType}, true
		default:
			return code{js: strings.TrimSuffix("pyAtTime(Math.floor("+c.number(c.value(call.Args[0]))+"), "+isUTC, ", ") + ")", t: structType}, true
		}
	case "time.strptime":
		result := c.strptime(call)
		result.t = structType
		return result, true
	}
	if strings.HasPrefix(full, "datetime.") || full == "time.strftime" {
		return c.datetime(call, full), true
	}
	return code{}, false
}

func (c *converter) datetime(call *python.Call, full string) code {
	// The name is "strftime" for datetime.datetime.strftime(), and "timedelta" for datetime.timedelta().
	name := strings.TrimPrefix(strings.TrimPrefix(full, "datetime."), "datetime.")
	count := len(call.Args) + len(call.Keywords)
	switch {
	case full == "time.strftime" && len(call.Args) == 1:
		return c.strftime(code{js: "pyNow()"}, call.Args[0])
	case full == "time.strftime" && len(call.Args) == 2:
		if x := c.value(call.Args[1]); x.t == structType {
			return c.strftime(x, call.Args[0])
		}
	case full == "datetime.datetime.today" && count == 0:
		return code{js: "pyNow()", t: datetimeType}
	case full == "datetime.datetime.now":
		return c.zoned(call, "pyNow")
	case full == "datetime.datetime.fromtimestamp":
		return c.zoned(call, "pyAtTime", "timestamp")
	case full == "datetime.datetime.utcfromtimestamp" && len(call.Args) == 1 && count == 1:
		return code{js: "pyAtTime(" + c.number(c.value(call.Args[0])) + ", true)", t: datetimeType}
	case full == "datetime.datetime.utcnow" && count == 0:
		return code{js: "pyNow(true)", t: datetimeType}
	case full == "datetime.datetime.fromisoformat" && len(call.Args) == 1 && count == 1:
		return code{js: "pyFromisoformat(" + c.value(call.Args[0]).js + ")", t: datetimeType}
	case full == "datetime.datetime.strptime":
		return c.strptime(call)
	case full == "datetime.date.today" && count == 0:
		return code{js: "pyDateOf(pyNow())", t: dateType}
	case full == "datetime.date" && count == 3:
		return code{js: "pyDateOf(pyDatetime(" + strings.Join(c.positional(call, datetimeParts[:3]...), ", ") + "))", t: dateType}
	case full == "datetime.datetime" && count >= 3:
		return c.newDatetime(call)
	case name == "strftime" && len(call.Args) == 2 && len(call.Keywords) == 0:
		if x := c.value(call.Args[0]); isTime(x.t) {
			return c.strftime(x, call.Args[1])
		}
	case name == "timedelta" && len(call.Args) <= 2 && count > 0:
		return c.timedelta(call)
	}
	return c.unsupported(call, "%s() is not available in k6 with these arguments", full)
}

// newDatetime converts datetime(year, month, day, …).
func (c *converter) newDatetime(call *python.Call) code {
	zoneless, zone := c.withoutZone(call)
	args := c.positional(zoneless, datetimeParts...)
	if zone != "" {
		for len(args) < len(datetimeParts) {
			args = append(args, "undefined")
		}
		args = append(args, zone)
	}
	return code{js: "pyDatetime(" + strings.Join(args, ", ") + ")", t: datetimeType}
}

// timedelta converts timedelta(days, seconds, …) to a number of seconds.
func (c *converter) timedelta(call *python.Call) code {
	keywords := slices.Clone(call.Keywords)
	for i, arg := range call.Args {
		keywords = append(keywords, python.Keyword{Name: []string{"days", "seconds"}[i], Value: arg})
	}
	var parts []string
	for _, keyword := range keywords {
		value := c.value(keyword.Value)
		if !value.isNumber() {
			value = code{js: c.number(value)}
		}
		if seconds[keyword.Name] == "" {
			return c.unsupported(call, "the argument %s of timedelta() is not supported", python.ShownName(keyword.Name))
		}
		parts = append(parts, value.operand()+" * "+seconds[keyword.Name])
	}
	return code{js: strings.Join(parts, " + "), t: timedeltaType, isOpen: true}
}

// strptime converts datetime.strptime() or time.strptime(). The format must be a literal.
func (c *converter) strptime(call *python.Call) code {
	args, ok := python.Bind(call, "date_string", "format")
	format, isText := python.TextOf(args["format"])
	if !ok || len(args) != 2 || args["date_string"] == nil || !isText || !strptimeFormat.MatchString(format) {
		return c.unsupported(call, "the format of strptime must be a literal with the codes %%Y %%y %%m %%d %%H %%I %%M %%S %%f %%p %%A %%a %%B %%b %%z %%%%")
	}
	return code{js: "pyStrptime(" + c.value(args["date_string"]).js + ", " + conversion.Quote(format) + ")", t: datetimeType}
}

// isTime returns whether a type is the type of a date or of a datetime.
func isTime(t string) bool { return t == datetimeType || t == dateType }

// withoutZone returns a call without its argument tzinfo, and the time zone as a string literal. A time zone other than
// UTC and None stays in the call. In this case, and if the call has no time zone, zone is "".
func (c *converter) withoutZone(call *python.Call) (rest *python.Call, zone string) {
	kept := *call
	kept.Keywords = nil
	for _, keyword := range call.Keywords {
		switch {
		case keyword.Name == "tzinfo" && c.isUTC(keyword.Value):
			zone = "'+00:00'"
		case keyword.Name == "tzinfo" && c.expr(keyword.Value).t == noneType:
			zone = "''"
		default:
			kept.Keywords = append(kept.Keywords, keyword)
		}
	}
	return &kept, zone
}

func (c *converter) datetimeCall(call *python.Call, callee *python.Attribute, x code) code {
	count := len(call.Args) + len(call.Keywords)
	switch {
	case x.t == dateType && callee.Name == "isoformat" && count == 0:
		return code{js: "String(" + x.js + ")", t: strType}
	case x.t == dateType && !slices.Contains([]string{"strftime", "weekday", "isoweekday"}, callee.Name):
	case callee.Name == "date" && count == 0:
		return code{js: "pyDateOf(" + x.js + ")", t: dateType}
	case callee.Name == "strftime" && python.HasOne(call):
		return c.strftime(x, call.Args[0])
	case callee.Name == "isoformat":
		if args, ok := c.isoformatArgs(call); ok {
			return code{js: "pyIsoformat(" + strings.Join(append([]string{x.js}, args...), ", ") + ")", t: strType}
		}
	case callee.Name == "timestamp" && hasNone(call):
		return code{js: "pyTimestamp(" + x.js + ")", t: floatType}
	case callee.Name == "weekday" && hasNone(call):
		return code{js: "(" + x.operand() + ".date.getUTCDay() + 6) % 7", t: intType, isOpen: true}
	case callee.Name == "isoweekday" && count == 0:
		return code{js: "(" + x.operand() + ".date.getUTCDay() + 6) % 7 + 1", t: intType, isOpen: true}
	case callee.Name == "replace" && len(call.Args) == 0 && len(call.Keywords) > 0:
		var parts []string
		zoneless, zone := c.withoutZone(call)
		if zone != "" {
			parts = append(parts, "tzinfo: "+zone)
		}
		for _, keyword := range zoneless.Keywords {
			if !slices.Contains(datetimeParts, keyword.Name) {
				return c.unsupported(call, "the argument %s of %s is not supported", python.ShownName(keyword.Name), c.source(call))
			}
			parts = append(parts, keyword.Name+": "+c.value(keyword.Value).js)
		}
		return code{js: "pyReplace(" + x.js + ", { " + strings.Join(parts, ", ") + " })", t: datetimeType}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// isoformatArgs converts the arguments of isoformat(). It returns false if there are too many, or if the precision is
// not a supported literal.
func (c *converter) isoformatArgs(call *python.Call) ([]string, bool) {
	args, ok := python.Bind(call, "sep", "timespec")
	if !ok {
		return nil, false
	}
	precision := args["timespec"]
	if text, isText := precision.(*python.Constant); precision != nil && (!isText || !slices.Contains([]string{"auto", "minutes", "seconds", "milliseconds"}, text.Text)) {
		return nil, false
	}
	return c.positional(call, "sep", "timespec"), true
}

// datetimeFields maps the fields of datetimes to expressions with methods of JavaScript's Date.
var datetimeFields = map[string]string{
	"year": "getUTCFullYear()", "month": "getUTCMonth() + 1", "day": "getUTCDate()", "hour": "getUTCHours()", "minute": "getUTCMinutes()",
	"second": "getUTCSeconds()",
}

// structFields maps the fields of time.struct_time to those of datetimes.
var structFields = map[string]string{
	"tm_year": "year", "tm_mon": "month", "tm_mday": "day", "tm_hour": "hour", "tm_min": "minute", "tm_sec": "second",
}

// timeField converts a field of a date, a datetime, a timedelta, or time.struct_time. It returns false for other
// fields.
func (c *converter) timeField(expr *python.Attribute, x code) (code, bool) {
	name := expr.Name
	isPart := x.t == datetimeType || x.t == dateType && slices.Contains(datetimeParts[:3], name)
	if x.t == structType {
		name = structFields[name]
		isPart = true
	}
	field, date := datetimeFields[name], x.operand()+".date"
	switch {
	case isPart && field != "":
		return code{js: date + "." + field, t: intType, isOpen: strings.Contains(field, "+")}, true
	case x.t == structType && expr.Name == "tm_wday":
		return code{js: "(" + date + ".getUTCDay() + 6) % 7", t: intType, isOpen: true}, true
	case x.t == structType && expr.Name == "tm_yday":
		return code{js: "pyInt(pyStrftime(" + x.js + ", '%j'))", t: intType}, true
	case x.t == timedeltaType && name == "seconds":
		return code{js: "Math.floor(pyModulo(" + x.js + ", 86400))", t: intType}, true
	case x.t == timedeltaType && name == "days":
		return code{js: "Math.floor(" + x.operand() + " / 86400)", t: intType}, true
	}
	return code{}, false
}

// timeBinary converts arithmetic with datetimes and timedeltas.
func (c *converter) timeBinary(expr *python.Binary, x, y code) code {
	op := expr.Op
	isSum := op == "+" || op == "-"
	switch {
	case x.t == dateType && y.t == timedeltaType && op == "-":
		return code{js: "pyLater(" + x.js + ", " + y.js + ", -1)", t: x.t}
	case isTime(x.t) && y.t == timedeltaType && isSum:
		return code{js: "pyLater(" + x.js + ", " + strings.TrimPrefix(op, "+") + y.operand() + ")", t: x.t}
	case x.t == timedeltaType && isTime(y.t) && op == "+":
		return code{js: "pyLater(" + y.js + ", " + x.js + ")", t: y.t}
	case isTime(x.t) && x.t == y.t && op == "-":
		return code{js: "pyApart(" + x.js + ", " + y.js + ")", t: timedeltaType}
	case x.t == timedeltaType && (y.t == timedeltaType && isSum || y.isNumber() && op == "*"), x.isNumber() && y.t == timedeltaType && op == "*":
		return code{js: x.operand() + " " + op + " " + y.operand(), t: timedeltaType, isOpen: true}
	}
	return c.unsupported(expr, "the operator %s is not supported with these times", op)
}

// strftimeFormat and strptimeFormat match formats that contain only supported codes.
var (
	strftimeFormat = regexp.MustCompile(`^(?:[^%]|%[YymdHIMSfpAaBbjzZ%])*$`)
	strptimeFormat = regexp.MustCompile(`^(?:[^%]|%[YymdHIMSfpAaBbz%])*$`)
)

// strftime formats a datetime. The format must be a literal.
func (c *converter) strftime(x code, format python.Expr) code {
	text, ok := python.TextOf(format)
	if !ok || !strftimeFormat.MatchString(text) {
		return c.unsupported(format, "the format of strftime must be a literal with the codes %%Y %%y %%m %%d %%H %%I %%M %%S %%f %%p %%A %%a %%B %%b %%j %%z %%Z %%%%")
	}
	return code{js: "pyStrftime(" + x.js + ", " + conversion.Quote(text) + ")", t: strType}
}
