package simplify

import (
	"maps"
	"reflect"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// withClassBodies returns the statements with class bodies that contain only what a class in JavaScript can contain.
//
//   - As in Python, the last definition of a method with a given name replaces the others.
//   - A method without parameters becomes a static method.
//   - Blocks such as `with`, and fields that the rest of the class body uses, move to the module. For example,
//     `sizes = [1, 2]` and `largest = max(sizes)` in a class A become `sizes_of_A = [1, 2]` before the class, and the
//     fields `sizes = sizes_of_A` and `largest = max(sizes_of_A)`.
func withClassBodies(body []python.Stmt, kinds map[string]string, note Reporter) []python.Stmt {
	taken, attributes := python.Identifiers(body), map[string]bool{}
	python.Walk(body, func(node python.Node) bool {
		if attribute, ok := node.(*python.Attribute); ok {
			attributes[attribute.Name] = true
		}
		return true
	})
	var all []python.Stmt
	for _, stmt := range body {
		class, ok := stmt.(*python.Class)
		if !ok || kinds[class.Name] != "" || slices.ContainsFunc(class.Bases, isEnumBase) {
			all = append(all, stmt)
			continue
		}
		all = append(all, simplify(class, taken, attributes, note)...)
		all = append(all, class)
	}
	return all
}

// isEnumBase returns whether a base class is one of the enumerations in Python's library.
func isEnumBase(base python.Expr) bool {
	name := ""
	switch base := base.(type) {
	case *python.Name:
		name = base.ID
	case *python.Attribute:
		name = base.Name
	}
	return slices.Contains([]string{"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}, name)
}

// simplify changes the body of a class as withClassBodies describes. It returns the statements that move to the module.
func simplify(class *python.Class, taken, attributes map[string]bool, note Reporter) []python.Stmt {
	class.Body = withoutReplacedMethods(class, note)
	var moved []python.Stmt
	for i, stmt := range class.Body {
		switch stmt := stmt.(type) {
		case *python.Class:
			moved = append(moved, simplify(stmt, taken, attributes, note)...)
		case *python.Def:
			if len(stmt.Params) == 0 && len(stmt.Decorators) == 0 && !python.IsSpecial(stmt) {
				copied := *stmt
				copied.Decorators = []python.Expr{&python.Name{Pos: stmt.Pos, ID: "staticmethod"}}
				class.Body[i] = &copied
			}
		}
	}
	b := &classBody{class: class, taken: taken, attributes: attributes, fields: map[string]bool{}}
	return append(moved, b.move()...)
}

// withoutReplacedMethods returns the body of a class without the methods that a later method of the same name replaces.
// The last method takes the place of the first one, because the order of the tasks depends on it. If other code in the
// class body uses the name, all methods stay.
func withoutReplacedMethods(class *python.Class, note Reporter) []python.Stmt {
	last := map[string]*python.Def{}
	var code []any
	for _, stmt := range class.Body {
		if def, ok := stmt.(*python.Def); ok {
			last[def.Name] = def
			code = append(code, def.Decorators)
			continue
		}
		code = append(code, stmt)
	}
	done := map[string]bool{}
	var kept []python.Stmt
	for _, stmt := range class.Body {
		def, ok := stmt.(*python.Def)
		if !ok || slices.ContainsFunc(code, func(each any) bool { return python.Loads(each, def.Name) > 0 }) {
			kept = append(kept, stmt)
			continue
		}
		if def != last[def.Name] {
			note(def.Pos, "%s.%s was left out, because the definition in line %d replaces it", class.Name, def.Name, last[def.Name].Line)
		}
		if !done[def.Name] {
			kept = append(kept, last[def.Name])
		}
		done[def.Name] = true
	}
	return kept
}

// classBody moves statements of a class body to the module.
type classBody struct {
	class *python.Class
	// fields contains the fields that become variables of the module.
	fields map[string]bool
	// taken contains all names in the file.
	taken map[string]bool
	// attributes contains all names that the file uses as attributes.
	attributes map[string]bool
	// names maps the fields that have already become variables to the names of these variables.
	names map[string]string
}

// isBlock returns whether a statement in a class body is neither a field nor a definition. It returns false for
// statements that contain definitions.
func isBlock(stmt python.Stmt) bool {
	switch stmt := stmt.(type) {
	case *python.With, *python.Try, *python.If, *python.For, *python.While, *python.AugAssign, *python.Assert:
	case *python.Assign:
		_, isName := stmt.Targets[0].(*python.Name)
		if isName && len(stmt.Targets) == 1 {
			return false
		}
	case *python.ExprStmt:
		if _, isCall := stmt.X.(*python.Call); !isCall {
			return false
		}
	default:
		return false
	}
	hasDefinition := false
	python.Walk(stmt, func(node python.Node) bool {
		switch node.(type) {
		case *python.Def, *python.Class, *python.Lambda, *python.Import:
			hasDefinition = true
		}
		return !hasDefinition
	})
	return !hasDefinition
}

// needsMove returns whether the class body contains blocks that must run before the rest of it. Other blocks can run
// after the class is defined.
func (b *classBody) needsMove() bool {
	fields := map[string]bool{}
	var blocks []python.Stmt
	for _, stmt := range b.class.Body {
		switch stmt := stmt.(type) {
		case *python.With, *python.Try:
			return isBlock(stmt)
		case *python.Assign:
			if len(blocks) > 0 || isBlock(stmt) {
				return isBlock(stmt) || slices.ContainsFunc(blocks, isBlock)
			}
			for _, name := range python.Names(stmt.Targets[0]) {
				fields[name] = true
			}
		default:
			if isBlock(stmt) {
				blocks = append(blocks, stmt)
			}
		}
	}
	return defines(blocks, fields)
}

// move returns the statements that move to the module.
func (b *classBody) move() []python.Stmt {
	movesBlocks := b.needsMove()
	for {
		count := len(b.fields)
		b.findFields(movesBlocks)
		if len(b.fields) == count {
			break
		}
	}
	if len(b.fields) == 0 && !movesBlocks {
		return nil
	}
	b.names = map[string]string{}
	var moved, kept []python.Stmt
	for _, stmt := range b.class.Body {
		assign, isAssign := stmt.(*python.Assign)
		isField := isAssign && !isBlock(stmt) && assign.Value != nil && b.fields[python.Names(assign.Targets[0])[0]]
		if !isField && (!movesBlocks || !isBlock(stmt)) {
			b.rename(stmt)
			kept = append(kept, stmt)
			continue
		}
		if isField {
			// Rename the value first: in `host = host`, it may be a variable of the module.
			b.rename(assign.Value)
		}
		fields := slices.Sorted(maps.Keys(python.Stored([]python.Stmt{stmt})))
		for _, each := range fields {
			if b.names[each] == "" {
				b.names[each] = b.newName(each)
			}
		}
		if isField {
			b.rename(assign.Targets)
		} else {
			b.rename(stmt)
		}
		moved = append(moved, stmt)
		for _, field := range fields {
			if !isAssign && !b.attributes[field] {
				// Usually, nothing uses the variables of blocks outside of them.
				continue
			}
			value := &python.Name{Pos: stmt.Position(), ID: b.names[field]}
			kept = append(kept, &python.Assign{Pos: stmt.Position(), Targets: []python.Expr{&python.Name{Pos: stmt.Position(), ID: field}}, Value: value})
		}
	}
	b.class.Body = b.withoutEarlier(kept)
	return moved
}

// withoutEarlier returns the class body with only the last assignment of each field that became a variable, because the
// fields get the values that these variables have at the end.
func (b *classBody) withoutEarlier(body []python.Stmt) []python.Stmt {
	seen := map[string]bool{}
	var kept []python.Stmt
	for _, stmt := range slices.Backward(body) {
		if assign, ok := stmt.(*python.Assign); ok && len(assign.Targets) == 1 {
			if target, ok := assign.Targets[0].(*python.Name); ok && b.names[target.ID] != "" {
				if seen[target.ID] {
					continue
				}
				seen[target.ID] = true
			}
		}
		kept = append(kept, stmt)
	}
	slices.Reverse(kept)
	return kept
}

func (b *classBody) newName(field string) string {
	name := field + "_of_" + b.class.Name
	for b.taken[name] {
		name += "_"
	}
	b.taken[name] = true
	return name
}

// findFields adds the fields that other code in the class body reads, and those that blocks set.
func (b *classBody) findFields(movesBlocks bool) {
	set := map[string]bool{}
	for _, stmt := range b.class.Body {
		switch stmt := stmt.(type) {
		case *python.Def:
			b.add(set, outside(stmt))
		case *python.Class:
			b.add(set, stmt.Decorators)
		case *python.Assign:
			if !isBlock(stmt) {
				b.add(set, stmt.Value)
				set[python.Names(stmt.Targets[0])[0]] = stmt.Value != nil
				continue
			}
			b.addBlock(set, stmt, movesBlocks)
		default:
			if isBlock(stmt) {
				b.addBlock(set, stmt, movesBlocks)
			}
		}
	}
}

// outside returns the parts of a method that Python evaluates in the class body.
func outside(def *python.Def) []python.Expr {
	all := slices.Clone(def.Decorators)
	for _, param := range def.Params {
		if param.Default != nil {
			all = append(all, param.Default)
		}
	}
	return all
}

// add adds the fields in `set` that the code reads.
func (b *classBody) add(set map[string]bool, code any) {
	python.Walk(code, func(node python.Node) bool {
		if name, ok := node.(*python.Name); ok && set[name.ID] {
			b.fields[name.ID] = true
		}
		_, isLambda := node.(*python.Lambda)
		return !isLambda
	})
}

func (b *classBody) addBlock(set map[string]bool, stmt python.Stmt, movesBlocks bool) {
	if !movesBlocks {
		return
	}
	b.add(set, stmt)
	for name := range python.Stored([]python.Stmt{stmt}) {
		if set[name] {
			b.fields[name] = true
		}
		set[name] = true
	}
}

// rename replaces the names of fields that have become variables of the module. It leaves the bodies of methods and
// lambdas alone, because in Python, names there never refer to fields of the class.
func (b *classBody) rename(code any) {
	replace := func(name *python.Name) python.Expr {
		if renamed := b.names[name.ID]; renamed != "" {
			return &python.Name{Pos: name.Pos, ID: renamed}
		}
		return name
	}
	switch code := code.(type) {
	case *python.Def:
		replaceNames(reflect.ValueOf(code.Decorators), replace)
		for i := range code.Params {
			replaceNames(reflect.ValueOf(&code.Params[i].Default), replace)
		}
	case *python.Class:
		replaceNames(reflect.ValueOf(code.Decorators), replace)
	case *python.Lambda:
	case *python.Assign:
		if _, isLambda := code.Value.(*python.Lambda); !isLambda {
			replaceNames(reflect.ValueOf(&code.Value), replace)
		}
		if isBlock(code) {
			replaceNames(reflect.ValueOf(code.Targets), replace)
		}
	default:
		replaceNames(reflect.ValueOf(code), replace)
	}
}
