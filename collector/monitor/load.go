package monitor

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/config"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// loadSpecs reads the configuration and every reference that it names. It returns one
// spec for each model. Its errors say where the mistake is and what to do. A reference
// that has not been counted yet is left out. Without remotes, a reference that must be
// counted is an error.
func loadSpecs(o *Options, r *remotes) ([]window.Spec, error) {
	l := loader{options: o, remotes: r}
	entries, err := l.entries()
	if err != nil {
		return nil, err
	}
	all, err := specs(entries)
	if err == nil && r != nil {
		r.use(l.keys)
	}
	if err == nil && o.Logger != nil {
		for i := range entries {
			entries[i].warn(o.Logger)
		}
	}
	return all, err
}

// warn logs what the reference lacks, and which features have no metric of their own.
func (w *watched) warn(logger *slog.Logger) {
	if w.reference == nil {
		return
	}
	for _, note := range append(w.reference.Lacks(), collector.SharedNames(w.reference)...) {
		logger.Warn("the reference leaves something open", "model", w.Name, "reference", w.reference.Source, "note", note)
	}
}

// loader finds the references, and collects the keys of those that are counted.
type loader struct {
	options *Options
	remotes *remotes
	keys    []string
}

// watched is one entry of the configuration and its reference, which is nil until it
// has been counted.
type watched struct {
	config.Model
	reference *reference.Reference
}

func (l *loader) entries() ([]watched, error) {
	o := l.options
	if o.ConfigFile != "" {
		c, err := config.Load(o.ConfigFile)
		if err != nil {
			return nil, err
		}
		return l.configured(c)
	}
	w := watched{config.Default().Models[0], reference.Default()}
	if o.ReferenceFile != "" {
		r, err := reference.Load(o.ReferenceFile)
		if err != nil {
			return nil, err
		}
		if r.Model == "" {
			return nil, fmt.Errorf(`%s names no model: add "model": "NAME" to it, or name the model in a configuration file`, o.ReferenceFile)
		}
		w = watched{config.Model{Name: r.Model, Position: o.ReferenceFile}, r}
	}
	if o.Table.Name != "" {
		// The distributions come from the table, the description of the model from the file.
		t := o.Table
		t.Base = w.reference
		w.Position = "--bigquery.table=" + t.Name
		var err error
		if w.reference, err = l.remote(w.Model, t); err != nil {
			return nil, err
		}
	}
	return []watched{w}, nil
}

func (l *loader) configured(c *config.Config) ([]watched, error) {
	entries := make([]watched, len(c.Models))
	for i, m := range c.Models {
		r, err := l.load(m)
		if err != nil {
			return nil, fmt.Errorf("%s: model %q: %w", m.Position, m.Name, err)
		}
		entries[i] = watched{m, r}
	}
	return entries, nil
}

func (l *loader) load(m config.Model) (*reference.Reference, error) {
	var base *reference.Reference
	if m.Reference.File != "" {
		var err error
		if base, err = reference.Load(m.Reference.File); err != nil {
			return nil, err
		}
	}
	b := m.Reference.BigQuery
	if b == nil {
		return base, nil // The configuration has at least one of the two.
	}
	if base != nil && base.Model != "" && base.Model != m.Name {
		return nil, fmt.Errorf("its reference %s was made for model %q; name that model, or another reference", base.Source, base.Model)
	}
	given := l.options.Table
	return l.remote(m, reference.Table{
		Project: cmp.Or(b.Project, given.Project), Dataset: cmp.Or(b.Dataset, given.Dataset), Name: b.Table, Where: b.Where,
		Type: m.Type, Score: b.Score, Prediction: b.Prediction, Outcome: b.Outcome, Positive: b.Positive, Features: m.Features, Base: base, Model: m.Name,
		Threshold: b.Threshold, Missing: b.Missing, Numeric: b.Numeric, Categorical: b.Categorical, Ignore: b.Ignore,
	})
}

// remote returns the reference that was counted from a table, nil until it has been.
func (l *loader) remote(m config.Model, t reference.Table) (*reference.Reference, error) {
	switch {
	case l.remotes == nil || l.remotes.remote == nil:
		return nil, fmt.Errorf("a reference from BigQuery is for the exporter only, in a build with BigQuery; write it to a file with 'drift_exporter reference --bigquery.table=%s' and name that", t.Name)
	case t.Project == "":
		return nil, fmt.Errorf("table %s has no project: name it with --bigquery.project or GOOGLE_CLOUD_PROJECT, or as project in the configuration file", t.Name)
	case t.Dataset == "":
		return nil, fmt.Errorf("table %s has no dataset: name it with --bigquery.dataset or BIGQUERY_DATASET, or as dataset in the configuration file", t.Name)
	}
	l.keys = append(l.keys, keyOf(m.Name, t))
	return l.remotes.get(m.Name, t), nil
}

// specs joins the entries of each model, in the order of the configuration. Entries of
// one model differ in the version of their references.
func specs(entries []watched) ([]window.Spec, error) {
	var specs []window.Spec
	for i := range entries {
		e := &entries[i]
		if err := e.check(); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(specs, func(s window.Spec) bool { return s.Name == e.Name })
		if at < 0 {
			specs = append(specs, window.Spec{Name: e.Name, Type: e.Type, Features: e.Features})
			at = len(specs) - 1
		}
		for j := range entries[:i] {
			if err := e.checkAgainst(&entries[j]); err != nil {
				return nil, err
			}
		}
		if e.reference != nil {
			specs[at].References = append(specs[at].References, e.reference)
		}
	}
	return specs, nil
}

// check compares an entry with its reference.
func (w *watched) check() error {
	if w.reference == nil {
		return nil // Not counted yet.
	}
	if w.reference.Model != "" && w.reference.Model != w.Name {
		return fmt.Errorf("%s: model %q: its reference %s was made for model %q; name that model, or another reference", w.Position, w.Name, w.reference.Source, w.reference.Model)
	}
	if w.Type != "" && w.Type != w.reference.Type.Or(value.Binary) {
		return fmt.Errorf("%s: model %q: prediction type is %s, but its reference %s is of a model of type %s; write that type, or name another reference", w.Position, w.Name, w.Type, w.reference.Source, w.reference.Type.Or(value.Binary))
	}
	var has []string
	for i := range w.reference.Features {
		has = append(has, w.reference.Features[i].Name)
	}
	for _, name := range w.Features {
		if !slices.Contains(has, name) {
			return fmt.Errorf("%s: model %q: feature %q is not in its reference %s, which has %s", w.Position, w.Name, name, w.reference.Source, strings.Join(has, ", "))
		}
	}
	return nil
}

// predicts returns the type of the model's predictions.
func (w *watched) predicts() value.Prediction {
	if w.Type == "" && w.reference != nil {
		return w.reference.Type.Or(value.Binary)
	}
	return w.Type.Or(value.Binary)
}

// checkAgainst compares an entry with an earlier one.
func (w *watched) checkAgainst(earlier *watched) error {
	switch {
	case earlier.Name != w.Name:
		return nil
	case earlier.reference != nil && w.reference != nil && earlier.reference.Version == w.reference.Version:
		return fmt.Errorf("%s: model %q: its reference %s and %s (%s) are both for version %q; remove one, or make it for another version",
			w.Position, w.Name, w.reference.Source, earlier.reference.Source, earlier.Position, w.reference.Version)
	case w.predicts() != earlier.predicts():
		return fmt.Errorf("%s: model %q: it predicts another type (%s) than at %s (%s); give models of different types different names", w.Position, w.Name, w.predicts(), earlier.Position, earlier.predicts())
	case !slices.Equal(earlier.Features, w.Features):
		return fmt.Errorf("%s: model %q: features differ from those at %s; list the same for every version", w.Position, w.Name, earlier.Position)
	}
	return nil
}
