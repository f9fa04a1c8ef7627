package module

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
)

// part is a part of a multipart body.
type part struct {
	name string
	// hasFilename is false for plain fields. The name of a file may be empty.
	hasFilename           bool
	filename, contentType string
	header                []headerField
	content               []byte
}

const fileKinds = "a string, bytes, http.file(…), or [filename, content, contentType, headers]"

// fileOf converts an entry of the option files: content, a k6/http file, or a list as in Python's `requests` library.
func (n *native) fileOf(what, name string, value sobek.Value) (part, error) {
	object, ok := value.(*sobek.Object)
	if !ok || object.ClassName() != "Array" {
		// As in Python's `requests` library, the field's name is also the default name of the file.
		return contentOf(what, part{name: name, hasFilename: true, filename: name}, value)
	}
	length := object.Get("length").ToInteger()
	if length < 2 || length > 4 {
		return part{}, wrongValue(what, fileKinds, value)
	}
	p, err := contentOf(what+"[1]", part{name: name}, object.Get("1"))
	if err != nil {
		return part{}, err
	}
	// As in Python's `requests` library, an entry without a filename is a plain field.
	filename := object.Get("0")
	p.hasFilename = !common.IsNullish(filename)
	if p.hasFilename {
		if p.filename, err = scalar(what+"[0]", filename); err != nil {
			return part{}, err
		}
	}
	if contentType := object.Get("2"); !common.IsNullish(contentType) {
		if p.contentType, err = scalar(what+"[2]", contentType); err != nil {
			return part{}, err
		}
	}
	p.header, err = n.headerFields(object.Get("3"))
	return p, err
}

// k6File returns a file that http.file of k6/http has created.
func k6File(value sobek.Value) (p part, ok bool) {
	object, isObject := value.(*sobek.Object)
	if !isObject {
		return p, false
	}
	data, filename, contentType := object.Get("data"), object.Get("filename"), object.Get("content_type")
	if data == nil || filename == nil || contentType == nil {
		return p, false
	}
	switch data := data.Export().(type) {
	case string:
		p.content = []byte(data)
	case sobek.ArrayBuffer:
		p.content = bytes.Clone(data.Bytes())
	default:
		return p, false
	}
	p.hasFilename, p.filename, p.contentType = true, filename.String(), contentType.String()
	return p, true
}

func isFile(value sobek.Value) bool {
	_, ok := k6File(value)
	return ok
}

// contentOf converts the content of a part, which may be a k6/http file, a text, or bytes.
func contentOf(what string, p part, value sobek.Value) (part, error) {
	if file, ok := k6File(value); ok {
		file.name = p.name
		return file, nil
	}
	if text, ok := textOf(value); ok {
		p.content = []byte(text)
		return p, nil
	}
	content, ok := bytesOf(value)
	if !ok {
		return p, wrongValue(what, fileKinds, value)
	}
	p.content = content
	return p, nil
}

// quoted escapes a name for a Content-Disposition header, as browsers do.
var quoted = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")

// encodeMultipart returns a multipart body and its content type.
func encodeMultipart(parts []part) (body []byte, contentType string, err error) {
	var buffer bytes.Buffer
	writer := multipart.NewWriter(&buffer)
	for _, p := range parts {
		disposition := fmt.Sprintf(`form-data; name="%s"`, quoted.Replace(p.name))
		if p.hasFilename {
			disposition += fmt.Sprintf(`; filename="%s"`, quoted.Replace(p.filename))
		}
		header := textproto.MIMEHeader{"Content-Disposition": {disposition}}
		if p.contentType != "" {
			header.Set("Content-Type", p.contentType)
		}
		for _, field := range p.header {
			if !field.isRemoved {
				header.Set(field.name, field.value)
			}
		}
		for _, field := range header {
			if !isHeader("x", field[0]) {
				return nil, "", fmt.Errorf("files.%s %w, got %q", p.name, errHeader, shortened(field[0]))
			}
		}
		target, err := writer.CreatePart(header)
		if err != nil {
			return nil, "", fmt.Errorf("files: %w", err)
		}
		_, _ = target.Write(p.content) // a buffer accepts everything
	}
	_ = writer.Close()
	return buffer.Bytes(), writer.FormDataContentType(), nil
}
