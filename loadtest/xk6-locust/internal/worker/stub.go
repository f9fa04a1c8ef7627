package worker

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/protocol"
)

// Class is a user class as the master knows it.
type Class struct {
	// Name identifies the class for master and workers. It may be any text.
	Name string
	// Weight is the weight of the class. 0 means Locust's default, 1.
	Weight float64
	// FixedCount is the exact number of users, or 0 for none.
	FixedCount int
	// Host is the host that the master shows, unless it is started with --host.
	Host string
}

// plainName matches class names that are also valid in Python. The only keywords among them are None, True, and False.
var plainName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]*$`)

// Stub returns a locustfile that only declares the user classes. A Locust master distributes users by these classes.
// The workers define what the users do.
func Stub(classes []Class) string {
	var plain, others strings.Builder
	for _, class := range classes {
		if plainName.MatchString(class.Name) && class.Name != "None" && class.Name != "True" && class.Name != "False" {
			fmt.Fprintf(&plain, "\n\nclass %s(locust.User):\n", class.Name)
			for _, attribute := range class.attributes() {
				fmt.Fprintf(&plain, "    %s = %s\n", attribute.name, attribute.value)
			}
			continue
		}
		name := literal(class.Name)
		fmt.Fprintf(&others, "        %s: type(%s, (locust.User,), {", name, name)
		for i, attribute := range class.attributes() {
			if i > 0 {
				others.WriteString(", ")
			}
			fmt.Fprintf(&others, "%q: %s", attribute.name, attribute.value)
		}
		others.WriteString("}),\n")
	}
	stub := "\"\"\"The user classes of a test that runs on the workers of a Locust master.\"\"\"\n\nimport locust\n\n\ndef on_the_workers(user):\n    pass\n" + plain.String()
	if others.Len() > 0 {
		stub += "\n\n# These names are not valid Python identifiers.\nglobals().update(\n    {\n" + others.String() + "    }\n)\n"
	}
	return stub
}

type attribute struct{ name, value string }

func (c Class) attributes() []attribute {
	weight := c.Weight
	if weight <= 0 || math.IsNaN(weight) || math.IsInf(weight, 0) {
		weight = 1
	}
	attributes := []attribute{
		{"weight", strconv.FormatFloat(weight, 'g', -1, 64)},
		{"tasks", "[on_the_workers]"}, // a master warns about classes without tasks
	}
	if c.FixedCount > 0 {
		attributes = append(attributes, attribute{"fixed_count", strconv.Itoa(c.FixedCount)})
	}
	if c.Host != "" {
		attributes = append(attributes, attribute{"host", literal(c.Host)})
	}
	return attributes
}

// literal formats a string as an ASCII Python string. Go's escapes are valid in Python.
func literal(text string) string { return strconv.QuoteToASCII(protocol.UTF8(text)) }
