// Package recording turns recorded traffic (HAR) into scripts for k6/x/locust.
//
// [Convert] converts a recording in these steps:
//
//  1. readRecording reads the fields of the recording that the script needs.
//  2. recorder.add leaves a request out, or converts it to a statement. It adds the pause before the request.
//  3. recorder.script adds the imports, the user class, and the options.
//
// The files of this package:
//
//   - entry point: recording.go
//   - fields of recordings: entries.go
//   - statements and the script: script.go
//   - bodies: bodies.go
//   - values that scripts must not contain: secrets.go
package recording
