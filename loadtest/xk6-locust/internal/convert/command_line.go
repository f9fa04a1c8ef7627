package convert

import (
	"fmt"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// flagOf returns the flag from which argparse derives the name of an argument: the first long flag, or the first flag
// if none is long.
func flagOf(args []python.Expr) (flag *python.Constant, ok bool) {
	for _, arg := range args {
		text, isText := arg.(*python.Constant)
		if !isText || text.Kind != python.String {
			return nil, false
		}
		isLong := strings.HasPrefix(text.Text, "--")
		if flag == nil || isLong && !strings.HasPrefix(flag.Text, "--") {
			flag = text
		}
	}
	return flag, flag != nil
}

// parser converts the command line arguments that a locustfile adds.
func (c *converter) parser(def *python.Def) {
	const advice = "a listener of events.init_command_line_parser may only call parser.add_argument and parser.set_defaults"
	for _, stmt := range def.Body {
		expr, ok := stmt.(*python.ExprStmt)
		if !ok {
			c.fail(stmt.Position(), advice)
			continue
		}
		call, ok := expr.X.(*python.Call)
		if !ok {
			continue
		}
		switch method, isMethod := call.Func.(*python.Attribute); {
		case isMethod && method.Name == "set_defaults" && len(call.Args) == 0:
			c.setDefaults(call)
		case isMethod && method.Name == "add_argument" && len(call.Args) > 0:
			c.addArgument(call)
		default:
			c.fail(call.Pos, advice)
		}
	}
}

// addArgument converts parser.add_argument(). The script reads the argument from an environment variable.
func (c *converter) addArgument(call *python.Call) {
	flag, ok := flagOf(call.Args)
	if !ok {
		c.fail(call.Pos, "the name of the argument must be a string")
		return
	}
	name := strings.TrimLeft(flag.Text, "-")
	field := strings.ReplaceAll(name, "-", "_")
	variable, value, convert, isSwitch := strings.ToUpper(field), "''", "", false
	for _, keyword := range call.Keywords {
		switch keyword.Name {
		case "env_var":
			if name, ok := keyword.Value.(*python.Constant); ok {
				variable = name.Text
			}
		case "default":
			value = c.expr(keyword.Value).js
		case "type":
			switch {
			case python.IsName(keyword.Value, "int"):
				convert = "pyInt"
			case python.IsName(keyword.Value, "float"):
				convert = "pyFloat"
			case !python.IsName(keyword.Value, "str"):
				c.fail(call.Pos, "the type of --%s must be str, int, or float", name)
			}
		case "action":
			action, isText := keyword.Value.(*python.Constant)
			if isSwitch = isText && action.Text == "store_true"; !isSwitch {
				c.fail(call.Pos, "the action of --%s must be store_true", name)
			}
		case "help", "metavar", "choices", "required", "include_in_web_ui", "is_secret", "is_required", "is_multiple":
		default:
			c.fail(call.Pos, "the argument %s of parser.add_argument is not supported", python.ShownName(keyword.Name))
		}
	}
	if isSwitch {
		if value != "''" && value != "false" {
			c.fail(call.Pos, "the default of --%s must be False", name)
		}
		c.arguments[field] = "pyIsOn(" + conversion.Quote(variable) + ")"
	} else {
		c.arguments[field] = fmt.Sprintf("%s(__ENV[%s] ?? %s)", convert, conversion.Quote(variable), value)
	}
	c.note(call.Pos, "set %s with -e %s=VALUE", flag.Text, variable)
}

// setDefaults converts parser.set_defaults(users=100, …) to options of the script.
func (c *converter) setDefaults(call *python.Call) {
	names := map[string]string{"users": "users", "num_users": "users", "spawn_rate": "spawnRate", "run_time": "runTime", "host": "host", "stop_timeout": "stopTimeout"}
	for _, keyword := range call.Keywords {
		name := names[keyword.Name]
		value, isConstant := keyword.Value.(*python.Constant)
		isNumber := isConstant && (value.Kind == python.Int || value.Kind == python.Float)
		isText := isConstant && value.Kind == python.String
		switch {
		case name == "":
			c.fail(call.Pos, "parser.set_defaults() is only supported for users, spawn_rate, run_time, stop_timeout, and host")
		case !isNumber && !isText || isText && (name == "users" || name == "spawnRate") || isNumber && name == "host":
			c.fail(call.Pos, "the value of %s in parser.set_defaults() must be a literal", keyword.Name)
		case isNumber && (name == "runTime" || name == "stopTimeout"):
			c.defaults[name] = conversion.Quote(value.Text)
		default:
			c.defaults[name] = c.value(value).js
		}
	}
}
