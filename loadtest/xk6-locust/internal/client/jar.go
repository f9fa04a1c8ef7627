package client

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// Jar keeps the cookies of one user. The zero value is an empty jar, which needs almost no memory until the first
// cookie. Several goroutines may use it at once.
type Jar struct {
	mu  sync.Mutex
	jar *cookiejar.Jar
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

// Clear removes all cookies.
func (j *Jar) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jar = nil
}

func (j *Jar) current() *cookiejar.Jar {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.jar
}

func (j *Jar) keep(at *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	if j.jar == nil {
		j.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // it never fails
	}
	jar := j.jar
	j.mu.Unlock()
	jar.SetCookies(at, cookies)
}

// store saves the cookies of an answer. Like browsers, it ignores invalid ones.
func (j *Jar) store(from target, header Header) {
	var cookies []*http.Cookie
	for _, line := range header.Values("Set-Cookie") {
		if cookie, err := http.ParseSetCookie(line); err == nil {
			cookies = append(cookies, cookie)
		}
	}
	if len(cookies) > 0 {
		j.keep(cookieURL(from), cookies)
	}
}

// header returns the Cookie header of a request, or "".
func (j *Jar) header(to target) string {
	jar := j.current()
	if jar == nil {
		return ""
	}
	request := http.Request{Header: http.Header{}}
	for _, cookie := range jar.Cookies(cookieURL(to)) {
		request.AddCookie(cookie)
	}
	return request.Header.Get("Cookie")
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
