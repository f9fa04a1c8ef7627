package client

import (
	"iter"
	"strings"
	"time"
)

// Request is a request. The client does not change it. The caller must not change it before the answer arrives.
type Request struct {
	// Method is any token except CONNECT. It is sent unchanged. Methods are usually uppercase.
	Method string
	// URL is an absolute http or https URL. A user and password in the URL are sent as Basic authentication.
	URL string
	// Header contains names and values in the order in which HTTP/1.1 sends them. They take precedence over the defaults
	// (Host, User-Agent, Accept-Encoding), the user in the URL, and the jar. Content-Length and Transfer-Encoding are
	// ignored, because the client itself sends the length of the body.
	Header [][2]string
	Body   []byte
	// Timeout limits the whole request: the wait for a connection, connecting, redirects, and the body. 0 means
	// Options.NetworkTimeout.
	Timeout time.Duration
	// AllowRedirects makes the client follow 301, 302, 303, 307, and 308.
	AllowRedirects bool
	// Without lists the headers for which the client must not send its default: User-Agent, Accept-Encoding,
	// Authorization, and Cookie.
	Without []string
	// DiscardBody makes the client read the body of the answer without keeping it. The length of the body is not
	// limited.
	DiscardBody bool
	// Stream makes the request end when the response headers have arrived. The body becomes Response.Stream. The
	// timeout limits the time until the headers have arrived, and then each read. DiscardBody has no effect.
	Stream bool
	// Session contains the connections of one user. If it is nil, the request uses the connections that all users share.
	Session *Session
	// Jar stores the cookies of one user. If it is nil, cookies are ignored.
	Jar *Jar
}

// Response is the result of a request.
type Response struct {
	// Status is 0 if there was no answer. If Err is set, it may be the status of an incomplete or unusable answer.
	Status int
	// Reason is the text after the status. Over HTTP/2, it is the standard text.
	Reason string
	// URL is the URL of the request, or of the last redirect that was followed.
	URL string
	// Proto is HTTP/1.0, HTTP/1.1, or HTTP/2.0.
	Proto  string
	Header Header
	// Body is decompressed if the encoding is gzip, deflate, or br. Bodies with other encodings are unchanged.
	Body []byte
	// Stream is the body if the request set Stream and there was an answer. Otherwise, it is nil.
	Stream *Stream
	// ContentLength is the length of Body in bytes, as Locust counts it. If the body was discarded, it is the length as
	// received. If the body is a Stream, it is the Content-Length of the answer, or 0.
	ContentLength int64
	// End is the time when the request ended. If a Starter received the answer on its loop, End is the time when the
	// last byte arrived. Otherwise, End also includes decompression. With a Stream, it equals HeadAt.
	End time.Time
	// Duration is the time from the call to End, including the wait for a connection and redirects.
	Duration time.Duration
	// HeadAt is the time at which the response headers were complete. It is zero if there was no answer.
	HeadAt time.Time
	// History contains the answers that redirected the request, in order. Their bodies are not decompressed.
	History []Response
	// Err is nil or an *Error. A status such as 500 is not an error.
	Err error
}

// Header is the unparsed header of an answer. It contains lines of "Name: value". With HTTP/2, the names are lowercase,
// and the lines are sorted by name.
type Header string

// Get returns the first value of a name, or "". It ignores case.
func (h Header) Get(name string) string {
	for key, value := range h.All() {
		if len(key) == len(name) && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// Values returns all values of a name. It ignores case.
func (h Header) Values(name string) []string {
	var values []string
	for key, value := range h.All() {
		if strings.EqualFold(key, name) {
			values = append(values, value)
		}
	}
	return values
}

// All yields the name and value of each line.
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
