package python

import (
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

// keywords contains words that cannot be used as names.
var keywords = strings.Fields(`False None True and as assert async await break class continue def del elif else except finally for from
	global if import in is lambda nonlocal not or pass raise return try while with yield`)

// Parse parses the source of a module. The error is nil or a [*SyntaxError].
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
		return "end of file"
	case newline:
		return "end of line"
	case indent, dedent:
		return "change of indentation"
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
