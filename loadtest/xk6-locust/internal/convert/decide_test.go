package convert

import (
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// Locust imports the file as a module, so `__name__` is not `__main__`. The converted script has no web interface.
func TestKeepsTheBranchThatLocustRuns(t *testing.T) {
	listener := func(lines ...string) string {
		return file(append([]string{"@events.test_start.add_listener", "def f(environment, **kw):"}, lines...)...)
	}
	for _, source := range []string{
		file("if __name__ == '__main__': print('gone')", "else: print('kept')"),
		file("if '__main__' == __name__: print('gone')", "else: print('kept')"),
		file("if __name__ != '__main__': print('kept')", "else: print('gone')"),
		file("if not __name__ == '__main__': print('kept')", "else: print('gone')"),
		file("if __name__ == '__main__' and gone: print('gone')", "elif True: print('kept')"),
		file("if __name__ != '__main__' or gone: print('kept')"),
		file("if True: print('kept')", "elif __name__ == '__main__': print('gone')"),
		file("if __name__ == '__main__': print('gone')", "elif __name__ == '__main__': pass", "else:", "  if True: print('kept')"),
		file("if __name__ == '__main__':", "  from gone import *", "  class B(gone): pass", "else:", "  class B(HttpUser):", "    for x in [1]: print('kept')"),
		file("def g():", "  for x in [1]:", "    if __name__ == '__main__': print('gone')", "    else: print('kept')", "g()"),
		listener("  if environment.web_ui: print('gone')", "  else: print('kept')"),
		listener("  if not environment.web_ui: print('kept')", "  else: print('gone')"),
		listener("  if environment.web_ui is None: print('kept')", "  else: print('gone')"),
		listener("  if environment.web_ui is not None: print('gone')", "  print('kept')"),
		listener("  try:", "    if environment.web_ui and gone: print('gone')", "  except Exception: pass", "  print('kept')"),
		listener("  assert not environment.web_ui", "  print('kept')"),
	} {
		result := Locustfile("locustfile.py", source)
		if !strings.Contains(result.Script, "kept") || strings.Contains(result.Script, "gone") {
			t.Errorf("%s\ngot %v\n%s", source, result.Problems, result.Script)
		}
	}
}

func TestRefusesOtherUsesOfTheModuleName(t *testing.T) {
	for _, condition := range []string{
		"__name__ == 'locustfile'", "__name__ != 'locustfile'", "__name__ in ('__main__', 'locustfile')", "__name__ == main", "__name__",
		"__name__ is '__main__'", "__name__ > '__main__'", "__name__ == '__main__' == x", "__name__.startswith('locust')", "x or __name__ == '__main__'",
	} {
		result := Locustfile("locustfile.py", file("x, main = False, '__main__'", "if "+condition+":", "  print(1)"))
		want := conversion.Problem{Line: 3, Text: `__name__ is only supported in if __name__ == "__main__", and in messages for the log`}
		if result.Script != "" || len(result.Problems) == 0 || result.Problems[0] != want {
			t.Errorf("%s: got %v\n%s", condition, result.Problems, result.Script)
		}
	}
}

// A field of another object is not Locust's web interface.
func TestKeepsOtherFieldsNamedWebUI(t *testing.T) {
	for _, source := range []string{
		file("class Own:", "  web_ui = True", "own = Own()", "if own.web_ui: print('kept')"),
		file("class Own:", "  web_ui = True", "@events.test_start.add_listener", "def f(**kw):", "  environment = Own()",
			"  if environment.web_ui: print('kept')"),
	} {
		result := Locustfile("locustfile.py", source)
		if len(result.Problems) == 0 && !strings.Contains(result.Script, "kept") {
			t.Errorf("%s\n%s", source, result.Script)
		}
	}
}
