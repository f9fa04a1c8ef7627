package convert

import (
	"regexp"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// pageType is the type of a parsed HTML page.
const pageType = "page"

// attributesType is the type of an element's attributes.
const attributesType = "attributes"

// page converts PyQuery(response.content).
func (c *converter) page(call *python.Call) code {
	if len(call.Args) != 1 || len(call.Keywords) > 0 {
		return c.unsupported(call, "PyQuery is only supported with one argument")
	}
	c.usesHTML = true
	source := c.value(call.Args[0])
	if source.t != bytesType && source.t != strType {
		return c.unsupported(call, "PyQuery is only supported with the content or the text of a response")
	}
	return code{js: "pyPage(" + source.js + ")", t: pageType}
}

// selector matches CSS selectors that consist only of element names, classes, IDs, attributes, spaces, commas, and `>`.
// Such selectors have the same meaning in PyQuery and k6.
var selector = regexp.MustCompile(`^(?:[a-z][a-z0-9]*|[.#][A-Za-z_][\w-]*|\[[a-z-]+\]|[a-z0-9][.#\[]| *[ >,] *)+$`)

// selectElements converts page(selector), which returns a list of elements.
func (c *converter) selectElements(call *python.Call, callee *python.Name) code {
	if python.HasOne(call) {
		if text, ok := python.TextOf(call.Args[0]); ok && selector.MatchString(text) {
			return code{js: "pySelect(" + jsName(callee.ID) + ", " + conversion.Quote(text) + ")", t: listType}
		}
	}
	return c.unsupported(call, "a PyQuery selector must be a literal that contains only names, classes, IDs, and attributes")
}
