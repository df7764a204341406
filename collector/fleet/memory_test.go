package fleet

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

const lateness = 2 * time.Minute

// memory is a Log that holds what was shipped, in any order. It shows what had been shipped by now.
type memory struct {
	records  []tick.Record
	outcomes []tick.Outcome
	now      int64
	err      error // what every question gets
	asked    int
}

func (m *memory) State(context.Context) (tick.State, error) {
	m.asked++
	s := tick.State{Now: m.now}
	at := map[string]int{}
	for i := range m.records {
		r := &m.records[i]
		if r.ShippedAt > m.now || r.ShippedAt < m.now-int64(time.Hour) {
			continue
		}
		k, ok := at[r.LogID]
		if !ok {
			k = len(s.Logs)
			at[r.LogID], s.Logs = k, append(s.Logs, tick.LogState{ID: r.LogID})
		}
		l := &s.Logs[k]
		l.Through, l.ShippedAt = max(l.Through, r.Through), max(l.ShippedAt, r.ShippedAt)
	}
	return s, m.err
}

// effective calls yield with the records that can be seen, and the tick to which they count.
func (m *memory) effective(from, until int64, yield func(r *tick.Record, start int64)) {
	for i := range m.records {
		r := &m.records[i]
		if start := r.Effective(lateness); !r.Heartbeat() && r.ShippedAt <= m.now && start >= from && start < until {
			yield(r, start)
		}
	}
}

const ever = 1 << 62

func (m *memory) Totals(_ context.Context, before int64) ([]tick.Sum, int64, error) {
	begun := before
	m.effective(-ever, ever, func(_ *tick.Record, start int64) { begun = min(begun, start) })
	var all []tick.Sum
	for _, s := range m.sums(-ever, before) {
		s.At, s.N = nil, nil
		all = append(all, s)
	}
	return all, begun, m.err
}

// sums adds up the records of a range as the queries do.
func (m *memory) sums(from, until int64) []tick.Sum {
	type group struct {
		start                  int64
		model, version, scheme string
	}
	groups := map[group][]*tick.Record{}
	m.effective(from, until, func(r *tick.Record, start int64) {
		g := group{start, r.Model, r.Version, r.Scheme}
		groups[g] = append(groups[g], r)
	})
	// The pieces are those of all schemes together.
	of := map[group]map[string]int64{}
	for g, records := range groups {
		g.scheme = ""
		if of[g] == nil {
			of[g] = map[string]int64{}
		}
		for _, r := range records {
			of[g][r.LogID] += r.Rows
		}
	}
	var all []tick.Sum
	for g, records := range groups {
		pieces := map[int64]*tick.Sum{}
		for _, r := range records {
			before := int64(0)
			for log, rows := range of[group{g.start, g.model, g.version, ""}] {
				if log < r.LogID {
					before += rows
				}
			}
			piece := before / 1000
			if pieces[piece] == nil {
				pieces[piece] = &tick.Sum{Record: tick.Record{Tick: g.start, Model: g.model, Version: g.version, Scheme: g.scheme}, Piece: piece}
			}
			pieces[piece].Add(r)
			pieces[piece].Records++
		}
		for _, s := range pieces {
			all = append(all, *s)
		}
	}
	slices.SortFunc(all, func(a, b tick.Sum) int {
		return cmp.Or(cmp.Compare(a.Tick, b.Tick), strings.Compare(a.Model, b.Model), strings.Compare(a.Version, b.Version), cmp.Compare(a.Piece, b.Piece))
	})
	return all
}

func (m *memory) Tallies(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error {
	return m.Ticks(ctx, from, until, func(s *tick.Sum) error {
		s.At, s.N, s.LastFeature, s.LastTime, s.LastValue = nil, nil, nil, nil, nil
		return yield(s)
	})
}

func (m *memory) Ticks(_ context.Context, from, until int64, yield func(*tick.Sum) error) error {
	for _, s := range m.sums(from, until) {
		if err := yield(&s); err != nil {
			return err
		}
	}
	return m.err
}

func (m *memory) Outcomes(_ context.Context, from, until int64, yield func(*tick.Outcome) error) error {
	for i := range m.outcomes {
		o := m.outcomes[i]
		if start := o.Effective(lateness); o.ShippedAt <= m.now && start >= from && start < until {
			if err := yield(&o); err != nil {
				return err
			}
		}
	}
	return m.err
}

func (m *memory) Late(_ context.Context, from, until int64) (all []tick.Late, err error) {
	m.effective(from, until, func(r *tick.Record, start int64) {
		if start != r.Tick {
			all = append(all, tick.Late{
				LogID: r.LogID, Model: r.Model, Version: r.Version,
				Tick: r.Tick, After: r.After, Sequence: r.Sequence, Effective: start, Rows: r.Rows,
			})
		}
	})
	return all, m.err
}

func (m *memory) Records(_ context.Context, from, until int64) (map[int64]int64, error) {
	n := map[int64]int64{}
	m.effective(from, until, func(_ *tick.Record, start int64) { n[start]++ })
	for i := range m.outcomes {
		if start := m.outcomes[i].Effective(lateness); m.outcomes[i].ShippedAt <= m.now && start >= from && start < until {
			n[start]++
		}
	}
	return n, m.err
}

func (m *memory) Close() error { return nil }

// single is one log with the rows and outcomes that have been added to it.
type single struct {
	rows     []predictionlog.Row
	feedback []predictionlog.FeedbackRow
	errors   []predictionlog.ErrorRow
}

func (s *single) State(context.Context) (predictionlog.State, error) {
	return predictionlog.State{LogID: "one", TotalsUpTo: predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}, HighWater: predictionlog.UpTo{
		Predictions: int64(len(s.rows)) - 1, Feedback: int64(len(s.feedback)) - 1, Errors: int64(len(s.errors)) - 1,
	}}, nil
}

func (s *single) Totals(context.Context, predictionlog.UpTo) (predictionlog.Totals, error) {
	return predictionlog.Totals{UpTo: predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}, Counters: map[predictionlog.Key]*predictionlog.Counters{}}, nil
}

func (s *single) Predictions(_ context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error {
	return each(s.rows, after, upTo, yield)
}

func (s *single) Feedback(_ context.Context, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error {
	return each(s.feedback, after, upTo, yield)
}

func (s *single) Errors(_ context.Context, after, upTo int64, yield func(*predictionlog.ErrorRow) error) error {
	return each(s.errors, after, upTo, yield)
}

func each[R any](rows []R, after, upTo int64, yield func(*R) error) error {
	for i := after + 1; i <= upTo; i++ {
		if err := yield(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *single) FeedbackOf(context.Context, []int64, int64, int64, func(*predictionlog.FeedbackRow) error) error {
	return nil
}

func (s *single) PredictionsByID(_ context.Context, ids []int64, yield func(*predictionlog.Row) error) error {
	for _, id := range ids {
		if err := yield(&s.rows[id]); err != nil {
			return err
		}
	}
	return nil
}
