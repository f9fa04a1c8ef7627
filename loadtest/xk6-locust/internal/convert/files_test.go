package convert

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// TestReadsFilesLikePython compares what converted code reads from files with what Python reads.
func TestReadsFilesLikePython(t *testing.T) {
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("Python is not installed")
	}
	folder := t.TempDir()
	reads := []string{
		"[line for line in f]", "f.readlines()", "[f.readline(), f.readline(), f.read(), f.readline(), f.read()]",
		"[f.read(), f.read(), list(f)]", "[next(f, None), f.readlines(), next(f, None)]",
	}
	rows := []string{
		"list(csv.reader(f))", "[f.readline(), list(csv.reader(f))]", "[next(csv.reader(f), None), f.read()]",
		"list(csv.reader(f, delimiter=';', quotechar='\\''))",
	}
	var source, files strings.Builder
	source.WriteString("import csv, json\nALL = []\n")
	for i, content := range []string{
		"", "\n", "a", "a\n", "a\n\nb", "é,ü\r\n日本,𝒳\r\n", "\ufeffa,b\n1,2\n", "a,b\n1,\n,2\n,\n\n", "a\n\"\"\n\"x\"\n",
		"a,b\n\"1,\"\"2\"\"\",\"x\ny\"\n\"\",z\n", "a,b\n\"x\"y\"z\",x\"y\"\n\"a\"\"b\"c,\"\"\n", "a,b\r\n\"1\r\n2\",\"3\n\n4\"\r\n",
		"a,b\n1,\"2\n3", "a,b\n1,\"", "a\n\"x\"\"\ny\"\"\"\n", "a;'b;c'''\n'\n';\n", "a\rb\r\nc\n\rd\r",
	} {
		name := fmt.Sprintf("data%d.txt", i)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&files, "%s: %s, ", conversion.Quote("./"+name), conversion.Quote(content))
		all := reads
		if !strings.Contains(content, "a\rb") { // Python rejects a single \r inside a row.
			all = append(slices.Clip(all), rows...)
		}
		for _, options := range []string{"encoding='utf-8'", "newline='', encoding='utf-8'", "newline='', encoding='utf-8-sig'"} {
			for _, read := range all {
				fmt.Fprintf(&source, "with open('%s', %s) as f:\n  ALL.append(%s)\n", name, options, read)
			}
		}
	}
	command := exec.Command(interpreter, "-c", source.String()+"for x in ALL: print(json.dumps(x))")
	command.Dir, command.Env = folder, append(os.Environ(), "PYTHONIOENCODING=utf-8")
	want, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := printedAfter(t, "var files = { "+files.String()+"}; function open(name) { return files[name] }", source.String()+body("for x in ALL: print(json.dumps(x))"))
	for i, line := range strings.Split(strings.TrimSuffix(string(want), "\n"), "\n") {
		if found := strings.Split(got, "\n"); i >= len(found) || found[i] != line {
			t.Fatalf("read %d\n%s\nwant %s\ngot  %s", i, strings.Join(strings.Split(source.String(), "\n")[2+2*i:4+2*i], "\n"), line, strings.Join(found[min(i, len(found)):min(i+1, len(found))], ""))
		}
	}
}
