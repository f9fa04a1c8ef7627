package report_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/report"
)

func TestTablesEqualThoseOfLocust(t *testing.T) {
	t.Parallel()
	_, snapshot := replay(t, ignore)
	var tables map[string]struct{ Current, Total, Percentiles, Errors []string }
	goldenJSON(t, "tables.json.golden", &tables)
	if len(tables) == 0 {
		t.Fatal("no golden tables")
	}
	for text, want := range tables {
		width, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		for name, lines := range map[string]struct{ got, want []string }{
			"current":     {report.Table(snapshot.Stats, true, width), want.Current},
			"total":       {report.Table(snapshot.Stats, false, width), want.Total},
			"percentiles": {report.PercentileTable(snapshot.Stats, width), want.Percentiles},
			"errors":      {report.FailureTable(snapshot.Stats, width), want.Errors},
		} {
			if slices.Equal(lines.got, lines.want) {
				continue
			}
			t.Errorf("%s at width %d: %d lines, want %d", name, width, len(lines.got), len(lines.want))
			for i := range min(len(lines.got), len(lines.want)) {
				if lines.got[i] != lines.want[i] {
					t.Errorf("line %d\n got %q\nwant %q", i, lines.got[i], lines.want[i])
					break
				}
			}
		}
	}
}

func TestNameWidthWithoutTerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got := report.NameWidth(file); got != 80 {
		t.Errorf("got %d, want 80", got)
	}
}
