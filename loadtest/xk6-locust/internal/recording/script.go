package recording

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// script returns the script for a recording with this name.
func (r *recorder) script(name string) string {
	var out strings.Builder
	out.WriteString(conversion.Heading(name) + "import locust, { HttpUser } from 'k6/x/locust'\n\n")
	if len(r.secrets) > 0 {
		out.WriteString("/** Reads a secret of the recording, which is not part of this script. */\n" +
			"function secret(name: string): string {\n  const value = __ENV[name]\n" +
			"  if (value === undefined) throw new Error(`set ${name} in the environment or with -e`)\n  return value\n}\n\n")
	}
	fmt.Fprintf(&out, "class Visitor extends HttpUser {\n  static override host = %s\n", conversion.Quote(r.host))
	out.WriteString("  static override tasks = { visit: 1 }\n  async visit() {\n")
	for _, line := range r.lines {
		out.WriteString("    " + line + "\n")
	}
	out.WriteString("  }\n}\n\nexport const options = locust.options({ userClasses: [Visitor] })\n\nexport default locust.run\n")
	return out.String()
}

// clientMethods contains the HTTP methods for which clients have a method of their own.
var clientMethods = []string{"get", "post", "put", "patch", "delete", "head", "options"}

// minPause is the shortest pause that is converted.
const minPause = 10 * time.Millisecond

// addPause adds a pause between the last response and a request that starts after it.
func (r *recorder) addPause(start time.Time) {
	if pause := start.Sub(r.last); !r.last.IsZero() && pause >= minPause {
		seconds := strconv.FormatFloat(pause.Round(time.Millisecond).Seconds(), 'g', -1, 64)
		r.lines = append(r.lines, "await this.sleep("+seconds+")")
	}
}

// request returns the statement that makes a recorded request. If the request goes to the host of the first request,
// the statement contains a path. Otherwise, it contains a URL.
func (r *recorder) request(entry recordedRequest, address *url.URL, later []recordedRequest) (string, error) {
	var options []string
	template, hasIDs := grouped(address.Path)
	target := r.target(address)
	if origin := originOf(address); origin != r.host {
		target = "`" + origin + "` + " + target
		template = origin + template
	}
	if hasIDs || address.RawQuery != "" {
		options = append(options, "name: "+conversion.Quote(template))
	}
	if headers := r.headers(entry.Request.Headers); headers != "" {
		options = append(options, "headers: { "+headers+" }")
	}
	if entry.isFollowed(address, later) {
		options = append(options, "allowRedirects: false")
	}
	if post := entry.Request.PostData; post != nil && (post.Text != "" || len(post.Params) > 0) {
		body, err := r.body(entry)
		if err != nil {
			return "", err
		}
		options = append(options, body)
	} else if entry.sentBody() {
		r.counts[missingBodies]++
	}
	text := fmt.Sprintf("await this.client.request(%s, %s", conversion.Quote(entry.method()), target)
	if method := strings.ToLower(entry.method()); slices.Contains(clientMethods, method) {
		text = fmt.Sprintf("await this.client.%s(%s", method, target)
	}
	if len(options) > 0 {
		text += ", { " + strings.Join(options, ", ") + " }"
	}
	return text + ")", nil
}

var identifier = regexp.MustCompile(`^(\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,})$`)

// grouped replaces the identifiers in a path, such as numbers and UUIDs, with {id}. It returns false if there are none.
func grouped(text string) (string, bool) {
	parts := strings.Split(text, "/")
	hasIDs := false
	for i, part := range parts {
		if identifier.MatchString(part) {
			parts[i] = "{id}"
			hasIDs = true
		}
	}
	return cmp.Or(strings.Join(parts, "/"), "/"), hasIDs
}

// target returns the path and query as a string or template literal, which reads secrets from environment variables.
func (r *recorder) target(address *url.URL) string {
	text := cmp.Or(address.EscapedPath(), "/")
	if address.RawQuery == "" {
		return conversion.Quote(text)
	}
	return r.pairs(text+"?", address.RawQuery)
}

// headerName matches the names of headers in lowercase. It does not match pseudo-headers of HTTP/2, such as :authority.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9a-z-]+$")

// skippedHeaders contains headers that the client sets itself, or that describe the browser or the connection.
var skippedHeaders = strings.Fields(`host connection content-length accept-encoding user-agent cookie dnt upgrade-insecure-requests pragma
	cache-control if-none-match if-modified-since te keep-alive proxy-connection transfer-encoding priority referer origin accept-language alt-used
	content-encoding`)

// headers returns the headers of a request as the fields of an object.
func (r *recorder) headers(list []nameValue) string {
	var items []string
	seen := map[string]bool{}
	for i, header := range list {
		name := strings.ToLower(string(header.Name))
		isSkipped := !headerName.MatchString(name) || strings.HasPrefix(name, "sec-") || slices.Contains(skippedHeaders, name)
		if seen[name] || isSkipped && name != "cookie" {
			continue
		}
		seen[name] = true
		// Several headers with one name mean the same as one header with a list.
		text := strings.Join(headerValues(list[i:], name), ", ")
		switch {
		case name == "cookie":
			items = append(items, "Cookie: "+r.secret("cookie"))
			continue
		case name == "content-type" && strings.HasPrefix(strings.ToLower(string(header.Value)), "multipart/"):
			// The request option for the body adds this header.
			continue
		case name == "content-type":
			text = string(header.Value)
		}
		items = append(items, conversion.Quote(string(header.Name))+": "+r.value(nameValue{header.Name, harText(text)}))
	}
	return strings.Join(items, ", ")
}
