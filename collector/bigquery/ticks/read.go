package ticks

import (
	"context"
	"fmt"
	"math"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// State returns how far the logs have been shipped that shipped something in the last hour.
func (r *Reader) State(ctx context.Context) (s tick.State, err error) {
	var parameters []bigquery.QueryParameter
	if r.options.Now != nil {
		parameters = []bigquery.QueryParameter{{Name: "now", Value: r.options.Now().UTC()}}
	}
	err = r.ask(ctx, "state", parameters, func(f *fields) error {
		s.Now = f.time()
		r.mu.Lock()
		r.now = s.Now
		r.mu.Unlock()
		if f.known() {
			s.Logs = append(s.Logs, tick.LogState{ID: f.text(), Through: f.time(), ShippedAt: f.time()})
		}
		return nil
	})
	if err == nil && s.Now == 0 {
		err = fmt.Errorf("read state of %s.%s: there is no row", r.options.Project, r.options.Dataset)
	}
	return s, err
}

// Totals returns the counters by model and version of all ticks before a time, and the first tick
// of all; if there is none, before.
func (r *Reader) Totals(ctx context.Context, before int64) (sums []tick.Sum, begun int64, err error) {
	begun = before
	first := int64(math.MaxInt64)
	err = r.ask(ctx, "totals", r.before(before), func(f *fields) error {
		sum := tick.Sum{}
		sum.Model, sum.Version = f.text(), f.text()
		first = min(first, f.time())
		if sum.Names, sum.Sums = f.texts(), f.integers(); len(sum.Names) > 0 {
			sums = append(sums, sum)
		}
		return pairs(f, len(sum.Names), len(sum.Sums))
	})
	if first < math.MaxInt64 {
		begun = first
	}
	return sums, begun, err
}

// Tallies yields the rows and the counters of the ticks of a range, in order.
func (r *Reader) Tallies(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error {
	return r.ask(ctx, "tallies", r.span(from, until), func(f *fields) error {
		sum, err := tally(f)
		if err != nil || f.err != nil {
			return err
		}
		return yield(sum)
	})
}

// Ticks yields everything of the ticks of a range, in pieces, in order.
func (r *Reader) Ticks(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error {
	return r.ask(ctx, "ticks", r.span(from, until), func(f *fields) error {
		sum, err := tally(f)
		if err != nil {
			return err
		}
		sum.At, sum.N = f.integers(), f.integers()
		sum.LastFeature, sum.LastTime, sum.LastValue = f.integers(), f.integers(), list[float64](f)
		if err := pairs(f, len(sum.At), len(sum.N)); err != nil {
			return err
		}
		if err := pairs(f, len(sum.LastFeature), len(sum.LastTime)); err != nil {
			return err
		}
		if err := pairs(f, len(sum.LastFeature), len(sum.LastValue)); err != nil || f.err != nil {
			return err
		}
		return yield(sum)
	})
}

// tally reads the columns that all sums of ticks have.
func tally(f *fields) (*tick.Sum, error) {
	s := &tick.Sum{}
	s.Tick, s.Model, s.Version, s.Scheme, s.Piece, s.Records = f.time(), f.text(), f.text(), f.text(), f.integer(), f.integer()
	s.Rows, s.Oldest, s.Newest = f.integer(), f.integer(), f.integer()
	s.Names, s.Sums = f.texts(), f.integers()
	return s, pairs(f, len(s.Names), len(s.Sums))
}

// pairs is an error unless two arrays have the same length.
func pairs(f *fields, a, b int) error {
	if a != b && f.err == nil {
		return fmt.Errorf("a row of the answer cannot be read: its arrays have %d and %d elements", a, b)
	}
	return nil
}

// Outcomes yields the outcomes that count in the ticks of a range, in any order.
func (r *Reader) Outcomes(ctx context.Context, from, until int64, yield func(*tick.Outcome) error) error {
	err := r.ask(ctx, "outcomes", r.span(from, until), func(f *fields) error {
		o := &tick.Outcome{LogID: f.text(), Sequence: f.integer(), ShippedAt: f.time(), Closed: f.time(), Time: f.integer(), ObservedAt: f.integer()}
		o.Model, o.Version, o.Scheme, o.PredictionLog, o.PredictionID = f.text(), f.text(), f.text(), f.text(), f.integer()
		o.PredictedAt = -1
		if known := f.known(); known {
			o.PredictedAt = f.integer()
		} else {
			f.next()
		}
		o.Class, o.Outcome, o.HasScore = f.text(), f.text(), f.known()
		o.Score, o.Explored, o.Source, o.Confidence, o.Corrects = value[float64](f), value[float64](f), f.text(), value[float64](f), f.text()
		if o.Codes = value[[]byte](f); f.err != nil {
			return nil
		}
		return yield(o)
	})
	if err != nil {
		return err
	}
	return r.elsewhere(ctx, from, until, yield)
}

// Late returns the records that count in a tick of a range and are of another one.
func (r *Reader) Late(ctx context.Context, from, until int64) (all []tick.Late, err error) {
	err = r.ask(ctx, "late", r.span(from, until), func(f *fields) error {
		all = append(all, tick.Late{
			LogID: f.text(), Model: f.text(), Version: f.text(), Tick: f.time(), After: f.integer(), Sequence: f.integer(), Effective: f.time(), Rows: f.integer(),
		})
		return nil
	})
	return all, err
}

// Records returns the number of records and outcomes that count in each tick of a range.
func (r *Reader) Records(ctx context.Context, from, until int64) (map[int64]int64, error) {
	all := map[int64]int64{}
	err := r.ask(ctx, "records", r.span(from, until), func(f *fields) error {
		at := f.time()
		all[at] = f.integer()
		return nil
	})
	if err == nil {
		err = r.elsewhere(ctx, from, until, func(o *tick.Outcome) error {
			all[o.Effective(r.options.Lateness)]++
			return nil
		})
	}
	return all, err
}
