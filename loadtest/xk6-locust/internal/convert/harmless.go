package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

var (
	// mutators contains methods that change their object.
	mutators = []string{
		"setdefault", "append", "extend", "insert", "update", "add", "discard", "pop", "popitem", "remove", "clear", "sort", "reverse", "seek",
	}
	// harmlessMethods return a value, and perhaps change their object, but have no other effect if the object is a
	// string, a number, or a container. Other objects may have methods with the same names: client.get() sends a
	// request.
	harmlessMethods = append([]string{
		"copy", "get", "items", "keys", "values", "count", "index", "lower", "upper", "strip", "split", "join", "format", "startswith",
		"endswith", "replace", "get_response_time_percentile", "get_current_response_time_percentile", "json", "isoformat", "strftime", "total_seconds",
	}, mutators...)
	// scalarFunctions return strings, numbers, ranges, and classes.
	scalarFunctions   = []string{"len", "str", "int", "float", "bool", "round", "abs", "isinstance", "hasattr", "type", "range", "repr", "any", "all"}
	harmlessFunctions = append([]string{"print", "sum", "min", "max", "sorted", "list", "dict", "set", "tuple", "enumerate", "zip"}, scalarFunctions...)
	harmlessCalls     = []string{
		"json.loads", "json.dumps", "logging.debug", "logging.info", "logging.warning", "logging.error", "logging.critical", "logging.exception",
		"logging.log",
	}
	harmlessModules = []string{"time.time", "time.perf_counter", "time.monotonic", "datetime.", "math.", "statistics."}
	containers      = []string{"collections.defaultdict", "collections.Counter", "collections.OrderedDict", "collections.deque"}
	// callbacks contains keyword arguments of harmless functions. Such an argument may contain a function to call, or
	// an object whose methods are called.
	callbacks = []string{"key", "default", "file", "cls", "object_hook", "object_pairs_hook", "parse_float", "parse_int", "parse_constant"}
	// scalarParams contains the parameters of Locust's events that are strings or numbers.
	scalarParams = []string{
		"request_type", "name", "response_time", "response_length", "url", "start_time", "client_id", "timestamp", "user_count", "exit_code",
		"cpu_usage", "memory_usage",
	}
	// passiveFields contains fields of responses and exceptions. Code that uses these fields cannot send requests.
	passiveFields = []string{
		"headers", "text", "content", "request", "response", "url", "reason", "cookies", "elapsed", "encoding", "history", "status_code",
		"method", "body", "args",
	}
	// reportFields contains the fields of Locust's own reports. They affect the statistics and the exit code.
	reportFields = []string{
		"stats", "stats_total", "errors", "user_count", "user_classes_count", "current_cpu_usage", "current_memory_usage",
	}
)

func (s *scope) isBuiltin(name string) bool {
	_, isParam := s.params[name]
	_, isLocal := s.locals[name]
	_, isVariable := s.file.stores[name]
	return !isParam && !isLocal && !isVariable && !s.hidden[name] && !s.file.defined[name]
}

// isPlain returns whether a value is a string, a number, or a container that belongs to the listeners and contains only
// plain values.
func (s *scope) isPlain(expr python.Expr, seen map[string]bool) bool {
	all := func(exprs ...python.Expr) bool {
		return !slices.ContainsFunc(exprs, func(each python.Expr) bool { return each != nil && !s.isPlain(each, seen) })
	}
	switch expr := expr.(type) {
	case *python.Constant, *python.JoinedStr, *python.Compare, *python.Slice:
		return true
	case *python.Name:
		return s.isPlainName(expr.ID, seen)
	case *python.Attribute:
		return all(expr.X)
	case *python.Subscript:
		return all(expr.X)
	case *python.Unary:
		return all(expr.X)
	case *python.Starred:
		return all(expr.X)
	case *python.Walrus:
		return all(expr.Value)
	case *python.Binary:
		return all(expr.X, expr.Y)
	case *python.BoolOp:
		return all(expr.X, expr.Y)
	case *python.IfExp:
		return all(expr.Then, expr.Else)
	case *python.Sequence:
		return all(expr.Items...)
	case *python.Dict:
		return all(expr.Keys...) && all(expr.Values...)
	case *python.Comprehension:
		return all(expr.Element) && all(expr.Value)
	case *python.Lambda:
		return len(expr.Params) == 0 && all(expr.Body)
	case *python.Call:
		full := s.c.qualified(expr.Func)
		name, isName := expr.Func.(*python.Name)
		method, isMethod := expr.Func.(*python.Attribute)
		switch {
		case full != "":
			return slices.Contains(containers, full) && all(values(expr)...) || isHarmlessName(full)
		case isName && s.isBuiltin(name.ID) && slices.Contains(scalarFunctions, name.ID):
			return true
		case isName && s.isBuiltin(name.ID) && slices.Contains(harmlessFunctions, name.ID):
			return all(values(expr)...)
		case isMethod && slices.Contains(harmlessMethods, method.Name):
			return all(method.X) && all(values(expr)...)
		}
	}
	return false
}

func (s *scope) isPlainName(name string, seen map[string]bool) bool {
	isPlainStore := func(each store) bool { return each.scope.isPlain(each.value, seen) }
	areAll := func(key string, stores []store) bool {
		if seen[key] {
			return true
		}
		seen[key] = true
		return !slices.ContainsFunc(stores, func(each store) bool { return !isPlainStore(each) })
	}
	if s.hidden[name] {
		return false
	}
	stores, isLocal := s.locals[name]
	if param, isParam := s.params[name]; isParam {
		isScalar := param == name && (slices.Contains(scalarParams, name) || name == "data" && s.isReport())
		return isScalar && areAll(s.def.Name+"."+name, stores)
	}
	if isLocal {
		return len(stores) > 0 && areAll(s.def.Name+"."+name, stores)
	}
	if stores, isVariable := s.file.stores[name]; isVariable {
		return !s.file.defined[name] && !s.file.shared[name] && len(stores) > 0 && areAll("."+name, stores)
	}
	return s.isBuiltin(name) && slices.Contains(harmlessFunctions, name)
}

// isReport returns whether the listener gets a worker's report to the master. Its parameters then contain only
// statistics.
func (s *scope) isReport() bool {
	event := s.c.eventOf(s.def)
	return event == "report_to_master" || event == "worker_report"
}

// isContainer returns whether all values of a variable are constants, or containers that were created for it. The items
// of the containers may be any objects.
func (s *scope) isContainer(name string) bool {
	if s.hidden[name] || s.file.defined[name] {
		return false
	}
	stores, isLocal := s.locals[name]
	if _, isParam := s.params[name]; isParam {
		return false
	}
	if !isLocal {
		stores = s.file.stores[name]
	}
	isOther := func(each store) bool { return !each.isItem && (!each.isWhole || !each.scope.isNew(each.value)) }
	return len(stores) > 0 && !slices.ContainsFunc(stores, isOther)
}

// isNew returns whether an expression creates a container, or is a constant.
func (s *scope) isNew(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Constant, *python.JoinedStr, *python.Sequence, *python.Dict, *python.Comprehension:
		return true
	case *python.Call:
		name, isName := expr.Func.(*python.Name)
		return slices.Contains(containers, s.c.qualified(expr.Func)) ||
			isName && s.isBuiltin(name.ID) && slices.Contains([]string{"list", "dict", "set", "tuple", "sorted"}, name.ID)
	}
	return false
}

// isData returns whether an expression is part of a response, an exception, Locust's statistics, environment.host, or
// environment.parsed_options.
func (s *scope) isData(expr python.Expr) bool { return s.isDataBut(expr, map[string]bool{}) }

// isDataBut is like isData. It treats the variables in seen as data, because their values are already being checked.
func (s *scope) isDataBut(expr python.Expr, seen map[string]bool) bool {
	isParam := func(expr python.Expr, allowed ...string) bool {
		name, ok := expr.(*python.Name)
		return ok && slices.Contains(allowed, name.ID) && s.params[name.ID] == name.ID && s.locals[name.ID] == nil
	}
	switch expr := expr.(type) {
	case *python.Name:
		stores := s.locals[expr.ID]
		if _, isParam := s.params[expr.ID]; isParam || len(stores) == 0 {
			return false
		}
		if seen[expr.ID] {
			return true
		}
		seen[expr.ID] = true
		return !slices.ContainsFunc(stores, func(each store) bool { return each.isItem || !s.isDataBut(each.value, seen) })
	case *python.Subscript:
		return s.isDataBut(expr.X, seen)
	case *python.Attribute:
		if isParam(expr.X, "environment") {
			return expr.Name == "stats" || expr.Name == "host" || expr.Name == "parsed_options"
		}
		if isParam(expr.X, "response", "exception") {
			return slices.Contains(passiveFields, expr.Name)
		}
		return s.isDataBut(expr.X, seen)
	case *python.Comprehension:
		return expr.Kind != dictType && s.isDataBut(expr.Clauses[0].Iter, seen) && s.isDataBut(expr.Element, seen)
	case *python.Call:
		if name, ok := expr.Func.(*python.Name); ok && s.isBuiltin(name.ID) && slices.Contains([]string{"sorted", "list", "tuple", "max", "min"}, name.ID) {
			return len(expr.Args) == 1 && s.isDataBut(expr.Args[0], seen)
		}
		method, ok := expr.Func.(*python.Attribute)
		return ok && slices.Contains(harmlessMethods, method.Name) && (s.isDataBut(method.X, seen) || method.Name == "json" && isParam(method.X, "response"))
	}
	return false
}

// mayCall returns whether a call to the method affects nothing but its object.
func (s *scope) mayCall(method *python.Attribute) bool {
	if !slices.Contains(harmlessMethods, method.Name) {
		return false
	}
	if s.isPlain(method.X, map[string]bool{}) || s.isData(method.X) {
		return true
	}
	name, ok := method.X.(*python.Name)
	if !ok {
		return false
	}
	if param, isParam := s.params[name.ID]; isParam && s.locals[name.ID] == nil {
		return strings.HasPrefix(param, "**") || name.ID == "context" || name.ID == "response" && method.Name == "json"
	}
	return s.isContainer(name.ID)
}

// mayChange returns whether a listener is allowed to change an object. This is the case for containers that belong to
// the listeners and, in a worker's report, for items that Locust itself does not use.
func (s *scope) mayChange(object, key python.Expr) bool {
	name, isName := object.(*python.Name)
	if _, isParam := s.params[python.Root(object)]; isParam && s.isReport() {
		for !isName {
			switch inner := object.(type) {
			case *python.Subscript:
				object, key = inner.X, inner.Index
			case *python.Call:
				method, ok := inner.Func.(*python.Attribute)
				if !ok || method.Name != "setdefault" || len(inner.Args) == 0 {
					return false
				}
				object, key = method.X, inner.Args[0]
			default:
				return false
			}
			name, isName = object.(*python.Name)
		}
		text, ok := python.TextOf(key)
		return name.ID == "data" && ok && !slices.Contains(reportFields, text)
	}
	return s.isPlain(object, map[string]bool{}) || isName && s.isContainer(name.ID)
}

// isHarmless returns whether a listener does nothing except print, write to the log and to files, and change variables.
func (s *scope) isHarmless() bool {
	for name := range python.GlobalNames(s.def.Body) {
		if s.file.defined[name] {
			return false
		}
	}
	isHarmless := true
	python.Walk(s.def.Body, func(node python.Node) bool {
		if with, ok := node.(*python.With); ok && s.c.onlyWritesFile(with) {
			return false
		}
		switch node := node.(type) {
		case *python.Raise, *python.Assert, *python.Def, *python.Class, *python.While, *python.With, *python.Yield,
			*python.Await, *python.Import:
			isHarmless = false
		case *python.Lambda:
			isHarmless = isHarmless && isGetter(node)
		case *python.Call:
			isHarmless = isHarmless && s.isHarmlessCall(node)
		case *python.Assign:
			// A local variable must not give access to a parameter.
			_, isParam := s.params[python.Root(node.Value)]
			isHarmless = isHarmless && (!isParam || s.isReport() || s.isPlain(node.Value, map[string]bool{}) || s.isData(node.Value))
		case *python.Del:
			for _, target := range node.Targets {
				isHarmless = isHarmless && s.isHarmlessTarget(target)
			}
		}
		for _, part := range python.AssignedParts(node) {
			isHarmless = isHarmless && s.isHarmlessTarget(part)
		}
		return isHarmless
	})
	return isHarmless
}

// isGetter returns whether a lambda only reads values, such as `lambda entry: entry.num_requests`.
func isGetter(lambda *python.Lambda) bool {
	isPlain := true
	python.Walk(lambda.Body, func(node python.Node) bool {
		switch node.(type) {
		case *python.Call, *python.Walrus, *python.Await, *python.Yield:
			isPlain = false
		}
		return isPlain
	})
	return isPlain
}

func (s *scope) isHarmlessTarget(target python.Expr) bool {
	switch target := target.(type) {
	case *python.Name:
		return true
	case *python.Subscript:
		return s.mayChange(target.X, target.Index)
	}
	return false
}

func isHarmlessName(full string) bool {
	return slices.Contains(harmlessCalls, full) ||
		slices.ContainsFunc(harmlessModules, func(name string) bool { return strings.HasPrefix(full, name) })
}

func (s *scope) isHarmlessCall(call *python.Call) bool {
	for _, keyword := range call.Keywords {
		if slices.Contains(callbacks, keyword.Name) && !s.isHarmlessFunction(keyword.Value) {
			return false
		}
	}
	full := s.c.qualified(call.Func)
	switch callee := call.Func.(type) {
	case *python.Name:
		if full == "" {
			return slices.Contains(harmlessFunctions, callee.ID) && s.isBuiltin(callee.ID)
		}
	case *python.Attribute:
		if full == "" {
			if s.isLogger(callee.X) && (logLevels[callee.Name] != "" || callee.Name == "log") {
				return true
			}
			var key python.Expr
			if len(call.Args) > 0 && (callee.Name == "setdefault" || callee.Name == "pop") {
				key = call.Args[0]
			}
			return s.mayCall(callee) && (!slices.Contains(mutators, callee.Name) || s.mayChange(callee.X, key))
		}
	}
	return isHarmlessName(full)
}

// isHarmlessFunction returns whether an argument of a call is a harmless function or a constant.
func (s *scope) isHarmlessFunction(expr python.Expr) bool {
	switch expr := expr.(type) {
	case *python.Constant:
		return true
	case *python.Lambda:
		return isGetter(expr)
	case *python.Name:
		return slices.Contains(harmlessFunctions, expr.ID) && s.isBuiltin(expr.ID)
	case *python.Attribute:
		return s.mayCall(expr)
	}
	return false
}
