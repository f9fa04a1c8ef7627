package convert

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// fragments contains lines that mutations insert.
var fragments = []string{
	"x = self.client.get('/').json()", "print([y for y in x if y], **x)", "with self.rest('GET', '/') as r: assert r.js['a'], 'b'",
	"for a, (b, *c) in d: pass", "yield x", "return x", "global x", "x = open('a')", "next(x)", "raise", "raise x", "del x[0]",
	"@task", "@events.init.add_listener", "@contextmanager", "def f(self, *a, **k): pass", "class A(HttpUser): x = 1", "lambda: 0",
	"x: int = 1", "x += 1", "(x := 1)", "try: pass\nexcept E as e: pass\nelse: pass\nfinally: pass", "x.y.z = x", "x[1:2] = x",
	"import a.b as c", "if x: pass", "while x: break", "continue", "f'{x!r:>{y}}'", "'%s' % x", "'{}'.format(x)", "await x",
	"x = gevent.spawn(f, x, y=1)", "gevent.joinall([x])", "x = Pool(2)\nx.spawn(f, x)\nx.join()", "f = functools.partial(f, x, y=2)", "x = {1: x, (1, 2): y}", "x[1] = x",
	"x = collections.Counter(x)", "x = collections.defaultdict(list)", "re.sub(x, lambda m: m[0], y)", "x = re.compile('a', re.I)", "x = x % y", "x = x.format(y)", "class E(Exception):\n  def __init__(self, a): self.a = a",
	"with contextlib.suppress(E): pass", "with A() as x: pass", "requests.post(x, json=y)", "x = lambda a, b=x: a", "0 < f(x) < 2", "max(x, key=x.get, default=1)",
}

// mutate changes some lines of a file, or parts of lines: it removes, repeats, moves, indents, or replaces them.
func mutate(source string, random *rand.Rand) string {
	lines := strings.Split(source, "\n")
	for range 1 + random.IntN(4) {
		at, other := random.IntN(len(lines)), random.IntN(len(lines))
		line := lines[at]
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		switch random.IntN(8) {
		case 0:
			lines[at] = ""
		case 1:
			lines[at] += "\n" + line
		case 2:
			lines[at], lines[other] = lines[other], lines[at]
		case 3:
			lines[at] = indent + strings.TrimLeft(lines[other], " ")
		case 4:
			fragment := fragments[random.IntN(len(fragments))]
			lines[at] += "\n" + indent + strings.ReplaceAll(fragment, "\n", "\n"+indent)
		case 5:
			words := strings.Fields(lines[other])
			parts := strings.Fields(line)
			if len(words) > 0 && len(parts) > 0 {
				parts[random.IntN(len(parts))] = words[random.IntN(len(words))]
				lines[at] = indent + strings.Join(parts, " ")
			}
		case 6:
			if line != "" {
				cut := random.IntN(len(line))
				lines[at] = line[:cut] + line[min(len(line), cut+1+random.IntN(3)):]
			}
		case 7:
			lines[at] = "  " + line
		}
	}
	return strings.ToValidUTF8(strings.Join(lines, "\n"), "")
}

// seeds returns the locustfiles in the repository, and those in the folder LOCUST_EXAMPLES.
func seeds(t testing.TB) []string {
	t.Helper()
	folders := []string{"../../../examples", "../../../../tests/locust/convert"}
	if examples := os.Getenv("LOCUST_EXAMPLES"); examples != "" {
		folders = append(folders, examples, filepath.Join(examples, "*"))
	}
	var sources []string
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.py"))
		if err != nil || len(files) == 0 {
			t.Fatal("no locustfiles in ", folder, err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, string(source))
		}
	}
	return sources
}

// wantScriptThatParses fails unless the converter returns either problems or a script that parses. The function
// `change` mutates the helper modules.
func wantScriptThatParses(t *testing.T, source string, change func(source string) string) {
	t.Helper()
	defer func() {
		if problem := recover(); problem != nil {
			t.Fatalf("%v\n%s\n%s", problem, debug.Stack(), source)
		}
	}()
	result := Project("locustfile.py", source, func(path string) (string, string, bool) {
		text, err := os.ReadFile(filepath.Join("../../../../tests/locust/convert", path))
		return path, change(string(text)), err == nil
	})
	if (result.Script == "") == (len(result.Problems) == 0) {
		t.Fatalf("want either a script or problems:\n%s", source)
	}
	if result.Script == "" {
		return
	}
	parsed := api.Transform(result.Script, api.TransformOptions{Loader: api.LoaderTS, LogLevel: api.LogLevelSilent})
	if len(parsed.Errors) > 0 {
		t.Fatalf("%s\n%s\n%s", parsed.Errors[0].Text, source, result.Script)
	}
}

// FuzzLocustfile checks that mutated locustfiles never make the converter panic, and that all of its scripts parse.
func FuzzLocustfile(f *testing.F) {
	for _, source := range seeds(f) {
		f.Add(source, uint64(0))
	}
	f.Fuzz(func(t *testing.T, source string, seed uint64) {
		change := func(source string) string { return source }
		if seed > 0 {
			random := rand.New(rand.NewPCG(seed, 0))
			change = func(source string) string { return mutate(source, random) }
		}
		wantScriptThatParses(t, change(source), change)
	})
}

// TestScriptsOfMutatedLocustfilesParse makes the same checks as FuzzLocustfile, but with fixed seeds. The environment
// variable LOCUST_MUTATIONS sets the number of runs.
func TestScriptsOfMutatedLocustfilesParse(t *testing.T) {
	count := uint64(400)
	if text := os.Getenv("LOCUST_MUTATIONS"); text != "" {
		number, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("LOCUST_MUTATIONS must be a number, got %q", text)
		}
		count = number
	}
	sources := seeds(t)
	for seed := range count {
		random := rand.New(rand.NewPCG(seed+1, 0))
		source := sources[seed%uint64(len(sources))]
		// Each file changes in half of the runs, because most changes prevent a conversion.
		change := func(source string) string {
			if random.IntN(2) == 0 {
				return source
			}
			return mutate(source, random)
		}
		t.Run(strconv.FormatUint(seed+1, 10), func(t *testing.T) { wantScriptThatParses(t, change(source), change) })
	}
}
