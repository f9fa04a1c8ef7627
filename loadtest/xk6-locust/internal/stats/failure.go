package stats

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Failure counts the failed requests of one method and name with the same error.
type Failure struct {
	// Error is the text of the error as Python's repr has it, such as CatchResponseError('bad json').
	Method, Name, Error string
	Occurrences         int64
	FirstSeen, LastSeen time.Time

	key string
}

// Exception counts the errors that a task did not catch, by their traceback.
type Exception struct {
	Count              int64
	Message, Traceback string
	// Nodes are the workers that had it, "local" for this process.
	Nodes map[string]struct{}
}

// Key is what Locust's messages and its CSV order know the failure by: the hexadecimal SHA-256 of method, name and error.
func (f *Failure) Key() string {
	if f.key == "" {
		sum := sha256.Sum256([]byte(f.Method + "." + f.Name + "." + Repr(f.Error)))
		f.key = hex.EncodeToString(sum[:])
	}
	return f.key
}

// maskAddress hides the memory address of an object's repr: with it every occurrence would be a failure of its own.
func maskAddress(text string) string {
	const marker = "object at 0x"
	_, rest, found := strings.Cut(text, marker)
	digits, _, closed := strings.Cut(rest, ">")
	if !found || !closed {
		return text
	}
	return strings.ReplaceAll(text, "0x"+digits, "0x....")
}

// Repr writes a text as Python's repr does: in single quotes, or in double ones when only those need no escape, with
// what is not printable escaped.
func Repr(text string) string {
	quote := '\''
	if strings.ContainsRune(text, '\'') && !strings.ContainsRune(text, '"') {
		quote = '"'
	}
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteRune(quote)
	for _, r := range text {
		switch {
		case r == quote || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}
