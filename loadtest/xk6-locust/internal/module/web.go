package module

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/lib"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

// web is the state of an HTTP client: the client of a user, or one of its additional sessions.
type web struct {
	// host is the base URL of an additional session. It is empty for the client of a user.
	host string
	// session contains the client's own connections. It is nil until the first request, or if the class has a poolSize.
	session *client.Session
	jar     client.Jar
	// headers contains the headers of all requests if hasHeaders is true. Otherwise, the headers of the class apply. In
	// an additional session, hasHeaders is true from the start and headers is empty, so the headers of the class never
	// apply.
	headers     [][2]string
	hasHeaders  bool
	requestName string
	class       *class
}

// sessionShift is the number of bits of a user's handle. In JavaScript, a client is identified by the handle of its
// user, plus the number of the session in higher bits. The client of a user has the number 0.
const sessionShift = 32

// userOf extracts the user's handle from the handle of a client.
func userOf(handle int64) int64 { return handle & (1<<sessionShift - 1) }

const (
	// maxSessions limits the additional open sessions of a user.
	maxSessions = 100
	// maxSessionNumber is the highest number that fits into a JavaScript number together with a user's handle. After
	// this number, numbers of closed sessions are used again.
	maxSessionNumber = 1<<(53-sessionShift) - 1
)

var (
	errSessionClosed = errors.New("locust: the HttpSession is closed")
	errSessions      = fmt.Errorf("locust: a user can have at most %d open HttpSessions; call close() on those that it no longer needs", maxSessions)
)

// webOf returns the client in the first argument of a call. It throws if the client is a closed session, or if the
// user's class does not extend HttpUser.
func (n *native) webOf(call sobek.FunctionCall) *web {
	u := n.httpUserOf(call)
	if number := call.Argument(0).ToInteger() >> sessionShift; number > 0 {
		if u.sessions[number] == nil {
			common.Throw(n.vu.Runtime(), errSessionClosed)
		}
		return u.sessions[number]
	}
	return &u.web
}

// openSession implements native.openSession(handle, host), which returns the handle of an additional session.
func (n *native) openSession(call sobek.FunctionCall) sobek.Value {
	u := n.httpUserOf(call)
	host, isText := textOf(call.Argument(1))
	if !isText || !locust.IsHost(host) || !absoluteURL.MatchString(host) {
		common.Throw(n.vu.Runtime(), fmt.Errorf("locust: HttpSession: %w", wrongValue("the host", "a URL such as http://127.0.0.1:8000", call.Argument(1))))
	}
	if len(u.sessions) == maxSessions {
		common.Throw(n.vu.Runtime(), errSessions)
	}
	if u.sessions == nil {
		u.sessions = map[int64]*web{}
	}
	for isUsed := true; isUsed; _, isUsed = u.sessions[u.lastSession] {
		u.lastSession = u.lastSession%maxSessionNumber + 1
	}
	// The headers of the class apply only to the user's own client.
	u.sessions[u.lastSession] = &web{host: strings.TrimSuffix(host, "/"), hasHeaders: true, class: u.class}
	return n.vu.Runtime().ToValue(u.handle + u.lastSession<<sessionShift)
}

// closeSession implements native.closeSession(handle). It does nothing if the session or its user has ended.
func (n *native) closeSession(call sobek.FunctionCall) sobek.Value {
	handle := call.Argument(0).ToInteger()
	if u := n.running().users[userOf(handle)]; u != nil {
		if w := u.sessions[handle>>sessionShift]; w != nil {
			delete(u.sessions, handle>>sessionShift)
			u.closeStreams(func(s *stream) bool { return s.web == w })
			w.close()
		}
	}
	return sobek.Undefined()
}

// close closes the client's own connections.
func (w *web) close() {
	if w.session != nil {
		w.session.Close()
	}
}

// hostURL returns the base URL of the client, or "" if it has none.
func (v *userRuntime) hostURL(w *web) string {
	if w.host != "" {
		return w.host
	}
	return v.attachment.HostURL(w.class.Name)
}

// clients returns the client of the user and its additional sessions.
func (u *user) clients() []*web { return slices.AppendSeq([]*web{&u.web}, maps.Values(u.sessions)) }

func (u *user) closeSessions() {
	for _, w := range u.clients() {
		w.close()
	}
}

// defaultHeaders returns the headers of all requests from the client. They must not be changed.
func (w *web) defaultHeaders() [][2]string {
	if w.hasHeaders {
		return w.headers
	}
	return w.class.HTTP.Headers
}

// sessionOf returns the client's own connections, or nil if the users of its class share them.
func (v *userRuntime) sessionOf(w *web) *client.Session {
	if w.session == nil && w.class.HTTP.PoolSize == 0 {
		w.session = v.clientOf(w.class).NewSession()
	}
	return w.session
}

// endTask closes the streams that a task of the user has opened. Streams of additional sessions and of onStart stay
// open. endTask also applies k6's option noVUConnectionReuse: each task starts without connections. It warns if the
// task has not waited for a request or a pause that it started, because an await may be missing.
func (v *userRuntime) endTask(u *user) {
	if len(u.pending) > 0 && !u.isStopping {
		v.attachment.Warn("a task of " + u.class.Name + " ended before a request or pause that it had started: await may be missing")
	}
	if len(u.streams) > 0 {
		u.closeStreams(func(s *stream) bool { return s.web == &u.web && s.depth >= u.depth })
	}
	if !v.vu.State().Options.NoVUConnectionReuse.Bool {
		return
	}
	for _, w := range u.clients() {
		if w.session != nil {
			w.session.CloseIdle()
		}
	}
}

var errReuse = errors.New("k6's option noVUConnectionReuse needs connections per user: remove poolSize, or use noConnectionReuse")

// checkConnectionReuse returns an error if k6's option noVUConnectionReuse cannot be applied.
func (s *script) checkConnectionReuse(options lib.Options) error {
	if !options.NoVUConnectionReuse.Bool {
		return nil
	}
	for _, class := range s.classes {
		if class.HTTP != nil && class.HTTP.PoolSize > 0 {
			return fmt.Errorf("locust: %s: %w", class.Name, errReuse)
		}
	}
	return nil
}

// defineWeb defines the functions of native that concern headers, names, and cookies of a user's client.
func (n *native) defineWeb(set func(name string, function func(call sobek.FunctionCall) sobek.Value)) {
	rt := n.vu.Runtime()
	set("headerPairs", func(call sobek.FunctionCall) sobek.Value {
		headers, err := n.headerFields(call.Argument(1))
		if err != nil {
			common.Throw(rt, fmt.Errorf("locust: %s.%w", call.Argument(0), err))
		}
		return rt.ToValue(slices.Collect(func(yield func([]string) bool) {
			for _, header := range headers {
				if !header.isRemoved && !yield([]string{header.name, header.value}) {
					return
				}
			}
		}))
	})
	set("openSession", n.openSession)
	set("closeSession", n.closeSession)
	set("headers", func(call sobek.FunctionCall) sobek.Value {
		return rt.NewDynamicObject(&userHeaders{n, n.webOf(call)})
	})
	set("setHeaders", func(call sobek.FunctionCall) sobek.Value {
		w := n.webOf(call)
		fields, err := n.headerFields(call.Argument(1))
		if err != nil {
			common.Throw(rt, fmt.Errorf("locust: client.%w", err))
		}
		w.headers, w.hasHeaders = nil, true
		for _, field := range fields {
			if !field.isRemoved {
				w.headers = append(w.headers, [2]string{field.name, field.value})
			}
		}
		return sobek.Undefined()
	})
	set("requestName", func(call sobek.FunctionCall) sobek.Value {
		if name := n.webOf(call).requestName; name != "" {
			return rt.ToValue(name)
		}
		return sobek.Undefined()
	})
	set("setRequestName", func(call sobek.FunctionCall) sobek.Value {
		w := n.webOf(call)
		w.requestName = ""
		if name := call.Argument(1); !common.IsNullish(name) {
			text, err := scalar("client.requestName", name)
			if err != nil {
				common.Throw(rt, fmt.Errorf("locust: %w", err))
			}
			w.requestName = text
		}
		return sobek.Undefined()
	})
	set("cookies", func(call sobek.FunctionCall) sobek.Value { return n.cookies(call) })
	set("setCookie", func(call sobek.FunctionCall) sobek.Value { return n.setCookie(call) })
	set("deleteCookie", func(call sobek.FunctionCall) sobek.Value {
		w := n.webOf(call)
		name, isText := textOf(call.Argument(1))
		if !isText {
			common.Throw(rt, fmt.Errorf("locust: client.cookies.delete: %w", wrongValue("the name", "a string", call.Argument(1))))
		}
		w.jar.Delete(name)
		return sobek.Undefined()
	})
	set("clearCookies", func(call sobek.FunctionCall) sobek.Value {
		n.webOf(call).jar.Clear()
		return sobek.Undefined()
	})
}

// httpUserOf is like userOf, but throws unless the user's class extends HttpUser.
func (n *native) httpUserOf(call sobek.FunctionCall) *user {
	u := n.userOf(call)
	if u.class.HTTP == nil {
		common.Throw(n.vu.Runtime(), errClient)
	}
	return u
}

// userHeaders is client.headers: the headers of all requests from a client. Names are case-insensitive.
type userHeaders struct {
	*native

	web *web
}

func (h *userHeaders) index(name string) int {
	return slices.IndexFunc(h.web.defaultHeaders(), func(header [2]string) bool { return strings.EqualFold(header[0], name) })
}

// Get implements [sobek.DynamicObject].
func (h *userHeaders) Get(name string) sobek.Value {
	if i := h.index(name); i >= 0 {
		return h.vu.Runtime().ToValue(h.web.defaultHeaders()[i][1])
	}
	return nil
}

// Set implements [sobek.DynamicObject]. Null and undefined remove the header.
func (h *userHeaders) Set(name string, value sobek.Value) bool {
	field, err := headerOf(name, value)
	if err != nil {
		common.Throw(h.vu.Runtime(), fmt.Errorf("locust: client.%w", err))
	}
	if field.isRemoved {
		return h.Delete(name)
	}
	headers := slices.Clone(h.web.defaultHeaders())
	if i := h.index(name); i >= 0 {
		headers[i] = [2]string{field.name, field.value}
	} else {
		headers = append(headers, [2]string{field.name, field.value})
	}
	h.web.headers, h.web.hasHeaders = headers, true
	return true
}

// Has implements [sobek.DynamicObject].
func (h *userHeaders) Has(name string) bool { return h.index(name) >= 0 }

// Delete implements [sobek.DynamicObject].
func (h *userHeaders) Delete(name string) bool {
	if i := h.index(name); i >= 0 {
		h.web.headers, h.web.hasHeaders = slices.Delete(slices.Clone(h.web.defaultHeaders()), i, i+1), true
	}
	return true
}

// Keys implements [sobek.DynamicObject].
func (h *userHeaders) Keys() []string {
	headers := h.web.defaultHeaders()
	keys := make([]string, len(headers))
	for i, header := range headers {
		keys[i] = header[0]
	}
	return keys
}

var (
	errCookieURL     = errors.New("cookies need a URL, because the user has no host")
	errCookie        = errors.New("invalid cookie")
	errCookieOptions = errors.New("unknown option of cookies.set; known: url, domain, path")
)

// cookieURL returns the URL for a call about cookies: the argument of the call or, if there is none, the host of the
// client. The argument may be a path on this host.
func (n *native) cookieURL(w *web, argument sobek.Value) string {
	if !common.IsNullish(argument) {
		text, isText := textOf(argument)
		if !isText {
			common.Throw(n.vu.Runtime(), fmt.Errorf("locust: client.cookies: %w", wrongValue("the URL", "a string", argument)))
		}
		if absoluteURL.MatchString(text) {
			return text
		} else if base := n.runtime.hostURL(w); base != "" {
			return base + "/" + strings.TrimPrefix(text, "/")
		}
	}
	base := n.runtime.hostURL(w)
	if base == "" {
		common.Throw(n.vu.Runtime(), fmt.Errorf("locust: %w", errCookieURL))
	}
	return base
}

// cookies implements native.cookies(handle, url): all cookies of the client, or those that a request to the URL would
// send.
func (n *native) cookies(call sobek.FunctionCall) sobek.Value {
	rt, w := n.vu.Runtime(), n.webOf(call)
	object := rt.NewObject()
	cookies := w.jar.All()
	if !common.IsNullish(call.Argument(1)) {
		var err error
		cookies, err = w.jar.Cookies(n.cookieURL(w, call.Argument(1)))
		throwIfError(rt, err)
	}
	for _, cookie := range cookies {
		throwIfError(rt, object.Set(cookie.Name, cookie.Value))
	}
	return object
}

// setCookie implements native.setCookie(handle, name, value, options).
func (n *native) setCookie(call sobek.FunctionCall) sobek.Value {
	rt, w := n.vu.Runtime(), n.webOf(call)
	fail := func(err error) { common.Throw(rt, fmt.Errorf("locust: client.cookies.set: %w", err)) }
	name, err := scalar("the name", call.Argument(1))
	if err != nil {
		fail(err)
	}
	value, err := scalar("the value of "+name, call.Argument(2))
	if err != nil {
		fail(err)
	}
	if !isHeader(name, "") {
		fail(wrongValue("the name", "letters, digits, and !#$%&'*+-.^_|~ or a backtick", call.Argument(1)))
	}
	if (&http.Cookie{Name: name, Value: value}).Valid() != nil { //nolint:gosec // it is not sent
		fail(wrongValue("the value of "+name, "printable ASCII without quotes, semicolons, and backslashes", call.Argument(2)))
	}
	cookie := &http.Cookie{Name: name, Value: value, Path: "/"} //nolint:gosec // the client sends it
	var at sobek.Value
	if options := call.Argument(3); !common.IsNullish(options) {
		object, isObject := options.(*sobek.Object)
		if !isObject {
			fail(wrongValue("the options", "an object", options))
		}
		for _, key := range object.Keys() {
			option := object.Get(key)
			if common.IsNullish(option) {
				continue
			}
			text, isText := textOf(option)
			switch {
			case !slices.Contains([]string{"url", "domain", "path"}, key):
				fail(fmt.Errorf("%w, got %s", errCookieOptions, key))
			case !isText:
				fail(wrongValue(key, "a string", option))
			case key == "url":
				at = option
			case key == "domain":
				cookie.Domain = text
			case key == "path":
				cookie.Path = text
			}
		}
	}
	var address string
	if cookie.Domain != "" && at == nil {
		address = "http://" + strings.TrimPrefix(cookie.Domain, ".")
	} else {
		address = n.cookieURL(w, at)
	}
	if err := cookie.Valid(); err != nil {
		fail(fmt.Errorf("%w: %w", errCookie, err))
	}
	if err := w.jar.SetCookies(address, []*http.Cookie{cookie}); err != nil {
		fail(err)
	}
	if !slices.ContainsFunc(w.jar.All(), func(other *http.Cookie) bool { return other.Name == name && other.Value == value }) {
		fail(fmt.Errorf("%w: %s does not accept the domain %s", errCookie, address, cookie.Domain))
	}
	return sobek.Undefined()
}
