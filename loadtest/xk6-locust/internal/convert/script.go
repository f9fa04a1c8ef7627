package convert

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// result returns the script, or the problems if there are any.
func (c *converter) result(name string) conversion.Result {
	if len(c.problems) > 0 {
		return conversion.Result{Problems: distinct(conversion.Sorted(c.problems)), Notes: conversion.Sorted(c.notes)}
	}
	before, run := c.lifecycle()
	code := withoutUnused(strings.TrimSpace(c.out.String())+before, before+run)
	files := c.fileConstants()
	helpers := prelude(code+files+"\n"+run, c.truth())
	if strings.Contains(helpers, "StopUser") {
		c.use("StopUser")
	}
	section := ""
	if helpers != "" {
		section = "\n// Functions that behave as in Python.\n\n" + helpers + "\n"
	}
	var out strings.Builder
	out.WriteString(conversion.Heading(name) + c.importLines(helpers))
	if files != "" {
		out.WriteString(files + "\n")
	}
	// The helpers come first if code outside of functions may use one of their classes. This is the case if the code
	// extends PyError, contains a try block, calls a listener, or may create an object of a helper class.
	isFirst := strings.Contains(code, "extends PyError") || strings.Contains(code, "\ntry {") || len(c.inits) > 0 || definesClass(helpers)
	if isFirst {
		out.WriteString(section)
	}
	out.WriteString("\n" + regexp.MustCompile(`\n{3,}`).ReplaceAllString(code, "\n\n") + "\n\n")
	if c.sharesState {
		out.WriteString("// One runtime, because the users share variables.\n")
	}
	fmt.Fprintf(&out, "export const options = locust.options({ %s })\n\n%s\n", c.runOptions(), run)
	if !isFirst {
		out.WriteString(section)
	}
	return conversion.Result{Script: out.String(), Notes: conversion.Sorted(c.notes)}
}

// fileConstants returns the declarations of the files that the script opens.
func (c *converter) fileConstants() string {
	var files strings.Builder
	for i, path := range c.files {
		opened := "open(" + path + ")"
		if c.optional[path] {
			opened = "pyOpenIfAny(() => " + opened + ")"
		}
		fmt.Fprintf(&files, "\nconst file%d = %s", i+1, opened)
	}
	return files.String()
}

// truth returns the name of the helper that decides whether a response counts as true.
func (c *converter) truth() string {
	switch isFast, isSlow := c.clients(); {
	case isFast && isSlow:
		return "pyTruthOfAny"
	case isFast:
		return "pyFastTruth"
	}
	return "pyOk"
}

// importLines returns the imports of the script.
func (c *converter) importLines(helpers string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "import locust, { %s } from 'k6/x/locust'\n", strings.Join(slices.Sorted(maps.Keys(c.imports)), ", "))
	if c.usesEncoding || strings.Contains(helpers, "encoding.") {
		out.WriteString("import encoding from 'k6/encoding'\n")
	}
	if c.usesCrypto {
		out.WriteString("import crypto from 'k6/crypto'\n")
	}
	if strings.Contains(helpers, "clearTimeout(") {
		out.WriteString("import { clearTimeout, setTimeout } from 'k6/timers'\n")
	} else if strings.Contains(helpers, "setTimeout(") {
		out.WriteString("import { setTimeout } from 'k6/timers'\n")
	}
	if strings.Contains(helpers, "parseHTML(") {
		out.WriteString("import { parseHTML } from 'k6/html'\n")
	}
	if c.usesHTTP {
		out.WriteString("import http from 'k6/http'\n")
	}
	return out.String()
}

// runOptions returns the arguments of locust.options().
func (c *converter) runOptions() string {
	options := []string{"userClasses: [" + strings.Join(c.users, ", ") + "]"}
	if c.shape != "" {
		options = append(options, "shape: "+c.shape)
	}
	for _, name := range slices.Sorted(maps.Keys(c.defaults)) {
		// A shape decides how many users run.
		if c.shape == "" || name != "users" && name != "spawnRate" {
			options = append(options, name+": "+c.defaults[name])
		}
	}
	if c.sharesState {
		options = append(options, "processes: 1")
	}
	return strings.Join(options, ", ")
}

// constantLine matches the declaration of a variable of the module on a line of its own.
var constantLine = regexp.MustCompile(`(?m)^(?:const|let) (\w+): any = (.*)\n?`)

// literalLine matches a value that is a single string literal.
var literalLine = regexp.MustCompile(`^(?:'[^']*'|"(?:[^"\\]|\\.)*")$`)

// withoutUnused removes variables of the module that neither code nor rest uses, such as weights. It keeps variables
// whose values may have an effect, or continue on the next line.
func withoutUnused(code, rest string) string {
	return constantLine.ReplaceAllStringFunc(code, func(line string) string {
		found := constantLine.FindStringSubmatch(line)
		name, value := found[1], found[2]
		isUsed := len(regexp.MustCompile(`\b`+name+`\b`).FindAllString(code, 2)) > 1 || mentions(rest, name)
		if !isUsed && literalLine.MatchString(value) {
			return ""
		}
		if isUsed || strings.ContainsAny(value, "`=") || regexp.MustCompile(`\w\(|\bnew\b|\[$|\{$`).MatchString(value) {
			return line
		}
		return ""
	})
}

var helperClass = regexp.MustCompile(`(?m)^class (Py\w+)`)

// definesClass returns whether the helpers contain a class that code outside of functions may instantiate.
func definesClass(helpers string) bool {
	return slices.ContainsFunc(helperClass.FindAllStringSubmatch(helpers, -1), func(found []string) bool { return found[1] != "PyError" && found[1] != "PyMatch" })
}

// lifecycle returns two parts of the script. One calls the listeners of events.init, and defines setup() and
// teardown(). The other exports the function that k6 runs.
func (c *converter) lifecycle() (before, run string) {
	var out strings.Builder
	for _, name := range c.inits {
		fmt.Fprintf(&out, "\n\n%s()", name)
	}
	run = "export default locust.run"
	names := slices.Sorted(maps.Keys(c.transferred))
	pack, restore := "{ "+list(names)+" }", "setupData"
	if slices.ContainsFunc(names, func(name string) bool {
		return !slices.Contains([]string{strType, intType, boolType}, c.known[c.variable(name)])
	}) {
		pack, restore = "pyPack("+pack+")", "pyRestore(setupData)"
	}
	calls := func(list []string) string { return "  " + strings.Join(list, "()\n  ") + "()\n" }
	if len(c.setup) > 0 && len(names) > 0 {
		fmt.Fprintf(&out, "\n\nexport function setup(): any {\n%s  return %s\n}", calls(c.setup), pack)
		run = fmt.Sprintf("// The runtime of setup() does not share variables with those of the users.\nexport default function run(setupData: any): Promise<void> {\n"+
			"  ;({ %s } = %s)\n  return locust.run(setupData)\n}", list(names), restore)
	} else if len(c.setup) > 0 {
		fmt.Fprintf(&out, "\n\nexport function setup(): void {\n%s}", calls(c.setup))
	}
	if len(c.teardown) > 0 && len(c.setup) > 0 && len(names) > 0 {
		fmt.Fprintf(&out, "\n\nexport function teardown(setupData: any): void {\n  ;({ %s } = %s)\n%s}", list(names), restore, calls(c.teardown))
	} else if len(c.teardown) > 0 {
		fmt.Fprintf(&out, "\n\nexport function teardown(): void {\n%s}", calls(c.teardown))
	}
	return out.String(), run
}

// list returns the names of variables, separated by commas.
func list(names []string) string {
	var items []string
	for _, name := range names {
		items = append(items, jsName(name))
	}
	return strings.Join(items, ", ")
}
