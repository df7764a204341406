package ticks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// How far from the ticks of a range the rows are searched that count to them: late ones are older.
const (
	rowsBefore = 24 * time.Hour
	rowsAfter  = time.Hour
)

// recounted is a record of another scheme, and what its rows count to by the scheme of the references.
type recounted struct {
	tick.Sum

	own    int64 // its own tick; Tick is that to which it counts
	again  tick.Record
	broken bool // a row is not as it was logged
}

// complete reports whether all rows were there. Then again is right.
func (r *recounted) complete() bool { return !r.broken && r.again.Rows == r.Rows }

func (r *recounted) same(o *recounted) bool {
	return r.Tick == o.Tick && r.own == o.own && r.LogID == o.LogID && r.After == o.After && r.Sequence == o.Sequence &&
		r.Model == o.Model && r.Version == o.Version && r.Scheme == o.Scheme
}

// recounting takes sums in the order of their ticks, and yields them with those of other schemes
// counted again.
type recounting struct {
	of    *Coded
	ctx   context.Context // of one reading
	until int64
	yield func(*tick.Sum) error
	open  []tick.Sum // of one tick
	err   error      // why counting again failed

	next func() (*recounted, error, bool) // nil before the first tick of another scheme
	stop func()
	held *recounted // the next one
	none bool       // there are no rows
}

func (r *recounting) close() {
	if r.stop != nil {
		r.stop()
	}
}

// sum takes a sum.
func (r *recounting) sum(s *tick.Sum) error {
	if len(r.open) > 0 && r.open[0].Tick != s.Tick {
		if err := r.flush(); err != nil {
			return err
		}
	}
	r.open = append(r.open, *s)
	return nil
}

// flush yields the open tick.
func (r *recounting) flush() error {
	all := r.open
	r.open = nil
	if !r.none && slices.ContainsFunc(all, func(s tick.Sum) bool { return s.Rows > 0 && r.of.isForeign(s.Model, s.Version, s.Scheme) }) {
		if all, r.err = r.recount(all); r.err != nil {
			return errEnough
		}
	}
	for i := range all {
		if err := r.yield(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// recount counts the sums of other schemes again.
func (r *recounting) recount(sums []tick.Sum) ([]tick.Sum, error) {
	at := sums[0].Tick
	if r.next == nil {
		if err := r.begin(at); err != nil || r.none {
			return sums, err
		}
	}
	var rows, found int64
	for i := range sums {
		if s := &sums[i]; s.Rows > 0 && r.of.isForeign(s.Model, s.Version, s.Scheme) {
			rows += s.Rows
			r.counters(s)
		}
	}
	of := map[string]*tick.Sum{}
	for i := range sums {
		of[placeOf(&sums[i])] = &sums[i]
	}
	var more []*tick.Sum
	for {
		x, err := r.at(at)
		if err != nil {
			return nil, err
		}
		if x == nil {
			break
		}
		found += x.Rows
		s, err := r.place(x)
		if err != nil {
			return nil, err
		}
		if to := of[placeOf(s)]; to != nil && !s.Left {
			to.Add(&s.Record)
			to.Recounted += s.Recounted
			continue
		}
		if more = append(more, s); !s.Left {
			of[placeOf(s)] = s
		}
	}
	if found != rows {
		return nil, fmt.Errorf("records of the tick of %v turned up while its %d predictions were counted again: the next reading has them", timestamp(at), rows)
	}
	for _, s := range more {
		sums = append(sums, *s)
	}
	slices.SortStableFunc(sums, byPlace)
	return sums, nil
}

// counters leaves of a sum of another scheme what does not depend on the scheme: the log's counters.
func (r *recounting) counters(s *tick.Sum) {
	s.Rows, s.Oldest, s.Newest, s.At, s.N, s.LastFeature, s.LastTime, s.LastValue = 0, 0, 0, nil, nil, nil, nil, nil
	s.Names, s.Sums = countersOf(s, false)
}

// place returns a record as a sum of the references' scheme, or as one that is left.
func (r *recounting) place(x *recounted) (*tick.Sum, error) {
	if !x.complete() {
		r.of.mu.Lock()
		now := r.of.now
		r.of.mu.Unlock()
		if x.Tick >= tick.Settled(now, r.of.options.Lateness) {
			return nil, tick.ErrAwaited
		}
		s := x.Sum
		s.Left = true
		return &s, nil
	}
	s := &tick.Sum{Record: x.again, Piece: x.Piece, Recounted: x.Rows}
	s.Tick, s.Scheme, s.Oldest, s.Newest = x.Tick, r.of.own(x.Model, x.Version), x.Oldest, x.Newest
	s.Names, s.Sums = countersOf(s, true)
	return s, nil
}

// at returns the next record of a tick, nil if there is none.
func (r *recounting) at(start int64) (*recounted, error) {
	if r.held == nil {
		x, err, ok := r.next()
		if err != nil || !ok {
			return nil, err
		}
		r.held = x
	}
	if r.held.Tick != start {
		if r.held.Tick < start {
			return nil, fmt.Errorf("records of the tick of %v turned up while the rows were counted again: the next reading has them", timestamp(r.held.Tick))
		}
		return nil, nil
	}
	x := r.held
	r.held = nil
	return x, nil
}

// begin begins to read the records of other schemes.
func (r *recounting) begin(from int64) error {
	there, err := r.of.hasRows(r.ctx)
	if err != nil || !there {
		r.none = true
		return err
	}
	foreign := map[string]bool{}
	err = r.of.ask(r.ctx, "schemes", r.of.span(from, r.until), func(f *fields) error {
		if model, version, scheme := f.text(), f.text(), f.text(); r.of.isForeign(model, version, scheme) {
			foreign[foreignKey(model, version, scheme)] = true
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf(whyRecount, err)
	}
	r.next, r.stop = iter.Pull2(func(yield func(*recounted, error) bool) {
		err := r.of.recount(r.ctx, from, r.until, sortedKeys(foreign), func(x *recounted) error {
			if !yield(x, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, fmt.Errorf(whyRecount, err))
		}
	})
	return nil
}

// recount yields the records of other schemes in the order of their ticks.
func (c *Coded) recount(ctx context.Context, from, until int64, foreign []string, yield func(*recounted) error) error {
	parameters := append(c.span(from, until), foreignParameter(foreign))
	parameters = append(parameters, rowsBetween(from-int64(rowsBefore), until+int64(rowsAfter))...)
	counts := tick.NewCounts(c.options.Coder)
	var open *recounted
	end := func() error {
		if open == nil {
			return nil
		}
		if records := counts.Records(); len(records) == 1 {
			open.again = records[0]
		}
		x := open
		open = nil
		return yield(x)
	}
	err := c.ask(ctx, "recount", parameters, func(f *fields) error {
		r := &recounted{}
		r.Tick, r.Model, r.Version, r.Scheme, r.Piece = f.time(), f.text(), f.text(), f.text(), f.integer()
		r.LogID, r.After, r.Sequence, r.own = f.text(), f.integer(), f.integer(), f.time()
		r.Rows, r.Oldest, r.Newest = f.integer(), f.integer(), f.integer()
		there := f.known()
		row, exact := f.prediction(), value[bool](f)
		row.Model, row.Version, row.Shadow = r.Model, r.Version, value[bool](f)
		if f.err != nil {
			return nil
		}
		if open == nil || !open.same(r) {
			if err := end(); err != nil {
				return err
			}
			open = r
		}
		if there {
			open.broken = open.broken || !exact
			counts.Prediction(&row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return end()
}

// countersOf returns the counters of a sum that depend on its scheme, or the others.
func countersOf(s *tick.Sum, depend bool) (names []string, sums []int64) {
	for i, name := range s.Names {
		if tick.DependsOnScheme(name) == depend {
			names, sums = append(names, name), append(sums, s.Sums[i])
		}
	}
	return names, sums
}

// placeOf names the sums that are one.
func placeOf(s *tick.Sum) string {
	return fmt.Sprintf("%s/%d", foreignKey(s.Model, s.Version, s.Scheme), s.Piece)
}

func byPlace(a, b tick.Sum) int {
	return cmp.Or(strings.Compare(a.Model, b.Model), strings.Compare(a.Version, b.Version), strings.Compare(a.Scheme, b.Scheme), cmp.Compare(a.Piece, b.Piece))
}

func sortedKeys(of map[string]bool) []string { return slices.Sorted(maps.Keys(of)) }
