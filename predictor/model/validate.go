package model

import (
	"errors"
	"fmt"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Validate reports the first thing that makes the model unusable, or nil.
// Parse and Train return valid models only.
func (m *Model) Validate() error {
	switch {
	case m.Name == "":
		return errors.New("name is empty: name the model, its metrics and log rows carry the name")
	case m.Version == "":
		return errors.New("version is empty: give one, such as \"1\"; its metrics and log rows carry it")
	case !finite(m.Intercept):
		return errors.New("intercept is not finite: train the model again")
	case !(m.Threshold > 0 && m.Threshold < 1):
		return fmt.Errorf("threshold is %v: it must be above 0 and below 1, usually 0.5", m.Threshold)
	case len(m.Features) == 0:
		return errors.New("features is empty: a model needs at least one")
	}
	seen := make(map[string]int, len(m.Features))
	for i := range m.Features {
		f := &m.Features[i]
		if f.Name == "" {
			return fmt.Errorf("feature %d: name is empty: give it the name that requests use", i)
		}
		if first, ok := seen[f.Name]; ok {
			return fmt.Errorf("feature %d (%s): has the same name as feature %d: remove or rename one", i, f.Name, first)
		}
		seen[f.Name] = i
		if err := f.validate(); err != nil {
			return fmt.Errorf("feature %d (%s): %w", i, f.Name, err)
		}
	}
	return nil
}

func (f *Feature) validate() error {
	switch f.Type {
	case Numeric:
		switch {
		case !(f.SD > 0) || !finite(f.SD):
			return fmt.Errorf("sd is %v: give the training standard deviation, which is above 0; a constant feature takes 1", f.SD)
		case !finite(f.Mean):
			return fmt.Errorf("mean is %v: give the training mean", f.Mean)
		case !finite(f.Coefficient):
			return fmt.Errorf("coefficient is %v: train the model again, or take 0 for no effect", f.Coefficient)
		}
		return nil
	case Categorical, Boolean:
		seen := make(map[string]bool, len(f.Categories))
		for _, c := range f.Categories {
			if seen[c.Value] {
				return fmt.Errorf("category %q appears twice: remove one", c.Value)
			}
			seen[c.Value] = true
			switch canonical := (value.Column{Type: f.Type}).Read(c.Value).Text; {
			case canonical == "":
				return fmt.Errorf("category %q never occurs: it is a missing value, which adds 0", c.Value)
			case canonical != c.Value:
				return fmt.Errorf("category %q never occurs: values in that spelling are %q", c.Value, canonical)
			case f.Type == Boolean && c.Value != "true" && c.Value != "false":
				return fmt.Errorf("category %q is not true or false: the type of the feature is %q", c.Value, Categorical)
			}
			if !finite(c.Coefficient) {
				return fmt.Errorf("coefficient of category %q is %v: train the model again, or take 0 for no effect", c.Value, c.Coefficient)
			}
		}
		return nil
	}
	return fmt.Errorf("type is %q: it must be %q, %q or %q", f.Type, Numeric, Categorical, Boolean)
}

// canonical puts the categories in canonical form. Of an old file, the first stays of
// those that are one value then, and none stays for a missing value.
func (f *Feature) canonical(old bool) {
	seen := map[string]string{}
	var kept []Category
	for _, c := range f.Categories {
		text := value.Category(c.Value)
		if f.Type == Boolean {
			text = value.Truth(c.Value)
		}
		first, again := seen[text]
		if old && (again && first != c.Value || text == "") {
			continue
		}
		seen[text] = c.Value
		c.Value = text
		kept = append(kept, c)
	}
	f.Categories = kept
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
