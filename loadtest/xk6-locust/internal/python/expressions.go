package python

import (
	"slices"
	"strings"
)

// expressions parses an expression, or a tuple without parentheses.
func (p *parser) expressions() Expr { return p.tuple(p.element) }

// starred parses an expression, a tuple without parentheses, or a yield expression.
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

// levels contains the binary operators except `**`, from the lowest precedence to the highest.
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
		return p.list(t.Pos)
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

// list parses a list or a list comprehension, after the opening bracket.
func (p *parser) list(pos Pos) Expr {
	if p.take("]") {
		return &Sequence{Pos: pos, Kind: "list"}
	}
	return p.collection(p.element(), pos, "list", "]")
}

// collection parses the rest of a list, a set, or a list or set comprehension, after the first item.
func (p *parser) collection(item Expr, pos Pos, kind, end string) Expr {
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
				return p.collection(key, pos, "set", "}")
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
