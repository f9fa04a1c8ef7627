package convert

import (
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/grafana/sobek"
)

// stub replaces k6/x/locust and k6's own functions. A task runs without a server: its client records JSON and forms.
const stub = `
var module = { exports: {} }, exports = module.exports, lines = [], found, __ENV = {}
var console = { log: (...texts) => lines.push(texts.join(' ')), error: (text) => lines.push('error ' + text) }
function record(options) {
  if (options && options.json !== undefined) lines.push('json ' + JSON.stringify(options.json))
  if (options && options.data !== undefined) lines.push('data ' + (typeof options.data === 'string' ? options.data : JSON.stringify(options.data)))
  return Promise.resolve({ statusCode: 200, ok: true, json: () => ({ id: 1 }) })
}
class HttpUser { constructor() { this.client = { headers: {}, get: (_, options) => record(options), post: (_, options) => record(options) } } }
function require() { return { __esModule: true, default: { options: ({ userClasses }) => { found = userClasses[0]; return {} } }, HttpUser, StopUser: class extends Error {} } }
`

// printed runs the task of a converted locustfile, and returns the lines that it prints.
func printed(t *testing.T, source string) string {
	t.Helper()
	code := script(t, source)
	parsed := api.Transform(code, api.TransformOptions{Loader: api.LoaderTS, Format: api.FormatCommonJS, Target: api.ES2022})
	if len(parsed.Errors) > 0 {
		t.Fatalf("%s\n%s", parsed.Errors[0].Text, code)
	}
	vm := sobek.New()
	run := stub + string(parsed.Code) + "\n(async () => new found().t())().catch((error) => lines.push(String(error)))"
	if _, err := vm.RunString(run); err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	lines, err := vm.RunString("lines.join('\\n')")
	if err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

// TestRunsAsInPython compares what converted tasks print with what Python 3.11 prints.
func TestRunsAsInPython(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"for x in ['٣', '²', '12', '', '1a', '½', '１']: print(x.isdigit())"}, "True True True False False False True"},
		{[]string{"for x in ['1_0', '-٣２', ' 7 ', '1__0', '_1']:", "  try: print(int(x))", "  except ValueError: print('no')"}, "10 -32 7 no no"},
		{[]string{"print([x for x in ['\\x00', '\\x7f\\xa0', '\\t']])"}, `['\x00', '\x7f\xa0', '\t']`},
	} {
		source := body(test.lines...)
		if got := strings.ReplaceAll(printed(t, source), "\n", " "); got != test.want {
			t.Errorf("%s\nwant %s\ngot  %s\n%s", source, test.want, got, Locustfile("l.py", source).Script)
		}
	}
}
