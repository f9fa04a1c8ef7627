package convert

import (
	"regexp"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const (
	datetimeType = "datetime"
	// timedeltaType is the type of durations in seconds.
	timedeltaType = "timedelta"
)

// seconds are the units of timedelta() in seconds.
var seconds = map[string]string{"weeks": "604800", "days": "86400", "hours": "3600", "minutes": "60", "seconds": "1"}

func (c *converter) datetime(call *python.Call, full string) code {
	// `from datetime import datetime` and `import datetime` have the same meaning.
	name := strings.TrimPrefix(strings.TrimPrefix(full, "datetime."), "datetime.")
	switch {
	case full == "time.strftime" && len(call.Args) == 1:
		return c.strftime(code{js: "pyNow()"}, call.Args[0])
	case (name == "now" || name == "today") && strings.HasPrefix(full, "datetime.datetime.") && len(call.Args)+len(call.Keywords) == 0:
		return code{js: "pyNow()", t: datetimeType}
	case name == "utcnow" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: "pyNow(true)", t: datetimeType}
	case name == "strftime" && len(call.Args) == 2 && len(call.Keywords) == 0:
		if x := c.value(call.Args[0]); x.t == datetimeType {
			return c.strftime(x, call.Args[1])
		}
	case name == "timedelta" && len(call.Args) == 0 && len(call.Keywords) > 0:
		var parts []string
		for _, keyword := range call.Keywords {
			value := c.value(keyword.Value)
			if seconds[keyword.Name] == "" || !value.isNumber() {
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
	case callee.Name == "isoformat" && len(call.Args)+len(call.Keywords) == 0:
		return code{js: "pyIsoformat(" + x.js + ")", t: strType}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
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
