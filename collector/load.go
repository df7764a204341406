package collector

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/config"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// loadSpecs reads the configuration, and every reference that it names, into
// one spec for each model. Its errors say where the mistake is and what to do.
func loadSpecs(configFile, referenceFile string) ([]window.Spec, error) {
	switch {
	case configFile != "":
		c, err := config.Load(configFile)
		if err != nil {
			return nil, err
		}
		return configured(c)
	case referenceFile != "":
		r, err := reference.Load(referenceFile)
		if err != nil {
			return nil, err
		}
		if r.Model == "" {
			return nil, fmt.Errorf(`%s names no model: add "model": "NAME" to it, or name the model in a configuration file`, referenceFile)
		}
		return specs([]watched{{Model: config.Model{Name: r.Model, Position: referenceFile}, reference: r}})
	default:
		return configured(config.Default())
	}
}

// watched is one entry of the configuration with its reference.
type watched struct {
	config.Model
	reference *reference.Reference
}

func configured(c *config.Config) ([]window.Spec, error) {
	entries := make([]watched, len(c.Models))
	for i, m := range c.Models {
		r, err := load(m)
		if err != nil {
			return nil, err
		}
		entries[i] = watched{m, r}
	}
	return specs(entries)
}

func load(m config.Model) (*reference.Reference, error) {
	switch {
	case m.Reference.BigQuery != nil:
		return nil, fmt.Errorf("%s: model %q: references from BigQuery are not supported by this version; write a file with 'drift_exporter reference' and name it in reference.file", m.Position, m.Name)
	case m.Reference.File == "":
		return reference.Default(), nil
	}
	r, err := reference.Load(m.Reference.File)
	if err != nil {
		return nil, fmt.Errorf("%s: model %q: %w", m.Position, m.Name, err)
	}
	return r, nil
}

// specs joins the entries of each model, which differ in the version of their
// references, in the order of the configuration.
func specs(entries []watched) ([]window.Spec, error) {
	var specs []window.Spec
	for i := range entries {
		e := &entries[i]
		if err := e.check(); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(specs, func(s window.Spec) bool { return s.Name == e.Name })
		if at < 0 {
			specs = append(specs, window.Spec{Name: e.Name, Features: e.Features, References: []*reference.Reference{e.reference}})
			continue
		}
		for j := range entries[:i] {
			if err := e.checkBeside(&entries[j]); err != nil {
				return nil, err
			}
		}
		specs[at].References = append(specs[at].References, e.reference)
	}
	return specs, nil
}

// check holds an entry against its reference.
func (w *watched) check() error {
	if w.reference.Model != "" && w.reference.Model != w.Name {
		return fmt.Errorf("%s: model %q: its reference %s was made for model %q; name that model, or another reference", w.Position, w.Name, w.reference.Source, w.reference.Model)
	}
	var has []string
	metrics := map[string]string{}
	for i := range w.reference.Features {
		f := &w.reference.Features[i]
		has = append(has, f.Name)
		if f.Type != reference.Numeric || w.Features != nil && !slices.Contains(w.Features, f.Name) {
			continue
		}
		metric := featureValueName(f.Name)
		if other, taken := metrics[metric]; taken {
			return fmt.Errorf("%s: model %q: features %q and %q would both be the metric %s; rename one in the model, or watch only one of them with features", w.Position, w.Name, other, f.Name, metric)
		}
		metrics[metric] = f.Name
	}
	for _, name := range w.Features {
		if !slices.Contains(has, name) {
			return fmt.Errorf("%s: model %q: feature %q is not in its reference %s, which has %s", w.Position, w.Name, name, w.reference.Source, strings.Join(has, ", "))
		}
	}
	return nil
}

// checkBeside holds an entry against an earlier one.
func (w *watched) checkBeside(earlier *watched) error {
	switch {
	case earlier.Name != w.Name:
		return nil
	case earlier.reference.Version == w.reference.Version:
		return fmt.Errorf("%s: model %q: its reference %s is for version %q, like %s at %s; remove one, or make it for another version",
			w.Position, w.Name, w.reference.Source, w.reference.Version, earlier.reference.Source, earlier.Position)
	case !slices.Equal(earlier.Features, w.Features):
		return fmt.Errorf("%s: model %q: features differ from those at %s; list the same for every version", w.Position, w.Name, earlier.Position)
	}
	return nil
}
