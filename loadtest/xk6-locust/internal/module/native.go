package module

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/entry"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// native contains the Go functions that JavaScript can call.
type native struct {
	*Instance

	responses responses
}

// object returns an object with the functions that the JavaScript files call. Their arguments refer to users by handles.
func (n *native) object() *sobek.Object {
	rt := n.vu.Runtime()
	object := rt.NewObject()
	set := func(name string, function func(call sobek.FunctionCall) sobek.Value) {
		throwIfError(rt, object.Set(name, function))
	}
	undefined := func(do func(v *userRuntime, u *user, call sobek.FunctionCall)) func(sobek.FunctionCall) sobek.Value {
		return func(call sobek.FunctionCall) sobek.Value {
			do(n.runtime, n.userOf(call), call)
			return sobek.Undefined()
		}
	}
	set("host", func(call sobek.FunctionCall) sobek.Value {
		return rt.ToValue(n.runtime.attachment.HostURL(n.userOf(call).class.Name))
	})
	set("request", n.request)
	valueOrError := func(do func(sobek.Value) (sobek.Value, error)) func(sobek.FunctionCall) sobek.Value {
		return func(call sobek.FunctionCall) sobek.Value {
			result := rt.NewObject()
			if value, err := do(call.Argument(0)); err != nil {
				throwIfError(rt, result.Set("error", err.Error()))
			} else {
				throwIfError(rt, result.Set("value", value))
			}
			return result
		}
	}
	set("options", valueOrError(n.options))
	set("scenario", valueOrError(n.scenario))
	set("pause", func(call sobek.FunctionCall) sobek.Value {
		return rt.ToValue(n.runtime.pause(n.userOf(call), call.Argument(1).ToFloat(), true))
	})
	set("sleep", func(call sobek.FunctionCall) sobek.Value {
		return rt.ToValue(n.runtime.pause(n.userOf(call), call.Argument(1).ToFloat(), false))
	})
	set("waitForArrival", undefined(func(v *userRuntime, u *user, call sobek.FunctionCall) {
		u.object, u.tasks = call.Argument(1), call.Argument(2)
		v.waitForArrival(u)
	}))
	set("pauseBetweenTasks", func(call sobek.FunctionCall) sobek.Value {
		u := n.userOf(call)
		u.object, u.tasks = call.Argument(2), call.Argument(3)
		return rt.ToValue(n.runtime.pauseBetweenTasks(u, call.Argument(1).ToFloat()))
	})
	set("pausePromise", func(call sobek.FunctionCall) sobek.Value {
		return n.runtime.pausePromise(n.userOf(call), call.Argument(1).ToFloat())
	})
	set("stop", undefined(func(v *userRuntime, u *user, _ sobek.FunctionCall) {
		u.isStopping = true
		if u.isWaiting {
			throwIfError(rt, v.kill(u))
		}
	}))
	set("cleanUp", undefined(func(_ *userRuntime, u *user, call sobek.FunctionCall) {
		u.isCleaningUp = call.Argument(1).ToBoolean()
	}))
	set("exception", undefined(func(v *userRuntime, _ *user, call sobek.FunctionCall) { v.exception(call.Argument(1)) }))
	set("userNumber", func(call sobek.FunctionCall) sobek.Value {
		number, err := n.runtime.engine.UserNumber(n.userOf(call).number)
		throwIfError(rt, err)
		return rt.ToValue(number)
	})
	set("nextItem", func(call sobek.FunctionCall) sobek.Value {
		index, err := n.running().engine.NextItem(int(call.Argument(0).ToInteger()))
		throwIfError(rt, err)
		return rt.ToValue(index)
	})
	set("setupData", func(sobek.FunctionCall) sobek.Value { return n.running().setupData })
	set("claim", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(n.runtime.engine.ClaimTask()) })
	set("taskDone", undefined(func(v *userRuntime, _ *user, _ sobek.FunctionCall) { v.engine.TaskDone() }))
	set("fire", n.fire)
	n.defineEvents(set)
	set("quit", func(sobek.FunctionCall) sobek.Value {
		n.running().engine.Quit()
		return sobek.Undefined()
	})
	set("variables", func(sobek.FunctionCall) sobek.Value { return stringArray(rt, entry.Variables(os.Args)) })
	set("fail", undefined(func(v *userRuntime, _ *user, call sobek.FunctionCall) {
		v.engine.Fail(errors.New(call.Argument(1).String()))
	}))
	set("nest", func(call sobek.FunctionCall) sobek.Value {
		if u := n.running().users[call.Argument(0).ToInteger()]; u != nil {
			u.depth += int(call.Argument(1).ToInteger())
		}
		return sobek.Undefined()
	})
	set("ended", undefined(func(v *userRuntime, u *user, _ sobek.FunctionCall) { v.ended(u) }))
	set("now", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(time.Since(started).Seconds()) })
	set("runTime", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(n.running().runTime().Seconds()) })
	set("userCount", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(n.running().attachment.UserCount()) })
	throwIfError(rt, object.Set("Response", n.responses.class()))
	n.defineStream()
	n.defineWeb(set)
	return object
}

// started is the zero point of native.now. Unlike JavaScript's clock, native.now ignores adjustments of the system
// time.
var started = time.Now()

// running returns the runtime. It throws unless the VU runs users.
func (n *native) running() *userRuntime {
	if n.runtime == nil {
		common.Throw(n.vu.Runtime(), errNotRunning)
	}
	return n.runtime
}

// userOf returns the user in the first argument of a call. If that user has stopped, userOf throws, which stops the
// task.
func (n *native) userOf(call sobek.FunctionCall) *user {
	u := n.running().users[userOf(call.Argument(0).ToInteger())]
	if u == nil {
		panic(n.script.stop)
	}
	return u
}

// fire implements events.request.fire.
func (n *native) fire(call sobek.FunctionCall) sobek.Value {
	rt, v := n.vu.Runtime(), n.running()
	event := call.Argument(0).ToObject(rt)
	text := func(name string) string {
		value := event.Get(name)
		if common.IsNullish(value) {
			common.Throw(rt, errEvent)
		}
		return value.String()
	}
	key := stats.Key{Method: text("requestType"), Name: text("name")}
	failure := ""
	if exception := event.Get("exception"); !common.IsNullish(exception) {
		failure = reasonOf(rt, exception)
	}
	responseTime, length := numberOf(event.Get("responseTime")), numberOf(event.Get("responseLength"))
	if common.IsNullish(event.Get("responseTime")) || !isMeasurement(responseTime) || !isMeasurement(length) {
		common.Throw(rt, errEvent)
	}
	rethrow(v.count(counted{key: key, tags: v.samples.current(), at: time.Now(), responseTime: responseTime, contentLength: int64(length), failure: failure}))
	return sobek.Undefined()
}

// isMeasurement reports whether a number can be added to the statistics. Sums of larger numbers would overflow.
func isMeasurement(number float64) bool { return number >= 0 && number <= 1<<53 }

// request implements native.request(handle, method, url, options, surplus), which returns a promise for a response. It
// rejects a surplus argument.
func (n *native) request(call sobek.FunctionCall) sobek.Value {
	rt, v, u := n.vu.Runtime(), n.runtime, n.userOf(call)
	if u.class.HTTP == nil {
		common.Throw(rt, errClient)
	}
	method, address, name := n.target(call)
	w := n.webOf(call)
	sender := v.clientOf(u.class)
	asked := &asked{
		key:  stats.Key{Method: method, Name: name},
		tags: v.samples.current(),
		request: &client.Request{
			Method: method, URL: address, Header: w.defaultHeaders(), Without: sender.Without, AllowRedirects: sender.FollowsRedirects,
			DiscardBody: sender.DiscardsBodies, Jar: &w.jar, Session: v.sessionOf(w),
		},
	}
	if w.requestName != "" {
		asked.key.Name = w.requestName
	}
	if strings.HasPrefix(address, "/") || !absoluteURL.MatchString(address) {
		base := v.hostURL(w)
		if base == "" {
			v.engine.Fail(fmt.Errorf("locust: %s %s: %w", method, address, errNoHost))
			panic(n.script.stop)
		}
		asked.request.URL = base + "/" + strings.TrimPrefix(address, "/")
	}
	if err := n.applyArguments(asked, call); err != nil {
		common.Throw(rt, fmt.Errorf("locust: %s %s: %w", method, asked.key.Name, err))
	}
	promise, op := v.begin(u)
	if op == nil {
		return rt.ToValue(promise)
	}
	if delay := network.Limit(n.vu.State()); delay > 0 {
		time.AfterFunc(delay, func() {
			v.post(func() error {
				if _, isPending := u.pending[op]; isPending {
					n.send(asked, u, w, op)
				}
				return nil
			})
		})
	} else {
		n.send(asked, u, w, op)
	}
	return rt.ToValue(promise)
}

// send sends a request of a user, and resolves its promise with the answer.
func (n *native) send(asked *asked, u *user, w *web, op *operation) {
	v := n.runtime
	start := time.Now()
	v.proceed(u, 0)
	if !u.due.IsZero() {
		// In an open loop, the response time is measured from the moment when the task was due.
		start, u.due = u.due, time.Time{}
	}
	v.starterOf(u.class).Go(asked.request, func(answer *client.Response, isOnLoop bool) {
		answered := func() error {
			// As in Locust, answers to users that have stopped are not counted.
			if !u.end(op) {
				if answer.Stream != nil {
					answer.Stream.Close()
				}
				return nil
			}
			u.isAnswered, u.delay = true, min(time.Since(answer.End), pollTimeout)
			if answer.Err != nil {
				// As in Locust's HttpUser and in k6/http, an incomplete answer counts as no answer.
				answer.Status, answer.Reason, answer.Header, answer.Body, answer.ContentLength, answer.History = 0, "", "", nil, 0, nil
			}
			r := &response{
				answer: answer, key: asked.key, tags: asked.tags, at: answer.End, responseTime: milliseconds(answer.End.Sub(start)), firstByte: math.NaN(),
				isDiscarded: asked.request.DiscardBody,
			}
			if !answer.HeadAt.IsZero() {
				r.firstByte = milliseconds(answer.HeadAt.Sub(start))
			}
			if asked.request.Stream {
				r.stream = u.openStream(w, answer.Stream)
			}
			if asked.judge != nil {
				return n.judge(r, asked.judge, op)
			}
			object := n.responses.wrap(r)
			if err := v.countResponse(r, object); err != nil {
				return err
			}
			return op.resolve(object)
		}
		if isOnLoop {
			v.ready = append(v.ready, answered)
		} else {
			v.post(answered)
		}
	})
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// target returns the method, the URL, and the default name of a call to native.request. The URL may come from k6's
// http.url, which also sets a name.
func (n *native) target(call sobek.FunctionCall) (method, address, name string) {
	method, isText := textOf(call.Argument(1))
	method = strings.ToUpper(method)
	if !isText || !client.IsMethod(method) {
		common.Throw(n.vu.Runtime(), fmt.Errorf("locust: %w", wrongValue("the method", "an HTTP method name, such as GET (CONNECT is not allowed)", call.Argument(1))))
	}
	accepted := "a string"
	if address, isText = textOf(call.Argument(2)); isText {
		if !isForeign(address) {
			return method, address, address
		}
		accepted = "a path or a URL with http or https"
	}
	if object, ok := call.Argument(2).(*sobek.Object); ok {
		template, templateName := object.Get("url"), object.Get("name")
		if template != nil && templateName != nil {
			return method, template.String(), templateName.String()
		}
	}
	common.Throw(n.vu.Runtime(), fmt.Errorf("locust: %s: %w", method, wrongValue("the URL", accepted, call.Argument(2))))
	return "", "", ""
}

// applyArguments applies the arguments that follow the URL of a request.
func (n *native) applyArguments(asked *asked, call sobek.FunctionCall) error {
	if !common.IsNullish(call.Argument(4)) {
		return errArguments
	}
	value := call.Argument(3)
	if options, ok := value.(*sobek.Object); ok {
		return n.applyOptions(asked, options)
	}
	if common.IsNullish(value) {
		return nil
	}
	return wrongValue("the argument after the URL", "an object such as { data: … }", value)
}

// judge lets the script judge a response, and then counts the request.
func (n *native) judge(r *response, judge sobek.Callable, op *operation) error {
	rt, object := n.vu.Runtime(), n.responses.wrap(r)
	r.isBeingJudged = true
	settle := func(failure sobek.Value) error {
		r.isBeingJudged = false
		if r.stream != nil {
			r.answer.ContentLength = r.stream.length
			r.stream.close()
			if failure != nil && failure.SameAs(r.stream.failure) {
				// This error already makes the request fail, so it must not also count as an exception.
				failure = nil
			}
		}
		// As in Locust, a request is not counted if catchResponse throws before it has called success() or failure().
		if failure == nil || r.verdict != nil {
			if err := n.runtime.countResponse(r, object); err != nil {
				return err
			}
		}
		if failure != nil {
			return op.reject(failure)
		}
		return op.resolve(object)
	}
	settleResult := func(result sobek.Value) error {
		if err := r.applyResult(result); err != nil {
			return settle(rt.NewTypeError(fmt.Sprintf("locust: %s %s: %v", r.key.Method, r.key.Name, err)))
		}
		return settle(nil)
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
		return settleResult(result)
	}
	then, _ := sobek.AssertFunction(result.ToObject(rt).Get("then"))
	later := func(settle func(sobek.Value) error) sobek.Value {
		return rt.ToValue(func(call sobek.FunctionCall) sobek.Value {
			rethrow(settle(call.Argument(0)))
			return sobek.Undefined()
		})
	}
	_, err = then(result, later(settleResult), later(settle))
	return err
}
