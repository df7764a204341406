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
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Spec is one configured model: its name, what it predicts (when empty, what its references
// say), the references of its versions, and the features to watch (when empty, all features of
// the reference).
type Spec struct {
	Name       string
	Type       value.Prediction
	References []*reference.Reference
	Features   []string
}

// Reference returns the reference for a version: the one made for it, or else the one made
// for every version, or else nil.
func (s *Spec) Reference(version string) *reference.Reference {
	var general *reference.Reference
	for _, r := range s.References {
		switch r.Version {
		case version:
			return r
		case "":
			general = r
		}
	}
	return general
}

// predicts returns what the model predicts.
func (s *Spec) predicts() value.Prediction {
	if s.Type == "" && len(s.References) > 0 {
		return s.References[0].Type.Or(value.Binary)
	}
	return s.Type.Or(value.Binary)
}

// Log is the log that a Window reads. *sqlite.Reader implements it and documents the
// methods.
type Log interface {
	State(ctx context.Context) (predictionlog.State, error)
	Totals(ctx context.Context, atLeast predictionlog.UpTo) (predictionlog.Totals, error)
	Predictions(ctx context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error
	PredictionsByID(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error
	Feedback(ctx context.Context, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error
	Errors(ctx context.Context, after, upTo int64, yield func(*predictionlog.ErrorRow) error) error
}

// Window follows one prediction log. Its methods may be called concurrently.
type Window struct {
	log     Log
	options Options
	nulls   *drift.Nulls
	layouts []*layout
	specs   map[string]*Spec

	begun   atomic.Int64  // number of advances that have begun
	token   chan struct{} // holds the token that is needed to use the fields below
	state   state
	reached int64 // number of the last advance if it reached the log's end, else 0
}

// New returns a Window over log. It does no IO: the first Snapshot does. Unless o is Bare,
// it starts to draw the null distributions for full windows of every reference.
func New(log Log, specs []Spec, bins drift.BinOptions, nulls *drift.Nulls, o Options) (*Window, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Lookback = max(o.Lookback, int64(o.Predictions))
	w := &Window{
		log: log, options: o, nulls: nulls,
		specs: make(map[string]*Spec, len(specs)),
		token: make(chan struct{}, 1),
	}
	for i := range specs {
		s := &specs[i]
		w.specs[s.Name] = s
		for _, r := range s.References {
			l, err := newLayout(s, r, bins)
			if err != nil {
				return nil, fmt.Errorf("model %q: %w", s.Name, err)
			}
			w.layouts = append(w.layouts, l)
			if !o.Bare {
				l.warm(nulls, int64(o.Predictions))
			}
		}
	}
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
		w.referencesOnly(s)
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
		w.referencesOnly(s)
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
	used := map[*reference.Reference]bool{}
	for _, spec := range w.specs {
		versions := w.versions(spec)
		for _, v := range versions {
			used[spec.Reference(v)] = true
		}
		if extra := len(versions) - w.options.Versions; extra > 0 {
			s.DroppedVersions += int64(extra)
			versions = versions[:w.options.Versions]
		}
		for _, v := range versions {
			m, d := w.model(ctx, spec, v, now)
			s.Models = append(s.Models, m)
			if d != nil {
				drafts = append(drafts, d)
			}
		}
	}
	// A model without rows still shows its reference, and its counters from 0.
	for _, l := range w.layouts {
		if used[l.reference] {
			continue
		}
		m := snapshot.Model{Name: l.spec.Name, Version: l.reference.Version, Type: l.spec.predicts(), Reference: l.reference, Rows: &snapshot.Rows{}}
		if m.Version != "" {
			m.Counters = w.state.copied(predictionlog.Key{Model: m.Name, Version: m.Version})
		}
		s.Models = append(s.Models, m)
	}
	sortModels(s.Models)
	return drafts
}

// model copies one model and version. It also returns the distributions, if it made new
// ones.
func (w *Window) model(ctx context.Context, spec *Spec, version string, now time.Time) (snapshot.Model, *draft) {
	key := predictionlog.Key{Model: spec.Name, Version: version}
	m := snapshot.Model{Name: spec.Name, Version: version, Type: spec.predicts(), Reference: spec.Reference(version), Rows: &snapshot.Rows{}}
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
	m.Rows.Count, m.Rows.Newest = counts.Rows, &newest
	if counts.Rows > 0 {
		oldest := time.Unix(0, counts.Oldest)
		m.Rows.Oldest = &oldest
	}
	if !w.options.Bare {
		r.addOutcomes(&m, counts, now)
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

// versions lists the versions of a model: the one with the newest row first, and last those
// that only have counters.
func (w *Window) versions(spec *Spec) []string {
	newest := map[string]int64{}
	for k, r := range w.state.series {
		if k.Model == spec.Name {
			newest[k.Version] = r.lastID()
		}
	}
	for k := range w.state.counters {
		if _, seen := newest[k.Version]; k.Model == spec.Name && !seen {
			newest[k.Version] = -1
		}
	}
	versions := make([]string, 0, len(newest))
	for v := range newest {
		versions = append(versions, v)
	}
	slices.SortFunc(versions, func(a, b string) int {
		if newest[a] != newest[b] {
			return cmp.Compare(newest[b], newest[a])
		}
		return strings.Compare(b, a)
	})
	return versions
}

// referencesOnly fills a snapshot without the log.
func (w *Window) referencesOnly(s *snapshot.Snapshot) {
	for _, l := range w.layouts {
		s.Models = append(s.Models, snapshot.Model{Name: l.spec.Name, Version: l.reference.Version, Type: l.spec.predicts(), Reference: l.reference})
	}
	sortModels(s.Models)
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

func (w *Window) drawNull(ctx context.Context, r *reference.Reference, d *snapshot.Distribution) {
	if d.Total < drift.MinPredictions {
		return
	}
	null, err := w.null(ctx, r, d.Name, d.Binning, d.Total)
	d.Null, d.NullErr = null, cmp.Or(d.NullErr, err)
}

func (w *Window) null(ctx context.Context, r *reference.Reference, name string, b *drift.Binning, rows int64) (*drift.Null, error) {
	return w.nulls.Get(ctx, nullKey(r, name), b.Reference(), b.Novelty(), rows, int64(w.options.Predictions))
}

func sortModels(models []snapshot.Model) {
	slices.SortFunc(models, func(a, b snapshot.Model) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
}
