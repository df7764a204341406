package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// unit formats a measurement.
type unit func(float64) string

func perSecond(x float64) string { return fmt.Sprintf("%.0f/s", x) }
func plain(x float64) string     { return fmt.Sprintf("%.4g", x) }
func mebibytes(x float64) string { return fmt.Sprintf("%.1f MiB", x/(1<<20)) }

// duration writes seconds with three digits.
func duration(x float64) string {
	d := time.Duration(x * float64(time.Second))
	for step := time.Duration(1); ; step *= 10 {
		if d < 1000*step {
			return d.Round(step).String()
		}
	}
}

const heading = "what\tours\tfloor\tratio (min - max)\tgoal\tmet"

// text returns the line of a Markdown table.
func (l *line) text() string {
	columns := make([]string, 6)
	columns[0] = l.what
	goal := "-"
	if l.goal.relation != "" {
		goal = l.goal.relation + " " + plain(l.goal.bound)
		if l.floorless() {
			goal = l.goal.relation + " " + l.unit(l.goal.bound)
		}
	}
	columns[4], columns[5] = goal, "-"
	if len(l.ours) == 0 {
		columns[1], columns[2], columns[3] = "not run: "+l.notRun, "-", "-"
		return strings.Join(columns, "\t")
	}
	columns[1] = l.unit(l.ours.median())
	judged := l.ours
	if l.floorless() {
		columns[2], columns[3] = "-", l.ours.range_(l.unit)
	} else {
		judged = l.ratio
		columns[2] = l.unit(l.floor.median()) + " " + l.beside
		columns[3] = ratio(l.ratio.median()) + l.ratio.range_(ratio)
	}
	if l.goal.relation != "" {
		columns[5] = map[bool]string{true: "yes", false: "NO"}[l.goal.met(judged.median())]
	}
	return strings.Join(columns, "\t")
}

func (l *line) floorless() bool { return l.row.floor == "" }

// range_ returns the smallest and the largest of several values.
func (s spread) range_(u unit) string {
	if len(s) < 2 {
		return ""
	}
	return " (" + u(slices.Min(s)) + " - " + u(slices.Max(s)) + ")"
}

func ratio(x float64) string {
	if math.Abs(x) >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// write writes the table in Markdown, with aligned columns.
func write(w io.Writer, lines []line) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	rows := []string{heading, strings.Repeat("---\t", 5) + "---"}
	for i := range lines {
		rows = append(rows, lines[i].text())
	}
	var b strings.Builder
	t.Init(&b, 0, 0, 1, ' ', 0)
	for _, r := range rows {
		_, _ = fmt.Fprintln(t, "|\t"+strings.ReplaceAll(r, "\t", "\t| ")+"\t|") // to memory
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}
