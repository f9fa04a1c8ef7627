package python

import "strings"

// strings parses adjacent string literals as a single string.
func (p *parser) strings() Expr {
	first := p.now()
	var parts []Expr
	isBytes := strings.Contains(first.prefix, "b")
	kind := map[bool]string{true: Bytes, false: String}[isBytes]
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
		parts = append(parts, &Constant{t.Pos, kind, text})
	}
	parts = joinConstants(parts)
	if isFormat {
		return &JoinedStr{first.Pos, parts}
	}
	return parts[0]
}

// joinConstants joins the adjacent constants in the parts of a string.
func joinConstants(parts []Expr) []Expr {
	var joined []Expr
	for i := 0; i < len(parts); {
		first, ok := parts[i].(*Constant)
		if !ok {
			joined = append(joined, parts[i])
			i++
			continue
		}
		var text strings.Builder
		for ; i < len(parts); i++ {
			constant, ok := parts[i].(*Constant)
			if !ok {
				break
			}
			text.WriteString(constant.Text)
		}
		joined = append(joined, &Constant{first.Pos, first.Kind, text.String()})
	}
	return joined
}

// formatParts parses the text of an f-string, or the format specification of a replacement field. level is the nesting
// level of its fields.
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
