package convert

import (
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// listener converts the listener of an event. It returns false if the function is not a listener.
func (c *converter) listener(def *python.Def) bool {
	switch event := c.eventOf(def); event {
	case "":
		return false
	case "init_command_line_parser":
		c.parser(def)
	case "test_start", "test_stop":
		text := c.capture(func() {
			c.depth++
			c.inFunction(def, nil, func() {
				c.f.isHandler = true
				c.functionBody(def.Body)
				if c.f.isAsync {
					c.fail(def.Pos, "a listener of events.%s cannot make requests or wait", event)
				}
			})
			c.depth--
		})
		if event == "test_start" {
			c.setup += text
		} else {
			c.teardown += text
		}
	default:
		c.fail(def.Pos, "k6/x/locust has no counterpart of events.%s", event)
	}
	return true
}
