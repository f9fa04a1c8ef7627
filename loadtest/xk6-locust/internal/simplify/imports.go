package simplify

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// userClasses and taskSets contain the names of Locust's classes for users and for sets of tasks.
var (
	userClasses = []string{"User", "HttpUser", "FastHttpUser"}
	taskSets    = []string{"TaskSet", "SequentialTaskSet", "MarkovTaskSet"}
)

// Imports maps the names that imports define to the full names of what they mean.
type Imports map[string]string

// importsOf returns the meaning of all imported names.
func importsOf(body []python.Stmt) Imports {
	found := Imports{}
	python.Walk(body, func(node python.Node) bool {
		if stmt, ok := node.(*python.Import); ok {
			found.Add(stmt)
		}
		return true
	})
	return found
}

// Add records the meaning of the names in an import.
func (i Imports) Add(stmt *python.Import) {
	for _, alias := range stmt.Names {
		switch {
		case alias.Name == "*":
		case stmt.IsFrom:
			module := stmt.Module
			if strings.HasPrefix(module, "locust.") && alias.Name != "run_single_user" {
				module = "locust"
			}
			i[alias.As] = module + "." + alias.Name
		case alias.As == alias.Name:
			first, _, _ := strings.Cut(alias.Name, ".")
			i[first] = first
		default:
			i[alias.As] = alias.Name
		}
	}
}

// Qualified returns the full name of a module or of a part of it, such as "os.environ". For other expressions, it
// returns "".
func (i Imports) Qualified(expr python.Expr) string {
	switch expr := expr.(type) {
	case *python.Name:
		return i[expr.ID]
	case *python.Attribute:
		if base := i.Qualified(expr.X); base != "" {
			if slices.Contains(locustModules, base) {
				base = "locust"
			}
			return base + "." + expr.Name
		}
	}
	return ""
}

// locustModules contains modules of Locust. In full names, "locust" takes their place.
var locustModules = []string{
	"locust.exception", "locust.runners", "locust.shape", "locust.user", "locust.user.users", "locust.user.task", "locust.user.wait_time",
	"locust.user.sequential_taskset", "locust.contrib.fasthttp",
}
