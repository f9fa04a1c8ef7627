package module

import (
	"cmp"
	"encoding/base64"
	"fmt"
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
	at     time.Time
	// responseTime is in milliseconds.
	responseTime float64
	text         sobek.Value
	// isBeingJudged is true while catchResponse is running. verdict is its result: the reason for a failure, or an
	// empty string for a success.
	isBeingJudged bool
	verdict       *string
	// validity is 1 if the body is JSON, -1 if it is not, and 0 if that is unknown.
	validity int
}

// isOK applies Locust's rule: an answer whose status is not an error.
func (r *response) isOK() bool {
	return r.answer.Err == nil && r.answer.Status >= 200 && r.answer.Status < 400
}

// failure returns why a request failed, according to its verdict or its status. It is empty for a success.
func (r *response) failure() string {
	switch {
	case r.verdict != nil && *r.verdict == "":
		return ""
	case r.verdict != nil:
		return "CatchResponseError(" + stats.Repr(*r.verdict) + ")"
	case r.answer.Err != nil:
		return r.answer.Err.Error()
	case !r.isOK():
		// FastHttpUser uses the same text, so a master counts both as one failure.
		return fmt.Sprintf("LocustBadStatusCode(code=%d)", r.answer.Status)
	}
	return ""
}

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

// class creates the prototype of responses, and returns their constructor, which scripts can use only for instanceof.
func (c *responses) class() sobek.Value {
	rt := c.vu.Runtime()
	constructor := rt.ToValue(func(sobek.ConstructorCall) *sobek.Object {
		panic(rt.NewTypeError("scripts cannot create a Response"))
	}).ToObject(rt)
	prototype := constructor.Get("prototype").ToObject(rt)
	c.prototype = prototype
	getter := func(name string, get func(r *response) sobek.Value) {
		function := rt.ToValue(func(call sobek.FunctionCall) sobek.Value { return get(c.unwrap(call.This)) })
		must(rt, prototype.DefineAccessorProperty(name, function, nil, sobek.FLAG_TRUE, sobek.FLAG_TRUE))
	}
	getter("statusCode", func(r *response) sobek.Value { return rt.ToValue(r.answer.Status) })
	getter("ok", func(r *response) sobek.Value { return rt.ToValue(r.isOK()) })
	getter("url", func(r *response) sobek.Value { return rt.ToValue(r.answer.URL) })
	getter("responseTime", func(r *response) sobek.Value { return rt.ToValue(r.responseTime) })
	getter("error", func(r *response) sobek.Value {
		if r.answer.Err == nil {
			return rt.ToValue("")
		}
		return rt.ToValue(r.answer.Err.Error())
	})
	getter("text", func(r *response) sobek.Value {
		if r.text == nil {
			r.text = rt.ToValue(strings.ToValidUTF8(string(r.answer.Body), "\uFFFD"))
		}
		return r.text
	})
	getter("content", func(r *response) sobek.Value { return rt.ToValue(rt.NewArrayBuffer(r.answer.Body)) })
	getter("headers", func(r *response) sobek.Value {
		headers := map[string]string{}
		for name, value := range r.answer.Header.All() {
			name = strings.ToLower(name)
			if earlier, ok := headers[name]; ok {
				value = earlier + ", " + value
			}
			headers[name] = value
		}
		return rt.ToValue(headers)
	})
	must(rt, prototype.Set("json", func(call sobek.FunctionCall) sobek.Value {
		return c.json(c.unwrap(call.This), call.Argument(0))
	}))
	verdict := func(name string, of func(call sobek.FunctionCall) string) {
		must(rt, prototype.Set(name, func(call sobek.FunctionCall) sobek.Value {
			r := c.unwrap(call.This)
			if !r.isBeingJudged {
				panic(rt.NewTypeError(name + "() works only in catchResponse: this request has already been counted"))
			}
			why := of(call)
			r.verdict = &why
			return sobek.Undefined()
		}))
	}
	verdict("success", func(sobek.FunctionCall) string { return "" })
	verdict("failure", func(call sobek.FunctionCall) string { return cmp.Or(call.Argument(0).String(), "failed") })
	return constructor
}

// json returns the body as JSON, or the part at a path.
func (c *responses) json(r *response, path sobek.Value) sobek.Value {
	rt := c.vu.Runtime()
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
func stringify(rt *sobek.Runtime, value sobek.Value) []byte {
	return []byte(callJSON(rt, "stringify", value).String())
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

func basicAuth(name, password sobek.Value) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name.String()+":"+password.String()))
}
