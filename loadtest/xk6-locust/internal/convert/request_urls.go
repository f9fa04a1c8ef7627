package convert

import (
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// requestURL converts the URL of a request. If HttpUser names the request after its URL, the URL contains the
// parameters.
func (c *converter) requestURL(r *request, url python.Expr) string {
	path := c.value(url)
	text, host := path.js, c.hostOf(r.client)
	hasPort := host != "" && r.values[""] == nil && c.isPort(url)
	if hasPort {
		text = host + " + " + path.operand()
	} else {
		c.checkPath(url)
	}
	switch params := r.values["params"]; {
	case r.isNamedByURL && params != nil:
		return "pyUrl(pyQuery(" + text + ", " + c.value(params).js + "))"
	case hasPort:
		return "pyUrl(" + text + ")"
	}
	return c.url(url)
}

// url converts the URL of a request. Both clients of Locust rewrite URLs before they send them, unlike k6/x/locust.
// HttpUser rewrites more than FastHttpUser.
func (c *converter) url(expr python.Expr) string {
	text := c.value(expr).js
	isFast, isSlow := c.clients()
	switch {
	case c.isPlainURL(expr):
		return text
	case isFast && isSlow:
		return "pyPlainUrl(" + text + ")"
	case isFast:
		return "pyFastUrl(" + text + ")"
	}
	return "pyUrl(" + text + ")"
}

// isPort returns whether a path begins with the port of a host, such as ":8000/path". Locust appends it to the host.
func (c *converter) isPort(url python.Expr) bool {
	text := firstText(url)
	isFast, _ := c.clients()
	return text != nil && !isFast && portPath.MatchString(text.Text)
}

// firstText returns the text at the beginning of a URL, or nil if the URL does not begin with a text.
func firstText(url python.Expr) *python.Constant {
	if joined, ok := url.(*python.JoinedStr); ok && len(joined.Parts) > 0 {
		url = joined.Parts[0]
	}
	if text, ok := url.(*python.Constant); ok && text.Kind == python.String {
		return text
	}
	return nil
}

var portPath = regexp.MustCompile(`^:\d+/`)

// hostOf returns the host of a client as an expression, or "" if it is not known.
func (c *converter) hostOf(client code) string {
	switch k := c.classOf(); {
	case client.js == "this.user.client" || client.js == "this.client" && k != nil && k.hasTasks() && !k.isUser():
		return "this.user.host"
	case client.js == "this.client" && k != nil && k.isUser():
		return "this.host"
	}
	return ""
}

// checkPath reports a path that Locust and k6/x/locust join with the host in different ways. Locust appends the path to
// the host. k6/x/locust joins them with a slash.
func (c *converter) checkPath(url python.Expr) {
	text := firstText(url)
	if text == nil || text.Text == "" || absoluteURL.MatchString(text.Text) {
		return
	}
	for _, k := range c.classes {
		for _, stmt := range k.Body {
			assign, ok := stmt.(*python.Assign)
			if !ok || !k.isUser() || len(assign.Targets) != 1 || !python.IsName(assign.Targets[0], "host") {
				continue
			}
			host, ok := assign.Value.(*python.Constant)
			switch hasSlash := strings.HasPrefix(text.Text, "/"); {
			case !ok || host.Kind != python.String || strings.HasSuffix(host.Text, "/") != hasSlash:
			case hasSlash:
				c.note(assign.Pos, "k6 sends one slash between host and path. Locust sends two, because %s ends with a slash", host.Text)
			default:
				c.fail(text.Pos, "the path %q must begin with a slash, because Locust appends it to the host %s", text.Text, host.Text)
			}
		}
	}
}

var absoluteURL = regexp.MustCompile(`(?i)^https?://`)

// isPlainURL returns whether Locust certainly sends a URL without changes.
func (c *converter) isPlainURL(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Constant:
		path, _, _ := strings.Cut(expr.Text, "?")
		return !strings.ContainsFunc(expr.Text, isRewritten) && !strings.HasSuffix(expr.Text, "?") && !strings.Contains(path, "/.") && !strings.Contains(path, "./")
	case *python.JoinedStr:
		return !slices.ContainsFunc(expr.Parts, func(part python.Expr) bool { return !c.isPlainURL(part) })
	case *python.Formatted:
		return c.value(expr.Value).isNumber()
	}
	return false
}

// isRewritten returns whether Locust may rewrite a character of a URL, in the request or in the request's name.
func isRewritten(letter rune) bool {
	return letter <= ' ' || letter > '~' || strings.ContainsRune("\"#%<>[\\]^`{|}", letter)
}
