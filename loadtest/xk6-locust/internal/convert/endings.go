package convert

import "github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"

// endListener converts a listener that runs at the end of the run.
func (c *converter) endListener(def *python.Def, event string) {
	switch {
	case event == "quitting":
		c.ending(def, "quitting")
	case c.readsRun(def) || len(c.readsChangedByUsers(def)) > 0 && !c.isBlocking(def.Body):
		c.ending(def, "testStop")
	default:
		c.checkReads(def)
		if name := c.hook("onTestStop", def); name != "" {
			c.teardown = append(c.teardown, name)
		}
	}
}
