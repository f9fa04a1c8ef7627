package convert

import (
	"maps"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

func (c *converter) module(body []python.Stmt) {
	c.f = &function{id: "", locals: map[string]bool{}, params: map[string]string{}, globals: map[string]bool{}, declared: map[string]bool{}}
	c.importAll(body)
	body = c.trim(body)
	c.body, c.f.body = body, body
	c.findFunctions(body)
	c.findGlobals(body)
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
	c.skipsVerification = skipsVerification(body)
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

// findFunctions records the functions and methods of the file, and their parameters.
func (c *converter) findFunctions(body []python.Stmt) {
	python.Walk(body, func(node python.Node) bool {
		if def, ok := node.(*python.Def); ok {
			c.methods[def.Name]++
			for _, param := range def.Params {
				c.parameters[param.Name] = c.parameters[param.Name] || param.Kind == ""
				c.passedOn[param.Pos] = param.Kind == "**" && isPassedOn(def.Body, param.Name)
			}
			c.managers[def.Name] = c.managers[def.Name] || c.isManager(def)
			c.generators[def.Name] = c.generators[def.Name] || c.isGenerator(def)
		}
		return true
	})
	for _, stmt := range body {
		if def, ok := stmt.(*python.Def); ok {
			c.functions[def.Name] = def
		}
	}
}

// findGlobals records the variables of the module.
func (c *converter) findGlobals(body []python.Stmt) {
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Assign:
			for _, target := range stmt.Targets {
				for _, name := range python.Names(target) {
					c.globals[name] = true
				}
			}
		case *python.With:
			for name := range python.Stored([]python.Stmt{stmt}) {
				c.globals[name] = true
			}
		default:
			for _, name := range storedInBlocks(stmt) {
				c.globals[name] = true
			}
		}
	}
}

// skipsVerification returns whether the file sets verify to False, for a request or for a client.
func skipsVerification(body []python.Stmt) bool {
	return python.Contains(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Call:
			return python.IsLiteral(python.KeywordOf(node, "verify"), python.False)
		case *python.Assign:
			target, ok := node.Targets[0].(*python.Attribute)
			return ok && len(node.Targets) == 1 && target.Name == "verify" && python.IsLiteral(node.Value, python.False)
		}
		return false
	})
}

func (c *converter) moduleStatement(stmt python.Stmt) {
	switch stmt := stmt.(type) {
	case *python.Import:
	case *python.ExprStmt:
		if !python.IsDocstring(stmt) {
			c.statement(stmt)
		}
	case *python.Class:
		c.moduleClass(stmt)
	case *python.Def:
		c.line("")
		switch {
		case c.listener(stmt):
		case len(stmt.Decorators) > 0 && !c.isManager(stmt) && !c.isCached(stmt):
			c.fail(stmt.Pos, "decorators of functions other than @events…, @contextmanager, and @lru_cache are not supported")
		default:
			c.emitFunction(stmt)
		}
	case *python.Assign:
		c.moduleAssignment(stmt)
	default:
		for _, name := range storedInBlocks(stmt) {
			if !c.f.declared[name] && python.Loads(c.body, name) > 0 {
				c.f.declared[name] = true
				c.line("let %s: any", jsName(name))
			}
		}
		c.statement(stmt)
	}
}

func (c *converter) moduleClass(stmt *python.Class) {
	if !c.unused[stmt.Name] {
		c.line("")
		c.emitClass(c.classes[stmt.Name])
		c.emitted = append(c.emitted, c.classes[stmt.Name])
		return
	}
	c.note(stmt.Pos, "the class %s was left out, because nothing uses it", stmt.Name)
	// The class is emitted only to report its problems, because Locust may reject the class even if nothing uses it.
	imports := maps.Clone(c.imports)
	c.capture(func() { c.emitClass(c.classes[stmt.Name]) })
	c.imports = imports
}

func (c *converter) moduleAssignment(stmt *python.Assign) {
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
	if c.baseHost(stmt) {
		return
	}
	c.statement(stmt)
}

// baseHost converts an assignment that sets the host of one of Locust's user classes, such as HttpUser. It returns false
// for other assignments. If one of them sets the host of a class of the file, the class keeps it.
func (c *converter) baseHost(stmt *python.Assign) bool {
	target, ok := stmt.Targets[0].(*python.Attribute)
	if !ok || len(stmt.Targets) > 1 || target.Name != "host" {
		return false
	}
	if name, ok := target.X.(*python.Name); ok && c.classes[name.ID] != nil {
		c.classes[name.ID].members["host"] = true
	}
	base := strings.TrimPrefix(c.qualified(target.X), "locust.")
	if base != "User" && base != "HttpUser" && base != "FastHttpUser" {
		return false
	}
	c.hosts[base] = c.expr(stmt.Value).js
	c.setHosts(stmt.Pos, base)
	return true
}

// setHosts sets the host of classes that were converted before the locustfile set the host of their base class.
func (c *converter) setHosts(pos python.Pos, base string) {
	for _, k := range c.emitted {
		isBase := k.ofLocust() == base || base == "User" && c.hosts[k.ofLocust()] == ""
		if k.parent != nil || !k.isUser() || !isBase || k.has("host") {
			continue
		}
		if k.mayHaveHost {
			c.fail(pos, "the host of %s cannot be set here, because the file may already have set the host of %s", base, k.Name)
		}
		c.line("%s.host = %s", k.js, c.hosts[base])
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
	found := python.Stored([]python.Stmt{stmt})
	python.Walk(stmt, func(node python.Node) bool {
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
			if class, ok := stmt.(*python.Class); ok && c.isPassive(c.classes[class.Name]) && python.Loads(rest, class.Name) == 0 {
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

// importAll records the meaning of all imported names.
func (c *converter) importAll(body []python.Stmt) {
	python.Walk(body, func(node python.Node) bool {
		if stmt, ok := node.(*python.Import); ok {
			c.importing(stmt)
		}
		return true
	})
}

// importing records the meaning of imported names. Unknown modules and functions are reported where they are used.
func (c *converter) importing(stmt *python.Import) {
	if slices.ContainsFunc(stmt.Names, func(alias python.Alias) bool { return alias.Name == "*" }) {
		c.fail(stmt.Pos, "from %s import * is not supported: import the names", stmt.Module)
	}
	c.modules.Add(stmt)
}

// qualified returns the full name of a module or of a part of it, such as "os.environ". For other expressions, and for
// variables that hide an import, it returns "".
func (c *converter) qualified(expr python.Expr) string {
	first := expr
	for {
		attribute, ok := first.(*python.Attribute)
		if !ok {
			break
		}
		first = attribute.X
	}
	if name, ok := first.(*python.Name); ok && (c.isLocal(name.ID) || c.globals[name.ID]) {
		return ""
	}
	return c.modules.Qualified(expr)
}
