package module

import (
	"fmt"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"
)

// instead says what scripts can use instead of k6's numbers of VUs and iterations.
const instead = "use this.userNumber, a field of the user, or locust.distribute"

// rejectIterations makes it an error to read k6's numbers of VUs and iterations while a VU runs users. In k6's own
// scenarios, scripts use these numbers to give each VU or iteration different data. The users of a runtime share these
// numbers, so all users would send the same data.
func rejectIterations(vu modules.VU) {
	rt, state := vu.Runtime(), vu.State()
	never := func(name string) func() uint64 {
		return func() uint64 {
			common.Throw(rt, fmt.Errorf("locust: %s does not count the tasks of users: %s", name, instead)) //nolint:err113 // for scripts
			return 0
		}
	}
	// k6 sets these functions again when the VU runs another scenario.
	state.GetScenarioVUIter = never("exec.vu.iterationInScenario")
	state.GetScenarioLocalVUIter = never("exec.scenario.iterationInInstance")
	state.GetScenarioGlobalVUIter = never("exec.scenario.iterationInTest")

	global := rt.GlobalObject()
	number := global.Get("__VU")
	restore := func(call sobek.FunctionCall) sobek.Value {
		// k6 sets __ITER before each iteration, and __VU only once.
		for name, value := range map[string]sobek.Value{"__VU": number, "__ITER": call.Argument(0)} {
			throwIfError(rt, global.DefineDataProperty(name, value, sobek.FLAG_TRUE, sobek.FLAG_TRUE, sobek.FLAG_TRUE))
		}
		return sobek.Undefined()
	}
	for name, text := range map[string]string{
		"__VU":   "is the number of the runtime, which many users share: " + instead + "; exec.vu.idInTest is the number of the runtime",
		"__ITER": "does not count the tasks of users: " + instead,
	} {
		get := func(sobek.FunctionCall) sobek.Value {
			common.Throw(rt, fmt.Errorf("locust: %s %s", name, text)) //nolint:err113 // for scripts
			return nil
		}
		throwIfError(rt, global.DefineAccessorProperty(name, rt.ToValue(get), rt.ToValue(restore), sobek.FLAG_TRUE, sobek.FLAG_TRUE))
	}
}
