package recording

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ErrRecording is returned for a file that is not a recording, or that contains no requests to convert.
var ErrRecording = errors.New("the file must be a HAR recording with requests over HTTP")

type recording struct {
	Log *struct {
		Creator struct{ Name harText }
		Entries []recordedRequest
	}
}

// readRecording reads a HAR file, and sorts its requests by the times at which they started.
func readRecording(source []byte) (recording, error) {
	var file recording
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if err := json.Unmarshal(source, &file); err != nil {
		return recording{}, fmt.Errorf("%w: %w", ErrRecording, withoutGoTypes(err))
	}
	if file.Log == nil {
		return recording{}, ErrRecording
	}
	entries := file.Log.Entries
	for i := range entries {
		if i > 0 && entries[i].Started.IsZero() {
			entries[i].Started = entries[i-1].Started
		}
	}
	slices.SortStableFunc(entries, func(a, b recordedRequest) int { return a.Started.Compare(b.Started.Time) })
	return file, nil
}

// kinds contains JSON's name for each kind of Go type in a recording.
var kinds = map[reflect.Kind]string{
	reflect.String: "string", reflect.Slice: "array", reflect.Struct: "object", reflect.Int: "integer", reflect.Float64: "number",
}

// withoutGoTypes rewords an error about the wrong type of a field: it names the field and the type as HAR does.
func withoutGoTypes(err error) error {
	var mistake *json.UnmarshalTypeError
	if !errors.As(err, &mistake) {
		return err
	}
	var names []string
	for name := range strings.SplitSeq(strings.Trim(mistake.Field, "."), ".") {
		switch {
		case name == reflect.TypeFor[nameValue]().Name(): // An embedded struct.
		case name == strings.ToUpper(name):
			names = append(names, strings.ToLower(name))
		default:
			names = append(names, strings.ToLower(name[:1])+name[1:])
		}
	}
	wanted := mistake.Type
	if wanted.Kind() == reflect.Pointer {
		wanted = wanted.Elem()
	}
	name := cmp.Or(strings.Join(names, "."), "the file")
	got := strings.Replace(mistake.Value, "bool", "boolean", 1)
	return fmt.Errorf("the type of %s must be %s, got %s", name, kinds[wanted.Kind()], got)
}

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
	err := json.Unmarshal(source, &number)
	var mistake *json.UnmarshalTypeError
	if errors.As(err, &mistake) {
		return &json.UnmarshalTypeError{Value: mistake.Value, Type: reflect.TypeFor[harText](), Offset: mistake.Offset}
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

// headerValues returns the values of all headers with a name, in their order.
func headerValues(headers []nameValue, name string) []string {
	var values []string
	for _, header := range headers {
		if strings.EqualFold(string(header.Name), name) {
			values = append(values, string(header.Value))
		}
	}
	return values
}

// formField is a field or a file of a recorded form.
type formField struct {
	nameValue
	FileName, ContentType harText
	// hasFilename is set if the text of the body contains a filename for this field, even an empty one. A field without
	// a filename is not a file.
	hasFilename bool
}

type recordedRequest struct {
	Started  harTime `json:"startedDateTime"`
	Duration float64 `json:"time"`
	// Chrome sets FromCache if the answer came from a cache. Safari sets FetchType to the source of the answer, such as
	// Network Load, Memory Cache, or Disk Cache.
	FromCache harText `json:"_fromCache"`
	FetchType harText `json:"_fetchType"`
	Request   struct {
		Method, URL harText
		Headers     []nameValue
		// BodySize is a number. It is -1 if the size is unknown.
		BodySize any
		PostData *struct {
			MimeType, Text, Encoding harText
			Params                   []formField
		}
	}
	Response struct {
		// Status is at most 0 if the browser blocked or canceled the request, and nil if the recording contains no
		// status.
		Status      *int
		RedirectURL harText
		Headers     []nameValue
		Content     struct{ MimeType harText }
	}
}

// method returns the HTTP method in uppercase.
func (r recordedRequest) method() string {
	return strings.ToUpper(cmp.Or(string(r.Request.Method), "GET"))
}

// sentBody returns whether the request had a body, even if the recording does not contain the body. Playwright can write
// bodies to other files, and Chrome leaves out some uploads.
func (r recordedRequest) sentBody() bool {
	size, _ := r.Request.BodySize.(float64)
	isLength := func(length string) bool { return strings.Trim(length, "0") != "" }
	return size > 0 || slices.ContainsFunc(headerValues(r.Request.Headers, "Content-Length"), isLength)
}

// usesHTTP returns false for other protocols, such as WebSocket.
func (r recordedRequest) usesHTTP() bool {
	scheme, _, _ := strings.Cut(strings.ToLower(string(r.Request.URL)), ":")
	isUpgraded := r.Response.Status != nil && *r.Response.Status == 101
	return (scheme == "http" || scheme == "https") && !isUpgraded
}

// isUnanswered returns whether the browser blocked or canceled the request.
func (r recordedRequest) isUnanswered() bool {
	return r.Response.Status != nil && *r.Response.Status <= 0
}

// isCached returns whether the browser answered the request from its cache.
func (r recordedRequest) isCached() bool {
	return r.FromCache != "" || strings.HasSuffix(string(r.FetchType), "Cache")
}

var (
	staticPath = regexp.MustCompile(`(?i)\.(css|m?js|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot|mp4|webm|mp3)$`)
	staticType = regexp.MustCompile(`(?i)^(image|font|audio|video)/|^text/css|javascript`)
)

// isStatic returns whether the request reads a static resource, such as an image.
func (r recordedRequest) isStatic(address *url.URL) bool {
	return slices.Contains([]string{"GET", "HEAD"}, r.method()) &&
		(staticPath.MatchString(address.Path) || staticType.MatchString(string(r.Response.Content.MimeType)))
}

// end returns the time at which the response was complete.
func (r recordedRequest) end() time.Time {
	return r.Started.Add(time.Duration(max(0, r.Duration) * float64(time.Millisecond)))
}

// location returns the URL to which the answer redirects, or "" if it does not redirect. Some programs record only the
// header.
func (r recordedRequest) location() string {
	if r.Response.RedirectURL != "" {
		return string(r.Response.RedirectURL)
	}
	if values := headerValues(r.Response.Headers, "Location"); len(values) > 0 {
		return values[0]
	}
	return ""
}

// isFollowed returns whether a request was redirected, and `later` contains a request to the new location.
func (r recordedRequest) isFollowed(address *url.URL, later []recordedRequest) bool {
	location, err := address.Parse(r.location())
	status := r.Response.Status
	if err != nil || r.location() == "" || status == nil || *status < 300 || *status > 399 {
		return false
	}
	target := withoutFragment(location)
	return slices.ContainsFunc(later, func(next recordedRequest) bool {
		following, err := url.Parse(string(next.Request.URL))
		return err == nil && withoutFragment(following) == target
	})
}

// withoutFragment returns a URL without its fragment and without the default port.
func withoutFragment(address *url.URL) string {
	return originOf(address) + address.RequestURI()
}

// originOf returns the scheme and the host of a URL. Some programs write the default port, too.
func originOf(address *url.URL) string {
	host := address.Host
	if defaultPort := map[string]string{"http": ":80", "https": ":443"}[address.Scheme]; defaultPort != "" {
		host = strings.TrimSuffix(host, defaultPort)
	}
	return address.Scheme + "://" + host
}
