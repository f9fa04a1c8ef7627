package recording

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

var (
	errUpload     = errors.New("the recording does not contain the uploaded file")
	errCompressed = errors.New("the recording has a compressed body, which the script cannot contain")
	errBinary     = errors.New("the recording has a binary body, which the script cannot contain")
)

// body returns the request option that contains the body.
func (r *recorder) body(entry recordedRequest) (string, error) {
	text, err := r.bodyText(entry)
	if err != nil {
		return "", err
	}
	post := entry.Request.PostData
	kind, kindParams, _ := mime.ParseMediaType(string(post.MimeType))
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		fields := post.Params
		if text != "" {
			if fields, err = partsOf(text, kindParams["boundary"]); err != nil {
				return "", err
			}
		}
		return r.multipart(fields)
	case kind == "application/x-www-form-urlencoded":
		fields := post.Params
		if text != "" {
			if len(headerValues(entry.Request.Headers, "Content-Type")) > 0 {
				// Some browsers encode the recorded parameters, and others do not. The text is always encoded, so use
				// the text.
				return "data: " + r.pairs("", text), nil
			}
			fields = fieldsOf(text)
		}
		return r.form(fields), nil
	case strings.HasSuffix(kind, "json"):
		if value, ok := r.json(text); ok {
			return "data: " + value, nil
		}
	}
	return "data: " + conversion.Quote(text), nil
}

// bodyText returns the recorded text of a body. It fails if the body is not text.
func (r *recorder) bodyText(entry recordedRequest) (string, error) {
	post := entry.Request.PostData
	text, isEncoded := string(post.Text), post.Encoding == "base64"
	if entry.isCompressed() {
		if isEncoded || strings.ContainsFunc(text, isControl) {
			return "", errCompressed
		}
		r.counts[compressedRequests]++
	}
	if isEncoded {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !utf8.Valid(decoded) {
			return "", errBinary
		}
		text = string(decoded)
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		return "", errBinary
	}
	return text, nil
}

// isCompressed returns whether the client sent a compressed body. Some programs record the body as it was before
// compression.
func (r recordedRequest) isCompressed() bool {
	isOther := func(encoding string) bool { return !strings.EqualFold(encoding, "identity") }
	return slices.ContainsFunc(headerValues(r.Request.Headers, "Content-Encoding"), isOther)
}

// isControl returns whether a character occurs in compressed bytes, but not in texts.
func isControl(letter rune) bool {
	return letter == utf8.RuneError || unicode.IsControl(letter) && !strings.ContainsRune("\t\r\n", letter)
}

// fieldsOf returns the fields of a form that was sent as encoded pairs.
func fieldsOf(text string) []formField {
	var fields []formField
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value)
		fields = append(fields, formField{nameValue: nameValue{harText(name), harText(value)}})
	}
	return fields
}

// form returns the request option for a form without files.
func (r *recorder) form(fields []formField) string {
	var items []string
	for _, field := range fields {
		items = append(items, "["+conversion.Quote(string(field.Name))+", "+r.value(field.nameValue)+"]")
	}
	return "data: [" + strings.Join(items, ", ") + "]"
}

// partsOf returns the fields and files of a form with several parts.
func partsOf(text, boundary string) ([]formField, error) {
	var fields []formField
	reader := multipart.NewReader(strings.NewReader(text), boundary)
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, errUpload
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, errUpload
		}
		_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		_, hasFilename := disposition["filename"]
		fields = append(fields, formField{
			nameValue:   nameValue{harText(part.FormName()), harText(content)},
			FileName:    harText(part.FileName()),
			ContentType: harText(part.Header.Get("Content-Type")),
			hasFilename: hasFilename,
		})
	}
}

// multipart returns the request option for a form with several parts: fields and files. It fails if the content of a
// file was not recorded.
func (r *recorder) multipart(fields []formField) (string, error) {
	var items []string
	for _, field := range fields {
		if field.FileName != "" && field.Value == "" {
			return "", errUpload
		}
		filename := "null"
		if field.FileName != "" || field.hasFilename {
			filename = conversion.Quote(string(field.FileName))
		}
		parts := []string{filename, r.value(field.nameValue)}
		if field.ContentType != "" {
			parts = append(parts, conversion.Quote(string(field.ContentType)))
		}
		items = append(items, "["+conversion.Quote(string(field.Name))+", ["+strings.Join(parts, ", ")+"]]")
	}
	return "files: [" + strings.Join(items, ", ") + "]", nil
}
