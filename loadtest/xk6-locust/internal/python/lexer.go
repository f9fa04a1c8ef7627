package python

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	eof kind = iota
	newline
	indent
	dedent
	name
	number
	str
	operator
)

type token struct {
	Pos
	kind kind
	// text is the token as written. For strings, it is the text between the quotes.
	text string
	// prefix contains the letters before the quotes, in lowercase.
	prefix string
	// inner is the position where the text of a string begins.
	inner Pos
}

// maxBrackets and maxIndents are Python's limits for nesting.
const (
	maxBrackets = 200
	maxIndents  = 100
)

type lexer struct {
	source  string
	at      int
	pos     Pos
	indents []int
	depth   int
	tokens  []token
}

// prefixes contains the prefixes of strings, in lowercase.
var prefixes = []string{"r", "u", "b", "f", "br", "rb", "fr", "rf"}

// operators begins with the longest operators, so that these match first.
var operators = []string{
	"**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "==", "<=", ">=",
	"<<", ">>", "**", "//", "+", "-", "*", "/", "%", "@", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".",
	";", "=", "!",
}

func fail(pos Pos, format string, args ...any) {
	panic(&SyntaxError{pos, fmt.Sprintf(format, args...)})
}

// lex returns the tokens of the source. It panics with a *SyntaxError if the source is invalid. If inBrackets is true,
// line breaks and indentation are ignored.
func lex(source string, start Pos, inBrackets bool) []token {
	l := &lexer{source: source, pos: start, indents: []int{0}}
	if inBrackets {
		l.depth = 1
	}
	isLineStart := !inBrackets
	for {
		if isLineStart {
			l.indentation()
			isLineStart = false
		}
		l.spaces()
		if l.at >= len(l.source) {
			break
		}
		if l.source[l.at] == '\n' {
			if l.depth == 0 {
				l.add(newline, 0)
				isLineStart = true
			}
			l.advance(1)
			continue
		}
		l.token()
	}
	if !inBrackets {
		if l.depth > 0 {
			fail(l.pos, "a bracket is not closed")
		}
		if n := len(l.tokens); n > 0 && l.tokens[n-1].kind != newline && l.tokens[n-1].kind != dedent {
			l.add(newline, 0)
		}
		for range l.indents[1:] {
			l.add(dedent, 0)
		}
	}
	l.add(eof, 0)
	return l.tokens
}

func (l *lexer) add(kind kind, length int) {
	l.tokens = append(l.tokens, token{Pos: l.pos, kind: kind, text: l.source[l.at : l.at+length]})
	l.advance(length)
}

func (l *lexer) advance(bytes int) {
	for _, r := range l.source[l.at : l.at+bytes] {
		if r == '\n' {
			l.pos.Line++
			l.pos.Column = 1
		} else {
			l.pos.Column++
		}
	}
	l.at += bytes
}

// indentation skips lines that are empty or contain only a comment. It then reads the spaces at the start of the next
// line, and adds tokens for the blocks that begin or end there.
func (l *lexer) indentation() {
	for {
		width, end := 0, l.at
		for end < len(l.source) && strings.IndexByte(" \t\f", l.source[end]) >= 0 {
			if l.source[end] == '\t' {
				width += 8 - width%8
			} else {
				width++
			}
			end++
		}
		rest := l.source[end:]
		if strings.HasPrefix(rest, "#") {
			line, _, _ := strings.Cut(rest, "\n")
			end += len(line)
			rest = l.source[end:]
		}
		if strings.HasPrefix(rest, "\n") {
			l.advance(end + 1 - l.at)
			continue
		}
		l.advance(end - l.at)
		if rest == "" {
			return
		}
		if last := l.indents[len(l.indents)-1]; width > last {
			if len(l.indents) == maxIndents {
				fail(l.pos, "blocks are nested too deeply")
			}
			l.indents = append(l.indents, width)
			l.add(indent, 0)
		}
		for width < l.indents[len(l.indents)-1] {
			l.indents = l.indents[:len(l.indents)-1]
			l.add(dedent, 0)
		}
		if width != l.indents[len(l.indents)-1] {
			fail(l.pos, "the indentation does not match an outer block")
		}
		return
	}
}

// spaces skips spaces, comments, and backslashes that join lines.
func (l *lexer) spaces() {
	for l.at < len(l.source) {
		rest := l.source[l.at:]
		switch {
		case strings.IndexByte(" \t\f", rest[0]) >= 0:
			l.advance(1)
		case strings.HasPrefix(rest, "\\\n"):
			l.advance(2)
		case rest[0] == '#':
			line, _, _ := strings.Cut(rest, "\n")
			l.advance(len(line))
		default:
			return
		}
	}
}

func (l *lexer) token() {
	rest := l.source[l.at:]
	first, _ := utf8.DecodeRuneInString(rest)
	switch {
	case first == '_' || unicode.IsLetter(first):
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if end < 0 {
			end = len(rest)
		}
		if prefix := strings.ToLower(rest[:end]); end < len(rest) && strings.IndexByte(`"'`, rest[end]) >= 0 &&
			slices.Contains(prefixes, prefix) {
			l.string(prefix)
			return
		}
		l.add(name, end)
	case unicode.IsDigit(first) || first == '.' && len(rest) > 1 && unicode.IsDigit(rune(rest[1])):
		l.number()
	case first == '"' || first == '\'':
		l.string("")
	default:
		for _, text := range operators {
			if strings.HasPrefix(rest, text) {
				if text == "(" || text == "[" || text == "{" {
					if l.depth == maxBrackets {
						fail(l.pos, "brackets are nested too deeply")
					}
					l.depth++
				} else if (text == ")" || text == "]" || text == "}") && l.depth > 0 {
					l.depth--
				}
				l.add(operator, len(text))
				return
			}
		}
		fail(l.pos, "unexpected character %q", first)
	}
}

func (l *lexer) number() {
	rest := l.source[l.at:]
	end := 0
	isHex := len(rest) > 1 && rest[0] == '0' && strings.IndexByte("xXoObB", rest[1]) >= 0
	for end < len(rest) {
		c := rest[end]
		isSign := (c == '+' || c == '-') && end > 0 && rest[end-1]|0x20 == 'e' && !isHex
		if !isSign && c != '.' && c != '_' && !unicode.IsDigit(rune(c)) && !unicode.IsLetter(rune(c)) {
			break
		}
		end++
	}
	l.add(number, end)
}

// string reads a string. In an f-string, a replacement field may contain the quote that ends the string.
func (l *lexer) string(prefix string) {
	start := l.pos
	l.advance(len(prefix))
	quote := l.source[l.at : l.at+1]
	if strings.HasPrefix(l.source[l.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.advance(len(quote))
	inner, begin := l.pos, l.at
	fields := 0
	for {
		rest := l.source[l.at:]
		if rest == "" || len(quote) == 1 && rest[0] == '\n' && fields == 0 {
			fail(start, "the string is not closed")
		}
		isFormat := strings.Contains(prefix, "f")
		switch {
		case rest[0] == '\\' && len(rest) > 1 && fields == 0:
			_, size := utf8.DecodeRuneInString(rest[1:])
			l.advance(1 + size)
		case strings.HasPrefix(rest, quote) && fields == 0:
			text := l.source[begin:l.at]
			l.advance(len(quote))
			l.tokens = append(l.tokens, token{Pos: start, kind: str, text: text, prefix: prefix, inner: inner})
			return
		case isFormat && fields == 0 && (strings.HasPrefix(rest, "{{") || strings.HasPrefix(rest, "}}")):
			l.advance(2)
		case isFormat && rest[0] == '{':
			fields++
			l.advance(1)
		case isFormat && rest[0] == '}' && fields > 0:
			fields--
			l.advance(1)
		case fields > 0 && (rest[0] == '"' || rest[0] == '\''):
			// Skip a nested string. Its token is removed, because the string is read again when the field is parsed.
			count := len(l.tokens)
			l.string("")
			l.tokens = l.tokens[:count]
		default:
			_, size := utf8.DecodeRuneInString(rest)
			l.advance(size)
		}
	}
}

// unescape decodes the escapes of a string that is not raw.
func unescape(text string, pos Pos, isBytes bool) string {
	var out strings.Builder
	simple := map[byte]string{
		'\n': "", '\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[i]]
		switch replacement, ok := simple[text[i]]; {
		case ok:
			out.WriteString(replacement)
		case digits > 0 && (text[i] == 'x' || !isBytes):
			if i+digits >= len(text) {
				fail(pos, "an escape in the string is too short")
			}
			code, err := strconv.ParseUint(text[i+1:i+1+digits], 16, 32)
			if err != nil || !utf8.ValidRune(rune(code)) {
				fail(pos, "invalid escape \\%s", text[i:i+1+digits])
			}
			out.WriteRune(rune(code))
			i += digits
		case text[i] >= '0' && text[i] <= '7':
			end := i
			for end < len(text) && end < i+3 && text[end] >= '0' && text[end] <= '7' {
				end++
			}
			code, _ := strconv.ParseUint(text[i:end], 8, 16)
			out.WriteRune(rune(code))
			i = end - 1
		case text[i] == 'N' && !isBytes:
			fail(pos, "\\N{…} in strings is not supported: write the character itself")
		default:
			out.WriteByte('\\')
			out.WriteByte(text[i])
		}
	}
	return out.String()
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
	isConverted := strings.HasPrefix(l.source[l.at:], "!")
	if isConverted {
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
		if isDebug && !isConverted {
			// With a format specification, as in {x=:5}, the field contains the value itself instead of its repr().
			result.Conversion = ""
		}
		l.advance(end - l.at)
	}
	if !strings.HasPrefix(l.source[l.at:], "}") {
		fail(pos, "the field is not closed")
	}
	l.advance(1)
	return append(parts, result)
}

// fieldEnd returns the offset at which the expression or the format specification of a replacement field ends.
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
