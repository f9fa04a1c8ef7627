package convert

import (
	"strings"
	"testing"
)

// TestComputesValuesOnce checks that a script computes a value as often as Python does. Each call to next() returns the
// next number.
func TestComputesValuesOnce(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"n = iter(range(9))", "print('{0}{0}{1}'.format(next(n), next(n)), '{a}-{a}'.format(a=next(n)), '{}{}'.format(next(n), next(n)))"}, "001 2-2 34"},
		{[]string{"n = iter(range(9))", "print('%(a)s%(a)s' % {'a': next(n)}, 'x-x'.replace('x', str(next(n))))"}, "00 1-1"},
		{[]string{"n = iter(range(9))", "c = [5, 5, 5]", "c[next(n)] += 1", "c[next(n)] -= 1", "print(c)"}, "[6, 4, 5]"},
		{[]string{"n = iter('ab')", "c = {'a': [1], 'b': [2]}", "c[next(n)][0] *= 5", "c[next(n)] += [3]", "print(c)"}, "{'a': [5], 'b': [2, 3]}"},
		{[]string{"n, a, b = iter(range(9)), [0, 0, 0, 0], [0, 0, 0, 0, 0]", "a[next(n) + 1] = next(n) + 7", "a[next(n)] = b[next(n)] = next(n)", "print(a, b)"}, "[0, 0, 7, 2] [0, 0, 0, 0, 2]"},
		{[]string{"self.a, n = 1, iter([self])", "next(n).a += 1", "print(self.a)"}, "2"},
		{[]string{"n = iter([1, 0])", "print([1, 0].count(next(n)), list(enumerate('ab', next(n))))"}, "1 [(0, 'a'), (1, 'b')]"},
		{[]string{"n = iter(range(9))", "print(random.uniform(next(n), 0), list(map((lambda k: lambda x: x + k)(next(n)), [1, 2])))"}, "0.0 [2, 3]"},
		{[]string{"n = iter(range(9))", "x = [[1, 2], [1, 2]]", "x[next(n)].remove(1)", "x[next(n)].sort(reverse=True)", "print(x)"}, "[[2], [2, 1]]"},
		{[]string{"def see(seen, x): return seen.append(x) or x > 1", "seen = []", "print(any(see(seen, x) for x in [1, 2, 3]), all(see(seen, x) for x in [2, 1, 3] if x), any([]), all(x for x in ''), seen)"}, "True False False True [1, 2, 2, 1]"},
		{[]string{"print(any(self.client.post('/', data={'x': str(x)}).ok for x in [1, 2]))"}, `data {"x":"1"} True`},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

// TestMeansTheSame compares what converted tasks print with what Python 3.11 prints.
func TestMeansTheSame(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"a, b = 0, 7", "print(random.uniform(a or 3, 3), random.uniform(3, b and 3), random.randrange(b or 1) < 7, random.randrange(6, b or 9), list(enumerate('x', 2 if b else 1)))"}, "3.0 3.0 True 6 [(2, 'x')]"},
		{[]string{"s = {(1, 2)}", "s.add((1, 2))", "print((1, 2) in s, (2, 1) in s, len(s), len(set([(1, 'a'), (1, 'a')])), len({x for x in [(1,), (1,), 1, True]}))", "s.discard((1, 2))", "print(len(s))"}, "True False 1 1 2 0"},
		{[]string{"import copy", "a = {(1,), (2,)}", "b = {(2,), (3,)}", "print(sorted(a & b), sorted(a | b), sorted(a - b), sorted(a ^ b), a.difference(b) == {(1,)}, (2,) in copy.deepcopy(a), a.issubset(a | b))"}, "[(2,)] [(1,), (2,), (3,)] [(1,)] [(1,), (3,)] True True True"},
		{[]string{"from datetime import date", "print(len({date(2024, 1, 2), date(2024, 1, 2)}), len({1, 1.5, '1', None}))"}, "1 4"},
		{[]string{"x = json.loads('[1, 2]')", "print((1, 2) == [1, 2], x == (1, 2), x == [1, 2], (1, 2) in [[1, 2]], (1, (2,)) == (1, (2,)), tuple(x) == (1, 2), divmod(7, 2) == (3, 1), [(1, 2)].index((1, 2)), [1, (2,)] == [1, [2]])"}, "False False True False True True True 0 False"},
		{[]string{"print(1 // 0.1, 0.7 % 0.1, -7 // 2, -7 % 3, 7 % -3, 5.5 // -2, -5.5 % 2, 6 % 3, divmod(-7, 2), 9007199254740991 // 7, -4 % 2, -4.0 % 2, 4.0 % -2)"}, "9.0 0.09999999999999992 -4 2 -2 -3.0 0.5 0 (-4, 1) 1286742750677284 0 0.0 -0.0"},
		{[]string{"import math", "print(math.floor(-1.5), math.ceil(1.2), math.trunc(-1.5), round(2.5), round(-0.5), round(1250, -2), round(2.675, 2), round(-2.6))", "for x in [None, 'a']:", "  try: print(math.floor(x))", "  except TypeError: print('no')"}, "-2 2 -1 2 0 1200 2.67 -3 no no"},
		{[]string{"import math", "x = time.time() * 10", "print(math.floor(x * 1e9))"}, "Error: " + tooLarge},
		{[]string{"x = time.time() * 10", "print(round(x * 1e9))"}, "Error: " + tooLarge},
		{[]string{"print(float('1_0.5'), float(' 2e1 '))", "try: print(float('1__0'))", "except ValueError: print('no')"}, "10.5 20.0 no"},
		{[]string{"x = '\\U0001f600ab'", "print(x.find('b'), x.find('z'), x.ljust(4, '-'), x.rjust(4, '-'), ' a '.strip(None))"}, "2 -1 \U0001f600ab- -\U0001f600ab a"},
		{[]string{"for x in [None, 1]:", "  try: print(x in 'None1')", "  except TypeError: print('no')"}, "no no"},
		{[]string{"f = lambda d: d.get('a') or d.get('b')", "print(f({'b': 2}), (lambda d: d.get('a') and 1)({}))"}, "2 None"},
		{[]string{"seen = set()", "print([x for x in [1, 2, 1] if not (x in seen or seen.add(x))], seen.add(5) or 7, [].append(1) is None, (lambda x: x.sort())([1]))"}, "[1, 2] 7 True None"},
		{[]string{"import uuid", "print(sorted(random.sample([3, 1, 2], 3)), len(set(random.sample('abc', 2))), random.choices([7], k=2), all(str(uuid.uuid1())[14] == '1' for i in range(200)))", "try: random.choices([])", "except IndexError: print('no')"}, "[1, 2, 3] 2 [7, 7] True no"},
		{[]string{"try: json.dumps({'a': {1}})", "except TypeError: print('no')"}, "no"},
		{[]string{"x = '\\ufeffa\\u0085b\\x1c'", "print(len(x.strip()), len(x.split()), '\\x1f'.isspace(), ''.isspace(), ' a  b c '.split(None, 1))"}, "4 2 True False ['a', 'b c ']"},
		{[]string{"x = json.loads('[1, 2]')", "f = lambda a, b: a - b", "print(sorted(f(set(x), {1})))"}, "[2]"},
		{[]string{"x = 1.5", "print(f'{x=:.2f} {x=} {x = !r:>5}')"}, "x=1.50 x=1.5 x =   1.5"},
		{[]string{"x, y = 'a' * 200, '\\u00e9' * 150", "print(x[199] + y[3] + x[-1], x[5:7], y[1::100], len(x[:150]), x[0])"}, "a\u00e9a aa \u00e9\u00e9 150 a"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestRefusesDifferences(t *testing.T) {
	fast := func(lines ...string) string { return strings.ReplaceAll(body(lines...), "HttpUser", "FastHttpUser") }
	for source, want := range map[string]string{
		body("for i, r in enumerate(self.client.get(x) for x in ['/']): print(i, r.ok)"): "a generator cannot make requests or wait",
		body("for r in map(str, (self.client.get(x) for x in ['/'])): print(r)"):         "a generator cannot make requests or wait",
		body("s = {1, 2}", "self.client.get(f'/{s}')"):                                   "the text of a set is not supported, because Python does not define its order: use sorted()",
		fast("self.client.get('/', timeout=5)"):                                          "FastHttpUser sends the argument timeout to the server, as a parameter: set network_timeout on the class instead",
		fast("self.client.get('/', verify=False)"):                                       "FastHttpUser sends the argument verify to the server, as a parameter: set insecure on the class instead",
		fast("r = self.client.get('/')", "if r: print(1)"):                               "with FastHttpUser, whether r counts as true depends on its Content-Length: use r.ok",
		"counts = {'a': 0}\ncounts[random.choice(['a'])] += 1\n" + body("print(counts)"): "counts[…] is evaluated twice in the script: assign the result of its call to a variable first",
	} {
		source = "import random\n" + source
		found := false
		result := Locustfile("locustfile.py", source)
		for _, problem := range result.Problems {
			found = found || problem.Text == want
		}
		if !found || result.Script != "" {
			t.Errorf("%s\nwant %s, got %v", source, want, result.Problems)
		}
	}
}
