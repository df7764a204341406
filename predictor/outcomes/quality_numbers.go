package outcomes

import (
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/agreement"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// pairNumbers compares the numbers that pairs of sources say of a prediction. The larger tolerance
// of the two sources applies.
func (q *quality) pairNumbers(t *thing) {
	for i, a := range q.names {
		for j, b := range q.names[:i] {
			x, one := t.said[a]
			y, other := t.said[b]
			if !one || !other {
				continue
			}
			n := q.numbers[[2]int{j, i}]
			if n == nil {
				n = &agreement.Numbers{}
				q.numbers[[2]int{j, i}] = n
			}
			compareNumbers(n, y, x, max(q.tolerances[i], q.tolerances[j]))
		}
	}
}

// compareNumbers adds a pair of numbers to n, and reports whether they agree. A text that is not a
// number is left out, and agrees with itself only: without type: regression a source can say it.
func compareNumbers(n *agreement.Numbers, a, b string, tolerance float64) bool {
	x, isX := value.OutcomeNumber(a)
	y, isY := value.OutcomeNumber(b)
	if !isX || !isY {
		return a == b
	}
	n.Add(x, y, tolerance)
	return agreement.Within(x, y, tolerance)
}

// Tolerances returns by how much the numbers of each source may differ and still agree.
func (c *Config) Tolerances() map[string]float64 {
	all := make(map[string]float64, len(c.Sources))
	for i := range c.Sources {
		all[c.Sources[i].Name] = c.Sources[i].Mapping.tolerance
	}
	return all
}
