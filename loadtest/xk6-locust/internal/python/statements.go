package python

import (
	"fmt"
	"slices"
	"strings"
)

func (p *parser) statement() []Stmt {
	p.enter()
	defer p.leave()
	pos := p.now().Pos
	if p.is("@") {
		return []Stmt{p.decorated()}
	}
	switch {
	case p.is("if"):
		p.at++
		return []Stmt{p.ifRest(pos)}
	case p.take("while"):
		condition := p.named()
		body := p.block()
		return []Stmt{&While{pos, condition, body, p.elseBlock()}}
	case p.is("for"):
		return []Stmt{p.forLoop()}
	case p.is("try"):
		return []Stmt{p.try()}
	case p.is("with"):
		return []Stmt{p.with()}
	case p.is("def", "class"):
		return []Stmt{p.definition(nil)}
	case p.is("async"):
		if after := p.tokens[p.at+1].text; after == "def" {
			return []Stmt{p.definition(nil)}
		}
		fail(pos, "asynchronous loops and context managers are not supported")
	case p.is("match") && p.tokens[p.at+1].kind == name && !slices.Contains([]string{"in", "is", "and", "or", "if", "not"}, p.tokens[p.at+1].text):
		return p.match()
	case p.is("type") && p.tokens[p.at+1].kind == name && !slices.Contains([]string{"in", "is", "and", "or", "if", "not"}, p.tokens[p.at+1].text):
		fail(pos, "the statement %q is not supported", p.now().text)
	}
	var body []Stmt
	for {
		body = append(body, p.simple())
		if !p.take(";") || p.now().kind == newline {
			break
		}
	}
	p.endLine()
	return body
}

func (p *parser) block() []Stmt {
	p.expect(":")
	if p.now().kind != newline {
		return p.statement()
	}
	p.at++
	if p.now().kind != indent {
		fail(p.now().Pos, "expected an indented block")
	}
	p.at++
	var body []Stmt
	for p.now().kind != dedent && p.now().kind != eof {
		body = append(body, p.statement()...)
	}
	p.at++
	return body
}

func (p *parser) elseBlock() []Stmt {
	if p.take("else") {
		return p.block()
	}
	return nil
}

func (p *parser) ifRest(pos Pos) Stmt {
	p.enter()
	defer p.leave()
	condition := p.named()
	body := p.block()
	if elif := p.now().Pos; p.take("elif") {
		return &If{pos, condition, body, []Stmt{p.ifRest(elif)}}
	}
	return &If{pos, condition, body, p.elseBlock()}
}

// match parses a `match` statement into conditions that compare the subject with the values of the patterns.
func (p *parser) match() []Stmt {
	p.enter()
	defer p.leave()
	pos := p.next().Pos
	subject := &Name{pos, fmt.Sprintf("subject_%d", pos.Line)}
	result := []Stmt{&Assign{Pos: pos, Targets: []Expr{subject}, Value: p.expression()}}
	p.expect(":")
	if p.now().kind != newline || p.tokens[p.at+1].kind != indent {
		fail(p.now().Pos, "expected an indented block")
	}
	p.at += 2
	var branches []*If
	var otherwise []Stmt
	for p.now().kind != dedent && p.now().kind != eof {
		if !p.is("case") || otherwise != nil {
			fail(p.now().Pos, "expected case; no case may follow case _")
		}
		branch := &If{Pos: p.next().Pos}
		branch.Condition = p.pattern(subject)
		if p.take("if") {
			guard := p.named()
			if branch.Condition != nil {
				guard = &BoolOp{branch.Pos, "and", branch.Condition, guard}
			}
			branch.Condition = guard
		}
		branch.Body = p.block()
		if branch.Condition == nil {
			otherwise = branch.Body
			continue
		}
		branches = append(branches, branch)
	}
	p.at++
	for _, branch := range slices.Backward(branches) {
		branch.Else = otherwise
		otherwise = []Stmt{branch}
	}
	return append(result, otherwise...)
}

// pattern parses a pattern that consists of values. It returns nil for `_`.
func (p *parser) pattern(subject Expr) Expr {
	var condition Expr
	for {
		start := p.now()
		value := p.unary()
		op := "=="
		switch found := value.(type) {
		case *Constant:
			if found.Kind == None || found.Kind == True || found.Kind == False {
				op = "is"
			}
		case *Name:
			if found.ID == "_" && condition == nil && !p.is("|") {
				return nil
			}
			value = nil
		case *Attribute, *Unary:
		default:
			value = nil
		}
		if value == nil || p.is("as", ",") {
			fail(start.Pos, "a pattern must consist of values or be _")
		}
		test := Expr(&Compare{start.Pos, subject, []string{op}, []Expr{value}})
		if condition != nil {
			test = &BoolOp{start.Pos, "or", condition, test}
		}
		condition = test
		if !p.take("|") {
			return condition
		}
	}
}

func (p *parser) forLoop() Stmt {
	pos := p.next().Pos
	target := p.targets()
	p.expect("in")
	iter := p.expressions()
	body := p.block()
	return &For{pos, target, iter, body, p.elseBlock()}
}

func (p *parser) try() Stmt {
	result := &Try{Pos: p.next().Pos}
	result.Body = p.block()
	for p.is("except") {
		handler := Handler{Pos: p.next().Pos}
		if count := len(result.Handlers); count > 0 && result.Handlers[count-1].Type == nil {
			fail(result.Handlers[count-1].Pos, "except without a type must be the last one")
		}
		if p.is("*") {
			fail(handler.Pos, "except* is not supported")
		}
		if !p.is(":") {
			handler.Type = p.expressions()
			if p.take("as") {
				handler.Name = p.identifier()
			}
		}
		handler.Body = p.block()
		result.Handlers = append(result.Handlers, handler)
	}
	if p.is("else") && len(result.Handlers) == 0 {
		fail(p.now().Pos, "else needs an except before it")
	}
	result.Else = p.elseBlock()
	if p.take("finally") {
		result.Finally = p.block()
	} else if len(result.Handlers) == 0 {
		fail(result.Pos, "try has neither except nor finally")
	}
	return result
}

func (p *parser) with() Stmt {
	result := &With{Pos: p.next().Pos}
	// Parentheses may surround the items, or belong to the first expression.
	start := p.at
	items, ok := p.parenthesizedItems()
	if !ok {
		p.at = start
		items = p.withItems()
	}
	result.Items = items
	result.Body = p.block()
	return result
}

func (p *parser) parenthesizedItems() (items []WithItem, ok bool) {
	if !p.take("(") {
		return nil, false
	}
	depth := p.depth
	defer func() {
		if problem := recover(); problem != nil {
			if _, isSyntax := problem.(*SyntaxError); !isSyntax {
				panic(problem)
			}
			items, ok, p.depth = nil, false, depth
		}
	}()
	items = p.withItems()
	p.expect(")")
	return items, p.is(":")
}

func (p *parser) withItems() []WithItem {
	var items []WithItem
	for {
		item := WithItem{Context: p.expression()}
		if p.take("as") {
			item.Target = p.target()
		}
		items = append(items, item)
		if !p.take(",") || p.is(")") {
			return items
		}
	}
}

func (p *parser) decorated() Stmt {
	var decorators []Expr
	for p.take("@") {
		decorators = append(decorators, p.named())
		p.endLine()
	}
	return p.definition(decorators)
}

func (p *parser) definition(decorators []Expr) Stmt {
	pos := p.now().Pos
	isAsync := p.take("async")
	if p.take("class") {
		class := &Class{Pos: pos, Name: p.identifier(), Decorators: decorators}
		if p.take("(") {
			class.Bases, class.Keywords = p.arguments()
		}
		class.Body = p.scope(false)
		return class
	}
	p.expect("def")
	def := &Def{Pos: pos, Name: p.identifier(), Decorators: decorators, IsAsync: isAsync}
	p.expect("(")
	def.Params = p.params(")", true)
	p.expect(")")
	if p.take("->") {
		p.expressions()
	}
	def.Body = p.scope(true)
	return def
}

// scope parses the body of a class or a function.
func (p *parser) scope(isFunction bool) []Stmt {
	outer := p.inFunction
	p.inFunction = isFunction
	defer func() { p.inFunction = outer }()
	return p.block()
}

func (p *parser) params(end string, hasTypes bool) []Param {
	var params []Param
	isKeywordOnly := false
	for !p.is(end) {
		param := Param{Pos: p.now().Pos, KeywordOnly: isKeywordOnly}
		switch {
		case p.take("/"):
		case p.take("**"):
			param.Kind = "**"
		case p.take("*"):
			param.Kind = "*"
			isKeywordOnly = true
		}
		if p.now().kind == name {
			param.Name = p.identifier()
			if hasTypes && p.take(":") {
				param.Annotation = p.expression()
			}
			if p.take("=") {
				param.Default = p.expression()
			}
			params = append(params, param)
		}
		if !p.take(",") {
			break
		}
	}
	return params
}

func (p *parser) simple() Stmt {
	pos := p.now().Pos
	switch {
	case p.is("pass", "break", "continue"):
		return &Simple{pos, p.next().text}
	case p.take("return"):
		if !p.inFunction {
			fail(pos, "return is outside of a function")
		}
		result := &Return{Pos: pos}
		if !p.atEnd() {
			result.Value = p.expressions()
		}
		return result
	case p.take("raise"):
		result := &Raise{Pos: pos}
		if !p.atEnd() {
			result.Exception = p.expression()
			if p.take("from") {
				result.Cause = p.expression()
			}
		}
		return result
	case p.is("global", "nonlocal"):
		result := &Scope{Pos: pos, Word: p.next().text}
		for {
			result.Names = append(result.Names, p.identifier())
			if !p.take(",") {
				return result
			}
		}
	case p.take("del"):
		target := p.targets()
		if tuple, ok := target.(*Sequence); ok && tuple.Kind == "tuple" {
			return &Del{pos, tuple.Items}
		}
		return &Del{pos, []Expr{target}}
	case p.take("assert"):
		result := &Assert{Pos: pos, Condition: p.expression()}
		if p.take(",") {
			result.Message = p.expression()
		}
		return result
	case p.is("import", "from"):
		return p.importing()
	}
	return p.assignment()
}

func (p *parser) atEnd() bool {
	return p.now().kind == newline || p.now().kind == eof || p.is(";")
}

func (p *parser) dotted() string {
	var out strings.Builder
	for p.is(".", "...") {
		out.WriteString(p.next().text)
	}
	if out.Len() > 0 && p.is("import") {
		return out.String()
	}
	out.WriteString(p.identifier())
	for p.take(".") {
		out.WriteString("." + p.identifier())
	}
	return out.String()
}

func (p *parser) importing() Stmt {
	result := &Import{Pos: p.now().Pos, IsFrom: p.is("from")}
	p.at++
	inParentheses := false
	if result.IsFrom {
		result.Module = p.dotted()
		p.expect("import")
		if p.take("*") {
			result.Names = []Alias{{"*", "*"}}
			return result
		}
		inParentheses = p.take("(")
	}
	for {
		alias := Alias{Name: p.dotted()}
		alias.As = alias.Name
		if p.take("as") {
			alias.As = p.identifier()
		}
		result.Names = append(result.Names, alias)
		if !p.take(",") || inParentheses && p.is(")") {
			break
		}
	}
	if inParentheses {
		p.expect(")")
	}
	return result
}

func (p *parser) assignment() Stmt {
	pos := p.now().Pos
	first := p.starred()
	if p.take(":") {
		result := &Assign{Pos: pos, Targets: []Expr{first}, Annotation: p.expression()}
		if p.take("=") {
			result.Value = p.starred()
		}
		return result
	}
	for _, op := range []string{"**", "//", ">>", "<<", "+", "-", "*", "/", "%", "&", "|", "^", "@"} {
		if p.take(op + "=") {
			return &AugAssign{pos, first, op, p.starred()}
		}
	}
	if !p.is("=") {
		return &ExprStmt{pos, first}
	}
	result := &Assign{Pos: pos, Value: first}
	for p.take("=") {
		result.Targets = append(result.Targets, result.Value)
		result.Value = p.starred()
	}
	return result
}

// target parses a variable, an attribute, a subscript, or a sequence of them.
func (p *parser) target() Expr {
	if pos := p.now().Pos; p.take("*") {
		return &Starred{pos, p.primary()}
	}
	return p.primary()
}

func (p *parser) targets() Expr { return p.tuple(p.target) }
