package client

import (
	"cmp"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// Jar keeps the cookies of one user. The zero value is an empty jar, which needs almost no memory until the first
// cookie. It is safe for concurrent use.
type Jar struct {
	mu  sync.Mutex
	jar *cookiejar.Jar
	// origins says where each cookie came from. The cookiejar itself lists only the cookies for a given URL.
	origins []cookieOrigin
}

// cookieOrigin identifies a cookie as section 5.3 of RFC 6265 does. A cookie without a domain belongs to the host that
// set it.
type cookieOrigin struct {
	name, domain, path string
	// at is a URL to which the cookie is sent.
	at url.URL
}

// SetCookies stores cookies for a URL.
func (j *Jar) SetCookies(rawURL string, cookies []*http.Cookie) error {
	at, err := url.Parse(rawURL)
	if err != nil {
		return &Error{Kind: ErrURL, Cause: err}
	}
	j.keep(at, cookies)
	return nil
}

// Cookies returns the cookies that a request to the URL would send.
func (j *Jar) Cookies(rawURL string) ([]*http.Cookie, error) {
	at, err := url.Parse(rawURL)
	if err != nil {
		return nil, &Error{Kind: ErrURL, Cause: err}
	}
	if jar := j.current(); jar != nil {
		return jar.Cookies(at), nil
	}
	return nil, nil
}

// All returns the names and values of all cookies that have not expired, in the order in which they were first set.
func (j *Jar) All() []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []*http.Cookie
	for _, origin := range j.origins {
		cookies := j.jar.Cookies(&origin.at)
		if i := slices.IndexFunc(cookies, origin.isOf); i >= 0 {
			all = append(all, cookies[i])
		}
	}
	return all
}

func (o *cookieOrigin) isOf(cookie *http.Cookie) bool { return cookie.Name == o.name }

// Delete removes all cookies with a name, on all hosts and paths.
func (j *Jar) Delete(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.origins = slices.DeleteFunc(j.origins, func(origin cookieOrigin) bool {
		if origin.name == name {
			domain := origin.domain
			if strings.EqualFold(domain, origin.at.Hostname()) {
				domain = "" // the jar rejects some hosts as domains
			}
			j.jar.SetCookies(&origin.at, []*http.Cookie{{Name: name, Domain: domain, Path: origin.path, MaxAge: -1}}) //nolint:gosec // it deletes a cookie
		}
		return origin.name == name
	})
}

// Clear removes all cookies.
func (j *Jar) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jar, j.origins = nil, nil
}

func (j *Jar) current() *cookiejar.Jar {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.jar
}

func (j *Jar) keep(at *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.jar == nil {
		j.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // it never fails
	}
	j.jar.SetCookies(at, cookies)
	for _, cookie := range cookies {
		j.note(at, cookie)
	}
}

// note records where a cookie came from, unless the jar has rejected its domain.
func (j *Jar) note(at *url.URL, cookie *http.Cookie) {
	host := strings.ToLower(at.Hostname())
	domain := cmp.Or(strings.ToLower(strings.TrimPrefix(cookie.Domain, ".")), host)
	isOwn := domain == host || strings.HasSuffix(host, "."+domain) && publicsuffix.List.PublicSuffix(domain) != domain
	if !isOwn {
		return
	}
	path := cookie.Path
	if !strings.HasPrefix(path, "/") {
		path = folderOf(at.Path)
	}
	isKnown := slices.ContainsFunc(j.origins, func(other cookieOrigin) bool {
		return other.name == cookie.Name && other.domain == domain && other.path == path
	})
	if !isKnown {
		// With an http URL, the jar would not return secure cookies.
		j.origins = append(j.origins, cookieOrigin{cookie.Name, domain, path, url.URL{Scheme: "https", Host: at.Host, Path: path}})
	}
}

// folderOf returns the default path of a cookie (RFC 6265, 5.1.4).
func folderOf(path string) string {
	if end := strings.LastIndexByte(path, '/'); end > 0 && path[0] == '/' {
		return path[:end]
	}
	return "/"
}

// store saves the cookies of an answer. Like browsers, it ignores invalid ones.
func (j *Jar) store(from target, header Header) {
	if cookies := header.Cookies(); len(cookies) > 0 {
		j.keep(cookieURL(from), cookies)
	}
}

// header returns the Cookie header of a request, or "".
func (j *Jar) header(to target) string {
	jar := j.current()
	if jar == nil {
		return ""
	}
	var out strings.Builder
	for i, cookie := range jar.Cookies(cookieURL(to)) {
		if i > 0 {
			out.WriteString("; ")
		}
		// net/http would remove characters, or add quotes.
		out.WriteString(cookie.Name + "=" + cookie.Value)
	}
	return out.String()
}

// cookieURL returns the part of a URL that cookies depend on. It leaves out the query, which net/url might reject.
func cookieURL(of target) *url.URL {
	escaped, _, _ := strings.Cut(of.uri, "?")
	path, err := url.PathUnescape(escaped)
	if err != nil {
		path = escaped
	}
	return &url.URL{Scheme: of.scheme(), Host: of.authority, Path: path}
}

// Cookies returns the valid cookies that an answer sets.
func (h Header) Cookies() []*http.Cookie {
	var cookies []*http.Cookie
	for _, line := range h.Values("Set-Cookie") {
		if cookie := parseCookie(line); cookie != nil {
			cookies = append(cookies, cookie)
		}
	}
	return cookies
}

// parseCookie parses a Set-Cookie header, or returns nil if it is invalid. As in browsers, names and values may contain
// characters that net/http rejects, such as the quotes of JSON. Quotes around a value are part of the value.
func parseCookie(line string) *http.Cookie {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, found := strings.Cut(pair, "=")
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	if !found || name == "" || !isFieldValue(name) || !isFieldValue(value) {
		return nil
	}
	cookie, err := http.ParseSetCookie("name=;" + attributes)
	if err != nil {
		return nil
	}
	cookie.Name, cookie.Value, cookie.Raw = name, value, line
	return cookie
}
