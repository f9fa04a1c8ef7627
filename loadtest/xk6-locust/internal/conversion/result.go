package conversion

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Problem is a message about one line: a construct that cannot be converted, or a note.
type Problem struct {
	// Line is the line number, from 1. It is 0 for messages about a recording.
	Line int
	Text string
	// File is the path of a helper module, relative to the folder of the locustfile. It is empty for the locustfile and
	// for recordings.
	File string
}

// Result is a converted file.
type Result struct {
	// Script is empty if there are problems.
	Script string
	// Problems lists the constructs that cannot be converted, sorted by file and line.
	Problems []Problem
	// Notes lists what users need to know about the script, such as the parts that were left out, and the variables
	// that can be set.
	Notes []Problem
}

// Sorted returns problems or notes, sorted by file and line.
func Sorted(problems map[Problem]bool) []Problem {
	return slices.SortedFunc(maps.Keys(problems), func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Text, b.Text))
	})
}
