package reference

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is the limit on names and categories in bytes: they become label
// values. Longer categories count as other, here and in the log.
const longest = 128

// reserved are the names under which the exporter keeps what is not a feature.
var reserved = []string{"prediction score", "prediction class"}

// check holds a reference, parsed or built, against what the bins need.
func (r *Reference) check() error {
	for _, n := range []struct{ key, name string }{{"model", r.Model}, {"version", r.Version}} {
		if n.name == "" {
			continue // Left to the configuration; for every version.
		}
		if err := checkName(n.name); err != nil {
			return fmt.Errorf("%s %w", n.key, err)
		}
	}
	if err := checkName(r.Positive); err != nil {
		return fmt.Errorf("positive %w", err)
	}
	if len(r.Features) == 0 {
		return errors.New("has no features: list at least one")
	}
	seen := map[string]bool{}
	for i := range r.Features {
		f := &r.Features[i]
		if err := checkName(f.Name); err != nil {
			return fmt.Errorf("features[%d]: name %w", i, err)
		}
		if slices.Contains(reserved, f.Name) {
			return fmt.Errorf("feature %q: the name is kept for the model's answers: rename it", f.Name)
		}
		if seen[f.Name] {
			return fmt.Errorf("feature %q: is there twice: remove one or rename it", f.Name)
		}
		seen[f.Name] = true
		if err := f.check(); err != nil {
			return fmt.Errorf("feature %q: %w", f.Name, err)
		}
		if rows := f.Rows(); rows > r.Rows {
			return fmt.Errorf("feature %q: has %d rows in count, other and missing, but rows is %d: count all features over the same rows", f.Name, rows, r.Rows)
		}
	}
	if r.Score != nil {
		if err := r.Score.check(); err != nil {
			return fmt.Errorf("score: %w", err)
		}
	}
	return r.checkClasses()
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("is missing: write one")
	case len(name) > longest:
		return fmt.Errorf("%q... has %d bytes: at most %d", shorten(name), len(name), longest)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%q has control characters: rename it", name)
	}
	return nil
}

func (r *Reference) checkClasses() error {
	if len(r.Classes) == 0 {
		return nil
	}
	seen := map[string]bool{}
	rows := int64(0)
	for i, c := range r.Classes {
		switch {
		case c.Class == "" || len(c.Class) > longest:
			return fmt.Errorf("classes[%d]: class must have 1 to %d bytes", i, longest)
		case seen[c.Class]:
			return fmt.Errorf("class %q: is there twice: remove one", c.Class)
		case c.Labelled > c.Count || c.Correct > c.Labelled:
			return fmt.Errorf("class %q: correct (%d) must not exceed labelled (%d), nor that count (%d)", c.Class, c.Correct, c.Labelled, c.Count)
		}
		seen[c.Class] = true
		rows += c.Count
	}
	switch {
	case len(r.Classes) > maxBins:
		return fmt.Errorf("classes has %d entries: at most %d", len(r.Classes), maxBins)
	case rows == 0:
		return errors.New("classes count no rows: leave them out when the predictions are unknown")
	case !seen[r.Positive]:
		return fmt.Errorf("positive is %q, which is none of the classes: name the class whose probability the score is", r.Positive)
	}
	return nil
}

// shorten cuts a name to what fits an error.
func shorten(name string) string {
	if len(name) <= 40 {
		return name
	}
	return strings.ToValidUTF8(name[:40], "")
}
