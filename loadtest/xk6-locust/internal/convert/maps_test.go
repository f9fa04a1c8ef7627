package convert

import (
	"strings"
	"testing"
)

// TestDictsKeepKeysOfAnyType compares what converted tasks print with what Python 3.11 prints.
func TestDictsKeepKeysOfAnyType(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"x = {3: 'c', 1: 'a', 2: 'b'}", "print(x, x[1], 2 in x, 5 in x, list(x), len(x), x.get(9), x.get(9, 'z'), sorted(x), max(x), list(x.values()))", "for k, v in x.items(): print(k, v)", "x[10] = 'd'", "del x[3]", "y = x.pop(1)", "print(x, y, x.pop(7, None))", "try: x[99]", "except KeyError as e: print(e)"},
			"{3: 'c', 1: 'a', 2: 'b'} a True False [3, 1, 2] 3 None z [1, 2, 3] 3 ['c', 'a', 'b'] 3 c 1 a 2 b {2: 'b', 10: 'd'} a None 99"},
		{[]string{"x = {}", "for i in [30, 4, 100, 4]: x[i] = x.get(i, 0) + 1", "print(x, {v: k for k, v in x.items()}, {i: -i for i in range(12, 9, -1)}, json.dumps(x))", "self.client.post('/', json={'x': x, 's': {str(k): v for k, v in x.items()}})", "self.client.post('/', data=x)"},
			`{30: 1, 4: 2, 100: 1} {1: 100, 2: 4} {12: -12, 11: -11, 10: -10} {"30": 1, "4": 2, "100": 1} data {"x": {"30": 1, "4": 2, "100": 1}, "s": {"30": 1, "4": 2, "100": 1}} data [["30",1],["4",2],["100",1]]`},
		{[]string{"x = {True: 'yes', None: 0, 1.5: 'f', (1, 'a'): 't', 'k': 1}", "print(x, x[1], x[None], x[1.5], x[(1, 'a')], x.get(1.0))", "y = {}", "y[str(7)] = 1", "y['a'] = 2", "print(y)"},
			"{True: 'yes', None: 0, 1.5: 'f', (1, 'a'): 't', 'k': 1} yes 0 f t yes {'7': 1, 'a': 2}"},
		{[]string{"from collections import Counter", "c = Counter('abracadabra')", "print(c, c.most_common(2), c['zzz'], sum(c.values()), list(c), dict(c))", "c.update('aaa')", "c['q'] += 1", "c.update({'b': 5})", "print(c.most_common(3), Counter({'a': 1}) + Counter(['b', 'b']), Counter('aab') - Counter('ab'), c.total(), Counter(), 'a' in c)", "c.subtract('aaaa')", "print(c['a'], sorted(c.elements())[:5])"},
			"Counter({'a': 5, 'b': 2, 'r': 2, 'c': 1, 'd': 1}) [('a', 5), ('b', 2)] 0 11 ['a', 'b', 'r', 'c', 'd'] {'a': 5, 'b': 2, 'r': 2, 'c': 1, 'd': 1} [('a', 8), ('b', 7), ('r', 2)] Counter({'b': 2, 'a': 1}) Counter({'a': 1}) 20 Counter() True 4 ['a', 'a', 'a', 'a', 'b']"},
		{[]string{"from collections import defaultdict", "d = defaultdict(int)", "for code in [200, 404, 200]: d[code] += 1", "e = defaultdict(list)", "for i in range(4): e[i % 2].append(i)", "print(dict(d), d[200], len(d), dict(e), sorted(e.items()))", "e.clear()", "print(len(e), bool(e))"},
			"{200: 2, 404: 1} 2 2 {0: [0, 2], 1: [1, 3]} [(0, [0, 2]), (1, [1, 3])] 0 False"},
		{[]string{"import copy", "x = {'2': 1, '1': 2}", "y = {'a': 1, **x}", "print(x, y, {**y, 'z': 2}, dict(x, k=1), x | {'q': 1}, x == {'1': 2, '2': 1}, x == {2: 1})", "y.update(x)", "y.update({'b': 1})", "y |= {'c': 3}", "print(y, isinstance(x, dict), x.copy(), list(x.keys()))", "z = copy.deepcopy(x)", "z['9'] = [1]", "print(z, x)"},
			"{'2': 1, '1': 2} {'a': 1, '2': 1, '1': 2} {'a': 1, '2': 1, '1': 2, 'z': 2} {'2': 1, '1': 2, 'k': 1} {'2': 1, '1': 2, 'q': 1} True False {'a': 1, '2': 1, '1': 2, 'b': 1, 'c': 3} True {'2': 1, '1': 2} ['2', '1'] {'2': 1, '1': 2, '9': [1]} {'2': 1, '1': 2}"},
		{[]string{"x = {1: 'b', 2: 'a'}", "print(min(x, key=x.get), list(map(str.upper, ['a'])), sorted(['b', 'A'], key=str.lower), sorted({'a': 3, 'b': 1}, key={'a': 3, 'b': 1}.get))", "x.clear()", "y = [1, 2]", "y.clear()", "print(x, y)"}, "2 ['A'] ['A', 'b'] ['b', 'a'] {} []"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

func TestPassesMapsToRequests(t *testing.T) {
	source := body("x = {1: 2}", "h, f, k = {}, {}, {}", "for n in ['a', 'b']:", "  h[n] = f[n] = k[n] = 'v'", "self.client.post('/', headers=h, files=f, cookies=k, name=str(x))")
	got := script(t, source)
	for _, want := range []string{"files: pyFiles(f)", "headers: pyCookies(this.client, '/', pyPlain(h), pyPlain(k))", "|| pyIsMap(x)"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
}

func TestCommentsOfHelpersNeedNoFunctions(t *testing.T) {
	preludeBlocks["pyCommented"] = "/** Unlike pyQuoted(), this function… */\nfunction pyCommented() {} // pyQuoted"
	preludeBlocks["pyQuoted"] = "function pyQuoted() {}"
	preludeNames = append(preludeNames, "pyCommented", "pyQuoted")
	defer func() {
		delete(preludeBlocks, "pyCommented")
		delete(preludeBlocks, "pyQuoted")
		preludeNames = preludeNames[:len(preludeNames)-2]
	}()
	if got := prelude("pyCommented()", "pyOk"); strings.Contains(got, "function pyQuoted") {
		t.Error(got)
	}
}

func TestHelpersHaveUniqueNames(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range preludeNames {
		if seen[name] {
			t.Errorf("the prelude defines %s twice", name)
		}
		seen[name] = true
	}
}
