package stats

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Failure counts the failed requests with the same method, name, and error.
type Failure struct {
	// Error is the text of the error, such as CatchResponseError('bad json').
	Method, Name, Error string
	Occurrences         int64
	FirstSeen, LastSeen time.Time

	key string
}

// Exception counts the uncaught errors of tasks with the same traceback.
type Exception struct {
	Count              int64
	Message, Traceback string
	// Nodes contains the workers that reported the exception, or "local" for this process.
	Nodes map[string]struct{}
}

// Key identifies the failure in Locust's messages and sorts its CSV rows: the hexadecimal SHA-256 of method, name, and
// error.
func (f *Failure) Key() string {
	if f.key == "" {
		sum := sha256.Sum256([]byte(f.Method + "." + f.Name + "." + Repr(f.Error)))
		f.key = hex.EncodeToString(sum[:])
	}
	return f.key
}

// maskAddress masks the memory address of a Python object. Otherwise, each occurrence would be a separate failure.
func maskAddress(text string) string {
	const marker = "object at 0x"
	_, rest, found := strings.Cut(text, marker)
	digits, _, closed := strings.Cut(rest, ">")
	if !found || !closed {
		return text
	}
	return strings.ReplaceAll(text, "0x"+digits, "0x....")
}

// Repr formats a string like Python's repr: in single quotes, or in double quotes if that avoids escapes. It escapes
// characters that are not printable.
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
