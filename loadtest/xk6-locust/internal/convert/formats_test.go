package convert

import "testing"

// TestFormatsLikePython compares what converted tasks print with what Python 3.11 prints.
func TestFormatsLikePython(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"print(f'{1e16:g} {0.00001234:.2g} {1234.0:.2g} {99.99:.3g} {123456789.0:g} {12.0:g} {0.0001:g}')"}, "1e+16 1.2e-05 1.2e+03 100 1.23457e+08 12 0.0001"},
		{[]string{"x = 3.0", "print(f'{x:.3} {123.0:.3} {12.5:.3} {x:5}| {2.5:5}| {1234567.891:,} {x:,}|{x:+}')"}, "3.0 1.23e+02 12.5   3.0|   2.5| 1,234,567.891 3.0|+3.0"},
		{[]string{"print(f'{2.5:.0e} {0.25:.0e} {35.0:.0e} {1e10:.3e} {1e100:.1E}')"}, "2e+00 2e-01 4e+01 1.000e+10 1.0E+100"},
		{[]string{"print(f'{255:#x} {5:#b} {1234567:_} {65535:_x} {-5:=4}| {5:<05} {-5:05} {True:>3}| {True!s:>6}| {\"a\"!r:>5}| {5:#06x} {7:-}')"}, "0xff 0b101 1_234_567 ffff -  5| 50000 -0005   1|   True|   'a'| 0x0005 7"},
		{[]string{"print('%5s|%-5s|%.2s|%5r|%#x|%+.1f|%-4d|' % ('a', 'b', 'abc', 'q', 255, 2.0, 7))"}, "    a|b    |ab|  'q'|0xff|+2.0|7   |"},
		{[]string{"x = 1", "print('${{{}}} ${{}}'.format(x), f'${{{x}}} ${{}}', '${%s} $%%{' % x)"}, "${1} ${} ${1} ${} ${1} $%{"},
		{[]string{"T = '/users/{}/{b}'", "print(T.format(1, b=2))"}, "/users/1/2"},
		{[]string{"print('a b  c d'.split(None, 1), ' a  b '.split(maxsplit=1), 'a-b-c'.split('-', maxsplit=1), 'a\\rb\\n\\nc'.splitlines(), ''.splitlines(), 'aXbXc'.replace('X', '-', 1), 'ab'.replace('', '-', 2), 'ab'.replace('', '-', -1), 'abc'.startswith(('x', 'a')))"},
			"['a', 'b  c d'] ['a', 'b '] ['a', 'b-c'] ['a', 'b', '', 'c'] [] a-bXc -a-b -a-b- True"},
		{[]string{"print(5 & 3, 5 | 3, 5 ^ 3, 1 << 4, -9 >> 1, ~5, True & False, {1, 2} ^ {2, 3}, {1, 2} & {2}, int('ff', 16), int('-0x1f', 16), int('101', base=2), round(1250, -2), round(-0.4), -0.0, float('inf'))"},
			"1 7 6 16 -5 -6 False {1, 3} {2} 255 -31 5 1200 0 -0.0 inf"},
		{[]string{"def f(x): return x", "print(0 <= f(1) < 2, 3 < f(2) < 9, max([], default=-1), max(['a', 'bbb'], key=len, default=''), max('a', 'bb', key=len), min(3, 1, key=lambda x: -x))", "x = [lambda n, i=i: n + i for i in range(3)]", "print([g(10) for g in x], list(zip(*[[1, 2], [3, 4]])))"},
			"True False -1 bbb bb 3 [10, 11, 12] [(1, 3), (2, 4)]"},
		{[]string{"x, y = z = [1, 2]", "m = re.search('(?P<k>b+)(c)$', 'abbc\\n')", "print(z, m[1], m['k'], m[0], {1, 2}.issubset({1, 2, 3}), {1}.union([2]), {1, 2}.difference([1]), json.dumps({'a': [1, {}], 'b': []}, indent=2))"},
			`[1, 2] bb bb bbc True {1, 2} {2} {   "a": [     1,     {}   ],   "b": [] }`},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}
