package convert

import "github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"

// class is a class of the locustfile.
type class struct {
	*python.Class
	// base is Locust's class that this class extends: User, HttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet, or
	// LoadTestShape. For exceptions, base is "Exception". For all other classes, it is empty.
	base   string
	parent *class
	isFast bool
	// kind is the kind of a dataclass, a named tuple, or an enumeration. It is empty for all other classes.
	kind string
	// inChain is set for classes that are defined in a MarkovTaskSet. They may be its tasks.
	inChain bool
	js      string
	tasks   []taskOf
	// later is the assignment after the class that sets its tasks, or nil. laterPos is the position of this assignment.
	later    *python.Assign
	laterPos python.Pos
	// mayHaveHost is set if a function or a block of the module sets the host of the class.
	mayHaveHost bool
	// members contains the methods and fields that the class defines.
	members map[string]bool
	// statics contains the fields that the locustfile reads or writes through the class.
	statics map[string]bool
}

type taskOf struct {
	// target is a TypeScript expression: the quoted name of a method, or an expression for a function or class.
	target string
	// method is the name of the method in Python. It is empty for functions and classes.
	method string
	// weight is a TypeScript expression.
	weight string
	tags   []string
}

func (k *class) isUser() bool { return k.base == "User" || k.base == "HttpUser" }

// ofLocust returns Locust's user class that a user class extends.
func (k *class) ofLocust() string {
	if k.isFast {
		return "FastHttpUser"
	}
	return k.base
}

func (k *class) hasTasks() bool {
	return k.isUser() || k.base == "TaskSet" || k.base == "SequentialTaskSet" || k.base == markovTaskSet
}

// isIterator returns whether the objects of a class are iterators.
func (k *class) isIterator() bool {
	return k.base == "" && k.kind == "" && k.inherited(nextMethod) != nil
}

func (k *class) has(name string) bool {
	for ; k != nil; k = k.parent {
		if k.members[name] {
			return true
		}
	}
	return false
}

// method returns the method with this name that the class itself defines, or nil.
func (k *class) method(name string) *python.Def {
	for _, stmt := range k.Body {
		if def, ok := stmt.(*python.Def); ok && def.Name == name && (len(def.Params) > 0 || isStaticMethod(def)) {
			return def
		}
	}
	return nil
}

// inherited returns the method with this name of the class, or of a class that it extends. It returns nil if there is
// none.
func (k *class) inherited(name string) *python.Def {
	for ; k != nil; k = k.parent {
		if def := k.method(name); def != nil {
			return def
		}
	}
	return nil
}

// extends returns whether a class is a subclass of another.
func (k *class) extends(other *class) bool {
	for k = k.parent; k != nil; k = k.parent {
		if k == other {
			return true
		}
	}
	return false
}
