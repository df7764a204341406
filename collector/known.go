package collector

import (
	"cmp"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// byName adds up counts by known name, starting at 0. All other names count as __other__,
// which is absent at 0.
func byName(counts map[string]int64, known []string) map[string]int64 {
	named := make(map[string]int64, len(known)+1)
	for _, name := range known {
		named[name] = 0
	}
	for name, n := range counts {
		if n != 0 {
			named[orOther(name, known)] += n
		}
	}
	return named
}

func orOther(name string, known []string) string {
	if slices.Contains(known, name) {
		return name
	}
	return drift.Other
}

func sum(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// classes are the classes of one model as a page shows them.
type classes struct {
	read *value.ClassReader
	// shown are the classes that may be label values; others count as __other__.
	shown []string
	// binary means that there are two classes, and every pair of them is shown, even at 0.
	binary bool
}

// DefaultClasses is the usual maximum number of classes of a model that are shown.
const DefaultClasses = 20

// classesOf returns the classes of a model: those of its reference, of which the most frequent
// ones are shown, or 0 and 1 if the reference names none. Without a reference, a multiclass model
// has no class that is shown.
func classesOf(m *snapshot.Model, most int) *classes {
	if m.Reference == nil && m.Type == value.Multiclass {
		return &classes{read: value.NewOpenClassReader(nil)}
	}
	if m.Reference == nil || len(m.Reference.Classes) == 0 {
		return &classes{read: value.NewClassReader(nil), shown: []string{"0", "1"}, binary: true}
	}
	known := slices.Clone(m.Reference.Classes)
	slices.SortStableFunc(known, func(a, b reference.Class) int { return cmp.Compare(b.Count, a.Count) })
	c := &classes{read: m.Reference.ClassReader(), binary: len(known) <= 2 && m.Type != value.Multiclass}
	for _, class := range known[:min(len(known), most)] {
		c.shown = append(c.shown, class.Class)
	}
	return c
}

// predicted adds up counts by shown class, starting at 0.
func (c *classes) predicted(counts map[string]int64) map[string]int64 {
	read := make(map[string]int64, len(counts))
	for text, n := range counts {
		read[c.read.Predicted(text)] += n
	}
	return byName(read, c.shown)
}

// feedback adds up counts by pairs of shown classes, and the records whose outcome is not
// a class. A binary model has all its pairs, even at 0. Other models may have hundreds of
// pairs, and have those that occurred.
func (c *classes) feedback(counts map[predictionlog.ClassPair]int64) (pairs map[predictionlog.ClassPair]int64, invalid int64) {
	pairs = map[predictionlog.ClassPair]int64{}
	if c.binary {
		for _, predicted := range c.shown {
			for _, actual := range c.shown {
				pairs[predictionlog.ClassPair{Predicted: predicted, Actual: actual}] = 0
			}
		}
	}
	for o, n := range counts {
		actual, ok := c.read.ActualOf(o.Predicted, o.Actual)
		if !ok {
			invalid += n
			continue
		}
		pairs[predictionlog.ClassPair{Predicted: orOther(c.read.Predicted(o.Predicted), c.shown), Actual: orOther(actual, c.shown)}] += n
	}
	return pairs, invalid
}

// numbers adds up the outcomes of a regression, which are not separated by value, and the records whose
// outcome is no finite number.
func numbers(counts map[predictionlog.ClassPair]int64) (pairs map[predictionlog.ClassPair]int64, invalid int64) {
	outcomes := int64(0)
	for o, n := range counts {
		if _, ok := value.OutcomeNumber(o.Actual); ok || o.Actual == predictionlog.AnyNumber {
			outcomes += n
		} else {
			invalid += n
		}
	}
	return map[predictionlog.ClassPair]int64{{}: outcomes}, invalid
}
