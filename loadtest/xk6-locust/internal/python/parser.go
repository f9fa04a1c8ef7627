package python

import (
	"fmt"
	"slices"
	"strings"
)

// maxDepth limits the depth of statements and expressions, and maxFields limits the depth of fields in an f-string.
// Without these limits, the stack could overflow.
const (
	maxDepth  = 1000
	maxFields = 3
)

type parser struct {
	tokens []token
	at     int
	depth  int
	// inFunction is set in the body of a function.
	inFunction bool
}

// keywords are words that cannot be used as names.
var keywords = strings.Fields(`False None True and as assert async await break class continue def del elif else except finally for from
	global if import in is lambda nonlocal not or pass raise return try while with yield`)

// Parse parses a module.
func Parse(source string) (body []Stmt, err error) { return ParseFile("", source) }

// ParseFile is like Parse, for the file with this name.
func ParseFile(file, source string) (body []Stmt, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			syntax, ok := problem.(*SyntaxError)
			if !ok {
				panic(problem)
			}
			err = syntax
		}
	}()
	source = strings.TrimPrefix(strings.ReplaceAll(source, "\r\n", "\n"), "\ufeff")
	p := &parser{tokens: lex(source, Pos{Line: 1, Column: 1, File: file}, false)}
	for p.now().kind != eof {
		body = append(body, p.statement()...)
	}
	return body, nil
}

func (p *parser) now() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.now()
	if t.kind != eof {
		p.at++
	}
	return t
}

// enter adds a level of nesting, and leave removes it.
func (p *parser) enter() {
	p.depth++
	p.limit(p.depth)
}

func (p *parser) leave() { p.depth-- }

func (p *parser) limit(depth int) {
	if depth > maxDepth {
		fail(p.now().Pos, "the code is nested too deeply")
	}
}

// is returns whether the current token is one of these operators or keywords.
func (p *parser) is(texts ...string) bool {
	t := p.now()
	return (t.kind == operator || t.kind == name) && slices.Contains(texts, t.text)
}

func (p *parser) take(text string) bool {
	if p.is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) {
	if !p.take(text) {
		fail(p.now().Pos, "expected %q, got %s", text, p.describe())
	}
}

func (p *parser) describe() string {
	switch t := p.now(); t.kind {
	case eof:
		return "the end of the file"
	case newline:
		return "the end of the line"
	case indent, dedent:
		return "a change of the indentation"
	case str:
		return "a string"
	default:
		return `"` + t.text + `"`
	}
}

func (p *parser) identifier() string {
	t := p.now()
	if t.kind != name || slices.Contains(keywords, t.text) {
		fail(t.Pos, "expected a name, got %s", p.describe())
	}
	p.at++
	return t.text
}

func (p *parser) endLine() {
	if p.now().kind == newline {
		p.at++
	} else if p.now().kind != eof {
		fail(p.now().Pos, "unexpected %s", p.describe())
	}
}

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

// match parses `match` to conditions, which compare the subject with the values of the patterns.
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
			fail(p.now().Pos, "expected case, which must not follow case _")
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

// expressions parses an expression, or a tuple without parentheses.
func (p *parser) expressions() Expr { return p.tuple(p.element) }

// starred parses the right side of an assignment, which may be a yield expression.
func (p *parser) starred() Expr {
	if p.is("yield") {
		return p.yield()
	}
	return p.expressions()
}

func (p *parser) tuple(item func() Expr) Expr {
	pos := p.now().Pos
	first := item()
	if !p.is(",") {
		return first
	}
	items := []Expr{first}
	for p.take(",") {
		if p.atEnd() || p.is("=", ":", ")", "]", "}", "in") {
			break
		}
		items = append(items, item())
	}
	return &Sequence{pos, "tuple", items}
}

func (p *parser) element() Expr {
	if pos := p.now().Pos; p.take("*") {
		return &Starred{pos, p.binary(0)}
	}
	return p.named()
}

func (p *parser) yield() Expr {
	pos := p.next().Pos
	isFrom := p.take("from")
	if p.atEnd() || p.is(")") {
		return &Yield{Pos: pos}
	}
	return &Yield{pos, p.expressions(), isFrom}
}

// named parses an expression, or an assignment expression such as `x := 1`.
func (p *parser) named() Expr {
	expr := p.expression()
	if variable, ok := expr.(*Name); ok && p.take(":=") {
		return &Walrus{variable.Pos, variable.ID, p.expression()}
	}
	return expr
}

func (p *parser) expression() Expr {
	p.enter()
	defer p.leave()
	pos := p.now().Pos
	if p.take("lambda") {
		params := p.params(":", false)
		p.expect(":")
		return &Lambda{pos, params, p.expression()}
	}
	then := p.or()
	if !p.take("if") {
		return then
	}
	condition := p.or()
	p.expect("else")
	return &IfExp{pos, condition, then, p.expression()}
}

func (p *parser) or() Expr {
	x := p.and()
	for count, pos := 0, p.now().Pos; p.take("or"); count, pos = count+1, p.now().Pos {
		p.limit(count)
		x = &BoolOp{pos, "or", x, p.and()}
	}
	return x
}

func (p *parser) and() Expr {
	x := p.not()
	for count, pos := 0, p.now().Pos; p.take("and"); count, pos = count+1, p.now().Pos {
		p.limit(count)
		x = &BoolOp{pos, "and", x, p.not()}
	}
	return x
}

func (p *parser) not() Expr {
	p.enter()
	defer p.leave()
	if pos := p.now().Pos; p.take("not") {
		return &Unary{pos, "not", p.not()}
	}
	x := p.binary(0)
	result := &Compare{Pos: x.Position(), X: x}
	for {
		op := p.now().text
		switch {
		case p.is("<", ">", "==", ">=", "<=", "!=", "in"):
			p.at++
		case p.is("not") && p.tokens[p.at+1].text == "in":
			p.at += 2
			op = "not in"
		case p.take("is"):
			if p.take("not") {
				op = "is not"
			}
		default:
			if len(result.Ops) == 0 {
				return x
			}
			return result
		}
		result.Ops = append(result.Ops, op)
		result.Ys = append(result.Ys, p.binary(0))
	}
}

// levels are the binary operators, from the lowest precedence to the highest.
var levels = [][]string{{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%", "@"}}

func (p *parser) binary(level int) Expr {
	if level == len(levels) {
		return p.unary()
	}
	x := p.binary(level + 1)
	for count := 0; p.now().kind == operator && slices.Contains(levels[level], p.now().text); count++ {
		p.limit(count)
		op := p.next()
		x = &Binary{op.Pos, op.text, x, p.binary(level + 1)}
	}
	return x
}

func (p *parser) unary() Expr {
	p.enter()
	defer p.leave()
	if p.is("-", "+", "~") {
		op := p.next()
		return &Unary{op.Pos, op.text, p.unary()}
	}
	x := p.awaited()
	if pos := p.now().Pos; p.take("**") {
		return &Binary{pos, "**", x, p.unary()}
	}
	return x
}

func (p *parser) awaited() Expr {
	if pos := p.now().Pos; p.take("await") {
		return &Await{pos, p.primary()}
	}
	return p.primary()
}

func (p *parser) primary() Expr {
	x := p.atom()
	for count := 0; ; count++ {
		p.limit(count)
		pos := p.now().Pos
		switch {
		case p.take("."):
			x = &Attribute{pos, x, p.identifier()}
		case p.take("("):
			args, keywords := p.arguments()
			x = &Call{x.Position(), x, args, keywords}
		case p.take("["):
			x = &Subscript{pos, x, p.tuple(p.slice)}
			p.expect("]")
		default:
			return x
		}
	}
}

func (p *parser) slice() Expr {
	pos := p.now().Pos
	var parts [3]Expr
	count := 0
	for {
		if count == 0 && !p.is(":") || !p.is(":", "]", ",") {
			parts[count] = p.element()
		}
		if !p.is(":") || count == 2 {
			break
		}
		p.at++
		count++
	}
	if count == 0 {
		return parts[0]
	}
	return &Slice{pos, parts[0], parts[1], parts[2]}
}

// arguments parses the arguments of a call, after the opening parenthesis.
func (p *parser) arguments() (args []Expr, named []Keyword) {
	for !p.is(")") {
		pos := p.now().Pos
		switch {
		case p.take("**"):
			named = append(named, Keyword{"", p.expression()})
		case p.take("*"):
			args = append(args, &Starred{pos, p.expression()})
		case p.now().kind == name && p.tokens[p.at+1].kind == operator && p.tokens[p.at+1].text == "=":
			key := p.identifier()
			p.at++
			named = append(named, Keyword{key, p.expression()})
		default:
			arg := p.named()
			if p.is("for", "async") {
				arg = &Comprehension{pos, "generator", arg, nil, p.clauses()}
			}
			args = append(args, arg)
		}
		if !p.take(",") {
			break
		}
	}
	p.expect(")")
	return args, named
}

func (p *parser) clauses() []Clause {
	var clauses []Clause
	for p.is("for", "async") {
		if p.is("async") {
			fail(p.now().Pos, "asynchronous comprehensions are not supported")
		}
		p.at++
		clause := Clause{Target: p.targets()}
		p.expect("in")
		clause.Iter = p.or()
		for p.take("if") {
			clause.Ifs = append(clause.Ifs, p.condition())
		}
		clauses = append(clauses, clause)
	}
	return clauses
}

// condition parses the condition of a comprehension. Python does not allow a conditional expression here.
func (p *parser) condition() Expr {
	x := p.or()
	if variable, ok := x.(*Name); ok && p.take(":=") {
		return &Walrus{variable.Pos, variable.ID, p.or()}
	}
	return x
}

func (p *parser) atom() Expr {
	t := p.now()
	switch t.kind {
	case number:
		p.at++
		return numberOf(t)
	case str:
		return p.strings()
	case name:
		p.at++
		switch t.text {
		case None, True, False:
			return &Constant{t.Pos, t.text, t.text}
		}
		if slices.Contains(keywords, t.text) {
			fail(t.Pos, "unexpected %q", t.text)
		}
		return &Name{t.Pos, t.text}
	default:
	}
	switch {
	case p.take("..."):
		return &Constant{t.Pos, Dots, Dots}
	case p.take("("):
		return p.parentheses(t.Pos)
	case p.take("["):
		return p.collection(t.Pos, "list", "]")
	case p.take("{"):
		return p.braces(t.Pos)
	}
	fail(t.Pos, "unexpected %s", p.describe())
	return nil
}

func numberOf(t token) Expr {
	text := strings.ToLower(strings.ReplaceAll(t.text, "_", ""))
	isHex := strings.HasPrefix(text, "0x")
	if !isHex && strings.HasSuffix(text, "j") {
		fail(t.Pos, "complex numbers are not supported")
	}
	if !isHex && strings.ContainsAny(text, ".e") {
		return &Constant{t.Pos, Float, text}
	}
	return &Constant{t.Pos, Int, text}
}

func (p *parser) parentheses(pos Pos) Expr {
	if p.take(")") {
		return &Sequence{Pos: pos, Kind: "tuple"}
	}
	if p.is("yield") {
		x := p.yield()
		p.expect(")")
		return x
	}
	first := p.element()
	if p.is("for", "async") {
		result := &Comprehension{pos, "generator", first, nil, p.clauses()}
		p.expect(")")
		return result
	}
	if !p.is(",") {
		p.expect(")")
		return first
	}
	items := []Expr{first}
	for p.take(",") && !p.is(")") {
		items = append(items, p.element())
	}
	p.expect(")")
	return &Sequence{pos, "tuple", items}
}

// collection parses a list or set, or a comprehension of one, after the opening bracket.
func (p *parser) collection(pos Pos, kind, end string) Expr {
	if p.take(end) {
		return &Sequence{Pos: pos, Kind: kind}
	}
	return p.collectionOf(p.element(), pos, kind, end)
}

// collectionOf parses the rest of a collection after its first item.
func (p *parser) collectionOf(item Expr, pos Pos, kind, end string) Expr {
	result := &Sequence{Pos: pos, Kind: kind}
	for {
		if p.is("for", "async") {
			comprehension := &Comprehension{pos, kind, item, nil, p.clauses()}
			p.expect(end)
			return comprehension
		}
		result.Items = append(result.Items, item)
		if !p.take(",") || p.is(end) {
			break
		}
		item = p.element()
	}
	p.expect(end)
	return result
}

func (p *parser) braces(pos Pos) Expr {
	result := &Dict{Pos: pos}
	for !p.is("}") {
		if p.take("**") {
			result.Keys = append(result.Keys, nil)
			result.Values = append(result.Values, p.binary(0))
		} else {
			key := p.element()
			if len(result.Keys) == 0 && !p.is(":") {
				return p.collectionOf(key, pos, "set", "}")
			}
			p.expect(":")
			value := p.expression()
			if p.is("for", "async") {
				comprehension := &Comprehension{pos, "dict", key, value, p.clauses()}
				p.expect("}")
				return comprehension
			}
			result.Keys = append(result.Keys, key)
			result.Values = append(result.Values, value)
		}
		if !p.take(",") {
			break
		}
	}
	p.expect("}")
	return result
}

// strings parses adjacent string literals as a single string.
func (p *parser) strings() Expr {
	first := p.now()
	var parts []Expr
	isBytes := strings.Contains(first.prefix, "b")
	isFormat := false
	for p.now().kind == str {
		t := p.next()
		if strings.Contains(t.prefix, "b") != isBytes {
			fail(t.Pos, "bytes and strings cannot be joined")
		}
		if strings.Contains(t.prefix, "f") {
			isFormat = true
			parts = append(parts, formatParts(t.text, t.inner, strings.Contains(t.prefix, "r"), 1)...)
			continue
		}
		text := t.text
		if !strings.Contains(t.prefix, "r") {
			text = unescape(text, t.Pos, isBytes)
		}
		parts = append(parts, &Constant{t.Pos, String, text})
	}
	if isFormat {
		return &JoinedStr{first.Pos, parts}
	}
	var text strings.Builder
	for _, part := range parts {
		text.WriteString(part.(*Constant).Text) //nolint:forcetypeassert // only f-strings have other parts
	}
	if isBytes {
		return &Constant{first.Pos, Bytes, text.String()}
	}
	return &Constant{first.Pos, String, text.String()}
}

// formatParts parses the text of an f-string, or the format specification of a replacement field. level is the level of
// its fields.
func formatParts(text string, pos Pos, isRaw bool, level int) []Expr {
	var parts []Expr
	var literal strings.Builder
	flush := func() {
		if literal.Len() == 0 {
			return
		}
		decoded := literal.String()
		if !isRaw {
			decoded = unescape(decoded, pos, false)
		}
		parts = append(parts, &Constant{pos, String, decoded})
		literal.Reset()
	}
	l := &lexer{source: text, pos: pos}
	for l.at < len(text) {
		rest := text[l.at:]
		switch {
		case strings.HasPrefix(rest, "{{") || strings.HasPrefix(rest, "}}"):
			literal.WriteByte(rest[0])
			l.advance(2)
		case rest[0] == '{':
			if level > maxFields {
				fail(l.pos, "fields are nested too deeply in an f-string")
			}
			flush()
			l.advance(1)
			parts = append(parts, l.field(isRaw, level)...)
		case rest[0] == '}':
			fail(l.pos, "a single } in an f-string")
		default:
			literal.WriteByte(rest[0])
			l.at++
			if rest[0] == '\n' {
				l.pos.Line, l.pos.Column = l.pos.Line+1, 1
			} else if rest[0]&0xc0 != 0x80 {
				l.pos.Column++
			}
		}
	}
	flush()
	return parts
}

// field parses a replacement field, after the opening brace. `{x=}` results in two parts.
func (l *lexer) field(isRaw bool, level int) []Expr {
	pos := l.pos
	end := l.fieldEnd(false)
	text := l.source[l.at:end]
	l.advance(end - l.at)
	var parts []Expr
	code := strings.TrimRight(text, " ")
	isDebug := strings.HasSuffix(code, "=") && !strings.HasSuffix(code, "==") && !strings.HasSuffix(code, "!=")
	if isDebug {
		parts = append(parts, &Constant{pos, String, text})
		code = strings.TrimSuffix(code, "=")
	}
	inner := &parser{tokens: lex(code, pos, true)}
	result := &Formatted{Pos: pos, Value: inner.starred()}
	if inner.now().kind != eof {
		fail(inner.now().Pos, "unexpected %s", inner.describe())
	}
	if isDebug {
		result.Conversion = "r"
	}
	if strings.HasPrefix(l.source[l.at:], "!") {
		if len(l.source) < l.at+3 {
			fail(l.pos, "the field is not closed")
		}
		result.Conversion = l.source[l.at+1 : l.at+2]
		l.advance(2)
	}
	if strings.HasPrefix(l.source[l.at:], ":") {
		l.advance(1)
		end := l.fieldEnd(true)
		result.Spec = &JoinedStr{l.pos, formatParts(l.source[l.at:end], l.pos, isRaw, level+1)}
		l.advance(end - l.at)
	}
	if !strings.HasPrefix(l.source[l.at:], "}") {
		fail(pos, "the field is not closed")
	}
	l.advance(1)
	return append(parts, result)
}

// fieldEnd returns the position where the expression or the format specification of a replacement field ends.
func (l *lexer) fieldEnd(isSpec bool) int {
	depth := 0
	quote := byte(0)
	for i := l.at; i < len(l.source); i++ {
		c := l.source[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case !isSpec && (c == '"' || c == '\''):
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case depth > 0 && strings.IndexByte(")]}", c) >= 0:
			depth--
		case depth == 0 && (c == '}' || !isSpec && c == ':' ||
			!isSpec && c == '!' && !strings.HasPrefix(l.source[i:], "!=")):
			return i
		}
	}
	fail(l.pos, "the field is not closed")
	return 0
}
