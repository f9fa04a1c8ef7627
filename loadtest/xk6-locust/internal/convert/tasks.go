package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// tasks emits the tasks of a class in Locust's order: tasks of the base class, tasks in `tasks`, and decorated methods
// and classes. It emits nothing if the class has the same tasks as its base class.
func (c *converter) tasks(k *class) {
	if k.later != nil {
		// The statement that sets the tasks emits them.
		c.listed(k, k.later.Value)
		c.line("static override tasks: any = []")
		return
	}
	isChanged := c.inheritTasks(k)
	inherited := len(k.tasks)
	for _, stmt := range k.Body {
		if assign, ok := stmt.(*python.Assign); ok && python.IsName(assign.Targets[0], "tasks") && assign.Value != nil {
			c.listed(k, assign.Value)
		}
	}
	c.addDecorated(k)
	if len(k.tasks) == inherited && !isChanged {
		return
	}
	annotation := ""
	if c.isExtended(k) {
		// The tasks of a subclass may have a different type.
		annotation = ": any"
	}
	isNamed := !slices.ContainsFunc(k.tasks, func(task taskOf) bool { return !strings.HasPrefix(task.target, "'") || len(task.tags) > 0 })
	if !isNamed {
		c.line("static override tasks%s = [%s]", annotation, strings.Join(c.taskList(k), ", "))
		return
	}
	var weights []string
	for _, task := range k.tasks {
		weights = append(weights, strings.Trim(task.target, "'")+": "+task.weight)
	}
	c.line("static override tasks%s = { %s }", annotation, strings.Join(weights, ", "))
}

// inheritTasks adds the tasks of the base class to a class. It returns whether the class overrides the method of a
// task. As in Locust, the task then runs the method of the base class.
func (c *converter) inheritTasks(k *class) (isChanged bool) {
	if k.parent == nil {
		return false
	}
	for _, task := range k.parent.tasks {
		if task.method != "" && k.members[task.method] {
			task.target = fmt.Sprintf("(user: any) => %s.prototype.%s.call(user)", k.parent.js, c.member(task.method))
			task.method = ""
			isChanged = true
		}
		k.tasks = append(k.tasks, task)
	}
	return isChanged
}

// addDecorated adds the methods and classes with the decorator @task to the tasks of a class.
func (c *converter) addDecorated(k *class) {
	for _, stmt := range k.Body {
		switch stmt := stmt.(type) {
		case *python.Def:
			if task, ok := c.decorated(stmt.Decorators); ok {
				task.method, task.target = stmt.Name, "'"+c.member(stmt.Name)+"'"
				if len(stmt.Params) > 1 {
					// k6/x/locust passes the user as an argument, but the parameters after self must keep their
					// defaults.
					task.target = "(user: any) => user." + c.member(stmt.Name) + "()"
				}
				k.tasks = append(k.tasks, task)
			}
		case *python.Class:
			if task, ok := c.decorated(stmt.Decorators); ok {
				task.target = c.classes[stmt.Name].js
				k.tasks = append(k.tasks, task)
			}
		}
	}
}

// taskList returns the tasks of a class as items of a list in TypeScript.
func (c *converter) taskList(k *class) []string {
	var items []string
	for _, task := range k.tasks {
		if len(task.tags) == 0 && task.weight == "1" && !strings.HasPrefix(task.target, "'") {
			items = append(items, task.target)
			continue
		}
		var options []string
		if task.weight != "1" {
			options = append(options, "weight: "+task.weight)
		}
		if len(task.tags) > 0 {
			options = append(options, "tags: ["+strings.Join(task.tags, ", ")+"]")
		}
		text := c.use("task") + "(" + task.target
		if len(options) > 0 {
			text += ", { " + strings.Join(options, ", ") + " }"
		}
		items = append(items, text+")")
	}
	return items
}

// classOfTasks returns the class A of an assignment such as A.tasks = [b, c] outside of classes, or nil.
func (c *converter) classOfTasks(stmt *python.Assign) *class {
	target, ok := stmt.Targets[0].(*python.Attribute)
	if !ok || len(stmt.Targets) > 1 || target.Name != "tasks" {
		return nil
	}
	name, ok := target.X.(*python.Name)
	if !ok || c.classes[name.ID] == nil || !c.classes[name.ID].hasTasks() || c.classes[name.ID].base == markovTaskSet {
		return nil
	}
	return c.classes[name.ID]
}

// findLaterTasks finds the statements of the module that set the tasks of a class once, such as `A.tasks = [b, c]`.
func (c *converter) findLaterTasks(body []python.Stmt) {
	for _, stmt := range body {
		assign, ok := stmt.(*python.Assign)
		if !ok {
			continue
		}
		k := c.classOfTasks(assign)
		if k == nil || c.isExtended(k) || k.later != nil {
			continue
		}
		copied := *assign
		k.later, k.laterPos = &copied, assign.Pos
		if dict, ok := assign.Value.(*python.Dict); ok && !slices.Contains(dict.Keys, nil) {
			c.note(assign.Pos, "each task of %s has the weight 1, because Locust ignores the weights in a dict that is set outside of the class", k.Name)
			copied.Value = &python.Sequence{Pos: dict.Pos, Kind: listType, Items: dict.Keys}
		}
	}
}

// isExtended returns whether the file contains a subclass of a class.
func (c *converter) isExtended(k *class) bool {
	for _, other := range c.classes {
		if other.parent == k {
			return true
		}
	}
	return false
}

// listed adds the tasks in `tasks = …` to a class.
func (c *converter) listed(k *class, value python.Expr) {
	add := func(item python.Expr, weight string) {
		name, ok := item.(*python.Name)
		switch {
		case ok && c.classes[name.ID] != nil && !c.classes[name.ID].isUser():
			k.tasks = append(k.tasks, taskOf{target: c.classes[name.ID].js, weight: weight})
		case ok && c.functions[name.ID] != nil:
			join(c.params, name.ID+".0", "user")
			k.tasks = append(k.tasks, taskOf{target: jsName(name.ID), weight: weight})
		case ok && k.members[name.ID]:
			k.tasks = append(k.tasks, taskOf{target: "'" + c.member(name.ID) + "'", method: name.ID, weight: weight})
		default:
			c.fail(item.Position(), "the task %s is not supported: tasks must be functions or task sets of the file", c.source(item))
		}
	}
	switch value := value.(type) {
	case *python.Sequence:
		for _, item := range value.Items {
			if pair, ok := item.(*python.Sequence); ok && len(pair.Items) == 2 {
				add(pair.Items[0], c.weight(pair.Items[1]))
				continue
			}
			add(item, "1")
		}
	case *python.Dict:
		for i, key := range value.Keys {
			if key != nil {
				add(key, c.weight(value.Values[i]))
			}
		}
	default:
		c.fail(value.Position(), "tasks must be a list or a dict")
	}
}

// weight returns the weight of a task as an expression. As in Python, the script computes it when it defines the class.
func (c *converter) weight(expr python.Expr) string {
	if python.IsLiteral(c.fixed(expr), python.Int) {
		return strconv.Itoa(c.integer(expr))
	}
	return c.value(expr).js
}

func (c *converter) integer(expr python.Expr) int {
	constant, ok := c.fixed(expr).(*python.Constant)
	if ok && constant.Kind == python.Int {
		if number, err := strconv.Atoi(constant.Text); err == nil {
			return number
		}
	}
	c.fail(expr.Position(), "a weight must be an integer, or a variable or field that is assigned only once, with an integer")
	return 1
}

// fixed returns the only value of a variable of the module, of a field of a class, or of an item of a dict. For int(x),
// it returns the only value of x. It returns nil if there is no such value, and for other calls. It returns all other
// expressions unchanged.
func (c *converter) fixed(expr python.Expr) python.Expr {
	switch expr := expr.(type) {
	case *python.Name:
		if value := c.onlyValue(expr.ID); value != nil {
			if !c.resolve(expr.ID) {
				return nil
			}
			defer delete(c.resolving, expr.ID)
			return c.fixed(value)
		}
		return c.onlyDict(c.body, expr.ID)
	case *python.Attribute:
		class, ok := expr.X.(*python.Name)
		field := c.source(expr)
		if !ok || c.classes[class.ID] == nil || c.isAssigned(expr.Name) || !c.resolve(field) {
			return nil
		}
		defer delete(c.resolving, field)
		for _, stmt := range c.classes[class.ID].Body {
			if value := python.AssignmentTo(expr.Name, stmt); value != nil && python.Stored(c.classes[class.ID].Body)[expr.Name] == 1 {
				return c.fixed(value)
			}
		}
		return nil
	case *python.Subscript:
		dict, isDict := c.fixed(expr.X).(*python.Dict)
		key, isText := expr.Index.(*python.Constant)
		if !isDict || !isText {
			return nil
		}
		for i, each := range dict.Keys {
			if text, ok := each.(*python.Constant); ok && text.Kind == key.Kind && text.Text == key.Text {
				return dict.Values[i]
			}
		}
		return nil
	case *python.Call:
		if python.IsName(expr.Func, "int") && len(expr.Args) == 1 && len(expr.Keywords) == 0 {
			return c.fixed(expr.Args[0])
		}
		return nil
	}
	return expr
}

// onlyDict returns the dict that a variable of the module always contains, or nil.
func (c *converter) onlyDict(body []python.Stmt, name string) python.Expr {
	if python.Stored(body)[name] != 1 || changed(body)[name] && mutated(body)[name] {
		return nil
	}
	for _, stmt := range body {
		if dict, ok := python.AssignmentTo(name, stmt).(*python.Dict); ok {
			return dict
		}
	}
	return nil
}

// isAssigned returns whether the file sets a field with this name outside of class bodies.
func (c *converter) isAssigned(name string) bool {
	return python.Contains(c.body, func(node python.Node) bool {
		return slices.ContainsFunc(python.AssignedParts(node), func(part python.Expr) bool {
			attribute, ok := part.(*python.Attribute)
			return ok && attribute.Name == name
		})
	})
}

// decorated returns the weight and tags of a method, and whether it is a task.
func (c *converter) decorated(decorators []python.Expr) (taskOf, bool) {
	result := taskOf{weight: "1"}
	isTask := false
	for _, decorator := range decorators {
		call, _ := decorator.(*python.Call)
		switch c.qualified(python.Callee(decorator)) {
		case "locust.task":
			isTask = true
			if call != nil && len(call.Args) > 0 {
				result.weight = c.weight(call.Args[0])
			} else if call != nil && len(call.Keywords) > 0 {
				result.weight = c.weight(call.Keywords[0].Value)
			}
		case "locust.tag":
			if call != nil {
				for _, arg := range call.Args {
					result.tags = append(result.tags, c.expr(arg).js)
				}
			}
		}
	}
	return result, isTask
}
