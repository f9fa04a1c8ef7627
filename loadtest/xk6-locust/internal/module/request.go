package module

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/grafana/sobek"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

var (
	errNoHost         = errors.New("a path needs a host: set host in the options or the class, or set LOCUST_HOST")
	errOptions        = errors.New("unknown option of a request; known: name, headers, params, data, json, auth, timeout, allowRedirects, catchResponse")
	errRequestTimeout = errors.New("timeout must be above 0 seconds")
	errCatchResponse  = errors.New("catchResponse must be a function")
	errClient         = errors.New("only users of a class that extends HttpUser can make requests")
)

// absoluteURL matches URLs that already contain a host.
var absoluteURL = regexp.MustCompile(`^(?i:https?)://`)

// asked is a request that a script makes.
type asked struct {
	key     stats.Key
	request *client.Request
	// judge is catchResponse, or nil if the status decides.
	judge sobek.Callable
}

// throwAgain passes on errors that end the runtime, such as an interrupt.
func throwAgain(err error) {
	if err != nil {
		panic(err)
	}
}

// setBody sets the body to text, bytes, or a form.
func setBody(rt *sobek.Runtime, request *client.Request, value sobek.Value) {
	switch exported := value.Export().(type) {
	case string:
		request.Body = []byte(exported)
	case sobek.ArrayBuffer:
		// The body is copied, because the script may change it while it is sent.
		request.Body = slices.Clone(exported.Bytes())
	case []byte:
		request.Body = slices.Clone(exported)
	default:
		request.Body = []byte(encode(stringPairs(rt, value)))
		request.Header = withHeaders([][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}, request.Header)
	}
}

func stringPairs(rt *sobek.Runtime, value sobek.Value) [][2]string {
	object := value.ToObject(rt)
	keys := object.Keys()
	pairs := make([][2]string, len(keys))
	for i, key := range keys {
		pairs[i] = [2]string{key, object.Get(key).String()}
	}
	return pairs
}

// withHeaders returns headers plus others. An entry in others replaces the headers of the same name.
func withHeaders(headers, others [][2]string) [][2]string {
	merged := make([][2]string, 0, len(headers)+len(others))
	for _, header := range headers {
		isReplaced := false
		for _, other := range others {
			isReplaced = isReplaced || strings.EqualFold(header[0], other[0])
		}
		if !isReplaced {
			merged = append(merged, header)
		}
	}
	return append(merged, others...)
}

func withQuery(address string, pairs [][2]string) string {
	if len(pairs) == 0 {
		return address
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + encode(pairs)
}

// encode encodes names and values for forms and queries.
func encode(pairs [][2]string) string {
	encoded := make([]string, len(pairs))
	for i, pair := range pairs {
		encoded[i] = url.QueryEscape(pair[0]) + "=" + url.QueryEscape(pair[1])
	}
	return strings.Join(encoded, "&")
}
