// Package simplify changes the syntax tree of a locustfile into that of a simpler file that means the same. The result is
// still Python. It contains only what the package convert can write as TypeScript: for example, no constructors that make
// requests. The tests are in the package convert, because they compare scripts.
//
// The changes have two steps:
//
//  1. [Merge] merges the locustfile with its helper modules.
//  2. [Simplified] replaces constructs, such as decorators, dataclasses, and mixins, with simpler ones.
//
// The files of this package:
//
//   - the order of the changes: simplify.go
//   - meanings of imported names: imports.go
//   - helper modules: bindings.go, fallbacks.go, merge.go, module_names.go, modules.go, rename.go
//   - classes: class_bodies.go, dataclasses.go, mixins.go, starts.go
//   - functions: decorator_expansion.go, decorators.go, parameters.go
//   - statements and expressions: decide.go, hoist.go, patterns.go, request_managers.go
package simplify
