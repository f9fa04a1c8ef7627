package module

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/lib"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
)

// web is the part of a user that its HTTP client needs.
type web struct {
	// session contains the user's own connections. It is nil until the first request, or if the class has a poolSize.
	session *client.Session
	jar     client.Jar
	// headers are the headers of all requests. They equal the headers of the class until the script changes them.
	headers     [][2]string
	hasHeaders  bool
	requestName string
}

func (w *web) closeSession() {
	if w.session != nil {
		w.session.Close()
	}
}

// defaultHeaders returns the headers of all requests of the user. They must not be changed.
func (u *user) defaultHeaders() [][2]string {
	if u.hasHeaders {
		return u.headers
	}
	return u.class.HTTP.Headers
}

// sessionOf returns the user's own connections, or nil if the users of its class share them.
func (v *userRuntime) sessionOf(u *user) *client.Session {
	if u.session == nil && u.class.HTTP.PoolSize == 0 {
		u.session = v.clientOf(u.class).NewSession()
	}
	return u.session
}

// closeIdle applies k6's option noVUConnectionReuse: each task starts without connections.
func (v *userRuntime) closeIdle(u *user) {
	if u.session != nil && v.vu.State().Options.NoVUConnectionReuse.Bool {
		u.session.CloseIdle()
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
	set("headers", func(call sobek.FunctionCall) sobek.Value {
		return rt.NewDynamicObject(&userHeaders{n, n.httpUserOf(call)})
	})
	set("setHeaders", func(call sobek.FunctionCall) sobek.Value {
		u := n.httpUserOf(call)
		fields, err := n.headerFields(call.Argument(1))
		if err != nil {
			common.Throw(rt, fmt.Errorf("locust: client.%w", err))
		}
		u.headers, u.hasHeaders = nil, true
		for _, field := range fields {
			if !field.isRemoved {
				u.headers = append(u.headers, [2]string{field.name, field.value})
			}
		}
		return sobek.Undefined()
	})
	set("requestName", func(call sobek.FunctionCall) sobek.Value {
		if name := n.httpUserOf(call).requestName; name != "" {
			return rt.ToValue(name)
		}
		return sobek.Undefined()
	})
	set("setRequestName", func(call sobek.FunctionCall) sobek.Value {
		u := n.httpUserOf(call)
		u.requestName = ""
		if name := call.Argument(1); !common.IsNullish(name) {
			text, err := scalar("client.requestName", name)
			if err != nil {
				common.Throw(rt, fmt.Errorf("locust: %w", err))
			}
			u.requestName = text
		}
		return sobek.Undefined()
	})
	set("cookies", func(call sobek.FunctionCall) sobek.Value { return n.cookies(call) })
	set("setCookie", func(call sobek.FunctionCall) sobek.Value { return n.setCookie(call) })
	set("deleteCookie", func(call sobek.FunctionCall) sobek.Value {
		u := n.httpUserOf(call)
		name, isText := textOf(call.Argument(1))
		if !isText {
			common.Throw(rt, fmt.Errorf("locust: client.cookies.delete: %w", mustBe("the name", "text", call.Argument(1))))
		}
		u.jar.Delete(name)
		return sobek.Undefined()
	})
	set("clearCookies", func(call sobek.FunctionCall) sobek.Value {
		n.httpUserOf(call).jar.Clear()
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

// userHeaders is client.headers: the headers of all requests of a user. Names are case-insensitive.
type userHeaders struct {
	*native

	user *user
}

func (h *userHeaders) index(name string) int {
	return slices.IndexFunc(h.user.defaultHeaders(), func(header [2]string) bool { return strings.EqualFold(header[0], name) })
}

// Get implements [sobek.DynamicObject].
func (h *userHeaders) Get(name string) sobek.Value {
	if i := h.index(name); i >= 0 {
		return h.vu.Runtime().ToValue(h.user.defaultHeaders()[i][1])
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
	headers := slices.Clone(h.user.defaultHeaders())
	if i := h.index(name); i >= 0 {
		headers[i] = [2]string{field.name, field.value}
	} else {
		headers = append(headers, [2]string{field.name, field.value})
	}
	h.user.headers, h.user.hasHeaders = headers, true
	return true
}

// Has implements [sobek.DynamicObject].
func (h *userHeaders) Has(name string) bool { return h.index(name) >= 0 }

// Delete implements [sobek.DynamicObject].
func (h *userHeaders) Delete(name string) bool {
	if i := h.index(name); i >= 0 {
		h.user.headers, h.user.hasHeaders = slices.Delete(slices.Clone(h.user.defaultHeaders()), i, i+1), true
	}
	return true
}

// Keys implements [sobek.DynamicObject].
func (h *userHeaders) Keys() []string {
	headers := h.user.defaultHeaders()
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

// cookieURL returns the URL of a cookie call: the argument, or else the user's host.
func (n *native) cookieURL(u *user, argument sobek.Value) string {
	if !common.IsNullish(argument) {
		text, isText := textOf(argument)
		if !isText {
			common.Throw(n.vu.Runtime(), fmt.Errorf("locust: client.cookies: %w", mustBe("the URL", "text", argument)))
		}
		if absoluteURL.MatchString(text) {
			return text
		} else if base := n.runtime.attachment.HostURL(u.class.Name); base != "" {
			return base + "/" + strings.TrimPrefix(text, "/")
		}
	}
	base := n.runtime.attachment.HostURL(u.class.Name)
	if base == "" {
		common.Throw(n.vu.Runtime(), fmt.Errorf("locust: %w", errCookieURL))
	}
	return base
}

// cookies implements native.cookies(handle, url): all cookies of the user, or those that a request to the URL would send.
func (n *native) cookies(call sobek.FunctionCall) sobek.Value {
	rt, u := n.vu.Runtime(), n.httpUserOf(call)
	object := rt.NewObject()
	cookies := u.jar.All()
	if !common.IsNullish(call.Argument(1)) {
		var err error
		cookies, err = u.jar.Cookies(n.cookieURL(u, call.Argument(1)))
		must(rt, err)
	}
	for _, cookie := range cookies {
		must(rt, object.Set(cookie.Name, cookie.Value))
	}
	return object
}

// setCookie implements native.setCookie(handle, name, value, options).
func (n *native) setCookie(call sobek.FunctionCall) sobek.Value {
	rt, u := n.vu.Runtime(), n.httpUserOf(call)
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
		fail(mustBe("the name", "letters, digits, and !#$%&'*+-.^_|~ or a backtick", call.Argument(1)))
	}
	if (&http.Cookie{Name: name, Value: value}).Valid() != nil { //nolint:gosec // it is not sent
		fail(mustBe("the value of "+name, "printable ASCII without quotes, semicolons, and backslashes", call.Argument(2)))
	}
	cookie := &http.Cookie{Name: name, Value: value, Path: "/"} //nolint:gosec // the client sends it
	var at sobek.Value
	if options := call.Argument(3); !common.IsNullish(options) {
		object, isObject := options.(*sobek.Object)
		if !isObject {
			fail(mustBe("the options", "an object", options))
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
				fail(mustBe(key, "text", option))
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
		address = n.cookieURL(u, at)
	}
	if err := cookie.Valid(); err != nil {
		fail(fmt.Errorf("%w: %w", errCookie, err))
	}
	if err := u.jar.SetCookies(address, []*http.Cookie{cookie}); err != nil {
		fail(err)
	}
	if !slices.ContainsFunc(u.jar.All(), func(other *http.Cookie) bool { return other.Name == name && other.Value == value }) {
		fail(fmt.Errorf("%w: %s does not accept the domain %s", errCookie, address, cookie.Domain))
	}
	return sobek.Undefined()
}
