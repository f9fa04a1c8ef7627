package simplify

import (
	"reflect"
	"slices"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// RequestMethods contains the methods of clients that make requests.
var RequestMethods = []string{"get", "post", "put", "patch", "delete", "head", "options", "request"}

const catchResponse = "catch_response"

// withRequestManagers turns functions that return a request with catch_response=True into context managers, so that
// callers can use them in with statements: `return self.client.get(…)` becomes
// `with self.client.get(…) as response: yield response`. If the callers set catch_response=True instead, in their with
// statements, the function is kept. These with statements then use a copy of the function, which is a context manager.
func withRequestManagers(body []python.Stmt) []python.Stmt {
	m := requestManagers{body: body, copies: map[string]bool{}}
	body = m.statements(body)
	if len(m.copies) == 0 {
		return body
	}
	python.Walk(body, func(node python.Node) bool {
		if with, ok := node.(*python.With); ok {
			for i := range with.Items {
				m.useCopy(with, i)
			}
		}
		return true
	})
	pos := python.Pos{Line: 1}
	imported := &python.Import{Pos: pos, Names: []python.Alias{{Name: "contextlib", As: "contextlib"}}}
	return append([]python.Stmt{imported}, body...)
}

type requestManagers struct {
	body []python.Stmt
	// copies contains the functions that became context managers. The value is true if the original function was kept.
	copies map[string]bool
}

func (m *requestManagers) statements(body []python.Stmt) []python.Stmt {
	var kept []python.Stmt
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *python.Class:
			copied := *stmt
			copied.Body = m.statements(stmt.Body)
			kept = append(kept, &copied)
		case *python.Def:
			kept = append(kept, m.managersOf(stmt)...)
		default:
			kept = append(kept, stmt)
		}
	}
	return kept
}

// managersOf returns a function, a context manager that replaces it, or both.
func (m *requestManagers) managersOf(def *python.Def) []python.Stmt {
	request := returnedRequest(def)
	if request == nil {
		return []python.Stmt{def}
	}
	inWith, catching := 0, 0
	python.Walk(m.body, func(node python.Node) bool {
		if with, ok := node.(*python.With); ok {
			for _, item := range with.Items {
				if call, ok := item.Context.(*python.Call); ok && python.CalledName(call) == def.Name {
					inWith++
					if python.IsTrue(python.KeywordOf(call, catchResponse)) {
						catching++
					}
				}
			}
		}
		return true
	})
	always := python.IsTrue(python.KeywordOf(request, catchResponse))
	switch {
	case inWith == 0 || always && inWith != python.UsesOf(m.body, def.Name) || !always && catching != inWith:
		return []python.Stmt{def}
	case always:
		m.copies[def.Name] = false
		return []python.Stmt{managerOf(def, def.Name)}
	case hasRest(request):
		m.copies[def.Name] = true
		return []python.Stmt{def, managerOf(def, blockName(def.Name))}
	}
	return []python.Stmt{def}
}

func blockName(name string) string { return name + "_block" }

// useCopy makes a with statement call the context manager instead of the original function, if both exist.
func (m *requestManagers) useCopy(with *python.With, i int) {
	call, ok := with.Items[i].Context.(*python.Call)
	if !ok || !m.copies[python.CalledName(call)] {
		return
	}
	copied := *call
	copied.Keywords = slices.DeleteFunc(slices.Clone(call.Keywords), func(keyword python.Keyword) bool { return keyword.Name == catchResponse })
	switch callee := call.Func.(type) {
	case *python.Name:
		copied.Func = &python.Name{Pos: callee.Pos, ID: blockName(callee.ID)}
	case *python.Attribute:
		copied.Func = &python.Attribute{Pos: callee.Pos, X: callee.X, Name: blockName(callee.Name)}
	}
	with.Items[i].Context = &copied
}

// managerOf turns a function that returns a request into a context manager that yields the answer to this request.
func managerOf(def *python.Def, name string) *python.Def {
	copied, _ := reflect.TypeAssert[*python.Def](cloned(reflect.ValueOf(def)))
	copied.Name = name
	request := returnedRequest(copied)
	if python.KeywordOf(request, catchResponse) == nil {
		request.Keywords = append([]python.Keyword{{Name: catchResponse, Value: &python.Constant{Pos: request.Pos, Kind: python.True}}}, request.Keywords...)
	}
	response := &python.Name{Pos: request.Pos, ID: "response_of_" + def.Name}
	copied.Decorators = []python.Expr{&python.Attribute{Pos: def.Pos, X: &python.Name{Pos: def.Pos, ID: "contextlib"}, Name: "contextmanager"}}
	copied.Body[len(copied.Body)-1] = &python.With{
		Pos: request.Pos, Items: []python.WithItem{{Context: request, Target: response}},
		Body: []python.Stmt{&python.ExprStmt{Pos: request.Pos, X: &python.Yield{Pos: request.Pos, X: response}}},
	}
	return copied
}

// returnedRequest returns the request that a function returns if its only return statement is its last statement. It
// returns nil for other functions.
func returnedRequest(def *python.Def) *python.Call {
	if len(def.Body) == 0 || len(def.Decorators) > 0 {
		return nil
	}
	last, ok := def.Body[len(def.Body)-1].(*python.Return)
	if !ok {
		return nil
	}
	count := 0
	python.Walk(def.Body, func(node python.Node) bool {
		switch node.(type) {
		case *python.Return, *python.Yield:
			count++
		}
		return true
	})
	call, ok := last.Value.(*python.Call)
	if !ok || count != 1 {
		return nil
	}
	if method, ok := call.Func.(*python.Attribute); !ok || !slices.Contains(RequestMethods, method.Name) {
		return nil
	}
	return call
}

// hasRest returns whether a call passes a dict with `**`.
func hasRest(call *python.Call) bool { return python.KeywordOf(call, "") != nil }

// withJoinedBlocks merges a request with catch_response=True and the with block in the next statement:
// `r = client.get(…)` and `with r:` become `with client.get(…) as r:`.
func withJoinedBlocks(value reflect.Value) {
	switch value.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !value.IsNil() {
			withJoinedBlocks(value.Elem())
		}
	case reflect.Slice:
		if statements, ok := reflect.TypeAssert[[]python.Stmt](value); ok && value.CanSet() {
			value.Set(reflect.ValueOf(joinedBlocks(statements)))
		}
		for i := range value.Len() {
			withJoinedBlocks(value.Index(i))
		}
	case reflect.Struct:
		for i := range value.NumField() {
			withJoinedBlocks(value.Field(i))
		}
	default:
	}
}

func joinedBlocks(body []python.Stmt) []python.Stmt {
	var kept []python.Stmt
	for i := 0; i < len(body); i++ {
		if i+1 < len(body) {
			if joined := joinedBlock(body[i], body[i+1]); joined != nil {
				kept = append(kept, joined)
				i++
				continue
			}
		}
		kept = append(kept, body[i])
	}
	return kept
}

// joinedBlock returns the with statement for a request and its block, or nil for other statements.
func joinedBlock(first, second python.Stmt) *python.With {
	assign, isAssign := first.(*python.Assign)
	with, isWith := second.(*python.With)
	if !isAssign || !isWith || len(assign.Targets) != 1 || len(with.Items) != 1 {
		return nil
	}
	name, ok := assign.Targets[0].(*python.Name)
	call, isCall := assign.Value.(*python.Call)
	item := with.Items[0]
	if !ok || !isCall || !python.IsName(item.Context, name.ID) || !python.IsTrue(python.KeywordOf(call, catchResponse)) || item.Target != nil && !python.IsName(item.Target, name.ID) {
		return nil
	}
	return &python.With{Pos: with.Pos, Items: []python.WithItem{{Context: call, Target: name}}, Body: with.Body}
}
