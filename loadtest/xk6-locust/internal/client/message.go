package client

import (
	"iter"
	"strings"
	"time"
)

// Request is what is sent. It stays unchanged, and must not be changed before its answer is there.
type Request struct {
	// Method is any token but CONNECT, as it goes out: methods are upper case by custom.
	Method string
	// URL is absolute, http or https. A user and a password in it become basic authorization.
	URL string
	// Header has names and values in the order in which they go out. They stand above the defaults (Host, User-Agent,
	// Accept-Encoding), above the user in the URL, and above the jar. Content-Length and Transfer-Encoding are left out: they
	// are the client's.
	Header [][2]string
	Body   []byte
	// Timeout is how long all may take: the wait for a connection, connecting, redirects, the body. 0 takes
	// Options.NetworkTimeout.
	Timeout time.Duration
	// AllowRedirects makes the client follow 301, 302, 303, 307 and 308.
	AllowRedirects bool
	// Jar keeps the cookies of one user; nil keeps none.
	Jar *Jar
}

// Response is what came of a request.
type Response struct {
	// Status is 0 when no answer came. With Err set it can be the status of an answer whose body is not complete.
	Status int
	// URL is where the answer came from: other than the request's after a redirect.
	URL string
	// Proto is HTTP/1.0, HTTP/1.1 or HTTP/2.0.
	Proto  string
	Header Header
	// Body is decompressed, if it was compressed with gzip, deflate or br; other encodings stay as they are.
	Body []byte
	// ContentLength is the length of Body in bytes, which is what Locust counts.
	ContentLength int64
	// Duration is from the call to the last byte, the wait for a connection and redirects included.
	Duration time.Duration
	// Redirects is how many were followed.
	Redirects int
	// Err is nil or an *Error. A status such as 500 is no error.
	Err error
}

// Header is the header of an answer, as it came: lines of "Name: value". HTTP/2's names are lower case.
type Header string

// Get returns the first value of a name in any case, or "".
func (h Header) Get(name string) string {
	for key, value := range h.All() {
		if len(key) == len(name) && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// Values returns all values of a name in any case.
func (h Header) Values(name string) []string {
	var values []string
	for key, value := range h.All() {
		if strings.EqualFold(key, name) {
			values = append(values, value)
		}
	}
	return values
}

// All yields the names and the values in the order in which they came.
func (h Header) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		rest := string(h)
		for rest != "" {
			var line string
			line, rest, _ = strings.Cut(rest, "\n")
			name, value, found := strings.Cut(line, ":")
			if found && !yield(name, strings.Trim(value, " \t\r")) {
				return
			}
		}
	}
}
