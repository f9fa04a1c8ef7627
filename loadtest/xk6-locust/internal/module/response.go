package module

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"github.com/tidwall/gjson"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// response is an answer that JavaScript refers to. A part is converted to a JavaScript value only when it is read.
type response struct {
	answer *client.Response
	key    stats.Key
	tags   requestTags
	at     time.Time
	// responseTime and firstByte are in milliseconds. firstByte is the time until the header was complete, or NaN if
	// there was no answer.
	responseTime, firstByte float64
	text                    sobek.Value
	// isBeingJudged is true while catchResponse is running. verdict is the result of catchResponse: the reason for a
	// failure, or an empty string for a success.
	isBeingJudged bool
	verdict       *string
	// validity is 1 if the body is JSON, -1 if it is not JSON, and 0 if this has not been checked.
	validity int
	// isDiscarded is true if the body was not kept.
	isDiscarded bool
	// stream is the body if the script asked for a stream. Otherwise, it is nil.
	stream *stream
}

// isOK reports whether there was an answer without an error status. This is Locust's rule.
func (r *response) isOK() bool {
	return r.answer.Err == nil && r.answer.Status >= 200 && r.answer.Status < 400
}

// failure returns why a request failed, according to its verdict or its status. The reason is empty for a success.
func (r *response) failure() string {
	switch {
	case r.verdict != nil && *r.verdict == "":
		return ""
	case r.verdict != nil:
		return "CatchResponseError(" + stats.Repr(*r.verdict) + ")"
	case r.answer.Err != nil:
		return r.answer.Err.Error()
	case !r.isOK():
		// FastHttpUser uses the same text, so a master counts the failures of both kinds of workers together.
		return fmt.Sprintf("LocustBadStatusCode(code=%d)", r.answer.Status)
	}
	return ""
}

var errResult = errors.New("catchResponse must return true, false, undefined, or the reason for a failure")

// applyResult applies the result of catchResponse. False or a text makes the request fail, but if failure() was called,
// its reason is kept. After true or undefined, the status decides, unless success() or failure() was called.
func (r *response) applyResult(result sobek.Value) error {
	if sobek.IsUndefined(result) {
		return nil
	}
	if object, ok := result.(*sobek.Object); ok {
		return fmt.Errorf("%w, got %s", errResult, classOf(object))
	}
	reason, isText := textOf(result)
	isTrue, isBoolean := result.Export().(bool)
	switch {
	case isText && reason != "":
		if r.verdict == nil || *r.verdict == "" {
			r.judgeAs(reason)
		}
	case !isBoolean:
		return fmt.Errorf("%w, got %s", errResult, kindOf(result))
	case !isTrue && r.failure() == "":
		// Any other reason is more informative, so use this text only if there is none.
		r.judgeAs("catchResponse returned false")
	}
	return nil
}

// judgeAs sets the verdict. An empty reason means a success.
func (r *response) judgeAs(reason string) { r.verdict = &reason }

// responses creates the JavaScript objects of responses.
type responses struct {
	vu        modules.VU
	prototype *sobek.Object
}

// wrap returns the JavaScript object of a response.
func (c *responses) wrap(r *response) sobek.Value {
	object := c.vu.Runtime().ToValue(r).ToObject(c.vu.Runtime())
	_ = object.SetPrototype(c.prototype)
	return object
}

func (c *responses) unwrap(value sobek.Value) *response {
	r, ok := value.Export().(*response)
	if !ok {
		panic(c.vu.Runtime().NewTypeError("the receiver must be a Response"))
	}
	return r
}

// class creates the prototype of responses, and returns their constructor. Scripts can use it only for instanceof.
func (c *responses) class() sobek.Value {
	rt := c.vu.Runtime()
	constructor := rt.ToValue(func(sobek.ConstructorCall) *sobek.Object {
		panic(rt.NewTypeError("scripts cannot create a Response"))
	}).ToObject(rt)
	prototype := constructor.Get("prototype").ToObject(rt)
	c.prototype = prototype
	getter := func(name string, get func(r *response) sobek.Value) {
		function := rt.ToValue(func(call sobek.FunctionCall) sobek.Value { return get(c.unwrap(call.This)) })
		throwIfError(rt, prototype.DefineAccessorProperty(name, function, nil, sobek.FLAG_TRUE, sobek.FLAG_TRUE))
	}
	status := func(r *response) sobek.Value { return rt.ToValue(r.answer.Status) }
	text := func(r *response) sobek.Value {
		if r.text == nil {
			r.text = rt.ToValue(strings.ToValidUTF8(string(c.bodyOf(r)), "\uFFFD"))
		}
		return r.text
	}
	getter("statusCode", status)
	getter("ok", func(r *response) sobek.Value { return rt.ToValue(r.isOK()) })
	getter("reason", func(r *response) sobek.Value { return rt.ToValue(r.answer.Reason) })
	getter("url", func(r *response) sobek.Value { return rt.ToValue(r.answer.URL) })
	getter("responseTime", func(r *response) sobek.Value { return rt.ToValue(r.responseTime) })
	getter("timeToFirstByte", func(r *response) sobek.Value {
		if math.IsNaN(r.firstByte) {
			return sobek.Undefined()
		}
		return rt.ToValue(r.firstByte)
	})
	getter("elapsed", func(r *response) sobek.Value {
		if r.answer.Err != nil {
			return rt.ToValue(0)
		}
		return rt.ToValue(r.responseTime / 1000)
	})
	getter("verdict", func(r *response) sobek.Value {
		switch {
		case r.verdict == nil:
			return sobek.Undefined()
		case *r.verdict == "":
			return rt.ToValue(true)
		}
		return rt.ToValue(*r.verdict)
	})
	getter("error", func(r *response) sobek.Value {
		if r.answer.Err == nil {
			return rt.ToValue("")
		}
		return rt.ToValue(r.answer.Err.Error())
	})
	getter("text", text)
	getter("content", func(r *response) sobek.Value { return rt.ToValue(rt.NewArrayBuffer(c.bodyOf(r))) })
	getter("headers", func(r *response) sobek.Value { return rt.NewDynamicObject(answerHeaders{rt, r.answer.Header}) })
	getter("cookies", func(r *response) sobek.Value {
		cookies := rt.NewObject()
		for _, cookie := range r.answer.Header.Cookies() {
			throwIfError(rt, cookies.Set(cookie.Name, cookie.Value))
		}
		return cookies
	})
	getter("history", func(r *response) sobek.Value { return c.history(r) })
	// k6/http uses these names, so checks that were written for it work here, too.
	getter("status", status)
	getter("body", text)
	throwIfError(rt, prototype.DefineAccessorProperty("name",
		rt.ToValue(func(call sobek.FunctionCall) sobek.Value { return rt.ToValue(c.unwrap(call.This).key.Name) }),
		rt.ToValue(func(call sobek.FunctionCall) sobek.Value {
			r := c.unwrap(call.This)
			if !r.isBeingJudged {
				panic(rt.NewTypeError("name can be set only in catchResponse: this request has already been counted"))
			}
			name, err := scalar("name", call.Argument(0))
			throwIfError(rt, err)
			r.key.Name = name
			return sobek.Undefined()
		}), sobek.FLAG_TRUE, sobek.FLAG_TRUE))
	// Define `then`, because promises look it up in every response, and reading an unknown property throws an error.
	throwIfError(rt, prototype.Set("then", sobek.Undefined()))
	throwIfError(rt, prototype.Set("json", func(call sobek.FunctionCall) sobek.Value {
		return c.json(c.unwrap(call.This), call.Argument(0))
	}))
	verdict := func(name string, of func(call sobek.FunctionCall) string) {
		throwIfError(rt, prototype.Set(name, func(call sobek.FunctionCall) sobek.Value {
			r := c.unwrap(call.This)
			if !r.isBeingJudged {
				panic(rt.NewTypeError(name + "() works only in catchResponse: this request has already been counted"))
			}
			r.judgeAs(of(call))
			return sobek.Undefined()
		}))
	}
	verdict("success", func(sobek.FunctionCall) string { return "" })
	verdict("failure", func(call sobek.FunctionCall) string { return cmp.Or(reasonOf(rt, call.Argument(0)), "failed") })
	return constructor
}

// reasonOf returns the text of the reason for a failure. It formats objects as JSON, except for errors.
func reasonOf(rt *sobek.Runtime, reason sobek.Value) string {
	object, ok := reason.(*sobek.Object)
	if common.IsNullish(reason) {
		return ""
	}
	if ok && object.ClassName() != "Error" {
		if text := callJSON(rt, "stringify", reason); !sobek.IsUndefined(text) {
			return text.String()
		}
	}
	return reason.String()
}

// bodyOf returns the body of a response. It throws if the body was discarded, or is a stream.
func (c *responses) bodyOf(r *response) []byte {
	if r.stream != nil && r.answer.Status != 0 {
		panic(c.vu.Runtime().NewTypeError(errStreamBody.Error()))
	}
	if r.isDiscarded && r.answer.Status != 0 {
		panic(c.vu.Runtime().NewTypeError("the body was discarded: to keep it, set discardBody: false on the request"))
	}
	return r.answer.Body
}

// history returns the responses that redirected the request.
func (c *responses) history(r *response) sobek.Value {
	list := make([]any, len(r.answer.History))
	for i := range r.answer.History {
		list[i] = c.wrap(&response{answer: &r.answer.History[i], key: r.key, at: r.at, firstByte: math.NaN(), isDiscarded: r.isDiscarded})
	}
	return c.vu.Runtime().NewArray(list...)
}

// answerHeaders is response.headers. Names are case-insensitive.
type answerHeaders struct {
	rt     *sobek.Runtime
	header client.Header
}

// Get implements [sobek.DynamicObject]. Cookies may contain commas, so they are joined by line breaks.
func (h answerHeaders) Get(name string) sobek.Value {
	values := h.header.Values(name)
	if len(values) == 0 {
		return nil
	}
	separator := ", "
	if strings.EqualFold(name, "Set-Cookie") {
		separator = "\n"
	}
	return h.rt.ToValue(strings.Join(values, separator))
}

// Set implements [sobek.DynamicObject].
func (h answerHeaders) Set(string, sobek.Value) bool { return false }

// Has implements [sobek.DynamicObject].
func (h answerHeaders) Has(name string) bool { return len(h.header.Values(name)) > 0 }

// Delete implements [sobek.DynamicObject].
func (h answerHeaders) Delete(string) bool { return false }

// Keys implements [sobek.DynamicObject].
func (h answerHeaders) Keys() []string {
	var keys []string
	for name := range h.header.All() {
		if !slices.ContainsFunc(keys, func(other string) bool { return strings.EqualFold(other, name) }) {
			keys = append(keys, name)
		}
	}
	return keys
}

// json returns the parsed body, or the part of it at a path. It throws a SyntaxError if the body is not JSON, and
// returns undefined if there is no such part.
func (c *responses) json(r *response, path sobek.Value) sobek.Value {
	rt := c.vu.Runtime()
	c.bodyOf(r)
	if r.validity == 0 {
		r.validity = -1
		if gjson.ValidBytes(r.answer.Body) {
			r.validity = 1
		}
	}
	if r.validity < 0 {
		throwSyntaxError(rt)
	}
	if common.IsNullish(path) {
		return parseJSON(rt, string(r.answer.Body))
	}
	switch part := gjson.GetBytes(r.answer.Body, path.String()); part.Type {
	case gjson.Null:
		if part.Exists() {
			return sobek.Null()
		}
		return sobek.Undefined()
	case gjson.String:
		return rt.ToValue(part.Str)
	case gjson.Number:
		return rt.ToValue(part.Num)
	case gjson.True, gjson.False:
		return rt.ToValue(part.Bool())
	default:
		return parseJSON(rt, part.Raw)
	}
}

// parseJSON calls JavaScript's own JSON.parse.
func parseJSON(rt *sobek.Runtime, text string) sobek.Value {
	return callJSON(rt, "parse", rt.ToValue(text))
}

// stringify calls JavaScript's own JSON.stringify.
func (n *native) stringify(value sobek.Value) ([]byte, error) {
	if _, isPromise := value.Export().(*sobek.Promise); isPromise {
		return nil, wrongValue("json", "a value that JSON can represent", value)
	}
	text := callJSON(n.vu.Runtime(), "stringify", value)
	if sobek.IsUndefined(text) {
		return nil, wrongValue("json", "a value that JSON can represent", value)
	}
	return []byte(text.String()), nil
}

func callJSON(rt *sobek.Runtime, name string, argument sobek.Value) sobek.Value {
	function, _ := sobek.AssertFunction(rt.GlobalObject().Get("JSON").ToObject(rt).Get(name))
	value, err := function(sobek.Undefined(), argument)
	if err != nil {
		panic(err)
	}
	return value
}

func throwSyntaxError(rt *sobek.Runtime) {
	err, _ := rt.New(rt.GlobalObject().Get("SyntaxError"), rt.ToValue("the body is not JSON"))
	panic(err)
}

// basicAuth returns the Authorization header for the option auth.
func (n *native) basicAuth(value sobek.Value) (string, error) {
	const accepted = "[name, password]"
	parts, ok := value.(*sobek.Object)
	if !ok || parts.ClassName() != "Array" || parts.Get("length").ToInteger() != 2 {
		return "", wrongValue("auth", accepted, value)
	}
	name, err := scalar("auth[0]", parts.Get("0"))
	if err != nil {
		return "", err
	}
	password, err := scalar("auth[1]", parts.Get("1"))
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password)), err
}
