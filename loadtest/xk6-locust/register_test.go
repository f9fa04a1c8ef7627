package xk6locust

import (
	"strings"
	"testing"

	"go.k6.io/k6/v2/ext"
)

// `k6 version` prints these paths.
func TestExtensionsHaveThePathOfThisModule(t *testing.T) {
	t.Parallel()
	count := 0
	for _, extension := range ext.GetAll() {
		if !strings.HasSuffix(extension.Name, "locust") {
			continue
		}
		count++
		if !strings.HasPrefix(extension.Path, "github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust") {
			t.Errorf("the path of %s is %q", extension.Name, extension.Path)
		}
	}
	if count != 2 {
		t.Errorf("found %d extensions", count)
	}
}
