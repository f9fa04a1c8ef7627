package convert

import (
	"path"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// searchPath removes the statements that add a folder to sys.path. folders contains the folders in which Python searches
// for modules: that of the locustfile, which is "", and those of the statements.
func searchPath(body []python.Stmt) (rest []python.Stmt, folders []string) {
	folders = []string{""}
	c := newConverter(nil, nil, nil)
	for _, stmt := range body {
		if imported, ok := stmt.(*python.Import); ok && !slices.ContainsFunc(imported.Names, func(alias python.Alias) bool { return alias.Name == "*" }) {
			c.importing(imported)
		}
	}
	c.body = body
	rest = slices.DeleteFunc(slices.Clone(body), func(stmt python.Stmt) bool {
		if assign, ok := stmt.(*python.Assign); ok && assign.Value != nil {
			c.pathVariable(assign)
		}
		call := python.CallIn(stmt)
		if call == nil || len(call.Args) == 0 || len(call.Keywords) > 0 {
			return false
		}
		folder := call.Args[len(call.Args)-1]
		if text, ok := folder.(*python.Call); ok && len(text.Args) == 1 && c.source(text.Func) == "str" {
			folder = text.Args[0]
		}
		found, isCurrent, ok := c.pathOf(folder)
		switch name := c.qualified(call.Func); {
		case !ok || isCurrent || path.IsAbs(found):
			return false
		case name == "sys.path.append" && len(call.Args) == 1:
			folders = append(folders, found)
		case name == "sys.path.insert" && len(call.Args) == 2:
			folders = slices.Insert(folders, 0, found)
		default:
			return false
		}
		return true
	})
	return rest, folders
}
