package convert

import (
	"embed"
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/simplify"
)

// preludeFiles contains functions that behave as in Python where JavaScript differs.
//
//go:embed prelude/*.ts
var preludeFiles embed.FS

var (
	exported    = regexp.MustCompile(`(?m)^export `)
	declaration = regexp.MustCompile(`(?m)^(?:async )?(?:function|class|const) ([pP]y\w+)`)
	baseClass   = regexp.MustCompile(`(?m)^class Py\w+ extends (Py\w+)`)
	word        = regexp.MustCompile(`\b[pP]y[A-Z]\w*`)
	comment     = regexp.MustCompile(`(?s)/\*\*.*?\*/|(?:^|\s)//[^\n]*`)
)

// preludeBlocks maps the names of all declarations in the prelude to their code. preludeNames contains these names in
// the order of the files.
var preludeBlocks, preludeNames = readPrelude()

func readPrelude() (blocks map[string]string, names []string) {
	blocks = map[string]string{}
	files, err := preludeFiles.ReadDir("prelude")
	for _, file := range files {
		var text []byte
		if text, err = preludeFiles.ReadFile("prelude/" + file.Name()); err != nil {
			break
		}
		for block := range strings.SplitSeq(exported.ReplaceAllString(string(text), ""), "\n\n") {
			if found := declaration.FindStringSubmatch(block); found != nil {
				blocks[found[1]] = strings.TrimSpace(block)
				names = append(names, found[1])
			}
		}
	}
	if err != nil {
		panic(err) // The files are part of the program.
	}
	return blocks, names
}

// prelude returns the declarations in the prelude that the code needs, directly or through other declarations. truth is
// the name of the function that decides whether a response counts as true.
func prelude(code, truth string) string {
	needed := map[string]bool{}
	blockOf := func(name string) string {
		if name == "pyTruthy" {
			return strings.ReplaceAll(preludeBlocks[name], "pyOk(", truth+"(")
		}
		return preludeBlocks[name]
	}
	var visit func(code string)
	visit = func(code string) {
		for _, name := range word.FindAllString(comment.ReplaceAllString(code, ""), -1) {
			if _, ok := preludeBlocks[name]; ok && !needed[name] {
				needed[name] = true
				visit(blockOf(name))
			}
		}
	}
	visit(code)
	var out []string
	var add func(name string)
	add = func(name string) {
		if !needed[name] {
			return
		}
		needed[name] = false
		// A class must follow its base class.
		if base := baseClass.FindStringSubmatch(preludeBlocks[name]); base != nil {
			add(base[1])
		}
		out = append(out, blockOf(name))
	}
	for _, name := range preludeNames {
		add(name)
	}
	return strings.Join(out, "\n\n")
}

// reserved contains names that TypeScript does not allow, or that the converter itself writes to scripts.
var reserved = strings.Fields(`arguments await break case catch class const continue debugger default delete do else enum eval export
	extends false finally for function if implements import in instanceof interface let locust new null options package private
	protected public return setup static super switch teardown this throw true try typeof undefined var void while with yield console
	Array Boolean Date Error Infinity JSON Map Math NaN Number Object Promise Proxy RegExp Set String Symbol SyntaxError task open caught run http encoding crypto setupData __ENV`)

// generated matches the names of variables and functions that the converter itself writes to scripts.
var generated = regexp.MustCompile(`^(?:(?:file|temp|exit|result|done|lines)\d+|[pP]y[A-Z]\w*)$`)

// jsName returns a valid name for a variable in TypeScript.
func jsName(name string) string {
	if slices.Contains(reserved, name) || generated.MatchString(name) {
		return name + "_"
	}
	return name
}

// checkNames reports different names in Python that would become the same name in TypeScript.
func checkNames(body []python.Stmt, fail simplify.Reporter) {
	all := python.Identifiers(body)
	for name := range python.Variables(body) {
		if js := jsName(name); js != name && all[js] {
			fail(python.PositionOf(body, js), "%s is the name that %s gets in the script: rename it", js, name)
		}
	}
}
