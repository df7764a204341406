// Command calibrate measures by simulation whether package risk and the rule of retraining keep their
// promises, and prints collector/risk/CALIBRATION.md. `make calibrate` runs it.
//
// It uses only what the packages export. The same seed prints the same bytes. It takes some
// minutes on one processor, and fails if a promise is broken.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/template"
)

func main() {
	seed := flag.Uint64("seed", 1, "start of every random number")
	flag.Parse()
	if err := run(whole, *seed, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

// effort says how much is simulated.
type effort struct {
	Months  int // of each kind of traffic
	Ticks   int // of a month
	Changes int // runs of each change
	Quiet   int // runs without any excess
	Labels  int // of such a run
	Duels   int // of two equal models
	Pairs   int // of such a duel in which one model is right
	Rule    int // months of each kind of traffic on which the whole rule decides
	Draws   int // of a null distribution
}

var whole = effort{Months: 10, Ticks: 172_800, Changes: 200, Quiet: 1000, Labels: 100_000, Duels: 10_000, Pairs: 2000, Rule: 10, Draws: 999}

//go:embed report.md.tmpl
var page string

var layout = template.Must(template.New("report").Funcs(template.FuncMap{
	"percent": func(part, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(of)) },
}).Parse(page))

// report contains everything that was measured.
type report struct {
	Seed uint64
	effort

	Traffic []Traffic
	Slices  Slices
	Found   []Change
	Excess  []Recommendation
	Equal   []Peeking
	Means   []Coverage
	Rules   []Rule
}

// run simulates and prints the report. The error names the promises that are broken.
func run(e effort, seed uint64, out io.Writer) error {
	r := report{Seed: seed, effort: e}
	r.Traffic = months(e, seed)
	r.Slices = slicesOf(e, seed)
	r.Found = changes(e, seed)
	r.Excess = recommendations(e, seed)
	r.Equal = duels(e, seed)
	r.Means = means(e, seed)
	var err error
	if r.Rules, err = rules(e, seed); err != nil {
		return err
	}
	if err := layout.Execute(out, &r); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return errors.Join(r.broken()...)
}

// broken names the promises that are broken.
func (r *report) broken() (errs []error) {
	for _, t := range r.Traffic {
		if !t.Biased && t.Alarms > r.Months {
			errs = append(errs, fmt.Errorf("%s: %d alarms in %d months", t.Name, t.Alarms, r.Months))
		}
		if !t.Biased && !t.Boundary && t.Recommended > 0 {
			errs = append(errs, fmt.Errorf("%s: %d recommendations by cost in %d months", t.Name, t.Recommended, r.Months))
		}
	}
	if r.Slices.Alarms > r.Slices.Months {
		errs = append(errs, fmt.Errorf("slices: %d alarms in %d months", r.Slices.Alarms, r.Slices.Months))
	}
	for _, c := range r.Found {
		if c.Earlier > 0 && float64(c.Median) > 1.15*float64(c.Earlier) {
			errs = append(errs, fmt.Errorf("%s: found after %d outcomes, earlier %d", c.Name, c.Median, c.Earlier))
		}
	}
	for _, x := range r.Excess {
		if x.Rate <= x.Limit && float64(x.Above0) > alpha*float64(x.Runs) {
			errs = append(errs, fmt.Errorf("excess without any: in %d of %d runs", x.Above0, x.Runs))
		}
	}
	for _, d := range r.Equal {
		if d.Chance <= 0.5 && (float64(d.At20) > 0.05*float64(d.Runs) || float64(d.At100) > 0.01*float64(d.Runs)) {
			errs = append(errs, fmt.Errorf("equal models: evidence of 20 in %d, of 100 in %d of %d duels", d.At20, d.At100, d.Runs))
		}
	}
	for _, m := range r.Means {
		if float64(m.Missed) > 0.05*float64(m.Runs) {
			errs = append(errs, fmt.Errorf("the mean %v is missed in %d of %d runs", m.Mean, m.Missed, m.Runs))
		}
	}
	for _, x := range r.Rules {
		if x.Harm && x.Recommended < x.Months {
			errs = append(errs, fmt.Errorf("%s: recommended in %d of %d months", x.Name, x.Recommended, x.Months))
		}
		if !x.Harm && (x.Recommended > 0 || x.Decisions == 0) {
			errs = append(errs, fmt.Errorf("%s: recommended in %d of %d months, with %d decisions", x.Name, x.Recommended, x.Months, x.Decisions))
		}
	}
	return errs
}
