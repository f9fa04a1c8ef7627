package convert

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The comments of the packages that convert files list each file of their package once.
func TestPackageCommentsListAllFiles(t *testing.T) {
	for _, folder := range []string{".", "../conversion", "../recording", "../simplify"} {
		comment, err := os.ReadFile(filepath.Join(folder, "doc.go"))
		if err != nil {
			t.Fatal(err)
		}
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		for _, path := range paths {
			if file := filepath.Base(path); file != "doc.go" && !strings.HasSuffix(file, "_test.go") {
				files = append(files, file)
			}
		}
		listed := regexp.MustCompile(`\w+\.go`).FindAllString(string(comment), -1)
		slices.Sort(listed)
		if !slices.Equal(listed, files) {
			t.Errorf("%s: listed: %v\nfiles:  %v", folder, listed, files)
		}
	}
}
