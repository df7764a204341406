package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// folded is windows, and how many records and outcomes of the latest ticks are in them.
type folded struct {
	*window.Ticks

	labels  int64 // the anchor of the outcomes
	records map[int64]int64
}

// checked is how long a tick is checked for records that turned up after it was folded, in
// nanoseconds: an hour.
const checked = 3600 * 1e9

// start folds everything from the anchors up to a time.
func (e *Engine) start(ctx context.Context, until int64) (*folded, error) {
	labels, counts := window.AnchorOf(until, int64(e.options.Labels)), window.AnchorOf(until, int64(e.options.Lookback))
	totals, begun, err := e.log.Totals(ctx, labels)
	if err != nil {
		return nil, fmt.Errorf("read the totals: %w", err)
	}
	o := &e.options
	f := &folded{labels: labels, records: map[int64]int64{}}
	if f.Ticks, err = window.NewTicks(o.Specs, o.Bins, e.nulls, o.Window, window.Lookbacks{Counts: int64(o.Lookback), Labels: int64(o.Labels)}, labels, begun); err != nil {
		return nil, err
	}
	for i := range totals {
		f.Total(&totals[i])
	}
	if err := e.stream(ctx, f, e.log.Tallies, labels, counts); err != nil {
		return nil, err
	}
	return f, e.stream(ctx, f, e.log.Ticks, counts, until)
}

// stream folds the ticks of a range while they are read.
func (e *Engine) stream(ctx context.Context, f *folded, read func(context.Context, int64, int64, func(*tick.Sum) error) error, from, until int64) error {
	r, err := e.besides(ctx, f, from, until)
	if err != nil {
		return err
	}
	if err := read(ctx, from, until, func(s *tick.Sum) error { return r.sum(ctx, s) }); err != nil {
		return fmt.Errorf("read the ticks: %w", err)
	}
	return r.end(ctx, until)
}

// extend folds the ticks up to a time. It reads all of them first: if that fails, nothing is
// folded. If it fails later, the state is gone.
func (e *Engine) extend(ctx context.Context, f *folded, until int64) error {
	from := f.Until()
	r, err := e.besides(ctx, f, from, until)
	if err != nil {
		return err
	}
	var all []tick.Sum
	if err := e.log.Ticks(ctx, from, until, func(s *tick.Sum) error { all = append(all, *s); return nil }); err != nil {
		return fmt.Errorf("read the ticks: %w", err)
	}
	e.folded = nil
	for i := range all {
		if err := r.sum(ctx, &all[i]); err != nil {
			return err
		}
	}
	return r.end(ctx, until)
}

// besides reads what belongs to the ticks of a range besides their counts.
func (e *Engine) besides(ctx context.Context, f *folded, from, until int64) (*run, error) {
	r := &run{of: f}
	var err error
	if r.late, err = e.log.Late(ctx, from, until); err != nil {
		return nil, fmt.Errorf("read the late records: %w", err)
	}
	err = e.log.Outcomes(ctx, from, until, func(o *tick.Outcome) error {
		r.outcomes = append(r.outcomes, counted{*o, o.Effective(e.options.Lateness)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the outcomes: %w", err)
	}
	slices.SortStableFunc(r.outcomes, func(a, b counted) int { return cmp.Compare(a.start, b.start) })
	return r, nil
}

// counted is an outcome and the tick at whose end it counts.
type counted struct {
	tick.Outcome

	start int64
}

// run folds sums that come in the order of their ticks, and outcomes between them.
type run struct {
	of       *folded
	late     []tick.Late // those that the windows do not know yet
	outcomes []counted   // those that are not folded
	open     int64       // start of the tick of sums
	sums     []tick.Sum
}

// sum adds a sum. It folds the open tick if the sum is of a later one.
func (r *run) sum(ctx context.Context, s *tick.Sum) error {
	if len(r.sums) > 0 && s.Tick != r.open {
		if err := r.until(ctx, s.Tick); err != nil {
			return err
		}
	}
	r.open = s.Tick
	r.sums = append(r.sums, *s)
	return nil
}

// end folds everything that is left before a time.
func (r *run) end(ctx context.Context, until int64) error {
	if err := r.until(ctx, until); err != nil {
		return err
	}
	r.of.Advance(until)
	for start := range r.of.records {
		if start < until-checked {
			delete(r.of.records, start)
		}
	}
	return nil
}

// until folds everything that begins before a time.
func (r *run) until(ctx context.Context, end int64) error {
	for {
		start := end
		if len(r.sums) > 0 {
			start = min(start, r.open)
		}
		if len(r.outcomes) > 0 {
			start = min(start, r.outcomes[0].start)
		}
		if start >= end {
			return nil
		}
		if err := r.fold(ctx, start); err != nil {
			return err
		}
	}
}

// fold folds one tick.
func (r *run) fold(ctx context.Context, start int64) error {
	for _, l := range r.late {
		r.of.Late(l)
	}
	r.late = nil
	var sums []tick.Sum
	if len(r.sums) > 0 && r.open == start {
		sums, r.sums = r.sums, nil
	}
	var outcomes []tick.Outcome
	for len(r.outcomes) > 0 && r.outcomes[0].start == start {
		outcomes = append(outcomes, r.outcomes[0].Outcome)
		r.outcomes = r.outcomes[1:]
	}
	n := int64(len(outcomes))
	for i := range sums {
		n += sums[i].Records
	}
	r.of.records[start] += n
	return r.of.Fold(ctx, start, sums, outcomes)
}
