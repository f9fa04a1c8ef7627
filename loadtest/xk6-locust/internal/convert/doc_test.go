package convert

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The package comment lists each file of the package once.
func TestPackageCommentListsAllFiles(t *testing.T) {
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return file == "doc.go" || strings.HasSuffix(file, "_test.go") })
	listed := regexp.MustCompile(`\w+\.go`).FindAllString(string(comment), -1)
	slices.Sort(listed)
	if !slices.Equal(listed, files) {
		t.Errorf("listed: %v\nfiles:  %v", listed, files)
	}
}
