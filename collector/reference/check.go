package reference

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is the maximum length of names and categories in bytes, because they become label
// values. Longer categories count as other, here and in the log.
const longest = 128

// reserved are the names under which the exporter stores things that are not features.
var reserved = []string{"prediction score", "prediction class"}

// check checks that a reference, parsed or built, has what the bins need.
func (r *Reference) check() error {
	for _, n := range []struct{ key, name string }{{"model", r.Model}, {"version", r.Version}} {
		if n.name == "" {
			continue // Left to the configuration; for every version.
		}
		if err := checkName(n.name); err != nil {
			return fmt.Errorf("%s %w", n.key, err)
		}
	}
	if r.binary() {
		if err := checkName(r.Positive); err != nil {
			return fmt.Errorf("positive %w", err)
		}
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
			return fmt.Errorf("feature %q: the name is reserved for the model's answers: rename it", f.Name)
		}
		if seen[f.Name] {
			return fmt.Errorf("feature %q appears twice: remove one or rename it", f.Name)
		}
		seen[f.Name] = true
		if err := f.check(); err != nil {
			return fmt.Errorf("feature %q: %w", f.Name, err)
		}
		if err := r.checkRows(f); err != nil {
			return fmt.Errorf("feature %q: %w", f.Name, err)
		}
	}
	if r.Score != nil {
		if err := r.checkScore(); err != nil {
			return fmt.Errorf("score: %w", err)
		}
	}
	if r.Threshold < 0 || r.Threshold > 1 {
		return fmt.Errorf("threshold is %v: a score is the probability of class %q, from 0 to 1", r.Threshold, r.Positive)
	}
	if err := r.checkType(); err != nil {
		return err
	}
	return r.checkClasses()
}

// checkRows compares the number of rows of a feature with the number of all rows. A file of the
// first schema may lack some, see [Reference.Lacks].
func (r *Reference) checkRows(f *Feature) error {
	rows := f.Rows()
	if rows > r.Rows || rows < r.Rows && r.Schema > 1 {
		return fmt.Errorf("has %d rows in count, missing and invalid, but rows is %d: count all features over the same rows; without missing, all other rows are", rows, r.Rows)
	}
	if r.Schema > 1 {
		return f.checkOneBin()
	}
	return nil
}

// extremes returns the smallest and the largest number that are known.
func (f *Feature) extremes() (lo, hi float64) {
	lo, hi = f.Min, f.Max
	if n := len(f.Edges); n > 0 && math.IsNaN(lo) {
		lo = f.Edges[0]
	}
	if n := len(f.Edges); n > 0 && math.IsNaN(hi) {
		hi = f.Edges[n-1]
	}
	return lo, hi
}

func (r *Reference) checkScore() error {
	if err := r.Score.check(); err != nil || r.Schema == 1 {
		return err
	}
	if lo, hi := r.Score.extremes(); (lo < 0 || hi > 1) && r.Type.ScoreIsProbability() {
		return fmt.Errorf("goes from %v to %v: a score is %s, from 0 to 1", lo, hi, r.probability())
	}
	return r.Score.checkOneBin()
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
			return fmt.Errorf("class %q appears twice: remove one", c.Class)
		case c.Name != "" && slices.ContainsFunc(r.Classes, func(other Class) bool { return other.Class == c.Name && other.Class != c.Class }):
			return fmt.Errorf("class %q: another class has that name", c.Name)
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
	case r.binary() && !seen[r.Positive]:
		return fmt.Errorf("positive is %q, which is none of the classes: name the class whose probability the score is", r.Positive)
	}
	return nil
}

// shorten cuts a name to a length that fits into an error.
func shorten(name string) string {
	if len(name) <= 40 {
		return name
	}
	return strings.ToValidUTF8(name[:40], "")
}
