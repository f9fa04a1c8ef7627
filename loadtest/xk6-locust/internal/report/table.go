package report

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// Widths of Locust's tables, in characters.
const (
	// typeWidth is the width of the method column.
	typeWidth = 8
	// maxNameWidth is the width of the name column in wide terminals and in files.
	maxNameWidth = 80
	// otherWidth is the total width of the columns after the name.
	otherWidth = 80
)

// NameWidth returns the width of the name column: the width of the terminal minus the other columns, but at most 80.
// Without a terminal, it is 80. Call NameWidth before each table, because a terminal may be resized.
func NameWidth(file *os.File) int {
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return maxNameWidth
	}
	return nameWidth(columns)
}

func nameWidth(columns int) int { return max(0, min(columns-otherWidth, maxNameWidth)) }

// Table returns the lines of the statistics table. Its rates cover the last seconds if current is set, and otherwise
// the whole run.
func Table(s *stats.Stats, current bool, nameWidth int) []string {
	// The name column is narrower than in the percentile table. In terminals with fewer than 84 columns, its width is
	// negative. Both Python and Go then pad to the absolute value.
	column := nameWidth - typeWidth + 4
	separator := dashes(typeWidth, column, 7, 13, 7, 7, 7, 7, 8, 11)
	lines := []string{
		fmt.Sprintf("%-*s %-*s %7s %12s |%7s %7s %7s%7s | %7s %11s", typeWidth, "Type", column, "Name",
			"# reqs", "# fails", "Avg", "Min", "Max", "Med", "req/s", "failures/s"),
		separator,
	}
	row := func(e *stats.Entry) string {
		rps, failuresPerSecond := e.TotalRPS(), e.TotalFailuresPerSecond()
		if current {
			rps, failuresPerSecond = e.CurrentRPS(), e.CurrentFailuresPerSecond()
		}
		method := e.Method
		if method != "" {
			method += " "
		}
		return fmt.Sprintf("%-*s %-*s %7d %12s |%7d %7d %7d%7d | %7.2f %11.2f", typeWidth, method, column, e.Name,
			e.Requests, fmt.Sprintf("%d(%.2f%%)", e.Failures, e.FailRatio()*100),
			int64(e.Average()), int64(e.Min()), int64(e.Max()), int64(e.Median()), rps, failuresPerSecond)
	}
	for _, e := range s.SortedEntries() {
		lines = append(lines, row(e))
	}
	return append(lines, separator, row(s.Total))
}

// PercentileTable returns the lines of the percentile table. It contains only rows with response times.
func PercentileTable(s *stats.Stats, nameWidth int) []string {
	widths := []int{typeWidth, nameWidth, 8}
	var header strings.Builder
	_, _ = fmt.Fprintf(&header, "%-*s %-*s %8s", typeWidth, "Type", nameWidth, "Name", percentileNames[0])
	for _, title := range append(percentileNames[1:len(percentileNames):len(percentileNames)], "# reqs") {
		_, _ = fmt.Fprintf(&header, " %6s", title)
		widths = append(widths, 6)
	}
	separator := dashes(widths...)
	lines := []string{"Response time percentiles (approximated)", header.String(), separator}
	for _, e := range rows(s) {
		if e == s.Total {
			lines = append(lines, separator)
		}
		if len(e.ResponseTimes) > 0 {
			lines = append(lines, percentileRow(e, nameWidth))
		}
	}
	return lines
}

func percentileRow(e *stats.Entry, nameWidth int) string {
	percentiles := e.Percentiles(percentilesToReport...)
	var row strings.Builder
	_, _ = fmt.Fprintf(&row, "%-*s %-*s %8d", typeWidth, e.Method, nameWidth, e.Name, percentiles[0])
	for _, percentile := range percentiles[1:] {
		_, _ = fmt.Fprintf(&row, " %6d", percentile)
	}
	_, _ = fmt.Fprintf(&row, " %6d", e.Requests)
	return row.String()
}

// FailureTable returns the lines of the error report, in the order of the first occurrences. Locust prints it only if
// there are failures.
func FailureTable(s *stats.Stats, nameWidth int) []string {
	separator := dashes(18, 80+nameWidth-19)
	lines := []string{"Error report", fmt.Sprintf("%-18s %-100s", "# occurrences", "Error"), separator}
	for _, failure := range s.Failures() {
		text := failure.Method + " " + failure.Name + ": " + bareError(failure.Error)
		lines = append(lines, fmt.Sprintf("%-18d %-100s", failure.Occurrences, text))
	}
	return append(lines, separator, "")
}

// bareError returns the text inside a CatchResponseError, which wraps failures reported by a script.
func bareError(text string) string {
	if inner, ok := strings.CutPrefix(text, "CatchResponseError("); ok && inner != "" {
		return inner[:len(inner)-1]
	}
	return text
}

func dashes(widths ...int) string {
	columns := make([]string, len(widths))
	for i, width := range widths {
		columns[i] = strings.Repeat("-", max(0, width))
	}
	return strings.Join(columns, "|")
}
