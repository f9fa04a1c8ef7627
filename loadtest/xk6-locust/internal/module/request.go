package module

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

var (
	errNoHost      = errors.New("a path needs a host: set LOCUST_HOST (or -H of k6 x locust), or host in the options or the class")
	errOptions     = errors.New("unknown option of a request; known: name, headers, params, data, json, files, auth, timeout, allowRedirects, discardBody, stream, tags, catchResponse")
	errArguments   = errors.New("a request has one argument after the URL: write { data: …, headers: … }")
	errBodies      = errors.New("a request has one body: set json, or data and files")
	errFilesAndRaw = errors.New("with files, data must be an object or a list of [name, value] pairs")
	errTagName     = errors.New("tags cannot set the name of a request: use the option name")
	errEmptyTag    = errors.New("tags cannot have an empty name")
	errTags        = errors.New("tags cannot set method, status, and expected_response, which each request sets itself")
	errContentType = errors.New("remove the header Content-Type: multipart bodies set it, with their boundary")
	errClient      = errors.New("only users of a class that extends HttpUser can make requests")
)

// absoluteURL matches URLs that begin with http:// or https://.
var absoluteURL = regexp.MustCompile(`^(?i:https?)://`)

// anyScheme matches URLs with any scheme.
var anyScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// isForeign reports whether a URL has a scheme other than http and https, such as ws.
func isForeign(url string) bool {
	// Most URLs are paths. For paths, this test is faster than the patterns.
	return !strings.HasPrefix(url, "/") && anyScheme.MatchString(url) && !absoluteURL.MatchString(url)
}

// asked is a request that a script makes.
type asked struct {
	key     stats.Key
	request *client.Request
	tags    requestTags
	// judge is catchResponse, or nil if the status decides.
	judge sobek.Callable
}

// rethrow rethrows errors that end the runtime, such as an interrupt.
func rethrow(err error) {
	if err != nil {
		panic(err)
	}
}

// body is the body of a request and its content type. The content type is empty for a string and for bytes, because only
// the script knows what they contain.
type body struct {
	bytes       []byte
	contentType string
	isMultipart bool
}

// applyOptions applies the options that the script passes with a request.
func (n *native) applyOptions(asked *asked, options *sobek.Object) error {
	if options.ClassName() != "Object" {
		return wrongValue("the argument after the URL", "an object such as { data: … }", options)
	}
	request := asked.request
	var headers []headerField
	var authorization string
	var data, files, json sobek.Value
	isDiscarded := false
	for _, key := range options.Keys() {
		value := options.Get(key)
		if common.IsNullish(value) {
			continue
		}
		var err error
		switch key {
		case "name":
			var name string
			if name, err = scalar("name", value); name != "" {
				asked.key.Name = name
			}
		case "catchResponse":
			var ok bool
			if asked.judge, ok = sobek.AssertFunction(value); !ok {
				err = wrongValue("catchResponse", "a function", value)
			}
		case "headers":
			headers, err = n.headerFields(value)
		case "params":
			err = n.applyParams(request, value)
		case "data":
			data = value
		case "files":
			files = value
		case "json":
			json = value
		case "auth":
			authorization, err = n.basicAuth(value)
		case "tags":
			asked.tags.own, err = n.tagsOf(value)
		case "timeout":
			err = applyTimeout(request, value)
		case "allowRedirects":
			request.AllowRedirects, err = boolean(key, value)
		case "stream":
			request.Stream, err = boolean(key, value)
		case "discardBody":
			request.DiscardBody, err = boolean(key, value)
			isDiscarded = request.DiscardBody
		default:
			err = fmt.Errorf("%w, got %s", errOptions, key)
		}
		if err != nil {
			return err
		}
	}
	if request.Stream {
		if isDiscarded {
			return errStreamDiscard
		}
		request.DiscardBody = false
	}
	applyHeaders(request, headers)
	if data != nil || files != nil || json != nil {
		sent, err := n.bodyOf(data, files, json)
		if err != nil {
			return err
		}
		if err := applyBody(request, sent, headers); err != nil {
			return err
		}
	}
	if authorization != "" {
		request.Header = withHeaders(request.Header, [][2]string{{"Authorization", authorization}})
	}
	return nil
}

// ownTags contains the tags that every request sets.
var ownTags = []string{"name", "method", "status", "expected_response"}

// tagsOf returns the encoded tags of a request.
func (n *native) tagsOf(value sobek.Value) (string, error) {
	if !isCollection(value) || value.ToObject(n.vu.Runtime()).ClassName() != "Object" {
		return "", wrongValue("tags", "an object such as { step: 'login' }", value)
	}
	fields, err := entries(n.vu.Runtime(), "tags", value)
	if err != nil {
		return "", err
	}
	var tags [][2]string
	for _, field := range fields {
		switch {
		case field.name == "name":
			return "", errTagName
		case field.name == "":
			return "", errEmptyTag
		case slices.Contains(ownTags, field.name):
			return "", fmt.Errorf("%w, got %s", errTags, field.name)
		case common.IsNullish(field.value):
			continue
		}
		text, err := scalar("tags."+field.name, field.value)
		if err != nil {
			return "", err
		}
		tags = append(tags, [2]string{field.name, text})
	}
	return encodeTags(tags), nil
}

// applyParams adds a query string to the URL. It accepts a string, an object, or a list of pairs.
func (n *native) applyParams(request *client.Request, value sobek.Value) error {
	if query, ok := textOf(value); ok {
		request.URL = withQuery(request.URL, query)
		return nil
	}
	pairs, err := textPairs(n.vu.Runtime(), "params", value)
	if err != nil {
		return err
	}
	request.URL = withQuery(request.URL, encode(pairs))
	return nil
}

func applyTimeout(request *client.Request, value sobek.Value) error {
	switch value.Export().(type) {
	case int64, float64:
		if number := value.ToFloat(); isTimeout(number) {
			request.Timeout = seconds(number)
			return nil
		}
	}
	return wrongValue("timeout", fmt.Sprintf("a number of seconds above 0 and at most %d", maxSeconds), value)
}

// applyHeaders adds headers to the default ones. A header whose value is null or undefined is removed.
func applyHeaders(request *client.Request, headers []headerField) {
	if len(headers) == 0 {
		return
	}
	added := make([][2]string, 0, len(headers))
	for _, header := range headers {
		if header.isRemoved {
			request.Without = append(slices.Clip(request.Without), header.name)
			request.Header = slices.DeleteFunc(slices.Clone(request.Header), func(other [2]string) bool {
				return strings.EqualFold(other[0], header.name)
			})
			continue
		}
		added = append(added, [2]string{header.name, header.value})
	}
	request.Header = withHeaders(request.Header, added)
}

// applyBody sets the body, and the Content-Type header unless the script set or removed this header. A multipart body
// needs its own header, which contains the boundary. With such a body, applyBody ignores the removal of the header, and
// returns an error if the script set another one.
func applyBody(request *client.Request, sent body, headers []headerField) error {
	request.Body = sent.bytes
	if sent.contentType == "" {
		return nil
	}
	contentType := [][2]string{{"Content-Type", sent.contentType}}
	isSet := slices.ContainsFunc(headers, func(header headerField) bool {
		return strings.EqualFold(header.name, "Content-Type") && (!sent.isMultipart || !header.isRemoved)
	})
	switch {
	case isSet && sent.isMultipart:
		return errContentType
	case isSet:
	case sent.isMultipart:
		request.Header = withHeaders(request.Header, contentType)
	default:
		request.Header = withHeaders(contentType, request.Header)
	}
	return nil
}

// bodyOf returns the body of a request with the options data, files, and json, each of which may be nil.
func (n *native) bodyOf(data, files, json sobek.Value) (body, error) {
	var uploads []field
	if files != nil {
		fields, err := entries(n.vu.Runtime(), "files", files)
		if err != nil {
			return body{}, err
		}
		uploads = slices.DeleteFunc(fields, func(upload field) bool { return common.IsNullish(upload.value) })
	}
	switch {
	case json != nil && (data != nil || len(uploads) > 0):
		return body{}, errBodies
	case json != nil:
		text, err := n.stringify(json)
		return body{bytes: text, contentType: "application/json"}, err
	case len(uploads) > 0:
		return n.multipartBody(data, uploads)
	case data == nil:
		return body{}, nil
	}
	if text, ok := textOf(data); ok {
		return body{bytes: []byte(text)}, nil
	}
	if raw, ok := bytesOf(data); ok {
		return body{bytes: raw}, nil
	}
	if isFile(data) || !isCollection(data) {
		return body{}, wrongValue("data", "a string, bytes, an object, or a list of [name, value] pairs; for a file, set files: { name: file }", data)
	}
	hasFile, err := n.hasFile(data)
	if err != nil {
		return body{}, err
	}
	if hasFile {
		return n.multipartBody(data, nil)
	}
	pairs, err := textPairs(n.vu.Runtime(), "data", data)
	return body{bytes: []byte(encode(pairs)), contentType: "application/x-www-form-urlencoded"}, err
}

func isCollection(value sobek.Value) bool {
	_, ok := value.(*sobek.Object)
	return ok
}

// hasFile reports whether a form contains a k6/http file.
func (n *native) hasFile(data sobek.Value) (bool, error) {
	// A generator can be iterated only once.
	if object, ok := data.(*sobek.Object); ok && object.ClassName() == "Generator" {
		return false, wrongValue("data", "an object or a list of [name, value] pairs", data)
	}
	fields, err := entries(n.vu.Runtime(), "data", data)
	if err != nil {
		return false, err
	}
	found := false
	for _, field := range fields {
		_ = repeated(n.vu.Runtime(), "", field.value, func(_ string, value sobek.Value) error {
			found = found || isFile(value)
			return nil
		})
	}
	return found, nil
}

// multipartBody encodes the fields of data, and then the files. Both data and files may be nil.
func (n *native) multipartBody(data sobek.Value, files []field) (body, error) {
	rt := n.vu.Runtime()
	var parts []part
	if data != nil {
		if _, isBytes := bytesOf(data); isBytes || !isCollection(data) {
			return body{}, errFilesAndRaw
		}
		fields, err := entries(rt, "data", data)
		if err != nil {
			return body{}, err
		}
		for _, field := range fields {
			err := repeated(rt, "data."+field.name, field.value, func(what string, value sobek.Value) error {
				if isFile(value) {
					p, err := contentOf(what, part{name: field.name}, value)
					parts = append(parts, p)
					return err
				}
				text, err := scalar(what, value)
				parts = append(parts, part{name: field.name, content: []byte(text)})
				return err
			})
			if err != nil {
				return body{}, err
			}
		}
	}
	for _, file := range files {
		p, err := n.fileOf("files."+file.name, file.name, file.value)
		if err != nil {
			return body{}, err
		}
		parts = append(parts, p)
	}
	encoded, contentType, err := encodeMultipart(parts)
	return body{bytes: encoded, contentType: contentType, isMultipart: true}, err
}

// withHeaders returns headers plus others. An entry in others replaces headers with the same name.
func withHeaders(headers, others [][2]string) [][2]string {
	merged := make([][2]string, 0, len(headers)+len(others))
	for _, header := range headers {
		isReplaced := false
		for _, other := range others {
			isReplaced = isReplaced || strings.EqualFold(header[0], other[0])
		}
		if !isReplaced {
			merged = append(merged, header)
		}
	}
	return append(merged, others...)
}
