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

// byName counts by known name, from 0, and the rest as __other__ when there is any.
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

// classes are those of one model as a page shows them.
type classes struct {
	read *value.ClassReader
	// shown may become label values; others count as __other__.
	shown []string
	// binary: there are two, and pairs of them count from 0.
	binary bool
}

// mostClasses is how many classes of a model are shown at most: the most frequent of
// the reference.
const mostClasses = 20

// classesOf are the classes of a model: those of its reference, or 0 and 1 where it
// names none.
func classesOf(m *snapshot.Model) *classes {
	if m.Reference == nil || len(m.Reference.Classes) == 0 {
		return &classes{read: value.NewClassReader(nil), shown: []string{"0", "1"}, binary: true}
	}
	known := slices.Clone(m.Reference.Classes)
	slices.SortStableFunc(known, func(a, b reference.Class) int { return cmp.Compare(b.Count, a.Count) })
	c := &classes{read: m.Reference.ClassReader(), binary: len(known) <= 2}
	for _, class := range known[:min(len(known), mostClasses)] {
		c.shown = append(c.shown, class.Class)
	}
	return c
}

// predicted counts by shown class, from 0.
func (c *classes) predicted(counts map[string]int64) map[string]int64 {
	read := make(map[string]int64, len(counts))
	for text, n := range counts {
		read[c.read.Predicted(text)] += n
	}
	return byName(read, c.shown)
}

// feedback counts by pairs of shown classes, and the records whose outcome is no class.
// The pairs of a binary model count from 0; those of others, of which there may be
// hundreds, once they occurred.
func (c *classes) feedback(counts map[predictionlog.Outcome]int64) (pairs map[predictionlog.Outcome]int64, invalid int64) {
	pairs = map[predictionlog.Outcome]int64{}
	if c.binary {
		for _, predicted := range c.shown {
			for _, actual := range c.shown {
				pairs[predictionlog.Outcome{Predicted: predicted, Actual: actual}] = 0
			}
		}
	}
	for o, n := range counts {
		actual, ok := c.read.Actual(o.Actual)
		if !ok {
			invalid += n
			continue
		}
		pairs[predictionlog.Outcome{Predicted: orOther(c.read.Predicted(o.Predicted), c.shown), Actual: orOther(actual, c.shown)}] += n
	}
	return pairs, invalid
}
