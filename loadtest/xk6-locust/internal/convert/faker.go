package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// fakerType is the type of Faker's generators.
const fakerType = "faker"

// fakes maps methods of Faker to functions whose values look like Faker's. If a method only chooses random numbers and
// letters, the function has the same distribution. The other functions use the script's own short lists of names,
// words, and formats.
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

	"first_name_male":           {"pyFakeFirstName", strType, nil},
	"first_name_female":         {"pyFakeFirstName", strType, nil},
	"name_male":                 {"pyFakeName", strType, nil},
	"name_female":               {"pyFakeName", strType, nil},
	"free_email":                {"pyFakeEmail", strType, nil},
	"company_email":             {"pyFakeEmail", strType, nil},
	"ascii_email":               {"pyFakeEmail", strType, nil},
	"ascii_safe_email":          {"pyFakeEmail", strType, nil},
	"street_name":               {"pyFakeStreetName", strType, nil},
	"building_number":           {"pyFakeForm('%##', '#%')", strType, nil},
	"state":                     {"pyFakeState", strType, nil},
	"state_abbr":                {"pyFakeStateCode", strType, nil},
	"zipcode":                   {"pyFakeZip", strType, nil},
	"postcode":                  {"pyFakeZip", strType, nil},
	"country":                   {"pyFakeCountry", strType, nil},
	"country_code":              {"pyFakeCountryCode", strType, nil},
	"job":                       {"pyFakeJob", strType, nil},
	"color_name":                {"pyFakeColor", strType, nil},
	"hex_color":                 {"pyFakeHexColor", strType, nil},
	"credit_card_number":        {"pyFakeCard", strType, []string{"card_type"}},
	"credit_card_expire":        {"pyFakeCardEnd", strType, nil},
	"credit_card_security_code": {"pyFakeForm('###', '#')", strType, nil},
	"ipv4":                      {"pyFakeIp", strType, nil},
	"ipv4_public":               {"pyFakeIp", strType, nil},
	"ipv6":                      {"pyFakeIpv6", strType, nil},
	"mac_address":               {"pyFakeMac", strType, nil},
	"user_agent":                {"pyFakeUserAgent", strType, nil},
	"domain_word":               {"pyFakeDomainWord", strType, nil},
	"domain_name":               {"pyFakeDomain", strType, nil},
	"slug":                      {"pyFakeSlug", strType, nil},
	"catch_phrase":              {"pyFakePhrase", strType, nil},
	"bs":                        {"pyFakePhrase", strType, nil},
	"sentences":                 {"pyFakeSentences", listType, []string{"nb"}},
	"paragraphs":                {"pyFakeParagraphs", listType, []string{"nb"}},
	"random_letter":             {"pyFakeForm('?', '?')", strType, nil},
	"random_letters":            {"pyFakeLetters", listType, []string{"length"}},
	"pystr":                     {"pyFakeString", strType, []string{"min_chars", "max_chars"}},
	"random_number":             {"pyFakeNumber", intType, []string{"digits", "fix_len"}},
	"date":                      {"pyFakeDay", strType, nil},
	"time":                      {"pyFakeTime", strType, nil},
	"iso8601":                   {"pyFakeIso", strType, nil},
	"year":                      {"pyFakeYear", strType, nil},
	"date_of_birth":             {"pyFakeBirth", dateType, []string{"tzinfo", "minimum_age", "maximum_age"}},
	"ssn":                       {"pyFakeSsn", strType, nil},
	"md5":                       {"pyFakeHex(32)", strType, nil},
	"sha1":                      {"pyFakeHex(40)", strType, nil},
	"sha256":                    {"pyFakeHex(64)", strType, nil},
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
	if strings.HasSuffix(function.js, ")") {
		// The entry is a complete call.
		return code{js: function.js, t: function.t}
	}
	if text := formDefaults[callee.Name]; text != "" {
		if len(args) == 0 || args[0] == "undefined" {
			args = append([]string{conversion.Quote(text)}, args[min(1, len(args)):]...)
		}
		marks := map[string]string{"bothify": "'#%!@?'", "numerify": "'#%!@'", "lexify": "'?'"}[callee.Name]
		args = slices.Insert(args, 1, marks)
	}
	return code{js: function.js + "(" + strings.Join(args, ", ") + ")", t: function.t}
}
