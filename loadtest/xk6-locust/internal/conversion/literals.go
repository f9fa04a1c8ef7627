package conversion

import (
	"encoding/json"
	"strings"
)

// Quote returns the text as a TypeScript string literal.
func Quote(text string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return "''"
	}
	quoted := strings.TrimSpace(out.String())
	if strings.Contains(text, "'") {
		return quoted
	}
	return "'" + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + "'"
}

// TemplateText returns the text as a part of a TypeScript template literal.
func TemplateText(text string) string {
	quoted := Quote(text + "'")
	quoted = quoted[1 : len(quoted)-2]
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(quoted, "`", "\\`"), "${", "\\${"), `\"`, `"`)
}
