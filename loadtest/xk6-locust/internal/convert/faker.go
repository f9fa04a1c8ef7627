package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// fakerType is the type of Faker's generators.
const fakerType = "faker"

// fakes maps methods of Faker to functions whose values look like Faker's. Methods that only choose random numbers and
// letters have the same distribution in the script. The others use the script's own short lists of names, words, and
// formats.
var fakes = map[string]libraryFunction{
	"random_int":     {"pyFakeInt", intType, []string{"min", "max"}},
	"pyint":          {"pyFakeInt", intType, []string{"min_value", "max_value"}},
	"random_digit":   {"pyFakeDigit", intType, nil},
	"random_element": {"pyChoice", anyType, []string{"elements"}},
	"boolean":        {"pyFakeBoolean", boolType, nil},
	"pybool":         {"pyFakeBoolean", boolType, nil},
	"uuid4":          {"pyUuid4", strType, nil},
	"bothify":        {"pyFakeForm", strType, []string{"text", "letters"}},
	"numerify":       {"pyFakeForm", strType, []string{"text"}},
	"lexify":         {"pyFakeForm", strType, []string{"text", "letters"}},
	"password":       {"pyFakePassword", strType, []string{"length", "special_chars", "digits", "upper_case", "lower_case"}},
	"first_name":     {"pyFakeFirstName", strType, nil},
	"last_name":      {"pyFakeLastName", strType, nil},
	"name":           {"pyFakeName", strType, nil},
	"user_name":      {"pyFakeUserName", strType, nil},
	"email":          {"pyFakeEmail", strType, nil},
	"safe_email":     {"pyFakeEmail", strType, nil},
	"word":           {"pyFakeWord", strType, nil},
	"words":          {"pyFakeWords", listType, []string{"nb"}},
	"sentence":       {"pyFakeSentence", strType, []string{"nb_words"}},
	"paragraph":      {"pyFakeParagraph", strType, []string{"nb_sentences"}},
	"text":           {"pyFakeText", strType, []string{"max_nb_chars"}},
	"company":        {"pyFakeCompany", strType, nil},
	"city":           {"pyFakeCity", strType, nil},
	"street_address": {"pyFakeStreet", strType, nil},
	"address":        {"pyFakeAddress", strType, nil},
	"phone_number":   {"pyFakePhone", strType, nil},
	"url":            {"pyFakeUrl", strType, nil},
	"uri":            {"pyFakeUri", strType, nil},
}

// formDefaults contains the default templates of the methods that replace placeholders with random digits and letters.
var formDefaults = map[string]string{"bothify": "## ??", "numerify": "###", "lexify": "????"}

func (c *converter) faker(call *python.Call) code {
	locale := firstArgument(call, "locale")
	text, isText := locale.(*python.Constant)
	if len(call.Args)+len(call.Keywords) > 1 || locale != nil && (!isText || text.Text != "en_US") {
		result := c.unsupported(call, "Faker is only supported for the locale en_US: read the data from a file with csv.DictReader")
		result.t = fakerType
		return result
	}
	c.note(call.Pos, "the script makes values that look like Faker's, but uses its own short lists of names and words")
	return code{js: "null", t: fakerType, isPure: true}
}

// fakerCall converts a call to a method of Faker.
func (c *converter) fakerCall(call *python.Call, callee *python.Attribute) code {
	function, ok := fakes[callee.Name]
	if !ok {
		return c.unsupported(call, "%s is not available in k6", c.source(call))
	}
	args := c.positional(call, function.params...)
	if text := formDefaults[callee.Name]; text != "" {
		if len(args) == 0 || args[0] == "undefined" {
			args = append([]string{quote(text)}, args[min(1, len(args)):]...)
		}
		marks := map[string]string{"bothify": "'#%!@?'", "numerify": "'#%!@'", "lexify": "'?'"}[callee.Name]
		args = slices.Insert(args, 1, marks)
	}
	return code{js: function.js + "(" + strings.Join(args, ", ") + ")", t: function.t}
}
