package window

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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

// models are the models that are watched, whatever their predictions are read from.
type models struct {
	options Options
	nulls   *drift.Nulls
	layouts []*layout
	specs   map[string]*Spec
}

// newModels prepares the references of models. Unless o is Bare, it starts to draw the null
// distributions for full windows of every reference.
func newModels(specs []Spec, bins drift.BinOptions, nulls *drift.Nulls, o Options) (models, error) {
	if err := o.Validate(); err != nil {
		return models{}, err
	}
	o.Lookback = max(o.Lookback, int64(o.Predictions))
	w := models{options: o, nulls: nulls, specs: make(map[string]*Spec, len(specs))}
	for i := range specs {
		s := &specs[i]
		w.specs[s.Name] = s
		for _, r := range s.References {
			l, err := newLayout(s, r, bins)
			if err != nil {
				return models{}, fmt.Errorf("model %q: %w", s.Name, err)
			}
			w.layouts = append(w.layouts, l)
			if !o.Bare {
				l.warm(nulls, int64(o.Predictions), o.Once)
			}
		}
	}
	return w, nil
}

// layoutOf returns how the rows of a version are coded, nil when no reference
// serves it.
func (w *models) layoutOf(spec *Spec, version string) *layout {
	r := spec.Reference(version)
	for _, l := range w.layouts {
		if l.reference == r {
			return l
		}
	}
	return nil
}

// of returns a model of a snapshot before anything is known of it.
func (w *models) of(spec *Spec, version string) snapshot.Model {
	return snapshot.Model{Name: spec.Name, Version: version, Type: spec.predicts(), Reference: spec.Reference(version), Rows: &snapshot.Rows{}}
}

// fill adds the models to a snapshot. newest says how new the newest row of each model and version
// is, -1 for those that only have counters. model returns one model and version.
func (w *models) fill(s *snapshot.Snapshot, newest map[predictionlog.Key]int64, counters func(predictionlog.Key) *predictionlog.Counters,
	model func(spec *Spec, version string) snapshot.Model,
) {
	used := map[*reference.Reference]bool{}
	for _, spec := range w.specs {
		versions := versionsOf(spec, newest)
		for _, v := range versions {
			used[spec.Reference(v)] = true
		}
		if extra := len(versions) - w.options.Versions; extra > 0 {
			s.DroppedVersions += int64(extra)
			versions = versions[:w.options.Versions]
		}
		for _, v := range versions {
			s.Models = append(s.Models, model(spec, v))
		}
	}
	// A model without rows still shows its reference, and its counters from 0.
	for _, l := range w.layouts {
		if used[l.reference] {
			continue
		}
		m := w.of(l.spec, l.reference.Version)
		m.Reference = l.reference
		if m.Version != "" {
			m.Counters = counters(predictionlog.Key{Model: m.Name, Version: m.Version})
		}
		s.Models = append(s.Models, m)
	}
	sortModels(s.Models)
}

// versionsOf lists the versions of a model: the one with the newest row first, and last those
// that only have counters.
func versionsOf(spec *Spec, newest map[predictionlog.Key]int64) []string {
	var versions []string
	for k := range newest {
		if k.Model == spec.Name {
			versions = append(versions, k.Version)
		}
	}
	at := func(version string) int64 { return newest[predictionlog.Key{Model: spec.Name, Version: version}] }
	slices.SortFunc(versions, func(a, b string) int { return cmp.Or(cmp.Compare(at(b), at(a)), strings.Compare(b, a)) })
	return versions
}

// References returns the models with nothing but their references.
func (w *models) References() []snapshot.Model {
	all := make([]snapshot.Model, 0, len(w.layouts))
	for _, l := range w.layouts {
		all = append(all, snapshot.Model{Name: l.spec.Name, Version: l.reference.Version, Type: l.spec.predicts(), Reference: l.reference})
	}
	sortModels(all)
	return all
}

func sortModels(models []snapshot.Model) {
	slices.SortFunc(models, func(a, b snapshot.Model) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
	})
}

// drawNull sets the null distribution of a distribution with enough rows. It waits, until ctx
// ends, if it is still being drawn.
func (w *models) drawNull(ctx context.Context, r *reference.Reference, d *snapshot.Distribution) {
	if d.Total < drift.MinPredictions {
		return
	}
	null, err := w.null(ctx, r, d.Name, d.Binning, d.Total)
	d.Null, d.NullErr = null, cmp.Or(d.NullErr, err)
}

func (w *models) null(ctx context.Context, r *reference.Reference, name string, b *drift.Binning, rows int64) (*drift.Null, error) {
	return w.nulls.Get(ctx, nullKey(r, name), b.Reference(), b.Novelty(), rows, int64(w.options.Predictions))
}

// nullOf returns the null distributions of the columns of a layout.
func (w *models) nullOf(l *layout) nullOf {
	return func(ctx context.Context, c *column, rows int64) (*drift.Null, error) {
		return w.null(ctx, l.reference, c.name, c.binning, rows)
	}
}
