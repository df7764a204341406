package window

import (
	"fmt"
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Coder reads the features of rows as the windows do, for callers that count them in
// another way. Its methods must not be called concurrently, except Number and Text.
type Coder struct {
	layout *layout
	codes  []uint8
	last   []float64
	lastAt []int64
}

// NewCoder returns a Coder for the rows that a reference of a model serves. A watched
// feature that is not in the reference is an error.
func NewCoder(s *Spec, r *reference.Reference, bins drift.BinOptions) (*Coder, error) {
	l, err := newLayout(s, r, bins)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", s.Name, err)
	}
	return &Coder{layout: l, codes: make([]uint8, l.width()), last: make([]float64, l.features), lastAt: make([]int64, l.features)}, nil
}

// Features returns the names of the watched features, in order.
func (c *Coder) Features() []string {
	names := make([]string, c.layout.features)
	for i := range names {
		names[i] = c.layout.columns[i].name
	}
	return names
}

// Codes returns the number of codes of each feature.
func (c *Coder) Codes() []int { return c.layout.codes()[:c.layout.features] }

// Code returns the code of every feature of a row, valid until the next call. It reports
// false when the row's features are not a JSON object. 1 us for a row of 12 features.
func (c *Coder) Code(row *predictionlog.Row) (codes []uint8, ok bool) {
	ok = c.layout.code(row, c.codes, c.last, c.lastAt)
	return c.codes[:c.layout.features], ok
}

// Number returns the code of a value of a numeric feature.
func (c *Coder) Number(feature int, kind value.Kind, x float64) uint8 {
	k := &c.layout.codings[feature]
	if kind != value.Known {
		return k.none(kind)
	}
	return k.binning.Number(x)
}

// Text returns the code of a value, in canonical form, of a feature that is not numeric.
func (c *Coder) Text(feature int, kind value.Kind, text []byte) uint8 {
	k := &c.layout.codings[feature]
	if kind != value.Known {
		return k.none(kind)
	}
	return k.binning.Category(text)
}

// HasClasses reports whether the model predicts classes: a regression does not.
func (c *Coder) HasClasses() bool { return c.layout.reference.Type.HasClasses() }

// Loss returns what an outcome says of its prediction: the absolute error of a regression,
// otherwise 0 for the right class and 1 for another one. ok is false when the outcome is no class
// of the model, or no number, and for a prediction without a predicted value.
func (c *Coder) Loss(row *predictionlog.FeedbackRow) (loss float64, ok bool) {
	if !c.HasClasses() {
		truth, ok := value.OutcomeNumber(row.Outcome)
		loss = math.Abs(row.Score - truth)
		return loss, ok && row.HasScore && !math.IsInf(loss, 0)
	}
	actual, ok := c.layout.classes.ActualOf(row.Class, row.Outcome)
	if actual != c.layout.classes.Predicted(row.Class) {
		loss = 1
	}
	return loss, ok
}

// KL returns D(reference || rows) in nats for one feature, where rows counts its codes.
func (c *Coder) KL(feature int, rows []int64) float64 {
	k := &c.layout.columns[feature]
	return drift.KL(k.cells, k.binning.Fold(rows, make([]int64, len(k.cells))))
}
