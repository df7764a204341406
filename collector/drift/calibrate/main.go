// Command calibrate measures by simulation whether package drift keeps its promises, and prints
// collector/drift/CALIBRATION.md. `make calibrate` runs it.
//
// It uses only what the package exports, and its own samplers, so that a mistake in the samplers
// of the package cannot hide itself. The same seed prints the same bytes, however many processors
// there are. It takes about 40 minutes on one processor and reports its progress on standard
// error. It fails if a promise is broken.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	seed := flag.Uint64("seed", 1, "start of every random number")
	flag.Parse()
	if err := run(whole, *seed, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

// effort says how much is simulated.
type effort struct {
	bins         []int // numbers of bins
	pValues      int   // of a cell
	months       int   // of quiet traffic
	provocations int   // months of detectors that are meant to raise alarms
	wild         int   // months of traffic that is not independent or not steady
	ticks        int   // of a month
	drifts       int   // of a kind
	dependent    int   // drifts of a kind in traffic that is not independent
	names        []int // numbers of categories
	crowds       int   // references of a feature of so many
	crowdMonths  int   // months of quiet traffic of such features
}

var whole = effort{
	bins: []int{5, 10, 20, 50}, pValues: 10_000,
	months: 10, provocations: 3, wild: 1, ticks: 30 * ticksPerDay,
	drifts: 200, dependent: 20,
	names: []int{50, 500, 5000, 50_000}, crowds: 400, crowdMonths: 3,
}

// run simulates and prints the report. The error names the promises that are broken.
func run(e effort, seed uint64, out, progress io.Writer) error {
	r := report{Seed: seed, effort: e}
	p := pool{seed: seed, progress: progress}
	for _, measure := range []func(effort) error{
		func(e effort) (err error) { r.levels, err = typeOne(p, e); return },
		func(e effort) (err error) { r.Crowds, err = crowds(p, e); return },
		func(e effort) (err error) { r.CrowdCalm, err = quietCrowds(p, e); return },
		func(e effort) (err error) { r.Quiet, err = quiet(p, e); return },
		func(e effort) (err error) { r.Provoked, err = provoked(p, e); return },
		func(e effort) (err error) { r.Drifts, err = drifts(p, e); return },
		func(e effort) (err error) { r.Wild, err = wild(p, e); return },
		func(e effort) (err error) { r.Slowed, err = dependent(p, e); return },
	} {
		if err := measure(e); err != nil {
			return err
		}
	}
	w := bufio.NewWriter(out)
	if err := r.print(w); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return errors.Join(r.broken()...)
}
