package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const markovTaskSet = "MarkovTaskSet"

// schedulingMethods contains methods that Locust calls to choose or run tasks, or to pause between them. k6/x/locust
// does not call such methods of a script, so classes cannot override them.
var schedulingMethods = []string{"run", "wait", "get_next_task", "execute_task", "execute_next_task", "schedule_task"}

// reservedTaskNames contains names that the tasks of a MarkovTaskSet cannot have, because JavaScript or Locust uses
// them.
var reservedTaskNames = strings.Fields(`on_start on_stop wait_time toString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString
	__proto__ __init__`)

type transition struct {
	to     string
	weight int
}

type markovTask struct {
	pos         python.Pos
	name        string
	transitions []transition
}

// isTransition returns whether a decorator is @transition or @transitions.
func (c *converter) isTransition(decorator python.Expr) bool {
	name := c.qualified(python.Callee(decorator))
	return name == "locust.transition" || name == "locust.transitions"
}

// transitions emits the transitions of a MarkovTaskSet. As in Locust, they do not include those of its base class.
func (c *converter) transitions(k *class, isAbstract bool) {
	if k.members["current"] {
		c.fail(k.Pos, "%s.current is the state of a MarkovTaskSet, which has no counterpart in k6/x/locust", k.Name)
	}
	tasks := c.markovTasks(k)
	if isAbstract {
		return
	}
	if len(tasks) == 0 {
		c.fail(k.Pos, "%s has no tasks with transitions, so Locust does not load it", k.Name)
		return
	}
	byName := map[string]*markovTask{}
	for i := range tasks {
		byName[tasks[i].name] = &tasks[i]
	}
	if !c.areValid(k, tasks, byName) {
		return
	}
	reached := []string{tasks[0].name}
	for at := 0; at < len(reached); at++ {
		for _, next := range byName[reached[at]].transitions {
			if next.weight > 0 && !slices.Contains(reached, next.to) {
				reached = append(reached, next.to)
			}
		}
	}
	var items []string
	for _, task := range tasks {
		if !slices.Contains(reached, task.name) {
			c.note(task.pos, "the task %s never runs, because no transition leads to it", task.name)
			continue
		}
		var links []string
		for _, next := range task.transitions {
			if next.weight > 0 {
				links = append(links, fmt.Sprintf("%s: %d", c.member(next.to), next.weight))
			}
		}
		items = append(items, fmt.Sprintf("%s: { %s }", c.member(task.name), strings.Join(links, ", ")))
	}
	c.line("static override transitions: Record<string, Record<string, number>> = { %s }", strings.Join(items, ", "))
}

// areValid reports transitions to unknown tasks, and tasks without a transition with a weight above 0. It returns false
// if there are any.
func (c *converter) areValid(k *class, tasks []markovTask, byName map[string]*markovTask) bool {
	isValid := true
	for _, task := range tasks {
		total := 0
		for _, next := range task.transitions {
			total += next.weight
			if byName[next.to] == nil {
				isValid = false
				c.fail(task.pos, "%s.%s leads to %s, which is not a task with transitions of %s", k.Name, task.name, next.to, k.Name)
			}
		}
		if total == 0 {
			isValid = false
			c.fail(task.pos, "%s.%s needs a transition with a weight above 0", k.Name, task.name)
		}
	}
	return isValid
}

// markovTasks returns the tasks of a MarkovTaskSet in their order, and emits the task sets among them as static fields.
func (c *converter) markovTasks(k *class) []markovTask {
	var tasks []markovTask
	for _, stmt := range k.Body {
		name, decorators := "", []python.Expr(nil)
		isTaskSet := false
		switch stmt := stmt.(type) {
		case *python.Def:
			name, decorators = stmt.Name, stmt.Decorators
		case *python.Class:
			name, decorators = stmt.Name, stmt.Decorators
			inner := c.classes[stmt.Name]
			isTaskSet = inner.hasTasks() && !inner.isUser()
		case *python.Assign:
			if slices.ContainsFunc(stmt.Targets, func(target python.Expr) bool { return slices.Contains(python.Names(target), "tasks") }) {
				c.fail(stmt.Pos, "tasks has no effect in a MarkovTaskSet")
			}
		}
		task, tags := markovTask{pos: stmt.Position(), name: name}, false
		isTask := false
		for _, decorator := range slices.Backward(decorators) {
			switch c.qualified(python.Callee(decorator)) {
			case "locust.task":
				c.fail(stmt.Position(), "@task has no effect in a MarkovTaskSet")
			case "locust.tag":
				tags = true
			case "locust.transition":
				isTask = true
				c.addTransition(&task, decorator)
			case "locust.transitions":
				isTask = true
				c.addTransitions(&task, decorator)
			}
		}
		if !isTask {
			continue
		}
		_, isClass := stmt.(*python.Class)
		switch {
		case slices.Contains(reservedTaskNames, name), isClass && !isTaskSet:
			c.fail(stmt.Position(), "%s.%s cannot be a task with transitions", k.Name, name)
		case tags:
			c.fail(stmt.Position(), "%s.%s has tags, which Locust does not allow in a MarkovTaskSet", k.Name, name)
		case isClass:
			c.line("static %s: any = %s", c.member(name), c.classes[name].js)
		}
		tasks = append(tasks, task)
	}
	return tasks
}

// setTransition adds a transition. As in Locust, a transition takes the place of an earlier one to the same task.
func (t *markovTask) setTransition(to string, weight int) {
	for i := range t.transitions {
		if t.transitions[i].to == to {
			t.transitions[i].weight = weight
			return
		}
	}
	t.transitions = append(t.transitions, transition{to, weight})
}

func (c *converter) taskName(expr python.Expr) string {
	name, ok := python.TextOf(expr)
	if !ok {
		c.fail(expr.Position(), "the name of a task in a transition must be a string literal")
	}
	return name
}

// addTransition adds the transition of @transition('name', weight=1).
func (c *converter) addTransition(task *markovTask, decorator python.Expr) {
	names := []string{"func_name", "weight"}
	args, ok := map[string]python.Expr{}, true
	if call, isCall := decorator.(*python.Call); isCall {
		args, ok = python.Bind(call, names...)
	}
	for name := range args {
		ok = ok && slices.Contains(names, name)
	}
	if !ok {
		c.fail(decorator.Position(), "a transition has only a name and a weight")
		return
	}
	if args["func_name"] == nil {
		c.fail(decorator.Position(), "a transition needs the name of a task")
		return
	}
	weight := 1
	if args["weight"] != nil {
		weight = c.integer(args["weight"])
	}
	task.setTransition(c.taskName(args["func_name"]), weight)
}

// addTransitions adds the transitions of @transitions({'name': weight}) or @transitions(['name', ('name', weight)]).
func (c *converter) addTransitions(task *markovTask, decorator python.Expr) {
	var weights python.Expr
	if call, ok := decorator.(*python.Call); ok {
		all := values(call)
		if len(all) == 1 && (len(call.Keywords) == 0 || call.Keywords[0].Name == "weights") {
			weights = all[0]
		}
	}
	fail := func() { c.fail(decorator.Position(), "transitions must be a literal dict or list") }
	switch weights := weights.(type) {
	case *python.Dict:
		for i, key := range weights.Keys {
			if key == nil {
				fail()
				return
			}
			task.setTransition(c.taskName(key), c.integer(weights.Values[i]))
		}
	case *python.Sequence:
		if weights.Kind == "set" {
			fail()
			return
		}
		// Locust first converts the list to a dict.
		listed := markovTask{}
		for _, item := range weights.Items {
			if pair, ok := item.(*python.Sequence); ok && pair.Kind == "tuple" && len(pair.Items) == 2 {
				listed.setTransition(c.taskName(pair.Items[0]), c.integer(pair.Items[1]))
				continue
			}
			listed.setTransition(c.taskName(item), 1)
		}
		for _, each := range listed.transitions {
			task.setTransition(each.to, each.weight)
		}
	default:
		fail()
	}
}
