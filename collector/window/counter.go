package window

import (
	"fmt"
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	ticks "github.com/drift-exporter/drift_exporter/predictor/tick"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Counter says of each row of one model and version everything that a window counts of it. Its
// methods must not be called concurrently.
type Counter struct {
	layout   *layout // nil: no reference serves this version
	predicts value.Prediction
	codes    []uint8
	numbers  []float64
	at       []int64
}

// NewCounter returns a Counter for the rows that a reference of a model serves, nil where none
// does. A watched feature that is not in the reference is an error.
func NewCounter(s *Spec, r *reference.Reference, bins drift.BinOptions) (*Counter, error) {
	c := &Counter{predicts: s.predicts()}
	if r == nil {
		return c, nil
	}
	l, err := newLayout(s, r, bins)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", s.Name, err)
	}
	c.layout, c.codes = l, make([]uint8, l.width())
	c.numbers, c.at = make([]float64, l.features), make([]int64, l.features)
	return c, nil
}

// manyCounters is the number of models and versions for which counters are kept.
const manyCounters = 1000

// Counters returns what counts the rows of each model and version. Rows of models that are not
// watched, and of versions without a reference, have times and counters only. The function must not
// be called concurrently.
func Counters(specs []Spec, bins drift.BinOptions) (func(predictionlog.Key) ticks.Coder, error) {
	for i := range specs {
		for _, r := range specs[i].References {
			if _, err := NewCounter(&specs[i], r, bins); err != nil {
				return nil, err
			}
		}
	}
	of := map[predictionlog.Key]ticks.Coder{}
	return func(key predictionlog.Key) ticks.Coder {
		if found, ok := of[key]; ok {
			return found
		}
		spec := Spec{Name: key.Model}
		for i := range specs {
			if specs[i].Name == key.Model {
				spec = specs[i]
			}
		}
		counter, err := NewCounter(&spec, spec.Reference(key.Version), bins)
		if err != nil { // Each of them has been tried.
			panic(err)
		}
		if len(of) >= manyCounters {
			clear(of)
		}
		of[key] = counter
		return counter
	}, nil
}

// Scheme says how values become codes: the reference, and the columns with their number of codes.
// Counts under one scheme add up.
func (c *Counter) Scheme() []string {
	if c.layout == nil {
		return nil
	}
	return c.layout.scheme()
}

// Columns returns the number of codes of each column.
func (c *Counter) Columns() []int {
	if c.layout == nil {
		return nil
	}
	return c.layout.codes()
}

// Row counts one row. It reports false when the row's features are not a JSON object: such a row
// is in no window.
func (c *Counter) Row(row *predictionlog.Row) (ticks.Counted, bool) {
	for i := range c.numbers {
		c.numbers[i] = math.NaN()
	}
	if c.layout == nil {
		if predictionlog.InvalidFeatures(row.Features) {
			return ticks.Counted{}, false
		}
	} else if !c.layout.code(row, c.codes, c.numbers, c.at) {
		return ticks.Counted{}, false
	}
	counted := ticks.Counted{Codes: c.codes, Numbers: c.numbers, Kind: c.layout.kind(c.codes), Positive: c.layout.predictsPositive(row)}
	if conf := c.layout.confidence(c.predicts, row); conf != noScore {
		counted.Scored, counted.Confidence, counted.Variance = true, int64(conf), variance(int64(conf))
	}
	return counted, true
}

// scheme is Counter's.
func (l *layout) scheme() []string {
	all := append([]string{l.reference.Hash}, l.described()...)
	for _, n := range l.codes()[l.features:] {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

// kind returns the number of the class of a row by its codes, -1 if it is none of the reference's.
func (l *layout) kind(codes []uint8) int {
	if l != nil && l.class >= 0 && int(codes[l.class]) < len(l.reference.Classes) {
		return int(codes[l.class])
	}
	return -1
}
