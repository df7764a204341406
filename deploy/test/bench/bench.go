package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// settings say how long and where everything is measured.
type settings struct {
	rounds int           // of each bench
	span   time.Duration // that one probe of a rate takes in each round
	quick  bool          // small logs and few trials: to see that everything runs
	dir    string        // for logs and other files; emptied in the end
	binary string        // drift_exporter
	peers  string        // folder with the virtual environments of other programs
}

// A bench measures things that are compared with each other. Each round measures all of them
// once, one probe after the other. So ratios are between measurements that were taken at nearly
// the same time.
type bench struct {
	probes []probe
	rows   []row
	derive func(s sample) // adds to a round what follows from it; may be nil
	close  func() error   // may be nil
}

// A probe measures something once and notes it by name in the sample.
type probe func(ctx context.Context, s sample) error

// sample contains the measurements of one round, by name.
type sample map[string]float64

// A row is one line of the table. Its ratio is our value over the floor's, for each round. The
// goal applies to the median of the ratios, or to our values if there is no floor.
type row struct {
	what  string
	ours  string // name in the samples
	floor string // likewise; empty: there is none
	// beside describes the floor.
	beside string
	unit   unit
	goal   goal
	notRun string // why it was not measured
}

// goal is a limit for the median. The zero value only reports.
type goal struct {
	relation string // "<=" or ">="
	bound    float64
}

func atMost(bound float64) goal  { return goal{"<=", bound} }
func atLeast(bound float64) goal { return goal{">=", bound} }

func (g goal) met(x float64) bool {
	switch g.relation {
	case "<=":
		return x <= g.bound
	case ">=":
		return x >= g.bound
	}
	return true
}

// notRun is the error of a bench that cannot run because something is missing on this machine.
type notRun struct{ reason string }

func (e notRun) Error() string { return e.reason }

// line is a row with its measurements.
type line struct {
	row
	ours, floor, ratio spread
}

// run runs the rounds of a bench. Every other round goes backwards, so that no probe always
// follows the same one.
func (b *bench) run(ctx context.Context, rounds int) (lines []line, err error) {
	if b.close != nil {
		defer func() { err = errors.Join(err, b.close()) }()
	}
	samples := make([]sample, rounds)
	for round := range samples {
		samples[round] = sample{}
		probes := slices.Clone(b.probes)
		if round%2 == 1 {
			slices.Reverse(probes)
		}
		for _, p := range probes {
			if err := p(ctx, samples[round]); err != nil {
				return nil, fmt.Errorf("round %d: %w", round, err)
			}
		}
		if b.derive != nil {
			b.derive(samples[round])
		}
	}
	for _, r := range b.rows {
		l := line{row: r}
		for _, s := range samples {
			x, measured := s[r.ours]
			if !measured {
				continue // once is enough for some
			}
			l.ours = append(l.ours, x)
			if r.floor != "" {
				floor, measured := s[r.floor]
				if !measured {
					return nil, fmt.Errorf("%s: its floor %q was not measured", r.what, r.floor)
				}
				l.floor = append(l.floor, floor)
				l.ratio = append(l.ratio, x/floor)
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// spread contains the measurements of all rounds.
type spread []float64

// median returns the middle value, or the mean of the two middle values. It panics without
// values.
func (s spread) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
