package convert

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrRecording is returned for a file that is not a recording, or that contains no requests to convert.
var ErrRecording = errors.New("the file must be a HAR recording with requests over HTTP")

// harText is a text in a recording. Instead of texts, some programs write numbers or null.
type harText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *harText) UnmarshalJSON(source []byte) error {
	var text string
	if err := json.Unmarshal(source, &text); err == nil {
		*t = harText(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(source, &number); err != nil {
		return fmt.Errorf("a text: %w", err)
	}
	*t = harText(number)
	return nil
}

// harTime is a time in a recording. It is zero if the time is missing or has an unknown format.
type harTime struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *harTime) UnmarshalJSON(source []byte) error {
	text := strings.Trim(string(source), `"`)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed
			return nil
		}
	}
	return nil
}

type nameValue struct{ Name, Value harText }

// param is a field of a recorded form.
type param struct {
	nameValue
	FileName, ContentType harText
	// hasFilename is true for files in the text of a body, even if the user chose no file. Plain fields have no filename.
	hasFilename bool
}

type recordedRequest struct {
	Started  harTime `json:"startedDateTime"`
	Duration float64 `json:"time"`
	// FromCache is set by Chrome if no request was sent. Safari sets FetchType to the kind of its cache.
	FromCache harText `json:"_fromCache"`
	FetchType harText `json:"_fetchType"`
	Request   struct {
		Method, URL harText
		Headers     []nameValue
		PostData    *struct {
			MimeType, Text, Encoding harText
			Params                   []param
		}
	}
	Response struct {
		// Status is at most 0 if the browser blocked or canceled the request, and nil if the recording contains no status.
		Status      *int
		RedirectURL harText
		Headers     []nameValue
		Content     struct{ MimeType harText }
	}
}

// location returns the URL to which the answer redirects. Some programs write only the header.
func (r recordedRequest) location() string {
	if r.Response.RedirectURL != "" {
		return string(r.Response.RedirectURL)
	}
	for _, header := range r.Response.Headers {
		if strings.EqualFold(string(header.Name), "Location") {
			return string(header.Value)
		}
	}
	return ""
}

// isCompressed returns whether the client sent a compressed body. Some programs record the text before its compression.
func (r recordedRequest) isCompressed() bool {
	return slices.ContainsFunc(r.Request.Headers, func(header nameValue) bool {
		return strings.EqualFold(string(header.Name), "Content-Encoding") && !strings.EqualFold(string(header.Value), "identity")
	})
}

// isControl returns whether a character does not occur in texts, but in compressed bytes.
func isControl(letter rune) bool {
	return letter == utf8.RuneError || unicode.IsControl(letter) && !strings.ContainsRune("\t\r\n", letter)
}

type recording struct {
	Log *struct {
		Creator struct{ Name harText }
		Entries []recordedRequest
	}
}

var (
	staticPath = regexp.MustCompile(`(?i)\.(css|m?js|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot|mp4|webm|mp3)$`)
	staticType = regexp.MustCompile(`(?i)^(image|font|audio|video)/|^text/css|javascript`)
	// secretName matches headers and fields whose values must not be written to a script.
	secretName = regexp.MustCompile(`(?i)auth|cookie|token|secret|passw|passwd|api-?_?key|session|csrf|xsrf|credential|signature|^(sig|key|pwd|code)$`)
	identifier = regexp.MustCompile(`^(\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,})$`)
	variable   = regexp.MustCompile(`[^A-Z0-9]+`)
	// token matches the names of headers in lowercase. It does not match pseudo-headers of HTTP/2, such as :authority.
	token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9a-z-]+$")
)

// skippedHeaders contains headers that the client sets itself, or that describe the browser or the connection.
var skippedHeaders = strings.Fields(`host connection content-length accept-encoding user-agent cookie dnt upgrade-insecure-requests pragma
	cache-control if-none-match if-modified-since te keep-alive proxy-connection transfer-encoding priority referer origin accept-language alt-used
	content-encoding`)

// minPause is the shortest pause that is converted.
const minPause = 10 * time.Millisecond

type recorder struct {
	// uncompressed counts the requests whose bodies the script does not compress.
	uncompressed int
	secrets      map[string]bool
	notes        map[Problem]bool
}

// secret returns a call that reads a secret from an environment variable, and records the variable's name.
func (r *recorder) secret(name string) string {
	key := strings.Trim(variable.ReplaceAllString(strings.ToUpper(name), "_"), "_")
	r.secrets[key] = true
	return "secret('" + key + "')"
}

// Recording converts a HAR file. Requests for static resources are left out unless keepsStatic is set.
func Recording(name string, source []byte, keepsStatic bool) (Result, error) {
	var file recording
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if err := json.Unmarshal(source, &file); err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrRecording, err)
	}
	if file.Log == nil {
		return Result{}, ErrRecording
	}
	entries := file.Log.Entries
	for i := range entries {
		if i > 0 && entries[i].Started.IsZero() {
			entries[i].Started = entries[i-1].Started
		}
	}
	slices.SortStableFunc(entries, func(a, b recordedRequest) int { return a.Started.Compare(b.Started.Time) })
	r := &recorder{secrets: map[string]bool{}, notes: map[Problem]bool{}}
	host := ""
	var lines []string
	var problems []Problem
	var last time.Time
	static, other, tunnels, unanswered, cached, byOrigin := 0, 0, 0, 0, 0, map[string]int{}
	// Insomnia also exports requests that were never sent.
	isCollection := strings.Contains(strings.ToLower(string(file.Log.Creator.Name)), "insomnia")
	for i, entry := range entries {
		method := strings.ToUpper(cmp.Or(string(entry.Request.Method), "GET"))
		link := string(entry.Request.URL)
		scheme, _, _ := strings.Cut(strings.ToLower(link), ":")
		status := entry.Response.Status
		if method == "CONNECT" {
			tunnels++
			continue
		}
		if scheme != "http" && scheme != "https" || status != nil && *status == 101 {
			other++
			continue
		}
		address, err := url.Parse(link)
		if err != nil || address.Host == "" {
			problems = append(problems, Problem{Text: method + " " + link + ": the URL is not valid"})
			continue
		}
		switch {
		case status != nil && *status <= 0 && !isCollection:
			unanswered++
			continue
		case !keepsStatic && slices.Contains([]string{"GET", "HEAD"}, method) && (staticPath.MatchString(address.Path) || staticType.MatchString(string(entry.Response.Content.MimeType))):
			static++
			continue
		case entry.FromCache != "", strings.HasSuffix(string(entry.FetchType), "Cache"):
			cached++
		}
		host = cmp.Or(host, originOf(address))
		if pause := entry.Started.Sub(last); !last.IsZero() && pause >= minPause {
			lines = append(lines, "await this.sleep("+strconv.FormatFloat(pause.Round(time.Millisecond).Seconds(), 'g', -1, 64)+")")
		}
		// Requests can overlap. A user pauses only while no request is in flight.
		end := entry.Started.Add(time.Duration(max(0, entry.Duration) * float64(time.Millisecond)))
		if end.After(last) {
			last = end
		}
		if origin := originOf(address); origin != host {
			byOrigin[origin]++
		}
		text, err := r.request(entry, method, address, host, entries[i+1:])
		if err != nil {
			problems = append(problems, Problem{Text: method + " " + address.Path + ": " + err.Error()})
		}
		lines = append(lines, text)
	}
	if len(problems) > 0 {
		return Result{Problems: problems}, nil
	}
	if len(lines) == 0 {
		return Result{}, ErrRecording
	}
	r.noteCount(static, "1 request for a static resource was left out (--static keeps it)",
		"%d requests for static resources were left out (--static keeps them)")
	r.noteCount(unanswered, "1 request without a response was left out: the browser blocked or canceled it",
		"%d requests without a response were left out: the browser blocked or canceled them")
	r.noteCount(cached, "1 request that the browser answered from its cache is included, because users have no cache",
		"%d requests that the browser answered from its cache are included, because users have no cache")
	r.noteCount(other, "1 request that does not use HTTP was left out", "%d requests that do not use HTTP were left out")
	r.noteCount(r.uncompressed, "1 request has a compressed body in the recording: the script sends it without compression",
		"%d requests have compressed bodies in the recording: the script sends them without compression")
	r.noteCount(tunnels, "1 CONNECT request to a proxy was left out", "%d CONNECT requests to a proxy were left out")
	for origin, count := range byOrigin {
		r.noteCount(count, "1 request goes to "+origin+": remove it if you may not test this host",
			"%d requests go to "+origin+": remove them if you may not test this host")
	}
	for _, key := range slices.Sorted(maps.Keys(r.secrets)) {
		r.notes[Problem{Text: "set " + key + " in the environment or with -e"}] = true
	}
	return Result{Script: r.script(filepath.Base(name), host, lines), Notes: sorted(r.notes)}, nil
}

// noteCount adds a note about a number of requests, if there are any. The text for several requests contains %d.
func (r *recorder) noteCount(count int, one, several string) {
	switch {
	case count == 1:
		r.notes[Problem{Text: one}] = true
	case count > 1:
		r.notes[Problem{Text: strings.Replace(several, "%d", strconv.Itoa(count), 1)}] = true
	}
}

// originOf returns the scheme and the host of a URL. Some programs write the default port, too.
func originOf(address *url.URL) string {
	host := address.Host
	if defaultPort := map[string]string{"http": ":80", "https": ":443"}[address.Scheme]; defaultPort != "" {
		host = strings.TrimSuffix(host, defaultPort)
	}
	return address.Scheme + "://" + host
}

// request returns the statement that makes a recorded request. If the request goes to the host of the first request,
// the statement contains a path. Otherwise, it contains a URL.
func (r *recorder) request(entry recordedRequest, method string, address *url.URL, host string, later []recordedRequest) (string, error) {
	var options []string
	origin := originOf(address)
	template, hasIDs := grouped(address.Path)
	target := r.target(address)
	if origin != host {
		target = "`" + origin + "` + " + target
		template = origin + template
	}
	if hasIDs || address.RawQuery != "" {
		options = append(options, "name: "+quote(template))
	}
	if headers := r.headers(entry.Request.Headers); headers != "" {
		options = append(options, "headers: { "+headers+" }")
	}
	if isFollowed(entry, address, later) {
		options = append(options, "allowRedirects: false")
	}
	if post := entry.Request.PostData; post != nil && (post.Text != "" || len(post.Params) > 0) {
		body, err := r.body(entry)
		if err != nil {
			return "", err
		}
		options = append(options, body)
	}
	text := fmt.Sprintf("await this.client.request(%s, %s", quote(method), target)
	if method := strings.ToLower(method); slices.Contains([]string{"get", "post", "put", "patch", "delete", "head", "options"}, method) {
		text = fmt.Sprintf("await this.client.%s(%s", method, target)
	}
	if len(options) > 0 {
		text += ", { " + strings.Join(options, ", ") + " }"
	}
	return text + ")", nil
}

func (r *recorder) script(name, host string, lines []string) string {
	var out strings.Builder
	out.WriteString(heading(path.Base(name)) + "import locust, { HttpUser } from 'k6/x/locust'\n\n")
	if len(r.secrets) > 0 {
		out.WriteString("/** Reads a secret of the recording, which is not part of this script. */\n" +
			"function secret(name: string): string {\n  const value = __ENV[name]\n" +
			"  if (value === undefined) throw new Error(`set ${name} in the environment or with -e`)\n  return value\n}\n\n")
	}
	fmt.Fprintf(&out, "class Visitor extends HttpUser {\n  static override host = %s\n", quote(host))
	out.WriteString("  static override tasks = { visit: 1 }\n  async visit() {\n")
	for _, line := range lines {
		out.WriteString("    " + line + "\n")
	}
	out.WriteString("  }\n}\n\nexport const options = locust.options({ userClasses: [Visitor] })\n\nexport default locust.run\n")
	return out.String()
}

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
		return quote(text)
	}
	return r.pairs(text+"?", address.RawQuery)
}

// pairs returns a prefix and encoded pairs as a string or template literal, which reads secrets from environment
// variables.
func (r *recorder) pairs(prefix, encoded string) string {
	hasSecrets := false
	var out strings.Builder
	out.WriteString(templateText(prefix))
	for i, pair := range strings.Split(encoded, "&") {
		if i > 0 {
			out.WriteString("&")
		}
		name, _, _ := strings.Cut(pair, "=")
		if secretName.MatchString(name) && strings.Contains(pair, "=") {
			hasSecrets = true
			out.WriteString(templateText(name) + "=${encodeURIComponent(" + r.secret(name) + ")}")
		} else {
			out.WriteString(templateText(pair))
		}
	}
	if !hasSecrets {
		return quote(prefix + encoded)
	}
	return "`" + out.String() + "`"
}

func (r *recorder) headers(list []nameValue) string {
	var items []string
	seen := map[string]bool{}
	for i, header := range list {
		name := strings.ToLower(string(header.Name))
		if name == "cookie" && !seen[name] {
			items = append(items, "Cookie: "+r.secret("cookie"))
			seen[name] = true
			continue
		}
		if !token.MatchString(name) || strings.HasPrefix(name, "sec-") || slices.Contains(skippedHeaders, name) || seen[name] {
			continue
		}
		seen[name] = true
		// The request option for the body adds this header.
		if name == "content-type" && strings.HasPrefix(strings.ToLower(string(header.Value)), "multipart/") {
			continue
		}
		values := []string{string(header.Value)}
		for _, other := range list[i+1:] {
			// Several headers with one name mean the same as one header with a list.
			if strings.EqualFold(string(other.Name), name) && name != "content-type" {
				values = append(values, string(other.Value))
			}
		}
		value := quote(strings.Join(values, ", "))
		if secretName.MatchString(name) {
			value = r.secret(string(header.Name))
		}
		items = append(items, quote(string(header.Name))+": "+value)
	}
	return strings.Join(items, ", ")
}

// isFollowed returns whether a request was redirected and the recording also contains the resulting request.
func isFollowed(entry recordedRequest, address *url.URL, later []recordedRequest) bool {
	location, err := address.Parse(entry.location())
	status := entry.Response.Status
	if err != nil || entry.location() == "" || status == nil || *status < 300 || *status > 399 {
		return false
	}
	location.Fragment = ""
	return slices.ContainsFunc(later, func(next recordedRequest) bool {
		following, err := url.Parse(string(next.Request.URL))
		if err != nil {
			return false
		}
		following.Fragment = ""
		return originOf(following)+following.RequestURI() == originOf(location)+location.RequestURI()
	})
}

var (
	errUpload     = errors.New("the recording does not contain the uploaded file")
	errCompressed = errors.New("the recording has a compressed body, which the script cannot contain")
	errBinary     = errors.New("the recording has a binary body, which the script cannot contain")
)

// body returns the request option that contains the body.
func (r *recorder) body(entry recordedRequest) (string, error) {
	post := entry.Request.PostData
	text, params := string(post.Text), post.Params
	if entry.isCompressed() {
		if post.Encoding == "base64" || strings.ContainsFunc(text, isControl) {
			return "", errCompressed
		}
		r.uncompressed++
	}
	if post.Encoding == "base64" {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !utf8.Valid(decoded) {
			return "", errBinary
		}
		text = string(decoded)
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		return "", errBinary
	}
	kind, kindParams, _ := mime.ParseMediaType(string(post.MimeType))
	hasType := slices.ContainsFunc(entry.Request.Headers, func(header nameValue) bool {
		return strings.EqualFold(string(header.Name), "Content-Type")
	})
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		return r.multipart(text, kindParams["boundary"], params)
	case kind == "application/x-www-form-urlencoded" && text != "" && hasType:
		// Some browsers encode the recorded parameters, and others do not. The text is always encoded, so use the text.
		return "data: " + r.pairs("", text), nil
	case kind == "application/x-www-form-urlencoded":
		if text != "" {
			params = nil
			for pair := range strings.SplitSeq(text, "&") {
				name, value, _ := strings.Cut(pair, "=")
				name, _ = url.QueryUnescape(name)
				value, _ = url.QueryUnescape(value)
				params = append(params, param{nameValue: nameValue{harText(name), harText(value)}})
			}
		}
		var items []string
		for _, param := range params {
			value := quote(string(param.Value))
			if secretName.MatchString(string(param.Name)) {
				value = r.secret(string(param.Name))
			}
			items = append(items, "["+quote(string(param.Name))+", "+value+"]")
		}
		return "data: [" + strings.Join(items, ", ") + "]", nil
	case strings.HasSuffix(kind, "json"):
		if value, ok := r.json(text); ok {
			return "data: " + value, nil
		}
	}
	return "data: " + quote(text), nil
}

// multipart returns the request option for a form with several parts: fields and files. It fails if the content of a
// file was not recorded.
func (r *recorder) multipart(text, boundary string, params []param) (string, error) {
	if text != "" {
		params = nil
		reader := multipart.NewReader(strings.NewReader(text), boundary)
		for {
			part, err := reader.NextRawPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return "", errUpload
			}
			content, err := io.ReadAll(part)
			if err != nil {
				return "", errUpload
			}
			_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
			_, hasFilename := disposition["filename"]
			params = append(params, param{
				nameValue:   nameValue{harText(part.FormName()), harText(content)},
				FileName:    harText(part.FileName()),
				ContentType: harText(part.Header.Get("Content-Type")),
				hasFilename: hasFilename,
			})
		}
	}
	var items []string
	for _, param := range params {
		value := quote(string(param.Value))
		switch {
		case param.FileName != "" && param.Value == "":
			return "", errUpload
		case secretName.MatchString(string(param.Name)):
			value = r.secret(string(param.Name))
		}
		filename := "null"
		if param.FileName != "" || param.hasFilename {
			filename = quote(string(param.FileName))
		}
		parts := []string{filename, value}
		if param.ContentType != "" {
			parts = append(parts, quote(string(param.ContentType)))
		}
		items = append(items, "["+quote(string(param.Name))+", ["+strings.Join(parts, ", ")+"]]")
	}
	return "files: [" + strings.Join(items, ", ") + "]", nil
}

var secretField = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)`)

// json returns the recorded JSON as a template literal, which reads secrets from environment variables. It returns false
// if the JSON contains no secrets.
func (r *recorder) json(text string) (string, bool) {
	var out strings.Builder
	last := 0
	for _, match := range secretField.FindAllStringSubmatchIndex(text, -1) {
		name := text[match[2]:match[3]]
		if !secretName.MatchString(name) {
			continue
		}
		value := r.secret(name)
		if text[match[4]] == '"' {
			value = "JSON.stringify(" + value + ")"
		}
		out.WriteString(templateText(text[last:match[4]]) + "${" + value + "}")
		last = match[5]
	}
	if last == 0 {
		return "", false
	}
	out.WriteString(templateText(text[last:]))
	return "`" + out.String() + "`", true
}
