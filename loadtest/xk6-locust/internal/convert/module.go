package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) module(body []python.Stmt) {
	c.f = &function{id: "", locals: map[string]bool{}, params: map[string]string{}, globals: map[string]bool{}, declared: map[string]bool{}}
	walk(body, func(node python.Node) bool {
		if node, ok := node.(*python.Import); ok {
			c.importing(node)
		}
		return true
	})
	body = c.trim(body)
	c.body, c.f.body = body, body
	walk(body, func(node python.Node) bool {
		if node, ok := node.(*python.Def); ok {
			c.methods[node.Name]++
			for _, param := range node.Params {
				c.parameters[param.Name] = c.parameters[param.Name] || param.Kind == ""
				c.passedOn[param.Pos] = param.Kind == "**" && isPassedOn(node.Body, param.Name)
			}
			c.managers[node.Name] = c.managers[node.Name] || c.isManager(node)
			c.generators[node.Name] = c.generators[node.Name] || c.isGenerator(node)
		}
		return true
	})
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Def:
			c.functions[stmt.Name] = stmt
		case *python.Assign:
			for _, target := range stmt.Targets {
				for _, name := range names(target) {
					c.globals[name] = true
				}
			}
		case *python.With:
			for name := range stored([]python.Stmt{stmt}) {
				c.globals[name] = true
			}
		default:
			for _, name := range storedInBlocks(stmt) {
				c.globals[name] = true
			}
		}
	}
	c.watched(body)
	for _, stmt := range body {
		if class, ok := stmt.(*python.Class); ok {
			c.declareClass(class)
		}
	}
	c.findStatics(body)
	c.findLaterTasks(body)
	c.checkMembers()
	c.findDirect(body)
	c.hasIterators = c.usesIterators()
	walk(body, func(node python.Node) bool {
		if keyword, ok := node.(*python.Call); ok {
			for _, argument := range keyword.Keywords {
				if constant, ok := argument.Value.(*python.Constant); ok && argument.Name == "verify" && constant.Kind == python.False {
					c.skipsVerification = true
				}
			}
		}
		if assign, ok := node.(*python.Assign); ok && len(assign.Targets) == 1 {
			if target, ok := assign.Targets[0].(*python.Attribute); ok && target.Name == "verify" {
				if constant, ok := assign.Value.(*python.Constant); ok && constant.Kind == python.False {
					c.skipsVerification = true
				}
			}
		}
		return true
	})
	c.findUnusedClasses()
	text := c.capture(func() {
		for _, stmt := range body {
			c.moduleStatement(stmt)
		}
	})
	c.declareTemporaries(text, nil)
	c.out.WriteString(text)
	if !c.hasTasks && len(c.problems) == 0 {
		c.fail(python.Pos{Line: 1}, "the file contains no user class with tasks")
	}
}

func (c *converter) moduleStatement(stmt python.Stmt) {
	switch stmt := stmt.(type) {
	case *python.Import:
	case *python.ExprStmt:
		if !isDocstring(stmt) {
			c.statement(stmt)
		}
	case *python.Class:
		if c.unused[stmt.Name] {
			c.note(stmt.Pos, "the class %s was left out, because nothing uses it", stmt.Name)
			// The class is emitted only to report its problems, because Locust may reject the class even if nothing
			// uses it.
			imports := maps.Clone(c.imports)
			c.capture(func() { c.emitClass(c.classes[stmt.Name]) })
			c.imports = imports
			return
		}
		c.line("")
		c.emitClass(c.classes[stmt.Name])
	case *python.Def:
		c.line("")
		if c.listener(stmt) {
			return
		}
		if len(stmt.Decorators) > 0 && !c.isManager(stmt) && !c.isCached(stmt) {
			c.fail(stmt.Pos, "decorators of functions other than @events…, @contextmanager, and @lru_cache are not supported")
			return
		}
		c.emitFunction(stmt)
	case *python.Assign:
		if stmt.Value != nil && c.pathVariable(stmt) {
			return
		}
		if target, ok := stmt.Targets[0].(*python.Attribute); ok && strings.HasPrefix(c.qualified(target), "locust.stats.") {
			c.note(stmt.Pos, "%s was left out, because it only changes Locust's reports", c.qualified(target))
			return
		}
		if k := c.classOfTasks(stmt); k != nil && k.later != nil && k.laterPos == stmt.Pos {
			c.line("%s.tasks = [%s]", k.js, strings.Join(c.taskList(k), ", "))
			return
		}
		if stmt.Value != nil && c.isBlocking([]python.Stmt{stmt}) {
			c.moveToSetup(stmt)
			return
		}
		if len(stmt.Targets) == 1 {
			if target, ok := stmt.Targets[0].(*python.Attribute); ok && target.Name == "host" {
				if name, ok := target.X.(*python.Name); ok && strings.HasPrefix(c.modules[name.ID], "locust.") {
					c.hosts[strings.TrimPrefix(c.modules[name.ID], "locust.")] = c.expr(stmt.Value).js
					c.reemitHosts(stmt)
					return
				}
			}
		}
		c.statement(stmt)
	default:
		for _, name := range storedInBlocks(stmt) {
			if !c.f.declared[name] && loads(c.body, name) > 0 {
				c.f.declared[name] = true
				c.line("let %s: any", jsName(name))
			}
		}
		c.statement(stmt)
	}
}

// storedInBlocks returns the variables that an if, try, for, or while statement of the module sets. It returns nil for
// other statements.
func storedInBlocks(stmt python.Stmt) []string {
	switch stmt.(type) {
	case *python.If, *python.Try, *python.For, *python.While:
	default:
		return nil
	}
	found := stored([]python.Stmt{stmt})
	walk(stmt, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def:
			delete(found, node.Name)
			return false
		case *python.Try:
			for _, handler := range node.Handlers {
				delete(found, handler.Name)
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(found))
}

// findUnusedClasses finds the classes that have no effect: Locust does not use them, and neither does the rest of the
// file.
func (c *converter) findUnusedClasses() {
	for {
		count := len(c.unused)
		rest := slices.DeleteFunc(slices.Clone(c.body), func(stmt python.Stmt) bool {
			class, ok := stmt.(*python.Class)
			return ok && c.unused[class.Name]
		})
		for _, stmt := range rest {
			if class, ok := stmt.(*python.Class); ok && c.isPassive(c.classes[class.Name]) && loads(rest, class.Name) == 0 {
				c.unused[class.Name] = true
			}
		}
		if len(c.unused) == count {
			return
		}
	}
}

// isPassive returns true if Locust ignores a class unless the file itself uses it.
func (c *converter) isPassive(k *class) bool {
	return (!k.isUser() && k.base != "LoadTestShape" || c.isAbstract(k)) && k.base != "Exception"
}

// reemitHosts sets the host of classes that were converted before the locustfile set the host of their base class,
// HttpUser or FastHttpUser.
func (c *converter) reemitHosts(stmt *python.Assign) {
	target, _ := stmt.Targets[0].(*python.Attribute)
	name, _ := target.X.(*python.Name)
	for _, class := range c.classes {
		if class.base == "HttpUser" && class.isFast == (c.modules[name.ID] == "locust.FastHttpUser") && !class.has("host") {
			c.line("%s.host = %s", class.js, c.hosts[strings.TrimPrefix(c.modules[name.ID], "locust.")])
		}
	}
}

// importing records the meaning of imported names. Unknown modules and functions are reported where they are used.
func (c *converter) importing(stmt *python.Import) {
	for _, alias := range stmt.Names {
		switch {
		case alias.Name == "*":
			c.fail(stmt.Pos, "from %s import * is not supported: import the names", stmt.Module)
		case stmt.IsFrom:
			module := stmt.Module
			if strings.HasPrefix(module, "locust.") && alias.Name != "run_single_user" {
				module = "locust"
			}
			c.modules[alias.As] = module + "." + alias.Name
		case alias.As == alias.Name:
			first, _, _ := strings.Cut(alias.Name, ".")
			c.modules[first] = first
		default:
			c.modules[alias.As] = alias.Name
		}
	}
}

// qualified returns the full name of a module or of a part of it, such as "os.environ". For other expressions, it
// returns "".
func (c *converter) qualified(expr python.Expr) string {
	switch expr := expr.(type) {
	case *python.Name:
		if c.isLocal(expr.ID) || c.globals[expr.ID] {
			return ""
		}
		return c.modules[expr.ID]
	case *python.Attribute:
		if base := c.qualified(expr.X); base != "" {
			if slices.Contains(locustModules, base) {
				base = "locust"
			}
			return base + "." + expr.Name
		}
	}
	return ""
}

// locustModules contains modules of Locust. In full names, "locust" takes their place.
var locustModules = []string{
	"locust.exception", "locust.runners", "locust.shape", "locust.user", "locust.user.users", "locust.user.task", "locust.user.wait_time",
	"locust.user.sequential_taskset", "locust.contrib.fasthttp",
}

// flagOf returns the flag from which argparse derives the name of an argument: the first long flag, or the first flag
// if none is long.
func flagOf(args []python.Expr) (flag *python.Constant, ok bool) {
	for _, arg := range args {
		text, isText := arg.(*python.Constant)
		if !isText || text.Kind != python.String {
			return nil, false
		}
		isLong := strings.HasPrefix(text.Text, "--")
		if flag == nil || isLong && !strings.HasPrefix(flag.Text, "--") {
			flag = text
		}
	}
	return flag, flag != nil
}

// parser converts the command line arguments that a locustfile adds.
func (c *converter) parser(def *python.Def) {
	for _, stmt := range def.Body {
		expr, ok := stmt.(*python.ExprStmt)
		if !ok {
			c.fail(stmt.Position(), "a listener of events.init_command_line_parser may only call parser.add_argument and parser.set_defaults")
			continue
		}
		call, ok := expr.X.(*python.Call)
		if !ok {
			continue
		}
		function, ok := call.Func.(*python.Attribute)
		if ok && function.Name == "set_defaults" && len(call.Args) == 0 {
			c.setDefaults(call)
			continue
		}
		if !ok || function.Name != "add_argument" || len(call.Args) == 0 {
			c.fail(call.Pos, "a listener of events.init_command_line_parser may only call parser.add_argument and parser.set_defaults")
			continue
		}
		flag, ok := flagOf(call.Args)
		if !ok {
			c.fail(call.Pos, "the name of the argument must be a string")
			continue
		}
		field := strings.ReplaceAll(strings.TrimLeft(flag.Text, "-"), "-", "_")
		variable := strings.ToUpper(field)
		value := "''"
		convert, isSwitch := "", false
		for _, keyword := range call.Keywords {
			switch keyword.Name {
			case "env_var":
				if name, ok := keyword.Value.(*python.Constant); ok {
					variable = name.Text
				}
			case "default":
				value = c.expr(keyword.Value).js
			case "type":
				if name, ok := keyword.Value.(*python.Name); ok && (name.ID == "int" || name.ID == "float") {
					convert = map[string]string{"int": "pyInt", "float": "pyFloat"}[name.ID]
				} else if !ok || name.ID != "str" {
					c.fail(call.Pos, "the type of --%s must be str, int, or float", strings.TrimLeft(flag.Text, "-"))
				}
			case "action":
				if action, ok := keyword.Value.(*python.Constant); ok && action.Text == "store_true" {
					isSwitch = true
				} else {
					c.fail(call.Pos, "the action of --%s must be store_true", strings.TrimLeft(flag.Text, "-"))
				}
			case "help", "metavar", "choices", "required", "include_in_web_ui", "is_secret", "is_required", "is_multiple":
			default:
				c.fail(call.Pos, "the argument %s of parser.add_argument is not supported", shownName(keyword.Name))
			}
		}
		code := fmt.Sprintf("(__ENV[%s] ?? %s)", quote(variable), value)
		switch {
		case isSwitch && value != "''" && value != "false":
			c.fail(call.Pos, "the default of --%s must be False", strings.TrimLeft(flag.Text, "-"))
		case isSwitch:
			code = "pyIsOn(" + quote(variable) + ")"
		case convert != "":
			code = convert + code
		}
		c.arguments[field] = code
		c.note(call.Pos, "set %s with -e %s=VALUE", flag.Text, variable)
	}
}

// setDefaults converts parser.set_defaults(users=100, …) to options of the script.
func (c *converter) setDefaults(call *python.Call) {
	names := map[string]string{"users": "users", "num_users": "users", "spawn_rate": "spawnRate", "run_time": "runTime", "host": "host", "stop_timeout": "stopTimeout"}
	for _, keyword := range call.Keywords {
		name := names[keyword.Name]
		value, isConstant := keyword.Value.(*python.Constant)
		isNumber := isConstant && (value.Kind == python.Int || value.Kind == python.Float)
		isText := isConstant && value.Kind == python.String
		switch {
		case name == "":
			c.fail(call.Pos, "parser.set_defaults() is only supported for users, spawn_rate, run_time, stop_timeout, and host")
		case !isNumber && !isText || isText && (name == "users" || name == "spawnRate") || isNumber && name == "host":
			c.fail(call.Pos, "the value of %s in parser.set_defaults() must be a literal", keyword.Name)
		case isNumber && (name == "runTime" || name == "stopTimeout"):
			c.defaults[name] = quote(value.Text)
		default:
			c.defaults[name] = c.value(value).js
		}
	}
}
