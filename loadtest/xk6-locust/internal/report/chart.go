package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Charts are drawn in the units of the SVG's inner box, which the page stretches to its width. Labels are outside the
// box and keep their size.
const (
	chartWidth, chartHeight = 1000, 200
	// maxTicks limits the number of steps between the marks on a scale.
	maxTicks = 5
)

// chart is one plot over time.
type chart struct {
	ID, Title, Unit string
	// Description describes the plot for screen readers.
	Description    string
	Series         []series
	YTicks, XTicks []tick
}

type series struct {
	Name, Class string
	// Key is the key of the values in the page's data.
	Key string
	// Path is the line's SVG path.
	Path   string
	Values []float64
}

// tick is a mark on a scale. Marks on the y axis have At, a position in the chart's units. Marks on the x axis have
// Percent, a position in percent of the width, and Anchor, the label's SVG text-anchor.
type tick struct{ Label, At, Percent, Anchor string }

func charts(points []Point) []chart {
	value := func(of func(Point) float64) []float64 {
		values := make([]float64, len(points))
		for i, p := range points {
			values[i] = of(p)
		}
		return values
	}
	// Before the first response time, there is no point to draw.
	timed := 0
	for timed < len(points)-1 && !points[timed].HasTimes {
		timed++
	}
	// The percentiles do not cover the current second, so the first point may have none.
	if timed+1 < len(points) && points[timed].P99 == 0 {
		timed++
	}
	return []chart{
		newChart(points, "rates", "Requests per second", "", 0, []series{
			{Name: "Requests", Class: "a", Key: "current_rps", Values: value(func(p Point) float64 { return p.RPS })},
			{Name: "Failures", Class: "bad", Key: "current_fail_per_sec", Values: value(func(p Point) float64 { return p.FailuresPerSecond })},
		}),
		newChart(points, "times", "Response times", "ms", timed, []series{
			{Name: "Median", Class: "a", Key: "response_time_percentile_0.5", Values: value(func(p Point) float64 { return float64(p.Median) })},
			{Name: "95th percentile", Class: "b", Key: "response_time_percentile_0.95", Values: value(func(p Point) float64 { return float64(p.P95) })},
			{Name: "99th percentile", Class: "d", Key: "response_time_percentile_0.99", Values: value(func(p Point) float64 { return float64(p.P99) })},
			{Name: "Average of the run", Class: "c", Key: "total_avg_response_time", Values: value(func(p Point) float64 { return p.Average })},
		}),
		newChart(points, "users", "Users", "", 0, []series{
			{Name: "Users", Class: "a", Key: "user_count", Values: value(func(p Point) float64 { return float64(p.Users) })},
		}),
	}
}

// newChart creates a chart whose lines begin at the point with the index `from`.
func newChart(points []Point, id, title, unit string, from int, lines []series) chart {
	c := chart{ID: id, Title: title, Unit: unit, Series: lines}
	if len(points) == 0 {
		return c
	}
	top := 0.0
	var said []string
	for _, line := range lines {
		highest := 0.0
		for _, v := range line.Values {
			highest = max(highest, v)
		}
		top = max(top, highest)
		said = append(said, fmt.Sprintf("%s: at most %s, at the end %s", line.Name, formatNumber(highest), formatNumber(line.Values[len(line.Values)-1])))
	}
	c.Description = strings.Join(said, ". ") + "."
	// Without room above the highest point, its line would be cut off.
	step := niceStep(max(top, 1e-9)*1.05/maxTicks, []float64{1, 2, 5, 10})
	top = step * math.Ceil(max(top, 1e-9)*1.05/step)
	for v := 0.0; v <= top*1.001; v += step {
		c.YTicks = append(c.YTicks, tick{At: coordinate(chartHeight * (1 - v/top)), Label: tickNumber(v, step)})
	}

	start := points[0].Time
	duration := max(points[len(points)-1].Time.Sub(start), time.Second)
	timeStep := niceTimeStep(duration / maxTicks)
	for at := time.Duration(0); at <= duration; at += timeStep {
		share := float64(at) / float64(duration)
		c.XTicks = append(c.XTicks, tick{Percent: coordinate(100 * share), Label: clock(at), Anchor: anchor(share)})
	}
	for i := range c.Series {
		var path strings.Builder
		for j, v := range c.Series[i].Values {
			if j < from {
				continue
			}
			command := byte('L')
			if j == from {
				command = 'M'
			}
			path.WriteByte(command)
			path.WriteString(coordinate(chartWidth * float64(points[j].Time.Sub(start)) / float64(duration)))
			path.WriteByte(' ')
			path.WriteString(coordinate(chartHeight * (1 - v/top)))
		}
		c.Series[i].Path = path.String()
	}
	return c
}

// niceStep returns the smallest step of at least atLeast that is a product of one of the digits and a power of ten.
func niceStep(atLeast float64, digits []float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(atLeast)))
	for _, digit := range digits {
		if digit*power >= atLeast {
			return digit * power
		}
	}
	return 10 * power
}

// niceTimeStep returns the smallest common time step of at least atLeast.
func niceTimeStep(atLeast time.Duration) time.Duration {
	for _, step := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if step >= atLeast {
			return step
		}
	}
	const day = 24 * time.Hour
	return (atLeast + day - 1).Truncate(day)
}

func anchor(share float64) string {
	switch {
	case share < 0.02:
		return "start"
	case share > 0.98:
		return "end"
	}
	return "middle"
}

// clock formats a time since the start: 1:05, or 1:00:05 for an hour or more.
func clock(d time.Duration) string {
	seconds := int(d / time.Second)
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

func tickNumber(v, step float64) string {
	decimals := max(0, -int(math.Floor(math.Log10(step))))
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func coordinate(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }
