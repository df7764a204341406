package main

import (
	_ "embed"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/template"
)

//go:embed report.md.tmpl
var page string

// report contains everything that was measured.
type report struct {
	Seed      uint64
	levels    []level
	Crowds    []Crowd
	CrowdCalm []CrowdCalm
	Quiet     []Calm
	Provoked  []Provocation
	Drifts    []Drift
	Wild      []Weather
	Slowed    []Slowed
	effort
}

var layout = template.Must(template.New("report").Funcs(template.FuncMap{
	"seconds": seconds, "percent": percent, "small": small, "whole": func(x float64) string { return grouped(int64(math.Round(x))) },
}).Parse(page))

func (r *report) print(w io.Writer) error { return layout.Execute(w, r) }

// PValues returns the number of p-values of a cell.
func (r *report) PValues() string { return grouped(int64(r.pValues)) }

// Shared returns the number of references if each is used for this many p-values.
func (r *report) Shared(each int) int { return r.pValues / each }

// Months returns the number of months of quiet traffic.
func (r *report) Months() int { return r.months }

// Days returns the number of days of a month.
func (r *report) Days() int { return r.ticks / ticksPerDay }

// Runs returns the number of runs of a change.
func (r *report) Runs() int { return r.drifts }

// SlowedRuns returns the number of runs of a change in dependent traffic.
func (r *report) SlowedRuns() int { return r.dependent }

// CrowdMonths returns the number of months of quiet traffic of many categories.
func (r *report) CrowdMonths() int { return r.crowdMonths }

// WildMonths returns the number of months of each kind of wild traffic.
func (r *report) WildMonths() int { return r.wild }

// Table contains the type-I errors of one shape, as rows of Markdown.
type Table struct {
	Title   string
	Header  string
	Rows    []string
	Error05 float64 // the largest standard errors
	Error01 float64
	Least   float64 // the extremes at .05
	Most    float64
}

// Tables returns the type-I errors by shape.
func (r *report) Tables() []Table {
	titles := [shapes]string{
		fixedEqual:    "Bins of equal mass",
		fixedSkewed:   "Skewed bins",
		fromQuantiles: "Bins between the reference's own quantiles",
	}
	var tables []Table
	for s := range shapes {
		t := Table{Title: titles[s], Least: 1}
		cells := map[string]string{}
		columns := []int64{}
		for _, known := range referenceSizes {
			for _, l := range r.levels {
				if l.shape == s && l.known == known {
					columns = append(columns, known)
					break
				}
			}
		}
		for _, l := range r.levels {
			if l.shape != s {
				continue
			}
			cells[fmt.Sprint(l.bins, l.window, l.known)] = fmt.Sprintf("%s (%s)", small(l.at05.Share), small(l.at01.Share))
			t.Error05, t.Error01 = max(t.Error05, l.at05.Error), max(t.Error01, l.at01.Error)
			t.Least, t.Most = min(t.Least, l.at05.Share), max(t.Most, l.at05.Share)
		}
		t.Header = "| K | n |"
		for _, known := range columns {
			if known == exactly {
				t.Header += " n_ref infinite |"
			} else {
				t.Header += fmt.Sprintf(" n_ref %s |", grouped(known))
			}
		}
		t.Header += "\n|" + strings.Repeat("---|", len(columns)+2)
		for _, bins := range r.bins {
			for _, window := range windowSizes {
				row := []string{strconv.Itoa(bins), grouped(window)}
				for _, known := range columns {
					row = append(row, cells[fmt.Sprint(bins, window, known)])
				}
				t.Rows = append(t.Rows, "| "+strings.Join(row, " | ")+" |")
			}
		}
		tables = append(tables, t)
	}
	return tables
}

// grouped returns n with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// seconds returns a number of seconds, or a dash for never.
func seconds(s int) string {
	if s == never {
		return "-"
	}
	return strconv.Itoa(s)
}

// percent returns a share with enough digits to distinguish it from 0 and 1.
func percent(share float64) string {
	switch {
	case share == 0:
		return "0 %"
	case share < 0.001:
		return "< 0.1 %"
	case share < 0.1:
		return fmt.Sprintf("%.1f %%", 100*share)
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// small returns a number below 1 in the form .050.
func small(x float64) string {
	return strings.TrimPrefix(strconv.FormatFloat(x, 'f', 3, 64), "0")
}

const (
	leastLevel, mostLevel = 0.04, 0.06
	// enough is the number of reference rows a bin that the levels need. With 20 they were up to
	// .07, or .10 in skewed bins.
	enough = 50
	// slower is the maximum ratio of a median to the earlier one. The earlier median comes from
	// 60 runs, so 1.25 is two of its standard errors at .3 sd. It also comes from a detector that
	// assumed independent rows. The present detector learns that they are independent, and is a
	// little careful until it is sure. On the same streams it needs 2,385 s, and 2,100 s without
	// the design effect.
	slower = 1.35
)

// broken returns the promises that do not hold.
func (r *report) broken() []error {
	var broken []error
	for _, l := range r.levels {
		if l.shape != fixedSkewed && l.known >= enough*int64(l.bins) && (l.at05.Share < leastLevel || l.at05.Share > mostLevel) {
			broken = append(broken, fmt.Errorf("type-I error with shape %d, K = %d, n = %d, n_ref = %d is %v +- %.4f",
				l.shape, l.bins, l.window, l.known, l.at05.Share, l.at05.Error))
		}
	}
	for _, c := range r.Crowds {
		for w, at := range c.At05 {
			if at.Share-2*at.Error > mostLevel {
				broken = append(broken, fmt.Errorf("type-I error with %d categories, n = %d, n_ref = %d is %v +- %.4f",
					c.Names, crowdWindows[w], c.Known, at.Share, at.Error))
			}
		}
	}
	for _, c := range r.CrowdCalm {
		if c.PerMonth() > 1 {
			broken = append(broken, fmt.Errorf("%v false alarms a month of features of many categories with a window of %d", c.PerMonth(), c.Window))
		}
	}
	for _, c := range r.Quiet {
		if n := c.Rules[byDetector]; n.PerMonth() > 1 {
			broken = append(broken, fmt.Errorf("%v false alarms a month with a window of %d", n.PerMonth(), c.Window))
		}
	}
	for _, k := range r.Wild {
		for w, size := range windows {
			if n := k.PerMonth(w); k.Kept && n > 1 {
				broken = append(broken, fmt.Errorf("%v false alarms a month with a window of %d and %s", n, size, k.Name))
			}
		}
	}
	if last := r.Provoked[len(r.Provoked)-1]; last.Episodes == 0 {
		broken = append(broken, fmt.Errorf("no alarm with a budget of %v a month: the detector is dead", last.Budget))
	}
	for _, d := range r.Drifts {
		found := d.Windows[1].Found
		if most := float64(d.Earlier.Found) * slower; most > 0 && float64(found) > most {
			broken = append(broken, fmt.Errorf("%s is found after %s s, earlier %d", d.Name, seconds(found), d.Earlier.Found))
		}
	}
	return broken
}

// Repeats returns, by window, the alarms that were raised again during or after a change.
func (r *report) Repeats() (again [len(windows)]int) {
	for _, d := range r.Drifts {
		for w := range windows {
			again[w] += d.Windows[w].Again
		}
	}
	return again
}

// Premature returns the number of runs with an alarm before the change, over all windows.
func (r *report) Premature() int {
	early := 0
	for _, d := range r.Drifts {
		for _, w := range d.Windows {
			early += w.Early
		}
	}
	return early
}
