// Package convert turns locustfiles into scripts for k6/x/locust.
//
// A locustfile is converted as a whole or not at all: if any construct has no counterpart, the result is a list of
// problems, one for each construct. Notes name the constructs whose counterparts differ.
//
// [Project] converts a locustfile in these steps:
//
//  1. The package python parses the file.
//  2. The package simplify merges the file with its helper modules, and replaces constructs with simpler ones that mean
//     the same.
//  3. converter.module converts the statements. The converter learns the types of variables and parameters, and which
//     functions wait. This step is repeated until it learns nothing new.
//  4. converter.result adds the imports, the options, and the functions of the prelude that the script uses.
//
// The files of this package:
//
//   - entry point: convert.go
//   - state and types of the converter: class.go, code.go, converter.go
//   - folders of helper modules: search_path.go
//   - code without an effect on the load: harmless.go, records.go, trim.go, writes.go
//   - the module and the script: module.go, prelude.go, script.go
//   - statements: assignments.go, blocks.go, exceptions.go, loops.go, managers.go, statements.go
//   - classes: class_methods.go, classes.go, enums.go, exception_classes.go, members.go
//   - functions: arguments.go, functions.go, own_calls.go, partial.go
//   - users and events: clients.go, command_line.go, environment.go, listeners.go, markov.go, shared_state.go, tasks.go
//   - requests: python_requests.go, request_bodies.go, request_urls.go, requests.go, streams.go
//   - expressions: arithmetic.go, attributes.go, calls.go, comprehensions.go, expressions.go, methods.go, names.go,
//     operators.go
//   - types of values: bytes.go, datetime.go, deques.go, integers.go, maps.go, numbers.go, text_methods.go, tuples.go,
//     value_methods.go
//   - text and logs: formats.go, percent.go, regexes.go, texts.go
//   - files: files.go, path_values.go, pathlib.go, paths.go
//   - Python's library: builtin_objects.go, builtins.go, faker.go, greenlets.go, hashes.go, html.go, library.go,
//     library_calls.go, library_values.go
package convert
