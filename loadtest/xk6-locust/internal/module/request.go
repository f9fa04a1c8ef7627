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
	"go.k6.io/k6/v2/js/common"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

var (
	errNoHost         = errors.New("a path needs a host: set host in the options, in the class, or with LOCUST_HOST")
	errOptions        = errors.New("a request takes name, headers, params, data, json, auth, timeout, allowRedirects and catchResponse")
	errRequestTimeout = errors.New("timeout takes seconds above 0")
	errCatchResponse  = errors.New("catchResponse takes a function")
	errClient         = errors.New("only users of classes that extend HttpUser make requests")
)

// absoluteURL is what needs no host before it.
var absoluteURL = regexp.MustCompile(`^(?i:https?)://`)

// request is native.request(handle, method, url, options): a promise of a response.
func (i *Instance) request(call sobek.FunctionCall) sobek.Value {
	rt, h, u := i.vu.Runtime(), i.host, i.userOf(call)
	if u.class.HTTP == nil {
		common.Throw(rt, errClient)
	}
	method, address := call.Argument(1).String(), call.Argument(2).String()
	asked := &asked{
		key:     stats.Key{Method: method, Name: address},
		request: &client.Request{Method: method, URL: address, Header: u.class.HTTP.Headers, AllowRedirects: true, Jar: &u.jar},
	}
	if strings.HasPrefix(address, "/") || !absoluteURL.MatchString(address) {
		base := h.attachment.HostURL(u.class.Name)
		if base == "" {
			common.Throw(rt, fmt.Errorf("locust: %w, got %q", errNoHost, address))
		}
		asked.request.URL = base + "/" + strings.TrimPrefix(address, "/")
	}
	if options, ok := call.Argument(3).(*sobek.Object); ok {
		if err := i.applyOptions(asked, options); err != nil {
			common.Throw(rt, fmt.Errorf("locust: %s %s: %w", method, asked.key.Name, err))
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
	h.clientOf(u.class).Go(asked.request, func(answer *client.Response) {
		now := time.Now()
		h.post(func() error {
			// The answer to a user that has stopped is nobody's, and not counted, as in Locust.
			if !u.end(op) {
				return nil
			}
			r := &response{answer: answer, key: asked.key, at: now, responseTime: float64(now.Sub(start)) / float64(time.Millisecond)}
			if asked.judge != nil {
				return i.judge(r, asked.judge, op)
			}
			h.countResponse(r, r.failure())
			return op.resolve(i.wrap(r))
		})
	})
	return rt.ToValue(promise)
}

// asked is a request of a script.
type asked struct {
	key     stats.Key
	request *client.Request
	// judge is catchResponse; nil where the status decides.
	judge sobek.Callable
}

// judge has the script judge a response, and counts it when the judge is done.
func (i *Instance) judge(r *response, judge sobek.Callable, op *operation) error {
	rt, object := i.vu.Runtime(), i.wrap(r)
	r.isBeingJudged = true
	settle := func(failure sobek.Value) error {
		r.isBeingJudged = false
		// As in Locust, a request whose judge fails is not counted, unless it was judged before.
		if failure == nil || r.verdict != nil {
			i.host.countResponse(r, r.failure())
		}
		if failure != nil {
			return op.reject(failure)
		}
		return op.resolve(object)
	}
	result, err := judge(sobek.Undefined(), object)
	var thrown *sobek.Exception
	if errors.As(err, &thrown) {
		return settle(thrown.Value())
	}
	if err != nil {
		return err
	}
	if _, isPromise := result.Export().(*sobek.Promise); !isPromise {
		return settle(nil)
	}
	then, _ := sobek.AssertFunction(result.ToObject(rt).Get("then"))
	_, err = then(result,
		rt.ToValue(func(sobek.FunctionCall) sobek.Value { throwAgain(settle(nil)); return sobek.Undefined() }),
		rt.ToValue(func(call sobek.FunctionCall) sobek.Value {
			throwAgain(settle(call.Argument(0)))
			return sobek.Undefined()
		}),
	)
	return err
}

// throwAgain hands on what ends the runtime, such as an interrupt.
func throwAgain(err error) {
	if err != nil {
		panic(err)
	}
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
func (i *Instance) applyOptions(asked *asked, options *sobek.Object) error {
	rt, request := i.vu.Runtime(), asked.request
	var authorization [][2]string
	for _, key := range options.Keys() {
		value := options.Get(key)
		if common.IsNullish(value) {
			continue
		}
		switch key {
		case "name":
			asked.key.Name = value.String()
		case "catchResponse":
			judge, ok := sobek.AssertFunction(value)
			if !ok {
				return errCatchResponse
			}
			asked.judge = judge
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
			if request.Timeout = seconds(value.ToFloat()); request.Timeout <= 0 {
				return fmt.Errorf("%w, got %s", errRequestTimeout, value)
			}
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
