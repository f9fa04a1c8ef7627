package module

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/url"
	"slices"
	"strings"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
)

var errValue = errors.New("must be")

// wrongValue returns an error such as "params.a must be a string, got an object".
func wrongValue(what, accepted string, got sobek.Value) error {
	return fmt.Errorf("%s %w %s, got %s", what, errValue, accepted, kindOf(got))
}

// kindOf describes a value for errors.
func kindOf(value sobek.Value) string {
	if value == nil || sobek.IsUndefined(value) {
		return "undefined"
	}
	if sobek.IsNull(value) {
		return "null"
	}
	if _, isSymbol := value.(*sobek.Symbol); isSymbol {
		return "a symbol"
	}
	object, ok := value.(*sobek.Object)
	if !ok {
		switch exported := value.Export().(type) {
		case string:
			return fmt.Sprintf("%q", shortened(exported))
		default:
			return value.String()
		}
	}
	if isFile(value) {
		return "a file"
	}
	if _, isPromise := value.Export().(*sobek.Promise); isPromise {
		return "a promise (await is missing)"
	}
	return classOf(object)
}

// classOf describes an object for errors. It runs no code of the script, such as getters.
func classOf(object *sobek.Object) string {
	switch name := object.ClassName(); name {
	case "Object":
		return "an object"
	case "Array":
		return "a list"
	case "Function":
		return "a function"
	default:
		return "a " + name
	}
}

func shortened(text string) string {
	const limit = 40
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// textOf returns the text of a value, and whether the value is a string. A symbol is not a string, although Export
// returns its description.
func textOf(value sobek.Value) (string, bool) {
	if _, isSymbol := value.(*sobek.Symbol); isSymbol {
		return "", false
	}
	text, isText := value.Export().(string)
	return text, isText
}

const scalarKinds = "a string, a finite number, or a boolean"

// scalar returns the text of a string, number, or boolean. It returns an error for all other values.
func scalar(what string, value sobek.Value) (string, error) {
	if _, isSymbol := value.(*sobek.Symbol); isSymbol || common.IsNullish(value) {
		return "", wrongValue(what, scalarKinds, value)
	}
	switch exported := value.Export().(type) {
	case string, bool, int64, *big.Int:
		return value.String(), nil
	case float64:
		if !math.IsNaN(exported) && !math.IsInf(exported, 0) {
			return value.String(), nil
		}
	}
	return "", wrongValue(what, scalarKinds, value)
}

// boolean converts a JavaScript boolean. It returns an error for all other values.
func boolean(what string, value sobek.Value) (bool, error) {
	truth, ok := value.Export().(bool)
	if !ok {
		return false, wrongValue(what, "true or false", value)
	}
	return truth, nil
}

// bytesOf returns a copy of an ArrayBuffer, a typed array, or a DataView, and whether the value is one of them. The
// bytes are copied, because the script may change the original while they are sent.
func bytesOf(value sobek.Value) ([]byte, bool) {
	if buffer, ok := value.Export().(sobek.ArrayBuffer); ok {
		return slices.Clone(buffer.Bytes()), true
	}
	object, ok := value.(*sobek.Object)
	if !ok {
		return nil, false
	}
	inner, offset, length := object.Get("buffer"), object.Get("byteOffset"), object.Get("byteLength")
	if inner == nil || offset == nil || length == nil {
		return nil, false
	}
	buffer, ok := inner.Export().(sobek.ArrayBuffer)
	from := offset.ToInteger()
	to := from + length.ToInteger()
	if !ok || from < 0 || to < from || to > int64(len(buffer.Bytes())) {
		return nil, false
	}
	return slices.Clone(buffer.Bytes()[from:to]), true
}

// field is an entry of an option of a request, such as data, params, or headers.
type field struct {
	name  string
	value sobek.Value
}

// entries returns the entries of an object, of a list of pairs, or of another iterable of pairs, such as a Map.
func entries(rt *sobek.Runtime, what string, value sobek.Value) ([]field, error) {
	const accepted = "an object or a list of [name, value] pairs"
	object, ok := value.(*sobek.Object)
	if !ok {
		return nil, wrongValue(what, accepted, value)
	}
	if _, isBytes := bytesOf(value); isBytes {
		return nil, wrongValue(what, accepted, value)
	}
	if iterator := object.GetSymbol(sobek.SymIterator); !common.IsNullish(iterator) {
		var fields []field
		var err error
		rt.ForOf(value, func(item sobek.Value) bool {
			pair, isObject := item.(*sobek.Object)
			if !isObject || pair.ClassName() != "Array" || pair.Get("length").ToInteger() != 2 {
				err = wrongValue(fmt.Sprintf("%s[%d]", what, len(fields)), "a [name, value] pair", item)
				return false
			}
			name, nameErr := scalar(fmt.Sprintf("%s[%d][0]", what, len(fields)), pair.Get("0"))
			if err = nameErr; err != nil {
				return false
			}
			fields = append(fields, field{name, pair.Get("1")})
			return true
		})
		return fields, err
	}
	switch object.Export().(type) {
	case map[string]any, sobek.DynamicObject, sobek.Proxy:
	default:
		return nil, wrongValue(what, accepted, value)
	}
	keys := object.Keys()
	fields := make([]field, len(keys))
	for i, key := range keys {
		fields[i] = field{key, object.Get(key)}
	}
	return fields, nil
}

// repeated calls add for each value of a field. As in Python's `requests` library, a list repeats the field, and null
// and undefined leave it out.
func repeated(rt *sobek.Runtime, what string, value sobek.Value, add func(what string, value sobek.Value) error) error {
	if common.IsNullish(value) {
		return nil
	}
	if object, ok := value.(*sobek.Object); !ok || object.ClassName() != "Array" {
		return add(what, value)
	}
	index := -1
	var err error
	rt.ForOf(value, func(item sobek.Value) bool {
		index++
		if !common.IsNullish(item) {
			err = add(fmt.Sprintf("%s[%d]", what, index), item)
		}
		return err == nil
	})
	return err
}

// textPairs returns the names and values of a form or query.
func textPairs(rt *sobek.Runtime, what string, value sobek.Value) ([][2]string, error) {
	fields, err := entries(rt, what, value)
	if err != nil {
		return nil, err
	}
	pairs := make([][2]string, 0, len(fields))
	for _, field := range fields {
		err := repeated(rt, what+"."+field.name, field.value, func(what string, value sobek.Value) error {
			text, err := scalar(what, value)
			pairs = append(pairs, [2]string{field.name, text})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// headerField is a header, or the removal of one.
type headerField struct {
	name, value string
	isRemoved   bool
}

var (
	errHeader  = errors.New("is not a valid header")
	errFraming = errors.New("is set by the client, which knows the length of the body: remove the header")
)

// headerOf converts a header. Null and undefined remove it, except for Host, which every request needs.
func headerOf(name string, value sobek.Value) (headerField, error) {
	what := "headers." + name
	if common.IsNullish(value) {
		if strings.EqualFold(name, "Host") {
			return headerField{}, wrongValue(what, "a string", value)
		}
		return headerField{name: name, isRemoved: true}, nil
	}
	if strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding") {
		return headerField{}, fmt.Errorf("%s %w", what, errFraming)
	}
	text, err := scalar(what, value)
	if err == nil && !isHeader(name, text) {
		err = fmt.Errorf("%s %w, got %q", what, errHeader, shortened(text))
	}
	return headerField{name: name, value: text}, err
}

// isHeader reports whether a header has a valid name (RFC 9110, 5.6.2), and a value without control characters.
func isHeader(name, value string) bool {
	const special = "!#$%&'*+-.^_`|~"
	isBad := func(r rune) bool {
		isLetter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !isLetter && !strings.ContainsRune(special, r)
	}
	isControl := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
	return name != "" && !strings.ContainsFunc(name, isBad) && !strings.ContainsFunc(value, isControl)
}

// headerFields converts an object with headers. Null and undefined count as an empty object.
func (n *native) headerFields(value sobek.Value) ([]headerField, error) {
	if common.IsNullish(value) {
		return nil, nil
	}
	fields, err := entries(n.vu.Runtime(), "headers", value)
	if err != nil {
		return nil, err
	}
	headers := make([]headerField, len(fields))
	for i, field := range fields {
		if headers[i], err = headerOf(field.name, field.value); err != nil {
			return nil, err
		}
	}
	return headers, nil
}

// encode encodes names and values for forms and queries.
func encode(pairs [][2]string) string {
	encoded := make([]string, len(pairs))
	for i, pair := range pairs {
		encoded[i] = url.QueryEscape(pair[0]) + "=" + url.QueryEscape(pair[1])
	}
	return strings.Join(encoded, "&")
}

// withQuery adds a query to an address, like Locust's clients. A fragment stays at the end.
func withQuery(address, query string) string {
	if query == "" {
		return address
	}
	address, fragment, hasFragment := strings.Cut(address, "#")
	switch {
	case !strings.Contains(address, "?"):
		address += "?" + query
	case strings.Index(address, "?") == len(address)-1:
		address += query
	default:
		address += "&" + query
	}
	if hasFragment {
		address += "#" + fragment
	}
	return address
}
