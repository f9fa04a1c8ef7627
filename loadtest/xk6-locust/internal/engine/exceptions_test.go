package engine

import (
	"fmt"
	"strings"
	"testing"
)

func TestExceptionLog(t *testing.T) {
	t.Parallel()
	var log exceptions
	var lines []string
	write := func(text string) { lines = append(lines, text) }
	for range 50_000 {
		log.log("Error: a", write)
	}
	want := "Error: a; Error: a (10 times so far); Error: a (100 times so far); Error: a (1,000 times so far); Error: a (10,000 times so far)"
	if got := strings.Join(lines, "; "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	lines = nil
	for i := range 5000 {
		log.log(fmt.Sprintf("Error: %d", i), write)
	}
	if last := lines[len(lines)-1]; len(lines) != maxDistinct || last != "100 different errors were logged; others are only counted" {
		t.Errorf("5,000 different errors give %d lines, the last of which is %q", len(lines), last)
	}
	if got := log.count(); got != 55_000 {
		t.Errorf("%d errors were counted", got)
	}
}
