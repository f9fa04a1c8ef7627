package convert

import "testing"

// TestCallsTheLibraryLikePython compares what converted tasks print with what Python 3.11 prints.
func TestCallsTheLibraryLikePython(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"from contextlib import suppress", "with suppress(KeyError, ValueError):", "  print(1)", "  {}['a']", "  print(2)"}, "1"},
		{[]string{"from functools import reduce", "from operator import add", "print(reduce(lambda x, y: x * y, [2, 3], 4), reduce(add, [[1], [2]]))"}, "24 [1, 2]"},
		{[]string{"from itertools import accumulate, groupby, takewhile, dropwhile, starmap", "print(list(accumulate([1, 2, 3])), [(k, list(g)) for k, g in groupby('aab')], list(takewhile(lambda x: x < 2, [1, 2, 1])), list(dropwhile(lambda x: x < 2, [1, 2, 1])), list(starmap(lambda x, y: x ** y, [(2, 3)])))"},
			"[1, 3, 6] [('a', ['a', 'a']), ('b', ['b'])] [1] [2, 1] [8]"},
		{[]string{"from operator import itemgetter", "from string import punctuation, hexdigits", "print(sorted([{'a': 2}, {'a': 1}], key=itemgetter('a')), len(punctuation), hexdigits[-1], 'NO' in os.environ)"}, "[{'a': 1}, {'a': 2}] 32 F False"},
		{[]string{"from textwrap import dedent", `f = dedent('      a %s\n        b\n    ')`, "print(f % 3)"}, "a 3   b "},
		{[]string{"u = uuid.UUID('12345678123456781234567812345678')", "print(u, u.hex[:4], len(uuid.uuid4().hex))", "y = ['%s|%03d', '%(a)s', '%5.1f%%|%-4s|%r']", "print(y[0] % ('a', 7), y[1] % {'a': 1}, y[2] % (1.25, 'b', 'c'))"},
			"12345678-1234-5678-1234-567812345678 1234 32 a|007 1   1.2%|b   |'c'"},
		{[]string{"import base64", "print(b'ab=='.rstrip(b'=').decode(), b' a '.strip().decode())"}, "ab a"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestConvertsExceptionsWithFields(t *testing.T) {
	source := "class ApiError(Exception):\n  def __init__(self, code, message='failed'):\n    super().__init__(message)\n    self.code = code\n" +
		"class Odd(ApiError):\n  def __str__(self): return f'[{self.code}] {self.args[0]}'\nclass Bare(ValueError):\n  def __init__(self, a, b=2): self.a = a\n" +
		body("for e in [ApiError(3), Odd(4, message='x'), Bare(1, 5)]:", "  try: raise e", "  except ApiError as caught: print(caught, caught.code, caught.args, type(caught).__name__)", "  except ValueError as caught: print(caught, caught.a)",
			"try: raise ApiError(code=7)", "except Exception as caught: print(str(caught))", "try: {}['k']", "except KeyError as caught: print(caught.args[0])")
	want := "failed 3 ('failed',) ApiError\n[4] x 4 ('x',) Odd\n(1, 5) 1\nfailed\nk"
	if got := printed(t, source); got != want {
		t.Errorf("want %s\ngot  %s\n%s", want, got, script(t, source))
	}
}
