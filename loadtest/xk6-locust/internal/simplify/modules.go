package simplify

import (
	"path"
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// Reader returns the source of a helper module. path is relative to a folder that the reader searches, such as
// common/users.py. file is the path of the module that was found, relative to the folder of the locustfile.
type Reader func(path string) (file, source string, ok bool)

// module is the locustfile, or a helper module that it imports.
type module struct {
	// name is the name of the module in Python, such as "common.users". It is empty for the locustfile.
	name, file string
	isPackage  bool
	body       []python.Stmt
	// bindings contains the names that the module defines. identifiers contains all names that occur in the module.
	bindings    map[string]*binding
	identifiers map[string]bool
	// defined counts how often the module assigns a value to each of its names.
	defined map[string]int
	// scopes contains the names that functions of the module import.
	scopes map[*python.Def]map[string]*binding
	// uses contains the modules that this module imports, or whose names it imports.
	uses  map[*module]bool
	isRun bool
}

func newModule(name, file string, isPackage bool, body []python.Stmt) *module {
	m := &module{
		name: name, file: file, isPackage: isPackage, body: body, bindings: map[string]*binding{}, uses: map[*module]bool{},
		scopes: map[*python.Def]map[string]*binding{},
	}
	m.defined, m.identifiers = defined(body), python.Identifiers(body)
	return m
}

// folderOf returns a module for a folder without __init__.py, which Python imports as a package.
func folderOf(name string) *module {
	m := newModule(name, "", true, nil)
	m.isRun = true
	return m
}

// binding is the meaning of a name in a module: another module, or a symbol. Helper modules and the locustfile become
// one file, in which each symbol has a single name.
type binding struct {
	module *module
	symbol *symbol
	// pending is an import that has not been resolved yet.
	pending *pending
	// at is the number of statements before the import, not counting other imports. It is only set for imports from
	// modules other than helper modules.
	at int
}

type pending struct {
	module *module
	name   string
}

// symbol is a variable, a function, or a class of a module, or a name that is imported from a module other than a
// helper module.
type symbol struct {
	pos  python.Pos
	name string
	// owner is nil for imports.
	owner   *module
	isClass bool
	// isVariable is set if the symbol may get another value. An import then copies the current value.
	isVariable bool
	// merged is the name in the merged file.
	merged string
}

// project merges a locustfile with its helper modules.
type project struct {
	// own is the name of the locustfile as a module.
	own     string
	read    Reader
	fail    Reporter
	note    Reporter
	modules map[string]*module
	// missing contains the names of modules that have no file.
	missing map[string]bool
	// order contains the modules in the order in which they were found.
	order   []*module
	imports map[string]*symbol
	// found maps each import to the helper modules that it runs.
	found map[*python.Import][]*module
	// repeated contains the names that already had a meaning when an import defined them.
	repeated []repeated
	merged   []python.Stmt
	// folders contains the folders of helper modules: the folder of the locustfile, which is "", and the folders that
	// the locustfile adds to sys.path.
	folders []string
	// scriptName returns the name that a variable gets in the script.
	scriptName func(name string) string
}

// BuiltinNames contains the names that Python defines in every module.
var BuiltinNames = strings.Fields(`ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning
	ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis
	EncodingWarning EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning
	GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt
	LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError OSError OverflowError
	PendingDeprecationWarning PermissionError ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning
	StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError
	UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError
	abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir divmod
	enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len
	list locals map max memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice sorted
	staticmethod str sum super tuple type vars zip`)

// standardModules contains modules that Locust has loaded before the locustfile. Python ignores files of the project
// that have the names of these modules.
var standardModules = strings.Fields(`abc argparse array ast asyncio atexit base64 bdb binascii bisect blinker brotli builtins bz2 calendar certifi
	charset_normalizer click cmd code codecs codeop collections concurrent configargparse configparser contextlib contextvars copy copyreg csv
	dataclasses datetime decimal difflib dis email encodings enum errno fcntl flask flask_cors flask_login fnmatch functools gc genericpath gettext
	gevent geventhttpclient glob greenlet grp hashlib heapq hmac html http idna importlib inspect io ipaddress itertools itsdangerous jinja2 json
	keyword linecache locale locust logging lzma markupsafe marshal math mimetypes msgpack ntpath numbers opcode operator os pathlib pdb pickle
	pkgutil platform posix posixpath pprint psutil pwd queue quopri random re reprlib requests resource secrets select selectors shlex shutil signal
	site socket socketserver ssl stat statistics string stringprep struct subprocess sys tempfile termios textwrap threading time token tokenize
	tomllib traceback tty types typing typing_extensions unicodedata urllib urllib3 uuid warnings weakref webbrowser werkzeug xml zipfile zipimport
	zlib zmq zope`)

// Merge returns the statements of the locustfile and of the helper modules that it imports, in the order in which
// Python runs them. hidden contains the classes of helper modules that Locust does not see, because the locustfile does
// not import them. original maps the changed names of functions, classes, and variables to their names in the modules.
func Merge(body []python.Stmt, options Options) (merged []python.Stmt, hidden map[string]bool, original map[string]string) {
	p := &project{
		own: options.Own, read: options.Read, fail: options.Fail, note: options.Note, scriptName: options.ScriptName,
		folders: options.Folders, modules: map[string]*module{}, missing: map[string]bool{}, imports: map[string]*symbol{},
		found: map[*python.Import][]*module{},
	}
	root := p.add("", "", false, body)
	p.bind()
	p.name()
	p.run(root)
	hidden, original = map[string]bool{}, map[string]string{}
	for _, m := range p.order {
		for _, each := range m.bindings {
			if each.symbol != nil && each.symbol.merged != each.symbol.name {
				original[each.symbol.merged] = each.symbol.name
			}
			if each.symbol != nil && each.symbol.isClass {
				hidden[each.symbol.merged] = true
			}
		}
	}
	for _, each := range root.bindings {
		if each.symbol != nil {
			delete(hidden, each.symbol.merged)
		}
	}
	return p.merged, hidden, original
}

// find reads a module. It returns false if there is no file with its name.
func (p *project) find(name string) (*module, bool) {
	if m := p.modules[name]; m != nil || p.read == nil || p.missing[name] {
		return m, m != nil
	}
	base := strings.ReplaceAll(name, ".", "/")
	for _, folder := range p.folders {
		for _, suffix := range []string{"/__init__.py", ".py"} {
			file, source, ok := p.read(path.Join(folder, base+suffix))
			if !ok {
				continue
			}
			body, err := python.ParseFile(file, source)
			if err != nil {
				pos, text := Describe(file, err)
				p.fail(pos, "%s", text)
			}
			return p.add(name, file, suffix != ".py", body), true
		}
	}
	p.missing[name] = true
	return nil, false
}

// chain returns the modules that Python runs when it imports a module: its packages, and the module itself. It returns
// false if there is no file for the module itself.
func (p *project) chain(pos python.Pos, name string) (found []*module, ok bool) {
	parts := strings.Split(name, ".")
	if parts[0] == p.own {
		p.fail(pos, "an import of the locustfile itself is not supported")
		return nil, false
	}
	for i := range parts {
		m, ok := p.find(strings.Join(parts[:i+1], "."))
		if ok {
			found = append(found, m)
		}
		if ok && slices.Contains(standardModules, parts[0]) {
			p.fail(pos, "%s has the name of a module that Locust loads first: rename it", m.file)
		}
	}
	return found, len(found) > 0 && found[len(found)-1].name == name
}

// add adds a module, and finds the modules that it imports.
func (p *project) add(name, file string, isPackage bool, body []python.Stmt) *module {
	m := newModule(name, file, isPackage, nil)
	m = newModule(name, file, isPackage, p.withoutFallbacks(m, withoutTypeChecking(body)))
	p.modules[name] = m
	p.order = append(p.order, m)
	python.Walk(m.body, func(node python.Node) bool {
		if imported, ok := node.(*python.Import); ok {
			p.imported(m, imported)
		}
		return true
	})
	return m
}

// withoutTypeChecking removes the statements `if TYPE_CHECKING` without else, which only type checkers run.
func withoutTypeChecking(body []python.Stmt) []python.Stmt {
	return slices.DeleteFunc(slices.Clone(body), func(stmt python.Stmt) bool {
		branch, ok := stmt.(*python.If)
		if !ok || len(branch.Else) > 0 {
			return false
		}
		switch condition := branch.Condition.(type) {
		case *python.Name:
			return condition.ID == "TYPE_CHECKING"
		case *python.Attribute:
			return condition.Name == "TYPE_CHECKING"
		}
		return false
	})
}

// absolute returns the full name of a module in `from … import`, or "" if Python rejects the import.
func (p *project) absolute(m *module, stmt *python.Import) string {
	rest := strings.TrimLeft(stmt.Module, ".")
	dots := len(stmt.Module) - len(rest)
	if dots == 0 {
		return rest
	}
	parts := strings.Split(m.name, ".")
	if m.isPackage {
		dots--
	}
	if m.name == "" || dots >= len(parts)+1 || dots == len(parts) {
		p.fail(stmt.Pos, "Python rejects this relative import, because its file is in no package")
		return ""
	}
	return strings.TrimSuffix(strings.Join(parts[:len(parts)-dots], ".")+"."+rest, ".")
}

// imported returns the helper modules that an import runs.
func (p *project) imported(m *module, stmt *python.Import) []*module {
	if p.read == nil {
		return nil
	}
	found, isKnown := p.found[stmt]
	if !isKnown {
		found = p.findImported(m, stmt)
		p.found[stmt] = found
	}
	return found
}

func (p *project) findImported(m *module, stmt *python.Import) []*module {
	if !stmt.IsFrom {
		var all []*module
		for _, alias := range stmt.Names {
			found, ok := p.chain(stmt.Pos, alias.Name)
			if !ok && len(found) > 0 {
				p.fail(stmt.Pos, "there is no module %s", alias.Name)
			}
			all = append(all, found...)
		}
		return all
	}
	name := p.absolute(m, stmt)
	if name == "" {
		return nil
	}
	found, isModule := p.chain(stmt.Pos, name)
	if isModule && !found[len(found)-1].isPackage {
		return found
	}
	// If there is no such module, the name may be that of a folder without __init__.py.
	count := len(found)
	for _, part := range p.submodules(stmt, found, isModule) {
		if inner, ok := p.find(name + "." + part); ok {
			each, _ := p.chain(stmt.Pos, inner.name)
			found = append(found, each...)
		}
	}
	if !isModule && count > 0 && len(found) == count {
		p.fail(stmt.Pos, "there is no module %s", name)
	}
	return found
}

// submodules returns the imported names that may be submodules: those that the imported package itself does not define, or
// all names if the locustfile has no module of that name.
func (p *project) submodules(stmt *python.Import, found []*module, isModule bool) []string {
	var parts []string
	for _, alias := range stmt.Names {
		parts = append(parts, alias.Name)
	}
	if !isModule {
		return parts
	}
	source := found[len(found)-1]
	if parts[0] == "*" {
		parts, _ = p.listed(source)
	}
	return slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return source.defined[part] > 0 })
}
