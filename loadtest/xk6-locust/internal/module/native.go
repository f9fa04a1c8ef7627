package module

import (
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// native is what runtime.js is given. Users are known to it by their handles.
func (i *Instance) native() *sobek.Object {
	rt := i.vu.Runtime()
	object := rt.NewObject()
	set := func(name string, function func(call sobek.FunctionCall) sobek.Value) {
		must(rt, object.Set(name, function))
	}
	undefined := func(do func(h *host, u *user, call sobek.FunctionCall)) func(sobek.FunctionCall) sobek.Value {
		return func(call sobek.FunctionCall) sobek.Value {
			do(i.host, i.userOf(call), call)
			return sobek.Undefined()
		}
	}
	set("host", func(call sobek.FunctionCall) sobek.Value {
		return rt.ToValue(i.host.attachment.HostURL(i.userOf(call).class.Name))
	})
	set("request", i.request)
	set("pause", func(call sobek.FunctionCall) sobek.Value {
		return rt.ToValue(i.host.pause(i.userOf(call), call.Argument(1).ToFloat(), true))
	})
	set("sleep", func(call sobek.FunctionCall) sobek.Value {
		return rt.ToValue(i.host.pause(i.userOf(call), call.Argument(1).ToFloat(), false))
	})
	set("arrival", func(call sobek.FunctionCall) sobek.Value { return rt.ToValue(i.host.arrival(i.userOf(call))) })
	set("rest", func(call sobek.FunctionCall) sobek.Value {
		return i.host.rest(i.userOf(call), call.Argument(1).ToFloat())
	})
	set("stop", undefined(func(h *host, u *user, _ sobek.FunctionCall) {
		u.isStopping = true
		if u.isWaiting {
			must(rt, h.kill(u))
		}
	}))
	set("cleanUp", undefined(func(_ *host, u *user, call sobek.FunctionCall) {
		u.isCleaningUp = call.Argument(1).ToBoolean()
	}))
	set("exception", undefined(func(h *host, _ *user, call sobek.FunctionCall) { h.exception(call.Argument(1)) }))
	set("ended", undefined(func(h *host, u *user, _ sobek.FunctionCall) { h.ended(u) }))
	set("now", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(time.Since(started).Seconds()) })
	set("runTime", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(i.running().runTime().Seconds()) })
	set("userCount", func(sobek.FunctionCall) sobek.Value { return rt.ToValue(i.running().attachment.UserCount()) })
	must(rt, object.Set("Response", i.responseClass()))
	return object
}

// started is where native.now counts from: JavaScript's own clock may be set back.
var started = time.Now()

// running is the host while the VU runs users.
func (i *Instance) running() *host {
	if i.host == nil {
		common.Throw(i.vu.Runtime(), errNotRunning)
	}
	return i.host
}

// userOf is the user of a call's first argument. What goes on after its user has ended is stopped.
func (i *Instance) userOf(call sobek.FunctionCall) *user {
	u := i.running().users[call.Argument(0).ToInteger()]
	if u == nil {
		panic(i.runtime.stop)
	}
	return u
}

// fire is events.request.fire.
func (i *Instance) fire(call sobek.FunctionCall) sobek.Value {
	rt, h := i.vu.Runtime(), i.running()
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
		failure = exception.String()
	}
	responseTime, length := numberOf(event.Get("responseTime")), numberOf(event.Get("responseLength"))
	if common.IsNullish(event.Get("responseTime")) || !(responseTime >= 0 && length >= 0) {
		common.Throw(rt, errEvent)
	}
	h.count(key, 0, time.Now(), responseTime, int64(length), failure)
	return sobek.Undefined()
}
