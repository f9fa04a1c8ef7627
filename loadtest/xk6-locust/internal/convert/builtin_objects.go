package convert

import (
	"slices"
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// objectBuiltin converts a function that concerns objects of any type, files, or the log. Like the functions below, it
// returns false for other functions, and for arguments that it does not support.
func (c *converter) objectBuiltin(call *python.Call, name string) (code, bool) {
	switch name {
	case "print":
		return c.print(call), true
	case "open":
		return c.openFile(call), true
	case "next":
		return c.next(call), true
	case "bool":
		if len(call.Args) == 1 {
			return code{js: "(" + c.condition(call.Args[0]) + ")", t: boolType}, true
		}
	case "isinstance":
		return c.isInstance(call), true
	case "getattr", "hasattr":
		return c.attributeCall(call, name), true
	case "id":
		if python.HasOne(call) {
			if x := c.value(call.Args[0]); x.t == "self" && x.js == "this" && c.classOf().isUser() {
				return code{js: "this.userNumber", t: intType, isPure: true}, true
			}
		}
	case "callable":
		if python.HasOne(call) {
			return code{js: "typeof " + c.value(call.Args[0]).operand() + " === 'function'", t: boolType, isOpen: true}, true
		}
	case "type":
		if len(call.Args) == 1 {
			return c.classOfObject(call.Args[0])
		}
	}
	return code{}, false
}

func (c *converter) print(call *python.Call) code {
	defer c.message()()
	var parts []string
	for _, arg := range call.Args {
		if starred, ok := arg.(*python.Starred); ok {
			parts = append(parts, "..."+iterable(c.value(starred.X)))
			continue
		}
		value := c.value(arg)
		if value.t == timedeltaType {
			c.checkText(arg, value)
		}
		parts = append(parts, textOfValue(value).js)
	}
	return code{js: "console.log(" + strings.Join(parts, ", ") + ")", t: noneType}
}

// attributeCall converts getattr() and hasattr() for a field that the locustfile defines.
func (c *converter) attributeCall(call *python.Call, function string) code {
	count := map[string]int{"getattr": 3, "hasattr": 2}[function]
	if len(call.Keywords) > 0 || len(call.Args) < 2 || len(call.Args) > count {
		return c.unsupported(call, "these arguments of %s() are not supported", function)
	}
	name, ok := python.TextOf(call.Args[1])
	if !ok {
		return c.unsupported(call, "the name in %s() must be a string literal", function)
	}
	if c.isOptions(call.Args[0]) {
		return c.optionCall(call, function, name)
	}
	object := c.value(call.Args[0])
	if isFast, _ := c.clientsOf(object); function == "hasattr" && isResponse(object.t) && !isFast && responseFields[name][0] != "" {
		return code{js: "true", t: boolType, isPure: true}
	}
	c.inGetattr = function == "hasattr" || len(call.Args) == 3
	field := c.attribute(&python.Attribute{Pos: call.Pos, X: call.Args[0], Name: name})
	c.inGetattr = false
	if object.t != "self" && object.t != "user" && !strings.HasPrefix(object.t, objectType) || !c.isOwnFieldOf(object, name) || c.findMethod(name) != nil {
		return c.unsupported(call, "%s() is only supported for fields that the locustfile defines", function)
	}
	switch {
	case function == "hasattr":
		return code{js: field.operand() + " !== undefined", t: boolType, isPure: true, isOpen: true}
	case len(call.Args) == 2:
		return field
	}
	otherwise := c.value(call.Args[2])
	c.checkFloat(call.Args[2], otherwise)
	return code{js: "pyGetattr(" + field.js + ", " + otherwise.js + ")", t: anyType}
}

// optionCall converts getattr() and hasattr() for a command line argument. Without a listener that adds the argument,
// getattr() returns the default.
func (c *converter) optionCall(call *python.Call, function, name string) code {
	_, isOwn := c.arguments[name]
	switch {
	case !isOwn && slices.Contains(optionsOfLocust, name):
		return c.unsupported(call, "the option %s is not available in k6/x/locust", name)
	case function == "hasattr":
		return code{js: strconv.FormatBool(isOwn), t: boolType, isPure: true}
	case isOwn || len(call.Args) == 2:
		return c.attribute(&python.Attribute{Pos: call.Pos, X: call.Args[0], Name: name})
	}
	return c.value(call.Args[2])
}

// optionsOfLocust contains the names of Locust's own options.
var optionsOfLocust = strings.Fields(`autoquit autostart class_picker config config_users configfile csv csv_prefix enable_rebalancing equal_weights
	exclude_tags exit_code_on_error expect_workers expect_workers_max_wait headless host html html_file json json_file list_commands locustfile logfile
	loglevel master master_bind_host master_bind_port master_host master_port num_users only_summary print_stats processes profile reset_stats run_time
	shape_class show_task_ratio show_task_ratio_json skip_log_setup spawn_rate stats_history_enabled stop_timeout tags tls_cert tls_key user_classes
	users web_base_path web_host web_host_display_name web_login web_port worker`)

// runners maps each of Locust's runner classes to a condition that is true if Locust would use this class.
var runners = map[string]string{
	"locust.MasterRunner": "pyIsOn('LOCUST_MODE_MASTER')", "locust.WorkerRunner": "pyIsOn('LOCUST_MODE_WORKER')",
	"locust.LocalRunner": "!pyIsOn('LOCUST_MODE_MASTER') && !pyIsOn('LOCUST_MODE_WORKER')",
}

func (c *converter) isInstance(call *python.Call) code {
	if len(call.Args) != 2 {
		return c.unsupported(call, "isinstance needs two arguments")
	}
	if runner, ok := call.Args[0].(*python.Attribute); ok && runner.Name == "runner" && runners[c.qualified(call.Args[1])] != "" {
		return code{js: runners[c.qualified(call.Args[1])], t: boolType, isOpen: true}
	}
	value := c.value(call.Args[0])
	if python.IsName(call.Args[1], "bytes") && value.t != anyType {
		// In the script, str and bytes with UTF-8 text are both strings, so the converter itself computes the result.
		return code{js: strconv.FormatBool(isBytes(value.t)), t: boolType, isPure: true}
	}
	types := alternatives(call.Args[1])
	object := "pyItem"
	if value.isPure {
		object = value.operand()
	}
	var tests []string
	for _, each := range types {
		name, _ := each.(*python.Name)
		if name == nil || typeTests[name.ID] == "" || c.classes[name.ID] != nil {
			return c.unsupported(call, "isinstance is only supported with str, list, dict, bool, int, tuple, set, and (int, float)")
		}
		test := typeTests[name.ID]
		if name.ID == "float" && len(types) > 1 {
			test = "typeof %s === 'number' || %s instanceof Number"
		}
		if name.ID == dictType && c.hasMaps() {
			test = "pyIsMapping(%s)"
		}
		tests = append(tests, strings.ReplaceAll(test, "%s", object))
	}
	isInt := slices.ContainsFunc(types, func(each python.Expr) bool { return python.IsName(each, "int") })
	isFloat := slices.ContainsFunc(types, func(each python.Expr) bool { return python.IsName(each, "float") })
	switch {
	case isFloat && !isInt:
		return c.unsupported(call, "isinstance with float alone is not supported, because JavaScript does not distinguish whole floats in JSON from integers: use (int, float)")
	case isInt && !isFloat && value.isFloat():
		return c.unsupported(call, "isinstance with int is not supported for a float")
	}
	if !value.isPure {
		return code{js: "((pyItem: any) => " + strings.Join(tests, " || ") + ")(" + value.js + ")", t: boolType}
	}
	return code{js: strings.Join(tests, " || "), t: boolType, isOpen: true}
}

// typeTests maps the types in isinstance() to JavaScript conditions, in which %s stands for the value.
var typeTests = map[string]string{
	"str": "typeof %s === 'string'", "list": "(Array.isArray(%s) && !pyIsTuple(%s))", "dict": "pyIsDict(%s)", "bool": "typeof %s === 'boolean'",
	"tuple": "pyIsTuple(%s)", "set": "%s instanceof Set", "int": "Number.isInteger(%s) || typeof %s === 'boolean'", "float": "%s instanceof Number",
}

// isClassOfObject returns whether an expression is type(x) or x.__class__.
func isClassOfObject(expr python.Expr) bool {
	if call, ok := expr.(*python.Call); ok {
		return python.IsName(call.Func, "type") && len(call.Args) == 1
	}
	attribute, ok := expr.(*python.Attribute)
	return ok && attribute.Name == "__class__"
}

// classOfObject converts type(self) and self.__class__. It returns false for other objects.
func (c *converter) classOfObject(object python.Expr) (code, bool) {
	k := c.classOf()
	if x := c.expr(object); k == nil || x.t != "self" || x.js != "this" || c.inClassMethod() {
		return code{}, false
	}
	return code{js: "(this.constructor as any)", t: "class:" + k.Name, isPure: true}, true
}
