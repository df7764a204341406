package main

import (
	"fmt"
	"slices"
)

// verdict says whether one quantity grew.
type verdict struct {
	what, unit  string
	early, late float64 // medians of the two halves of what is judged
	grew        bool
}

func (v verdict) String() string {
	says := "does not grow"
	if v.grew {
		says = "GROWS"
	}
	return fmt.Sprintf("- %s: %.1f %s at first, %.1f later: %s", v.what, v.early, v.unit, v.late, says)
}

// quantities must not grow once the log has reached its size. Each may vary by a tenth plus its
// slack.
var quantities = []struct {
	what, unit string
	slack      float64
	of         func(line) float64
}{
	{"memory of the predictor", "MiB", 8, func(l line) float64 { return l.held[0].resident / (1 << 20) }},
	{"memory of the exporter", "MiB", 16, func(l line) float64 { return l.held[1].resident / (1 << 20) }},
	{"open files of the predictor", "files", 4, func(l line) float64 { return l.held[0].files }},
	{"open files of the exporter", "files", 4, func(l line) float64 { return l.held[1].files }},
	{"goroutines of the predictor", "goroutines", 8, func(l line) float64 { return l.held[0].goroutines }},
	{"goroutines of the exporter", "goroutines", 8, func(l line) float64 { return l.held[1].goroutines }},
	{"write-ahead log", "MiB", 8, func(l line) float64 { return float64(l.wal) / (1 << 20) }},
	{"log", "MiB", 8, func(l line) float64 { return float64(l.log) / (1 << 20) }},
	{"lag of the exporter", "predictions", 1000, func(l line) float64 { return float64(l.lag) }},
}

// steady leaves out the first third of the run, in which caches and windows are filled. It also
// leaves out the lines before the log had reached its size, in bytes.
func steady(lines []line, size int64) []line {
	for i := len(lines) / 3; i < len(lines); i++ {
		if float64(lines[i].log) > .95*float64(size) {
			return lines[i:]
		}
	}
	return nil
}

// judge compares the second half of the lines with the first.
func judge(lines []line) []verdict {
	half := len(lines) / 2
	if half == 0 {
		return nil
	}
	var all []verdict
	for _, q := range quantities {
		v := verdict{what: q.what, unit: q.unit, early: median(lines[:half], q.of), late: median(lines[half:], q.of)}
		v.grew = v.late > 1.1*v.early+q.slack
		all = append(all, v)
	}
	return all
}

func median(lines []line, of func(line) float64) float64 {
	values := make([]float64, len(lines))
	for i, l := range lines {
		values[i] = of(l)
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}
