package client

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// target is the destination of a request.
type target struct {
	origin
	// uri is the path and query, percent-encoded.
	uri string
	// authorization is the Authorization header for the user and password in the URL, or "".
	authorization string
}

// origin is the scheme, host, and port (RFC 6454).
type origin struct {
	https bool
	// authority is the lowercase host, with the port unless it is the scheme's default.
	authority string
}

func (o origin) scheme() string {
	if o.https {
		return "https"
	}
	return "http"
}

// address returns the host and port to connect to.
func (o origin) address() string {
	if o.hasPort() {
		return o.authority
	}
	if o.https {
		return o.authority + ":443"
	}
	return o.authority + ":80"
}

// hostname returns the host, without the brackets of an IPv6 address.
func (o origin) hostname() string {
	host := o.authority
	if o.hasPort() {
		host = host[:strings.LastIndexByte(host, ':')]
	}
	return strings.Trim(host, "[]")
}

func (o origin) hasPort() bool {
	return strings.LastIndexByte(o.authority, ':') > strings.LastIndexByte(o.authority, ']')
}

var (
	errScheme  = errors.New("a URL must begin with http:// or https://")
	errHost    = errors.New("the host of a URL must consist of letters, digits, '-', '.', and '_', or be an IPv6 address in brackets")
	errPort    = errors.New("the port of a URL must be an integer from 1 to 65535")
	errControl = errors.New("a URL must not contain control characters")
)

// isHTTPS reports whether the scheme of a URL is https.
func isHTTPS(raw string) bool {
	scheme, _, _ := strings.Cut(raw, "://")
	return strings.EqualFold(scheme, "https")
}

// parseTarget parses an absolute URL. Like browsers, it encodes spaces and non-ASCII letters, and removes the fragment.
// It rejects control characters.
func parseTarget(raw string) (target, error) {
	var t target
	rest, found := strings.CutPrefix(raw, "http://")
	if !found {
		scheme, after, _ := strings.Cut(raw, "://")
		t.https = isHTTPS(raw)
		if !t.https && !strings.EqualFold(scheme, "http") {
			return t, errScheme
		}
		rest = after
	}
	if fragment := strings.IndexByte(rest, '#'); fragment >= 0 {
		rest = rest[:fragment]
	}
	authority, path := rest, ""
	if end := strings.IndexAny(rest, `/?\`); end >= 0 {
		authority, path = rest[:end], rest[end:]
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		var err error
		if t.authorization, err = basicAuthorization(authority[:at]); err != nil {
			return t, err
		}
		authority = authority[at+1:]
	}
	var err error
	if t.authority, err = parseAuthority(authority, t.https); err != nil {
		return t, err
	}
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	t.uri, err = escape(path)
	return t, err
}

func basicAuthorization(userinfo string) (string, error) {
	user, password, _ := strings.Cut(userinfo, ":")
	user, err := url.PathUnescape(user)
	if err != nil {
		return "", fmt.Errorf("user of the URL: %w", err)
	}
	if password, err = url.PathUnescape(password); err != nil {
		return "", fmt.Errorf("password of the URL: %w", err)
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)), nil
}

func parseAuthority(authority string, https bool) (string, error) {
	host, port := authority, ""
	if colon := strings.LastIndexByte(authority, ':'); colon > strings.LastIndexByte(authority, ']') {
		host, port = authority[:colon], authority[colon+1:]
		if port != "" {
			if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
				return "", errPort
			}
		}
	}
	plain, err := normalizeHost(host)
	if err != nil {
		return "", err
	}
	if port == "" || port == "80" && !https || port == "443" && https {
		return plain, nil
	}
	if plain == host {
		return authority, nil
	}
	return plain + ":" + port, nil
}

func normalizeHost(host string) (string, error) {
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		address, err := netip.ParseAddr(inner)
		if !found || err != nil || !address.Is6() || address.Zone() != "" {
			return "", errHost
		}
		return strings.ToLower(host), nil
	}
	lower := strings.ToLower(host)
	isPlain := host != ""
	for i := range len(lower) {
		b := lower[i]
		isPlain = isPlain && (b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '.' || b == '-' || b == '_')
	}
	if isPlain {
		return lower, nil
	}
	host, err := idna.Lookup.ToASCII(host)
	if err != nil || host == "" || strings.ContainsAny(host, ":[]/?#@\\%<>^|` \"") {
		return "", errHost
	}
	return host, nil
}

// escape percent-encodes characters that paths and queries must not contain. It leaves encoded characters unchanged.
func escape(text string) (string, error) {
	bad := 0
	for i := range len(text) {
		b := text[i]
		if b < ' ' || b == 0x7f {
			return "", errControl
		}
		if isEscaped(b) {
			bad++
		}
	}
	if bad == 0 {
		return text, nil
	}
	const hex = "0123456789ABCDEF"
	escaped := make([]byte, 0, len(text)+2*bad)
	for i := range len(text) {
		if b := text[i]; isEscaped(b) {
			escaped = append(escaped, '%', hex[b>>4], hex[b&15])
		} else {
			escaped = append(escaped, b)
		}
	}
	return string(escaped), nil
}

func isEscaped(b byte) bool {
	switch b {
	case ' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}':
		return true
	}
	return b >= 0x80
}

// resolve returns the absolute URL of a Location header.
func resolve(base target, location string) (string, error) {
	escaped, err := escape(strings.TrimSpace(location))
	if err != nil {
		return "", err
	}
	from, err := parseURL(base.scheme() + "://" + base.authority + base.uri)
	if err != nil {
		return "", err
	}
	to, err := parseURL(escaped)
	if err != nil {
		return "", err
	}
	to = from.ResolveReference(to)
	to.Fragment = ""
	return to.String(), nil
}

// strayPercent matches each % and, if it begins an encoded byte, the digits that follow.
var strayPercent = regexp.MustCompile(`%([0-9A-Fa-f]{2})?`)

// parseURL parses a URL. net/url rejects paths such as /100%, so parseURL encodes the % of such paths, like Python's
// requests library.
func parseURL(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		parsed, err = url.Parse(strayPercent.ReplaceAllStringFunc(text, func(found string) string {
			if found == "%" {
				return "%25"
			}
			return found
		}))
	}
	if err != nil {
		return nil, fmt.Errorf("location: %w", err)
	}
	return parsed, nil
}
