// Package conversion contains what the conversion of locustfiles and the conversion of recordings share.
//
// The files of this package:
//
//   - results and problems: result.go
//   - the first line of a script: heading.go
//   - literals in TypeScript: literals.go
package conversion
