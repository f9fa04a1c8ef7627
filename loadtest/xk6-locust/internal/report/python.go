package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// pythonFloat formats a float like Python's str: with the fewest digits that preserve the value, an exponent below 1e-4
// or at 1e16 and above, and .0 for integers.
func pythonFloat(f float64) string {
	switch magnitude := math.Abs(f); {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, 64), "+"))
	case f != 0 && (magnitude < 1e-4 || magnitude >= 1e16):
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// properRound is Locust's proper_round. It rounds halves up by adding a little after the last digit.
func properRound(f float64, digits int) float64 {
	f += math.Pow(10, float64(-len(pythonFloat(f))-1))
	// The decimal text of a float is exact, so this rounds like Python. The text always parses.
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
	return rounded
}

// pythonJSONString formats a string like Python's json.dumps, in ASCII only.
func pythonJSONString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\f':
			b.WriteString(`\f`)
		case r == '\b':
			b.WriteString(`\b`)
		case ' ' <= r && r <= '~':
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// utcTime formats a time as in Locust's files: whole seconds in UTC.
func utcTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// durationText formats a duration as in Locust's report: 1 hour, 2 minutes and 3 seconds.
func durationText(d time.Duration) string {
	seconds := int64(d / time.Second)
	var parts []string
	for _, unit := range []struct {
		name    string
		seconds int64
	}{{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}} {
		count := seconds / unit.seconds
		seconds %= unit.seconds
		switch {
		case count == 1:
			parts = append(parts, "1 "+unit.name)
		case count > 1:
			parts = append(parts, integer(count)+" "+unit.name+"s")
		}
	}
	switch last := len(parts) - 1; last {
	case -1:
		return "0 seconds"
	case 0:
		return parts[0]
	default:
		return strings.Join(parts[:last], ", ") + " and " + parts[last]
	}
}
