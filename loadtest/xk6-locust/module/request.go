package module

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/stats"
)

var (
	errNoHost  = errors.New("a path needs a host: set host in the options, in the class, or with LOCUST_HOST")
	errOptions = errors.New("a request takes name, headers, params, data, json, auth, timeout, allowRedirects and catchResponse")
	errClient  = errors.New("only users of classes that extend HttpUser make requests")
)

// absoluteURL is what needs no host before it.
var absoluteURL = regexp.MustCompile(`^(?i:https?)://`)

// request is native.request(handle, method, url, name, options, isJudged): a promise of a response.
func (i *Instance) request(call sobek.FunctionCall) sobek.Value {
	rt, h, u := i.vu.Runtime(), i.host, i.userOf(call)
	method, address := call.Argument(1).String(), call.Argument(2).String()
	key := stats.Key{Method: method, Name: address}
	if name := call.Argument(3); !common.IsNullish(name) {
		key.Name = name.String()
	}
	request := &client.Request{Method: method, URL: address, AllowRedirects: true, Jar: &u.jar}
	if u.class.HTTP == nil {
		common.Throw(rt, errClient)
	}
	if !absoluteURL.MatchString(address) {
		base := h.attachment.HostURL(u.class.Name)
		if base == "" {
			common.Throw(rt, fmt.Errorf("locust: %w, got %q", errNoHost, address))
		}
		request.URL = base + "/" + strings.TrimPrefix(address, "/")
	}
	request.Header = u.class.HTTP.Headers
	if options, ok := call.Argument(4).(*sobek.Object); ok {
		if err := i.applyOptions(request, options); err != nil {
			common.Throw(rt, fmt.Errorf("locust: %s %s: %w", method, key.Name, err))
		}
	}
	promise, op := h.begin(u)
	if op == nil {
		return rt.ToValue(promise)
	}
	start := time.Now()
	if !u.due.IsZero() {
		// In an open loop the request should have started when its task was due.
		start, u.due = u.due, time.Time{}
	}
	isJudged := call.Argument(5).ToBoolean()
	h.clientOf(u.class).Go(request, func(answer *client.Response) {
		now := time.Now()
		h.post(func() error {
			// The answer to a user that has stopped is nobody's, and not counted, as in Locust.
			if !u.end(op) {
				return nil
			}
			r := &response{answer: answer, key: key, at: now, responseTime: float64(now.Sub(start)) / float64(time.Millisecond)}
			if !isJudged {
				h.countResponse(r, r.failure())
			}
			return op.resolve(i.wrap(r))
		})
	})
	return rt.ToValue(promise)
}

// judge is native.judge(response, verdict): it counts a request as its caller sees it, or by its status.
func (i *Instance) judge(call sobek.FunctionCall) sobek.Value {
	r := i.unwrap(call.Argument(0))
	if verdict := call.Argument(1); common.IsNullish(verdict) {
		i.host.countResponse(r, r.failure())
	} else if reason := verdict.String(); reason == "" {
		i.host.countResponse(r, "")
	} else {
		i.host.countResponse(r, "CatchResponseError("+stats.Repr(reason)+")")
	}
	return sobek.Undefined()
}

func (h *host) countResponse(r *response, failure string) {
	h.count(r.key, r.answer.Status, r.at, r.responseTime, r.answer.ContentLength, failure)
}

// count counts a request in Locust's statistics and in k6's metrics. The failure is empty when it succeeded.
func (h *host) count(key stats.Key, status int, now time.Time, responseTime float64, contentLength int64, failure string) {
	h.attachment.Log(key, now, responseTime, contentLength, failure)
	h.samples.request(key, status, now, responseTime, failure != "")
}

// applyOptions reads the options of a request.
func (i *Instance) applyOptions(request *client.Request, options *sobek.Object) error {
	rt := i.vu.Runtime()
	var authorization [][2]string
	for _, key := range options.Keys() {
		value := options.Get(key)
		if common.IsNullish(value) {
			continue
		}
		switch key {
		case "name", "catchResponse":
		case "headers":
			request.Header = withHeaders(request.Header, stringPairs(rt, value))
		case "params":
			request.URL = withQuery(request.URL, stringPairs(rt, value))
		case "data":
			setBody(rt, request, value)
		case "json":
			request.Body = i.stringify(value)
			request.Header = withHeaders([][2]string{{"Content-Type", "application/json"}}, request.Header)
		case "auth":
			parts := value.ToObject(rt)
			authorization = [][2]string{{"Authorization", basicAuth(parts.Get("0"), parts.Get("1"))}}
		case "timeout":
			request.Timeout = seconds(value.ToFloat())
		case "allowRedirects":
			request.AllowRedirects = value.ToBoolean()
		default:
			return fmt.Errorf("%w, got %s", errOptions, key)
		}
	}
	if authorization != nil {
		request.Header = withHeaders(request.Header, authorization)
	}
	return nil
}

// setBody sets a text, bytes, or a form.
func setBody(rt *sobek.Runtime, request *client.Request, value sobek.Value) {
	switch exported := value.Export().(type) {
	case string:
		request.Body = []byte(exported)
	case sobek.ArrayBuffer:
		// A copy, because the script may change its own while it is sent.
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

// withHeaders are the headers with others in the place of those of the same name.
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

// encode writes names and values as forms and queries have them.
func encode(pairs [][2]string) string {
	encoded := make([]string, len(pairs))
	for i, pair := range pairs {
		encoded[i] = url.QueryEscape(pair[0]) + "=" + url.QueryEscape(pair[1])
	}
	return strings.Join(encoded, "&")
}
