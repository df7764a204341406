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
	case m.Type.Or(value.Binary) == value.Binary && !(m.Threshold > 0 && m.Threshold < 1):
		return fmt.Errorf("threshold is %v: it must be above 0 and below 1, usually 0.5", m.Threshold)
	case len(m.Features) == 0:
		return errors.New("features is empty: a model needs at least one")
	}
	if m.Type == value.Multiclass {
		if err := m.validateClasses(); err != nil {
			return err
		}
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
		if err := f.validate(len(m.Labels)); err != nil {
			return fmt.Errorf("feature %d (%s): %w", i, f.Name, err)
		}
	}
	return nil
}

// validateClasses checks what only a multiclass model has.
func (m *Model) validateClasses() error {
	if n := len(m.Labels); n < 2 || n > value.MaxClasses {
		return fmt.Errorf("classes has %d texts: a multiclass model has 2 to %d", n, value.MaxClasses)
	}
	seen := map[string]bool{}
	for _, label := range m.Labels {
		switch {
		case label == "":
			return errors.New("classes has an empty text: name every class")
		case value.Category(label) != label:
			return fmt.Errorf("class %q never occurs: classes in that spelling are %q", label, value.Category(label))
		case seen[label]:
			return fmt.Errorf("class %q appears twice: remove one", label)
		}
		seen[label] = true
	}
	return oneEach("intercepts", m.Intercepts, len(m.Labels))
}

// oneEach checks a list with a number for each class.
func oneEach(what string, x []float64, classes int) error {
	if len(x) != classes {
		return fmt.Errorf("%s has %d numbers, and there are %d classes: give one for each", what, len(x), classes)
	}
	for _, v := range x {
		if !finite(v) {
			return fmt.Errorf("%s has %v: train the model again", what, v)
		}
	}
	return nil
}

// validate checks a feature of a model with this many classes, 0 if it is no multiclass model.
func (f *Feature) validate(classes int) error {
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
		return oneEach("coefficients", f.Coefficients, classes)
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
			if err := oneEach("coefficients", c.Coefficients, classes); err != nil {
				return fmt.Errorf("category %q: %w", c.Value, err)
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
