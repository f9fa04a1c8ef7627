package convert

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// Reader returns the source of a helper module. The path is relative to the folder of the locustfile, such as
// common/users.py. file is the path at which the module was found, also relative to that folder.
type Reader func(path string) (file, source string, ok bool)

// module is the locustfile, or a helper module that it imports.
type module struct {
	// name is the name of the module in Python, such as "common.users". It is empty for the locustfile.
	name, file string
	isPackage  bool
	body       []python.Stmt
	// bindings are the names that the module defines. identifiers are all names that occur in the module.
	bindings    map[string]*binding
	identifiers map[string]bool
	// uses are the modules that this module imports, or whose names it imports.
	uses  map[*module]bool
	isRun bool
}

// binding is what a name of a module means: a module, or a symbol. Helper modules and the locustfile become one file, in which
// a symbol has one name.
type binding struct {
	module *module
	symbol *symbol
	// pending is an import that has not been resolved yet.
	pending *pending
}

type pending struct {
	module *module
	name   string
}

// symbol is a variable, a function, or a class of a module, or an import of something that is not a helper module.
type symbol struct {
	pos  python.Pos
	name string
	// owner is nil for imports.
	owner   *module
	isClass bool
	// isVariable is set if the symbol may get another value. An import then copies the current value.
	isVariable bool
	// merged is the name in the merged file.
	merged string
}

// project merges a locustfile with its helper modules.
type project struct {
	read    Reader
	fail    func(pos python.Pos, format string, args ...any)
	modules map[string]*module
	// order contains the modules in the order in which they were found.
	order   []*module
	imports map[string]*symbol
	// repeated are the names that several imports define.
	repeated []repeated
	merged   []python.Stmt
	// folders are the folders that the locustfile adds to sys.path.
	folders []string
}

// builtinNames are names that other modules may use without an import.
var builtinNames = append([]string{
	"print", "open", "next", "enumerate", "exit", "type", "super", "dict", "getattr", "setattr", "hasattr", "callable", "hash", "id", "input",
	"format", "iter", "slice", "object", "property", "Exception", "BaseException", "sum", "pow", "ord", "chr", "vars", "dir", "hex", "oct", "bin",
}, slices.Concat(positionalOnly, slices.Collect(maps.Keys(builtins)), slices.Collect(maps.Keys(exceptions)))...)

// standardModules are modules that Locust has loaded before the locustfile, so that files with these names have no effect.
var standardModules = strings.Fields(`abc argparse asyncio base64 bisect calendar codecs collections configparser contextlib copy csv dataclasses
	datetime decimal email enum flask functools gevent glob hashlib heapq hmac html http inspect io itertools json locust logging math operator os
	pathlib platform queue random re requests secrets select selectors shutil signal socket ssl statistics string struct subprocess sys tempfile
	textwrap threading time token traceback types typing urllib urllib3 uuid warnings weakref xml zlib`)

// merge returns the statements of the locustfile and of the helper modules that it imports, in the order in which Python runs
// them. hidden contains the classes of helper modules that Locust does not see, because the locustfile does not import them.
func merge(body []python.Stmt, read Reader, fail func(pos python.Pos, format string, args ...any)) (merged []python.Stmt, hidden map[string]bool) {
	p := &project{read: read, fail: fail, modules: map[string]*module{}, imports: map[string]*symbol{}, folders: []string{""}}
	body = p.searchPath(body)
	root := p.add("", "", false, body)
	if len(p.order) == 1 {
		return root.body, nil
	}
	p.bind()
	p.name()
	p.run(root)
	hidden = map[string]bool{}
	for _, m := range p.order {
		for _, each := range m.bindings {
			if each.symbol != nil && each.symbol.isClass {
				hidden[each.symbol.merged] = true
			}
		}
	}
	for _, each := range root.bindings {
		if each.symbol != nil {
			delete(hidden, each.symbol.merged)
		}
	}
	return p.merged, hidden
}

// searchPath removes the statements that add a folder to sys.path, and records the folders.
func (p *project) searchPath(body []python.Stmt) []python.Stmt {
	c := newConverter(nil, nil, nil)
	for _, stmt := range body {
		if imported, ok := stmt.(*python.Import); ok && !slices.ContainsFunc(imported.Names, func(alias python.Alias) bool { return alias.Name == "*" }) {
			c.importing(imported)
		}
	}
	c.body = body
	return slices.DeleteFunc(slices.Clone(body), func(stmt python.Stmt) bool {
		if assign, ok := stmt.(*python.Assign); ok && assign.Value != nil {
			c.pathVariable(assign)
		}
		expr, ok := stmt.(*python.ExprStmt)
		if !ok {
			return false
		}
		call, ok := expr.X.(*python.Call)
		if !ok || len(call.Args) == 0 || len(call.Keywords) > 0 {
			return false
		}
		folder := call.Args[len(call.Args)-1]
		if text, ok := folder.(*python.Call); ok && len(text.Args) == 1 && c.source(text.Func) == "str" {
			folder = text.Args[0]
		}
		found, isCurrent, ok := c.pathOf(folder)
		switch name := c.qualified(call.Func); {
		case !ok || isCurrent || path.IsAbs(found):
			return false
		case name == "sys.path.append" && len(call.Args) == 1:
			p.folders = append(p.folders, found)
		case name == "sys.path.insert" && len(call.Args) == 2:
			p.folders = slices.Insert(p.folders, 0, found)
		default:
			return false
		}
		return true
	})
}

// find reads a module. It returns false if there is no file with its name.
func (p *project) find(name string) (*module, bool) {
	if m := p.modules[name]; m != nil || p.read == nil {
		return m, m != nil
	}
	base := strings.ReplaceAll(name, ".", "/")
	for _, folder := range p.folders {
		for _, suffix := range []string{"/__init__.py", ".py"} {
			file, source, ok := p.read(path.Join(folder, base+suffix))
			if !ok {
				continue
			}
			body, err := python.ParseFile(file, source)
			if syntax, isSyntax := err.(*python.SyntaxError); isSyntax { //nolint:errorlint // ParseFile wraps nothing
				p.fail(syntax.Pos, "%s", syntax.Message)
			}
			return p.add(name, file, suffix != ".py", body), true
		}
	}
	return nil, false
}

// chain returns the modules that Python runs when it imports a module: its packages, and the module itself. It returns
// nil if the module is not a helper module.
func (p *project) chain(pos python.Pos, name string) []*module {
	var found []*module
	parts := strings.Split(name, ".")
	for i := range parts {
		m, ok := p.find(strings.Join(parts[:i+1], "."))
		if ok {
			found = append(found, m)
		}
		if ok && slices.Contains(standardModules, parts[0]) {
			p.fail(pos, "%s has the name of a module of Python: rename it", m.file)
		}
	}
	if len(found) == 0 || found[len(found)-1].name != name {
		if len(found) > 0 {
			p.fail(pos, "there is no module %s", name)
		}
		return nil
	}
	return found
}

// add adds a module, and finds the modules that it imports.
func (p *project) add(name, file string, isPackage bool, body []python.Stmt) *module {
	m := &module{name: name, file: file, isPackage: isPackage, identifiers: map[string]bool{}, bindings: map[string]*binding{}, uses: map[*module]bool{}}
	m.body = withoutTypeChecking(body)
	p.modules[name] = m
	p.order = append(p.order, m)
	walk(m.body, func(node python.Node) bool {
		if imported, ok := node.(*python.Import); ok {
			p.imported(m, imported)
		}
		return true
	})
	return m
}

// withoutTypeChecking removes the imports that only type checkers see.
func withoutTypeChecking(body []python.Stmt) []python.Stmt {
	return slices.DeleteFunc(slices.Clone(body), func(stmt python.Stmt) bool {
		branch, ok := stmt.(*python.If)
		if !ok || len(branch.Else) > 0 {
			return false
		}
		switch condition := branch.Condition.(type) {
		case *python.Name:
			return condition.ID == "TYPE_CHECKING"
		case *python.Attribute:
			return condition.Name == "TYPE_CHECKING"
		}
		return false
	})
}

// absolute returns the full name of a module in `from … import`.
func (p *project) absolute(m *module, stmt *python.Import) string {
	rest := strings.TrimLeft(stmt.Module, ".")
	dots := len(stmt.Module) - len(rest)
	if dots == 0 {
		return rest
	}
	parts := strings.Split(m.name, ".")
	if m.isPackage {
		dots--
	}
	if m.name == "" || dots >= len(parts)+1 || dots == len(parts) {
		p.fail(stmt.Pos, "Python rejects this relative import, because its file is in no package")
		return ""
	}
	return strings.TrimSuffix(strings.Join(parts[:len(parts)-dots], ".")+"."+rest, ".")
}

// imported returns the helper modules that an import runs.
func (p *project) imported(m *module, stmt *python.Import) []*module {
	if p.read == nil {
		return nil
	}
	var found []*module
	if !stmt.IsFrom {
		for _, alias := range stmt.Names {
			found = append(found, p.chain(stmt.Pos, alias.Name)...)
		}
		return found
	}
	name := p.absolute(m, stmt)
	if name == "" {
		return nil
	}
	found = p.chain(stmt.Pos, name)
	// A folder without __init__.py is a package, too.
	if len(found) > 0 && !found[len(found)-1].isPackage {
		return found
	}
	for _, alias := range stmt.Names {
		if inner, ok := p.find(name + "." + alias.Name); ok && (len(found) == 0 || !definesName(found[len(found)-1].body, alias.Name)) {
			found = append(found, p.chain(stmt.Pos, inner.name)...)
		}
	}
	return found
}

// defined returns the names to which a module assigns values, and how often.
func defined(body []python.Stmt) map[string]int {
	found := stored(body)
	walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Class:
			found[node.Name]++
			return false
		case *python.Def:
			return false
		}
		return true
	})
	return found
}

func definesName(body []python.Stmt, name string) bool { return defined(body)[name] > 0 }

// bind finds the meaning of all names of all modules.
func (p *project) bind() {
	for _, m := range p.order {
		m.identifiers = identifiers(m.body)
		isClass := map[string]bool{}
		for _, stmt := range m.body {
			if class, ok := stmt.(*python.Class); ok {
				isClass[class.Name] = true
			}
		}
		globals := globalNames(m.body)
		for name := range union(truths(defined(m.body)), globals) {
			m.bindings[name] = &binding{symbol: &symbol{name: name, owner: m, isClass: isClass[name], isVariable: globals[name]}}
		}
	}
	for _, m := range p.order {
		for _, stmt := range m.body {
			if imported, ok := stmt.(*python.Import); ok {
				p.bindImport(m, imported, m.bindings)
			}
		}
	}
	for _, m := range p.order {
		for _, each := range m.bindings {
			p.resolve(each, map[*binding]bool{})
		}
	}
	p.checkRepeated()
	for _, m := range p.order {
		r := rewriter{project: p, module: m}
		walk(m.body, func(node python.Node) bool {
			for _, target := range targets(node) {
				for _, part := range parts(target) {
					if variable := r.variableOf(part); variable != nil {
						variable.isVariable = true
					}
				}
			}
			return true
		})
	}
}

func union(x, y map[string]bool) map[string]bool {
	all := maps.Clone(x)
	maps.Copy(all, y)
	return all
}

// truths returns the keys of a map.
func truths(counts map[string]int) map[string]bool {
	found := map[string]bool{}
	for name := range counts {
		found[name] = true
	}
	return found
}

// bindImport adds the names that an import defines to the bindings of a module or a function.
func (p *project) bindImport(m *module, stmt *python.Import, bindings map[string]*binding) {
	modules := p.imported(m, stmt)
	for _, found := range modules {
		m.uses[found] = true
	}
	if !stmt.IsFrom || len(modules) == 0 {
		for _, alias := range stmt.Names {
			first, _, isDotted := strings.Cut(alias.Name, ".")
			name, full := alias.As, stmt.Module+"."+alias.Name
			if !stmt.IsFrom {
				full = alias.Name
				if isDotted && alias.As == alias.Name {
					name, full = first, first
				}
			}
			if found := p.chain(stmt.Pos, full); !stmt.IsFrom && len(modules) > 0 && p.modules[full] != nil && len(found) > 0 {
				p.define(bindings, name, &binding{module: found[len(found)-1]}, stmt.Pos)
				continue
			} else if !stmt.IsFrom && isDotted && len(p.chain(stmt.Pos, alias.Name)) > 0 {
				// A folder without __init__.py.
				bindings[name] = &binding{module: &module{name: first, isPackage: true, bindings: map[string]*binding{}, isRun: true}}
				continue
			}
			key := fmt.Sprint(stmt.IsFrom, " ", full)
			if p.imports[key+" "+name] == nil {
				p.imports[key+" "+name] = &symbol{pos: stmt.Pos, name: name}
			}
			p.define(bindings, name, &binding{symbol: p.imports[key+" "+name]}, stmt.Pos)
		}
		return
	}
	source := p.modules[p.absolute(m, stmt)]
	if source == nil {
		source = &module{name: p.absolute(m, stmt), isPackage: true, bindings: map[string]*binding{}, isRun: true}
	}
	for _, alias := range p.expand(source, stmt) {
		p.define(bindings, alias.As, &binding{pending: &pending{source, alias.Name}}, stmt.Pos)
	}
}

// define adds a name. If the module also assigns values to it, the name is a variable of the module.
func (p *project) define(bindings map[string]*binding, name string, added *binding, pos python.Pos) {
	old := bindings[name]
	switch {
	case old == nil:
		bindings[name] = added
	case old.symbol != nil && old.symbol.owner != nil && added.pending != nil:
	default:
		p.repeated = append(p.repeated, repeated{pos, name, old, added})
	}
}

// repeated is a name that several imports define.
type repeated struct {
	pos        python.Pos
	name       string
	old, added *binding
}

// checkRepeated reports names that imports define with different meanings.
func (p *project) checkRepeated() {
	for _, each := range p.repeated {
		p.resolve(each.old, map[*binding]bool{})
		p.resolve(each.added, map[*binding]bool{})
		if each.old.module != each.added.module || each.old.symbol != each.added.symbol {
			p.fail(each.pos, "%s has several meanings: import it with another name", each.name)
		}
	}
	p.repeated = nil
}

// expand returns the names that an import from a module defines.
func (p *project) expand(source *module, stmt *python.Import) []python.Alias {
	if stmt.Names[0].Name != "*" {
		return stmt.Names
	}
	var all []python.Alias
	for _, name := range p.exports(source, map[*module]bool{}) {
		all = append(all, python.Alias{Name: name, As: name})
	}
	return all
}

// exports returns the names that `from module import *` defines.
func (p *project) exports(m *module, seen map[*module]bool) []string {
	if seen[m] {
		return nil
	}
	seen[m] = true
	found := map[string]bool{}
	for name := range defined(m.body) {
		found[name] = true
	}
	for _, stmt := range m.body {
		switch stmt := stmt.(type) {
		case *python.Assign:
			if !slices.Contains(names(stmt.Targets[0]), "__all__") {
				continue
			}
			list, _ := stmt.Value.(*python.Sequence)
			var listed []string
			for _, item := range itemsOf(list) {
				if text, ok := item.(*python.Constant); ok && text.Kind == python.String {
					listed = append(listed, text.Text)
				}
			}
			if list == nil || len(listed) < len(list.Items) {
				p.fail(stmt.Pos, "__all__ must be a list of string literals")
			}
			return listed
		case *python.Import:
			modules := p.imported(m, stmt)
			for _, alias := range stmt.Names {
				if alias.Name == "*" && len(modules) > 0 {
					for _, name := range p.exports(modules[len(modules)-1], seen) {
						found[name] = true
					}
					continue
				}
				first, _, _ := strings.Cut(alias.As, ".")
				found[first] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(found)), func(name string) bool { return strings.HasPrefix(name, "_") || name == "*" })
}

func itemsOf(list *python.Sequence) []python.Expr {
	if list == nil {
		return nil
	}
	return list.Items
}

// resolve follows imports of imported names.
func (p *project) resolve(each *binding, seen map[*binding]bool) {
	if each.pending == nil || seen[each] {
		return
	}
	seen[each] = true
	found := p.member(each.pending.module, each.pending.name)
	if found == nil {
		return
	}
	p.resolve(found, seen)
	each.module, each.symbol, each.pending = found.module, found.symbol, found.pending
}

// member returns what a name of a module means, or nil.
func (p *project) member(m *module, name string) *binding {
	if found := m.bindings[name]; found != nil {
		return found
	}
	if inner := p.modules[m.name+"."+name]; inner != nil && m.name != "" {
		return &binding{module: inner}
	}
	return nil
}

// identifiers returns all names of variables, functions, classes, and parameters.
func identifiers(body []python.Stmt) map[string]bool {
	found := map[string]bool{}
	params := func(list []python.Param) {
		for _, param := range list {
			found[param.Name] = true
		}
	}
	walk(body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Name:
			found[node.ID] = true
		case *python.Def:
			found[node.Name] = true
			params(node.Params)
		case *python.Lambda:
			params(node.Params)
		case *python.Class:
			found[node.Name] = true
		case *python.Walrus:
			found[node.Name] = true
		case *python.Import:
			for _, alias := range node.Names {
				first, _, _ := strings.Cut(alias.As, ".")
				found[first] = true
			}
		case *python.Try:
			for _, handler := range node.Handlers {
				found[handler.Name] = true
			}
		}
		return true
	})
	return found
}

// name gives all symbols a name that is unique in the merged file. The names of the locustfile do not change.
func (p *project) name() {
	taken := map[string]bool{}
	for _, m := range p.order {
		for _, name := range slices.Sorted(maps.Keys(m.bindings)) {
			each := m.bindings[name].symbol
			if each == nil || each.merged != "" || each.owner != nil && each.owner != m {
				continue
			}
			each.merged = each.name
			switch {
			case !taken[each.name] && !p.isAmbiguous(each):
			case each.isClass:
				p.fail(p.positionOf(each), "another module uses the name of the class %s for something else: rename it", each.name)
			case each.owner == nil && slices.Contains([]string{"task", "tag"}, each.name):
				p.fail(each.pos, "another module uses the name %s for something else: rename it", each.name)
			default:
				prefix := "imported"
				if each.owner != nil {
					prefix = each.owner.name[strings.LastIndex(each.owner.name, ".")+1:]
				}
				each.merged = prefix + "_" + each.name
				for taken[each.merged] || p.isUsed(each.merged) {
					each.merged += "_"
				}
			}
			taken[each.merged] = true
		}
	}
}

func (p *project) positionOf(each *symbol) python.Pos {
	for _, stmt := range each.owner.body {
		if class, ok := stmt.(*python.Class); ok && class.Name == each.name {
			return class.Pos
		}
	}
	return each.pos
}

func (p *project) isUsed(name string) bool {
	return slices.ContainsFunc(p.order, func(m *module) bool { return m.identifiers[name] })
}

// isAmbiguous returns whether the name of a symbol has a different meaning in Python, or in another module that imports
// modules.
func (p *project) isAmbiguous(each *symbol) bool {
	if each.owner == nil || each.owner.name == "" {
		return false
	}
	return slices.Contains(builtinNames, each.name) || slices.ContainsFunc(p.order, func(m *module) bool {
		found := m.bindings[each.name]
		return m != each.owner && len(m.uses) > 0 && m.identifiers[each.name] && (found == nil || found.symbol != each)
	})
}

// run adds the statements of a module to the merged file.
func (p *project) run(m *module) {
	if m.isRun {
		return
	}
	m.isRun = true
	for _, stmt := range m.body {
		if imported, ok := stmt.(*python.Import); ok {
			p.runImport(m, imported)
			continue
		}
		walk(stmt, func(node python.Node) bool {
			inner, ok := node.(*python.Import)
			if !ok {
				return true
			}
			for _, found := range p.imported(m, inner) {
				switch {
				case !isDefinition(stmt):
					p.fail(inner.Pos, "an import of %s is not supported inside of this statement", found.name)
				case !found.isRun && !onlyDefines(found.body):
					p.fail(inner.Pos, "an import of %s must be outside of functions, because its file contains more than definitions", found.name)
				}
				p.run(found)
			}
			return true
		})
		r := rewriter{project: p, module: m}
		list := []python.Stmt{stmt}
		r.rewrite(reflect.ValueOf(list))
		p.merged = append(p.merged, list...)
	}
}

func isDefinition(stmt python.Stmt) bool {
	switch stmt.(type) {
	case *python.Def, *python.Class:
		return true
	}
	return false
}

// onlyDefines returns whether a module contains only functions, classes, imports, and variables.
func onlyDefines(body []python.Stmt) bool {
	return !slices.ContainsFunc(body, func(stmt python.Stmt) bool {
		switch stmt := stmt.(type) {
		case *python.Def:
			return len(stmt.Decorators) > 0
		case *python.Class, *python.Import, *python.Assign:
			return false
		case *python.ExprStmt:
			_, isText := stmt.X.(*python.Constant)
			return !isText
		}
		return true
	})
}

// runImport runs the modules that an import names, and copies variables.
func (p *project) runImport(m *module, stmt *python.Import) {
	modules := p.imported(m, stmt)
	for _, found := range modules {
		p.run(found)
	}
	if len(modules) == 0 {
		p.keep(stmt, m.bindings)
		return
	}
	if !stmt.IsFrom {
		return
	}
	source := p.modules[p.absolute(m, stmt)]
	if source == nil {
		source = &module{name: p.absolute(m, stmt), bindings: map[string]*binding{}}
	}
	for _, alias := range p.expand(source, stmt) {
		found := p.member(source, alias.Name)
		if found == nil || found.pending != nil {
			p.fail(stmt.Pos, "%s has no %s", source.name, alias.Name)
			continue
		}
		own := m.bindings[alias.As]
		if found.symbol == nil || own.symbol == found.symbol && !found.symbol.isVariable {
			continue
		}
		if own.symbol == found.symbol {
			p.fail(stmt.Pos, "%s gets a new value, which this import would not see: use import %s and %s.%s", alias.Name, source.name, source.name, alias.Name)
			continue
		}
		p.merged = append(p.merged, &python.Assign{Pos: stmt.Pos, Targets: []python.Expr{&python.Name{Pos: stmt.Pos, ID: own.symbol.merged}},
			Value: &python.Name{Pos: stmt.Pos, ID: found.symbol.merged}})
	}
}

// keep keeps an import of something that is not a helper module.
func (p *project) keep(stmt *python.Import, bindings map[string]*binding) {
	copied := *stmt
	copied.Names = slices.Clone(stmt.Names)
	for i, alias := range copied.Names {
		first, _, _ := strings.Cut(alias.As, ".")
		found := bindings[first]
		if found == nil || found.symbol == nil || found.symbol.merged == "" || found.symbol.merged == first {
			continue
		}
		if !stmt.IsFrom && alias.As == alias.Name {
			copied.Names[i].Name = first
		}
		copied.Names[i].As = found.symbol.merged
	}
	p.merged = append(p.merged, &copied)
}

// rewriter replaces the names of a module with those of the merged file.
type rewriter struct {
	*project
	module *module
	scopes []nameScope
}

// nameScope contains the names of a function, a class, a lambda, or a comprehension.
type nameScope struct {
	locals, globals map[string]bool
	imports         map[string]*binding
	isClass         bool
}

// lookup returns what a name means, or nil for local variables and for functions of Python.
func (r *rewriter) lookup(name string) *binding {
	for i, scope := range slices.Backward(r.scopes) {
		if scope.isClass && i < len(r.scopes)-1 {
			continue
		}
		switch {
		case scope.globals[name]:
			return r.module.bindings[name]
		case scope.imports[name] != nil:
			return scope.imports[name]
		case scope.locals[name]:
			return nil
		}
	}
	return r.module.bindings[name]
}

func (r *rewriter) merged(name string) string {
	if found := r.lookup(name); found != nil && found.symbol != nil && found.symbol.merged != "" {
		return found.symbol.merged
	}
	return name
}

// moduleOf returns the module that an expression names, or nil.
func (r *rewriter) moduleOf(expr python.Expr) *module {
	var found *binding
	switch expr := expr.(type) {
	case *python.Name:
		found = r.lookup(expr.ID)
	case *python.Attribute:
		if outer := r.moduleOf(expr.X); outer != nil {
			found = r.member(outer, expr.Name)
		}
	}
	if found == nil {
		return nil
	}
	return found.module
}

// variableOf returns the symbol that an attribute of a module means, or nil.
func (r *rewriter) variableOf(expr python.Expr) *symbol {
	if attribute, ok := expr.(*python.Attribute); ok {
		if m := r.moduleOf(attribute.X); m != nil {
			if found := r.member(m, attribute.Name); found != nil {
				return found.symbol
			}
		}
	}
	return nil
}

func (r *rewriter) rewrite(value reflect.Value) {
	switch value.Kind() {
	case reflect.Interface:
		if value.IsNil() {
			return
		}
		switch node := value.Interface().(type) {
		case *python.Name:
			if r.moduleOf(node) != nil {
				r.fail(node.Pos, "the module %s is only supported with one of its names", node.ID)
			}
			value.Set(reflect.ValueOf(&python.Name{Pos: node.Pos, ID: r.merged(node.ID)}))
			return
		case *python.Attribute:
			if m := r.moduleOf(node.X); m != nil {
				if found := r.variableOf(node); found != nil {
					value.Set(reflect.ValueOf(&python.Name{Pos: node.Pos, ID: found.merged}))
				} else {
					r.fail(node.Pos, "%s has no %s", m.name, node.Name)
				}
				return
			}
		}
		r.rewrite(value.Elem())
	case reflect.Pointer:
		if !value.IsNil() && !r.scoped(value.Interface()) {
			r.rewrite(value.Elem())
		}
	case reflect.Slice:
		for i := range value.Len() {
			r.rewrite(value.Index(i))
		}
	case reflect.Struct:
		if handler, ok := reflect.TypeAssert[*python.Handler](value.Addr()); ok {
			handler.Name = r.merged(handler.Name)
		}
		for i := range value.NumField() {
			r.rewrite(value.Field(i))
		}
	default:
	}
}

// scoped rewrites a node that has names of its own. It returns false for other nodes.
func (r *rewriter) scoped(node any) bool {
	all := func(nodes ...any) {
		for _, each := range nodes {
			r.rewrite(reflect.ValueOf(each))
		}
	}
	inside := func(scope nameScope, nodes ...any) {
		r.scopes = append(r.scopes, scope)
		all(nodes...)
		r.scopes = r.scopes[:len(r.scopes)-1]
	}
	switch node := node.(type) {
	case *python.Def:
		node.Name = r.merged(node.Name)
		all(node.Decorators, node.Params)
		scope := r.scopeOf(node)
		r.scopes = append(r.scopes, scope)
		written := r.written(node.Body)
		r.scopes = r.scopes[:len(r.scopes)-1]
		inside(scope, node.Body)
		if len(written) > 0 {
			node.Body = append([]python.Stmt{&python.Scope{Pos: node.Pos, Word: "global", Names: written}}, node.Body...)
		}
	case *python.Class:
		node.Name = r.merged(node.Name)
		all(node.Decorators, node.Bases, node.Keywords)
		inside(nameScope{isClass: true, locals: truths(defined(node.Body))}, node.Body)
	case *python.Lambda:
		scope := nameScope{locals: map[string]bool{}}
		for i := range node.Params {
			scope.locals[node.Params[i].Name] = true
		}
		all(node.Params)
		inside(scope, &node.Body)
	case *python.Comprehension:
		scope := nameScope{locals: map[string]bool{}}
		for _, clause := range node.Clauses {
			for _, name := range names(clause.Target) {
				scope.locals[name] = true
			}
		}
		all(&node.Clauses[0].Iter)
		for i := range node.Clauses {
			inside(scope, &node.Clauses[i].Target, node.Clauses[i].Ifs)
			if i > 0 {
				inside(scope, &node.Clauses[i].Iter)
			}
		}
		inside(scope, &node.Element, &node.Value)
	case *python.Walrus:
		node.Name = r.merged(node.Name)
		all(&node.Value)
	case *python.Scope:
		for i, name := range node.Names {
			if node.Word == "global" {
				node.Names[i] = r.merged(name)
			}
		}
	case *python.Import:
		if len(r.imported(r.module, node)) > 0 {
			node.Names = nil
			break
		}
		for i, alias := range node.Names {
			first, _, _ := strings.Cut(alias.As, ".")
			if merged := r.merged(first); merged != first {
				if !node.IsFrom && alias.As == alias.Name {
					node.Names[i].Name = first
				}
				node.Names[i].As = merged
			}
		}
	default:
		return false
	}
	return true
}

// scopeOf returns the names of a function.
func (r *rewriter) scopeOf(def *python.Def) nameScope {
	scope := nameScope{locals: truths(defined(def.Body)), globals: globalNames(def.Body), imports: map[string]*binding{}}
	for _, param := range def.Params {
		scope.locals[param.Name] = true
	}
	walk(def.Body, func(node python.Node) bool {
		switch node := node.(type) {
		case *python.Def, *python.Lambda, *python.Class:
			return false
		case *python.Import:
			r.bindImport(r.module, node, scope.imports)
		}
		return true
	})
	r.checkRepeated()
	for name, each := range scope.imports {
		r.resolve(each, map[*binding]bool{})
		if each.symbol != nil && each.symbol.merged == "" {
			each.symbol.merged = name
		}
		if each.symbol != nil && each.symbol.isVariable {
			r.fail(def.Pos, "%s gets a new value, so its import in a function is not supported", name)
		}
		if each.symbol == nil && each.module == nil {
			r.fail(def.Pos, "%s has no %s", each.pending.module.name, each.pending.name)
		}
	}
	return scope
}

// written returns the variables of other modules to which statements assign values.
func (r *rewriter) written(body []python.Stmt) []string {
	found := map[string]bool{}
	walk(body, func(node python.Node) bool {
		for _, target := range targets(node) {
			for _, part := range parts(target) {
				if variable := r.variableOf(part); variable != nil {
					if !variable.isVariable {
						r.fail(part.Position(), "%s can only be set if its module is imported outside of functions", variable.name)
					}
					found[variable.merged] = true
				}
			}
		}
		_, isDef := node.(*python.Def)
		return !isDef
	})
	return slices.Sorted(maps.Keys(found))
}
