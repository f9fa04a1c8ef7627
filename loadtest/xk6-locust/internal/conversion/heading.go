package conversion

import (
	"bytes"
	"fmt"
)

const headingStart, headingEnd = "// Converted from ", " by `k6 x locust convert`."

// Heading returns the first lines of a script that was converted from the file with this name.
func Heading(name string) string {
	return fmt.Sprintf("%s%s%s\n\n", headingStart, name, headingEnd)
}

// IsConverted reports whether a file with this content was written by the converter.
func IsConverted(content []byte) bool {
	first, _, _ := bytes.Cut(content, []byte("\n"))
	first = bytes.TrimSuffix(first, []byte("\r"))
	return bytes.HasPrefix(first, []byte(headingStart)) && bytes.HasSuffix(first, []byte(headingEnd))
}
