package convert

import "testing"

// TestMatchesLikePython compares what converted tasks print with what Python 3.11 prints.
func TestMatchesLikePython(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{`print(re.search('x$', 'x\n') is not None, re.search('x$', 'x\ny'), re.findall('[$]$', 'a$'), re.findall('^a$', 'a\na', re.M))`}, "True None ['$'] ['a', 'a']"},
		{[]string{`for m in re.finditer(r'(?P<k>\w)=(?P<v>\d)', 'a=1 b=2'): print(m.group('k'), m['v'], m.span(), m.groupdict())`, "print([m.group(1) for m in re.finditer('(.)b', 'abcb')], len(list(re.finditer('a', 'aa'))))"},
			"a 1 (0, 3) {'k': 'a', 'v': '1'} b 2 (4, 7) {'k': 'b', 'v': '2'} ['a', 'c'] 2"},
		{[]string{`print(re.sub(r'(\d)', lambda m: str(int(m.group(1)) * 2), 'a1b2'), re.sub('a', 'b', 'aaa', count=2), re.sub('(?P<x>a)', r'[\g<x>]' + '-', 'ba'), re.findall('b', 'aB', flags=re.I | re.S), re.sub('(?P<x>a)', lambda m: m['x'].upper() + m[0], 'bab'))`}, "a2b4 bba b[a]- ['B'] bAab"},
		{[]string{"p = re.compile('(a)(?P<n>b)?', re.I)", "print(p.search('xAb')['n'], p.match('xab'), p.fullmatch('ab').groups(), p.findall('abA'), p.sub('-', 'abab', 1), [m[0] for m in p.finditer('aab')], re.search(p, 'a')[1])", "q = re.compile('^b', re.M)", `print(q.match('a\nb'), q.search('a\nb') is not None)`},
			"b None ('a', 'b') [('a', 'b'), ('A', '')] -ab ['a', 'ab'] a None True"},
		{[]string{`page = '<p>Zo\u00eb \u2013 caf\u00e9</p><i id="ab_1">'`, `print(re.search(r'id="(\w+)"', page)[1], re.sub(r'(\w)-(\w)', r'\2-\1', '\u00e9 a-b'), re.split(r'\W', 'a b'))`}, "ab_1 \u00e9 b-a ['a', 'b']"},
		{[]string{`print([re.search('a(.*)', 'ab\rc')[1], re.findall('a.', 'a\nb', re.S)])`}, `['b\rc', ['a\n']]`},
		{[]string{`print([re.findall('[^]]+', 'a]b'), re.findall('[]x]', ']y'), re.findall('[[^]', '[^a'), re.search('^ab{,2}$', 'abb') is None, re.search('a{,}', 'aa')[0], re.split('x*', 'axb'), re.split('(,)', 'a,b'), re.split(',', '')])`}, "[['a', 'b'], [']'], ['[', '^'], False, 'aa', ['', 'a', '', 'b', ''], ['a', ',', 'b'], ['']]"},
		{[]string{`print([re.findall('^(.*)$', 'a\r\nb', re.M), re.findall('^', 'a\rb', re.M), re.search('(?P<x>[](])(?P<y>b)', '(b')['y']])`}, `[['a\r', 'b'], [''], 'b']`},
		{[]string{"p = re.compile('a')", "print([p.match('ab') is None, p.match('ab') is None, p.fullmatch('a') is None, p.findall('aa'), p.findall('aa'), p.sub('b', 'aa'), p.sub('b', 'aa')])"}, "[False, False, False, ['a', 'a'], ['a', 'a'], 'bb', 'bb']"},
		{[]string{`print(re.findall(r'\w+', 'Zo\u00eb'))`}, "Error: the words in 'Zo\u00eb' contain letters outside of ASCII"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}
