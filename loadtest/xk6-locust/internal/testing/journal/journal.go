// Package journal collects log lines in tests.
package journal

import (
	"strings"
	"sync"
)

// Journal collects log lines. It is safe for concurrent use.
type Journal struct {
	mutex sync.Mutex
	lines []string
}

// Add adds a line with its level.
func (j *Journal) Add(level, message string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.lines = append(j.lines, level+": "+message)
}

// Text returns all lines.
func (j *Journal) Text() string {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return strings.Join(j.lines, "\n")
}

// Has reports whether a line contains a string.
func (j *Journal) Has(text string) bool { return strings.Contains(j.Text(), text) }
