package recording

import (
	"regexp"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

var (
	// secretName matches headers and fields whose values must not be written to a script.
	secretName = regexp.MustCompile(`(?i)auth|cookie|token|secret|passw|passwd|api-?_?key|session|csrf|xsrf|credential|signature|^(sig|key|pwd|code)$`)
	// secretField matches a field of JSON with a string or a number.
	secretField = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)`)
	// notInKey matches the characters that names of environment variables cannot contain.
	notInKey = regexp.MustCompile(`[^A-Z0-9]+`)
)

// secret returns a call that reads a secret from an environment variable, and records the variable's name.
func (r *recorder) secret(name string) string {
	key := strings.Trim(notInKey.ReplaceAllString(strings.ToUpper(name), "_"), "_")
	r.secrets[key] = true
	return "secret('" + key + "')"
}

// value returns the value of a header or a field as an expression, which reads secrets from environment variables.
func (r *recorder) value(field nameValue) string {
	if secretName.MatchString(string(field.Name)) {
		return r.secret(string(field.Name))
	}
	return conversion.Quote(string(field.Value))
}

// pairs returns a prefix and encoded pairs as a string or template literal, which reads secrets from environment
// variables.
func (r *recorder) pairs(prefix, encoded string) string {
	hasSecrets := false
	var out strings.Builder
	out.WriteString(conversion.TemplateText(prefix))
	for i, pair := range strings.Split(encoded, "&") {
		if i > 0 {
			out.WriteString("&")
		}
		name, _, _ := strings.Cut(pair, "=")
		if secretName.MatchString(name) && strings.Contains(pair, "=") {
			hasSecrets = true
			out.WriteString(conversion.TemplateText(name) + "=${encodeURIComponent(" + r.secret(name) + ")}")
		} else {
			out.WriteString(conversion.TemplateText(pair))
		}
	}
	if !hasSecrets {
		return conversion.Quote(prefix + encoded)
	}
	return "`" + out.String() + "`"
}

// json returns the recorded JSON as a template literal, which reads secrets from environment variables. It returns
// false if the JSON contains no secrets.
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
		out.WriteString(conversion.TemplateText(text[last:match[4]]) + "${" + value + "}")
		last = match[5]
	}
	if last == 0 {
		return "", false
	}
	out.WriteString(conversion.TemplateText(text[last:]))
	return "`" + out.String() + "`", true
}
