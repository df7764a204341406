package collector

import (
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
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

// knownClasses lists the classes that may become label values: those of the
// reference, or the two of a binary model when it names none.
func knownClasses(m *snapshot.Model) []string {
	r := m.Reference
	if r == nil || len(r.Classes) == 0 {
		return []string{"0", "1"}
	}
	classes := make([]string, 0, len(r.Classes))
	for _, c := range r.Classes {
		classes = append(classes, c.Class)
	}
	return classes
}
