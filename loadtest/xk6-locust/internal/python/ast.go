// Package python parses Python 3 source, except for a few constructs that it reports as errors. Examples are type
// parameters, asynchronous loops, complex numbers, and patterns of `match` that are not values.
//
// The package also contains searches in the syntax tree, such as [Walk], and properties of its nodes, such as [IsSuper].
package python

import "fmt"

// Pos is a position in the source. Lines and columns are numbered from 1.
type Pos struct {
	Line, Column int
	// File is the file that was passed to ParseFile. It is empty for Parse.
	File string
}

// Position returns the position itself. All nodes embed a Pos.
func (p Pos) Position() Pos { return p }

// SyntaxError is an error in the source.
type SyntaxError struct {
	Pos
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// Node is a statement or an expression.
type Node interface{ Position() Pos }

// Expr is an expression.
type Expr interface{ Node }

// Stmt is a statement.
type Stmt interface{ Node }

// The kinds of constants.
const (
	String = "string"
	Bytes  = "bytes"
	Int    = "int"
	Float  = "float"
	None   = "None"
	True   = "True"
	False  = "False"
	Dots   = "..."
)

// Expressions. Optional parts are nil if they are missing.
type (
	// Name is a variable.
	Name struct {
		Pos
		ID string
	}
	// Constant is a literal. Text contains the decoded string, the number in lowercase and without underscores, or the
	// Kind for all other constants.
	Constant struct {
		Pos
		Kind, Text string
	}
	// Formatted is a replacement field of an f-string.
	Formatted struct {
		Pos
		Value      Expr
		Conversion string
		Spec       *JoinedStr
	}
	// JoinedStr is an f-string: string constants and Formatted values.
	JoinedStr struct {
		Pos
		Parts []Expr
	}
	// Unary is `not x`, `-x`, `+x`, or `~x`.
	Unary struct {
		Pos
		Op string
		X  Expr
	}
	// Binary is an arithmetic operation.
	Binary struct {
		Pos
		Op   string
		X, Y Expr
	}
	// BoolOp is `x and y` or `x or y`.
	BoolOp struct {
		Pos
		Op   string
		X, Y Expr
	}
	// Compare is a chain of comparisons.
	Compare struct {
		Pos
		X   Expr
		Ops []string
		Ys  []Expr
	}
	// Keyword is an argument with a name, or `**value` if the name is empty.
	Keyword struct {
		Name  string
		Value Expr
	}
	// Call is a call to a function, a method, or a class.
	Call struct {
		Pos
		Func     Expr
		Args     []Expr
		Keywords []Keyword
	}
	// Attribute is `x.name`.
	Attribute struct {
		Pos
		X    Expr
		Name string
	}
	// Subscript is `x[index]`.
	Subscript struct {
		Pos
		X, Index Expr
	}
	// Slice is `low:high:step` as the index of a Subscript.
	Slice struct {
		Pos
		Low, High, Step Expr
	}
	// Sequence is a list, a tuple, or a set, depending on Kind.
	Sequence struct {
		Pos
		Kind  string
		Items []Expr
	}
	// Dict is a dictionary. The key of `**value` is nil.
	Dict struct {
		Pos
		Keys, Values []Expr
	}
	// Clause is a `for` of a comprehension, with its conditions.
	Clause struct {
		Target, Iter Expr
		Ifs          []Expr
	}
	// Comprehension is a comprehension: list, set, dict, or generator, depending on Kind. Only a dict has a Value.
	Comprehension struct {
		Pos
		Kind           string
		Element, Value Expr
		Clauses        []Clause
	}
	// Lambda is an anonymous function.
	Lambda struct {
		Pos
		Params []Param
		Body   Expr
	}
	// IfExp is `then if condition else otherwise`.
	IfExp struct {
		Pos
		Condition, Then, Else Expr
	}
	// Walrus is `name := value`.
	Walrus struct {
		Pos
		Name  string
		Value Expr
	}
	// Starred is `*x`.
	Starred struct {
		Pos
		X Expr
	}
	// Await is `await x`.
	Await struct {
		Pos
		X Expr
	}
	// Yield is `yield x` or `yield from x`.
	Yield struct {
		Pos
		X      Expr
		IsFrom bool
	}
)

// Param is a parameter of a function. Kind is empty, "*", or "**".
type Param struct {
	Pos
	Name, Kind string
	Annotation Expr
	Default    Expr
	// KeywordOnly is set for parameters after `*`.
	KeywordOnly bool
	// IsFactory is set for a default that each call computes again. Python's parameters have no such defaults, but
	// fields of dataclasses do.
	IsFactory bool
}

// Statements. Optional parts are nil if they are missing.
type (
	// ExprStmt is an expression as a statement.
	ExprStmt struct {
		Pos
		X Expr
	}
	// Assign is `target = target = value`. An annotated assignment has one target, and may have no value.
	Assign struct {
		Pos
		Targets    []Expr
		Annotation Expr
		Value      Expr
	}
	// AugAssign is `target op= value`. Op has no `=`.
	AugAssign struct {
		Pos
		Target Expr
		Op     string
		Value  Expr
	}
	// Return is `return value`.
	Return struct {
		Pos
		Value Expr
	}
	// Raise is `raise exception from cause`.
	Raise struct {
		Pos
		Exception, Cause Expr
	}
	// Simple is `pass`, `break`, or `continue`.
	Simple struct {
		Pos
		Word string
	}
	// If is `if` with its `else`. An `elif` is an If in Else.
	If struct {
		Pos
		Condition  Expr
		Body, Else []Stmt
	}
	// While is a `while` loop.
	While struct {
		Pos
		Condition  Expr
		Body, Else []Stmt
	}
	// For is a `for` loop.
	For struct {
		Pos
		Target, Iter Expr
		Body, Else   []Stmt
	}
	// WithItem is a context manager and its variable.
	WithItem struct{ Context, Target Expr }
	// With is a `with` statement.
	With struct {
		Pos
		Items []WithItem
		Body  []Stmt
	}
	// Handler is an `except` clause.
	Handler struct {
		Pos
		Type Expr
		Name string
		Body []Stmt
	}
	// Try is a `try` statement.
	Try struct {
		Pos
		Body          []Stmt
		Handlers      []Handler
		Else, Finally []Stmt
	}
	// Def is a definition of a function.
	Def struct {
		Pos
		Name       string
		Params     []Param
		Body       []Stmt
		Decorators []Expr
		IsAsync    bool
	}
	// Class is a definition of a class.
	Class struct {
		Pos
		Name       string
		Bases      []Expr
		Keywords   []Keyword
		Body       []Stmt
		Decorators []Expr
	}
	// Alias is an imported name and the name that it gets.
	Alias struct{ Name, As string }
	// Import is `import a.b as c`, or `from Module import name as c` if IsFrom is set.
	Import struct {
		Pos
		Module string
		IsFrom bool
		Names  []Alias
	}
	// Scope is `global` or `nonlocal`.
	Scope struct {
		Pos
		Word  string
		Names []string
	}
	// Del is `del x, y`.
	Del struct {
		Pos
		Targets []Expr
	}
	// Assert is `assert condition, message`.
	Assert struct {
		Pos
		Condition, Message Expr
	}
)
