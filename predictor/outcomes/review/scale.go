package review

import (
	"cmp"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/agreement"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// scale says how outcomes are compared: classes by their texts, numbers by their distance.
type scale struct {
	number    bool
	tolerance float64 // by how much two numbers may differ and still agree
}

// newItem returns an item whose outcomes are compared as the configuration says.
func (d *desk) newItem(id int64) *item {
	return &item{id: id, scale: scale{d.number, d.sink.Mapping().Tolerance()}}
}

// same reports whether two outcomes agree.
func (s scale) same(a, b string) bool {
	return a == b || s.number && agreement.Within(numberOf(a), numberOf(b), s.tolerance)
}

// numberOf returns the number of an outcome. Those of a number scale are numbers: they were checked
// when people said them.
func numberOf(outcome string) float64 {
	x, _ := value.OutcomeNumber(outcome)
	return x
}

// middle returns the outcome in the middle of at least one number, of an even count the smaller of
// the two. It lies between the two that are nearest to each other, or is one of them.
func middle(all []said) string {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b said) int { return cmp.Compare(numberOf(a.outcome), numberOf(b.outcome)) })
	return sorted[(len(sorted)-1)/2].outcome
}

// numbers compares the numbers of the first two people, for all predictions that two or more have
// reviewed.
func (q *queue) numbers() *agreement.Numbers {
	n := &agreement.Numbers{}
	for _, it := range q.items {
		if all := it.reviews(); len(all) > 1 {
			n.Add(numberOf(all[0].outcome), numberOf(all[1].outcome), it.scale.tolerance)
		}
	}
	return n
}
