package python

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestParses(t *testing.T) {
	for _, source := range []string{
		"x: int = 3\ny: 'list[str]'\n",
		"a, *b = c = 1, 2, *d\n",
		"if (n := len(x)) > 3: pass\nelif not x in y: pass\nelse:\n  x @= 1\n",
		"f'{x!r:>{width}} {{}} {d[\"k\"]} {a if b else c} {x=}'\n",
		"f\"{d[\"k\"]}\"\n",
		"r'\\d' 'a' f'b'\n",
		"lambda self, *a, k=1, **kw: (yield_ for yield_ in a if k if a)\n",
		"@a.b(1)\n@c\nclass D(E, metaclass=F):\n    '''doc\n  string'''\n\n    async def f(self, /, x, *, y: int = 2) -> None:\n        await x\n",
		"with (open(a) as b, c): pass\nwith (a): pass\nwith (a).b() as c, d: pass\n",
		"try:\n  pass\nexcept (A, B) as e:\n  raise X from e\nexcept: pass\nelse: pass\nfinally: pass\n",
		"x = a[1:2][::3][-1][:]\n",
		"from . import a\nfrom .b.c import (d as e,\n  f,)\nimport g.h as i\n",
		"x = {**a, 'b': 1}; y = {1, 2}; z = {k: v for k, v in c.items()}; w = {}\n",
		"for a, (b, c) in d, e:\n\tpass\nelse:\n\tdel a, b[0]\n",
		"assert a < b <= c != d is not None, 'm'\n",
		"print(*a, **b, c=(yield))\nx = 0xFF + 1_000 + 1e-3 + .5\n",
		"a = (1\n  # comment\n, 2)\\\n + 3\n",
		"def f():\n  class A:\n    def g(self): return 1\n  if x: return\n",
		"match = re.match(x)\nmatch.group(1)\ntype = 3\n",
	} {
		if _, err := Parse(source); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func TestRejects(t *testing.T) {
	for source, want := range map[string]string{
		"x = (1\n":                               "2:1: a bracket is not closed",
		"x = 'a\n":                               "1:5: the string is not closed",
		"if x\n  pass\n":                         `1:5: expected ":", got end of line`,
		"if x:\npass\n":                          "2:1: expected an indented block",
		"x = 3j\n":                               "1:5: complex numbers are not supported",
		"match x:\n  case [a]: 2":                `2:8: a pattern must consist of values or be _`,
		"f'{x'\n":                                "1:5: the string is not closed",
		"a b\n":                                  `1:3: unexpected "b"`,
		"if x:\n    a\n  b\n":                    "3:3: the indentation does not match an outer block",
		"x[]\n":                                  `1:3: unexpected "]"`,
		"x[1,,2]\n":                              `1:5: unexpected ","`,
		"x = 1 +\n":                              "1:8: unexpected end of line",
		"async with a: pass\n":                   "1:1: asynchronous loops and context managers are not supported",
		"x = $\n":                                `1:5: unexpected character '$'`,
		"'\\x4'\n":                               "1:1: an escape in the string is too short",
		"f'{x:{x:{x:{x}}}}'\n":                   "1:12: fields are nested too deeply in an f-string",
		"'\\U00110000'\n":                        `1:1: invalid escape \U00110000`,
		"'\\ud800'\n":                            `1:1: invalid escape \ud800`,
		"if x:\n  return 1\n":                    "2:3: return is outside of a function",
		"def f():\n  class A:\n    return\n":     "3:5: return is outside of a function",
		"try: pass\nx = 1\n":                     "1:1: try has neither except nor finally",
		"try: pass\nelse: pass\nfinally: pass\n": "2:1: else needs an except before it",
		"try: pass\nexcept: pass\nexcept A: pass\n": "2:1: except without a type must be the last one",
	} {
		_, err := Parse(source)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", source, err, want)
		}
	}
}

// Nesting is limited, so that the stack of a goroutine cannot overflow.
func TestLimitsNesting(t *testing.T) {
	n := func(count int, text string) string { return strings.Repeat(text, count) }
	indented := func(levels int) string {
		var source strings.Builder
		for level := range levels {
			source.WriteString(n(level, " ") + "if x:\n")
		}
		return source.String() + n(levels, " ") + "pass"
	}
	for name, source := range map[string]func(count int) string{
		"parentheses": func(count int) string { return n(count, "(") + "x" + n(count, ")") },
		"lists":       func(count int) string { return n(count, "[") + "x" + n(count, "]") },
		"sets":        func(count int) string { return n(count, "{") + "x" + n(count, "}") },
		"calls":       func(count int) string { return n(count, "x(") + n(count, ")") },
		"blocks":      indented,
		"not":         func(count int) string { return n(10*count, "not ") + "x" },
		"signs":       func(count int) string { return n(10*count, "-") + "x" },
		"powers":      func(count int) string { return n(10*count, "x**") + "x" },
		"sums":        func(count int) string { return n(10*count, "x+") + "x" },
		"or":          func(count int) string { return n(10*count, "x or ") + "x" },
		"and":         func(count int) string { return n(10*count, "x and ") + "x" },
		"attributes":  func(count int) string { return "x" + n(10*count, ".x") },
		"lambdas":     func(count int) string { return n(10*count, "lambda: ") + "x" },
		"conditions":  func(count int) string { return n(10*count, "x if x else ") + "x" },
		"elif":        func(count int) string { return "if x: pass\n" + n(10*count, "elif x: pass\n") },
		"statements":  func(count int) string { return n(10*count, "while x: ") + "pass" },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(source(90) + "\n"); err != nil {
				t.Errorf("90 levels: %v", err)
			}
			var syntax *SyntaxError
			if _, err := Parse(source(300) + "\n"); !errors.As(err, &syntax) || !strings.Contains(syntax.Message, "nested") {
				t.Errorf("300 levels: got %v", err)
			}
		})
	}
}

// Parsing a number takes the same memory in a long file as in a short one.
func TestReadsManyNumbers(t *testing.T) {
	source := "x = [" + strings.Repeat("1E3, 0XfF, ", 10_000) + "]\n"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	body, err := Parse(source)
	runtime.ReadMemStats(&after)
	if err != nil || len(body[0].(*Assign).Value.(*Sequence).Items) != 20_000 {
		t.Fatalf("it was not parsed: %v", err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 50<<20 {
		t.Errorf("%d bytes were allocated for a file of %d bytes", allocated, len(source))
	}
}

// TestParsesExamples parses the locustfiles in loadtest/examples.
func TestParsesExamples(t *testing.T) {
	files, err := filepath.Glob("../../../examples/*.py")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(string(source)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestDecodesStrings(t *testing.T) {
	for source, want := range map[string]string{
		`'a\x41\u00e9\n\101\d'`: "aA\u00e9\nA\\d",
		`r'a\n'`:                `a\n`,
		`'a' "b"`:               "ab",
		"'''a\n'b'''":           "a\n'b",
	} {
		body, err := Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := body[0].(*ExprStmt).X.(*Constant).Text; got != want {
			t.Errorf("%s: got %q, want %q", source, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("x = f'{a!r:>{b}}'\n")
	f.Add("class A:\n  def b(self): pass\n")
	f.Fuzz(func(_ *testing.T, source string) {
		// Errors must be returned. The parser must not panic.
		_, _ = Parse(strings.ToValidUTF8(source, ""))
	})
}
