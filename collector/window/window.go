// Package window folds the rows of a prediction log into sliding windows, one for
// each model and version, and makes immutable snapshots of them.
//
// A snapshot depends on the log up to its high-water ids, the references, the options and
// the scrape's clock, and on nothing else: a restarted process, a second one, or one that
// scrapes at another pace has the same counts. For that, and to bound the rows read at a
// start, no window looks further back than an anchor: an id that is a multiple of the
// look-back, one to two look-backs before the newest row.
package window

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Log is the log that a Window reads. *sqlite.Reader implements it and documents the
// methods.
type Log interface {
	State(ctx context.Context) (predictionlog.State, error)
	Totals(ctx context.Context, atLeast predictionlog.UpTo) (predictionlog.Totals, error)
	Predictions(ctx context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error
	PredictionsByID(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error
	FeedbackOf(ctx context.Context, ids []int64, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error
	Feedback(ctx context.Context, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error
	Errors(ctx context.Context, after, upTo int64, yield func(*predictionlog.ErrorRow) error) error
}

// Window follows one prediction log. Its methods may be called concurrently.
type Window struct {
	models

	log Log

	begun   atomic.Int64  // number of advances that have begun
	token   chan struct{} // holds the token that is needed to use the fields below
	state   state
	reached int64 // number of the last advance if it reached the log's end, else 0
}

// New returns a Window over log. It does no IO: the first Snapshot does. Unless o is Bare,
// it starts to draw the null distributions for full windows of every reference.
func New(log Log, specs []Spec, bins drift.BinOptions, nulls *drift.Nulls, o Options) (*Window, error) {
	m, err := newModels(specs, bins, nulls, o)
	if err != nil {
		return nil, err
	}
	w := &Window{models: m, log: log, token: make(chan struct{}, 1)}
	w.state.reset()
	w.token <- struct{}{}
	return w, nil
}

// Snapshot reads the new rows of the log and returns the windows at now. It never returns
// nil; a failure is in the snapshot's Err. When ctx ends, it returns as soon as the read
// that is under way has ended. Overlapping calls share one reading of the log.
func (w *Window) Snapshot(ctx context.Context, now time.Time) *snapshot.Snapshot {
	s, begun := &snapshot.Snapshot{Time: now}, w.begun.Load()
	var drafts []*draft
	select {
	case <-w.token:
	case <-ctx.Done():
		s.Err = fmt.Errorf("wait for another scrape to read the log: %w", context.Cause(ctx))
		s.Models = w.References()
		return s
	}
	if w.reached <= begun {
		s.Err = w.advanceOnce(ctx)
	}
	if size := w.state.logSize; size > 0 {
		s.LogSize = &size
	}
	if s.Err == nil {
		drafts = w.fill(ctx, s, now)
	} else {
		s.Models = w.References()
	}
	w.token <- struct{}{}
	if !w.options.Bare {
		w.drawNulls(ctx, drafts)
		testBlocks(drafts)
	}
	reuse(drafts)
	return s
}

// advanceOnce advances and records that. Callers of Snapshot that were waiting for the token
// before it began need not advance again.
func (w *Window) advanceOnce(ctx context.Context) error {
	number := w.begun.Add(1)
	w.reached = 0
	if err := w.advance(ctx); err != nil {
		return err
	}
	w.reached = number
	return nil
}

// fill copies the state into a snapshot. It returns the distributions that it made.
func (w *Window) fill(ctx context.Context, s *snapshot.Snapshot, now time.Time) (drafts []*draft) {
	for _, c := range w.state.counters {
		s.InvalidRows += c.Invalid
	}
	w.models.fill(s, w.state.newest(), w.state.copied, func(spec *Spec, version string) snapshot.Model {
		m, d := w.model(ctx, spec, version, now)
		if d != nil {
			drafts = append(drafts, d)
		}
		return m
	})
	return drafts
}

// newest returns the id of the newest row of each model and version, -1 for those that only have
// counters.
func (s *state) newest() map[predictionlog.Key]int64 {
	newest := make(map[predictionlog.Key]int64, len(s.counters))
	for k := range s.counters {
		newest[k] = -1
	}
	for k, r := range s.series {
		newest[k] = r.lastID()
	}
	return newest
}

// model copies one model and version. It also returns the distributions, if it made new
// ones.
func (w *Window) model(ctx context.Context, spec *Spec, version string, now time.Time) (snapshot.Model, *draft) {
	key := predictionlog.Key{Model: spec.Name, Version: version}
	m := w.of(spec, version)
	m.Counters = w.state.copied(key)
	if f := w.state.feedback[key]; f != nil && m.Type.HasClasses() {
		m.Performance, m.Outcomes = f.counts()
	} else if f != nil {
		m.Regression = f.errors()
	}
	r := w.state.series[key]
	if r == nil {
		return m, nil
	}
	counts, newest := r.at(now), time.Unix(0, r.lastTime())
	m.Rows.Count, m.Rows.Newest, m.Rows.Shadow = counts.Rows, &newest, r.answered < r.behind
	if counts.Rows > 0 {
		oldest := time.Unix(0, counts.Oldest)
		m.Rows.Oldest = &oldest
	}
	if !w.options.Bare {
		if age, ok := r.addOutcomes(&m, counts, now); ok {
			m.Challengers = w.state.contests[key].show(now, age, w.options.Versions)
		}
	}
	if r.layout == nil || m.Reference == nil {
		m.Outcomes = nil
		return m, nil
	}
	if m.Outcomes == nil && m.Type.HasClasses() {
		m.Outcomes = r.layout.unknown
	}
	return m, w.distributions(ctx, &m, counts, r, now)
}

// drawNulls sets the null distribution of every distribution with enough rows. It waits,
// until ctx ends, for those that are still being drawn.
func (w *Window) drawNulls(ctx context.Context, drafts []*draft) {
	for _, m := range drafts {
		for i := range m.columns {
			w.drawNull(ctx, m.of.layout.reference, &m.columns[i])
		}
	}
}
