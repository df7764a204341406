package window

import (
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// confidence returns the model's confidence in the class that it predicted for a row, in units of
// 1e-9, or noScore.
func (l *layout) confidence(predicts value.Prediction, row *predictionlog.Row) uint32 {
	p, ok := row.Probability()
	if !ok || !predicts.HasClasses() {
		return noScore
	}
	return uint32(confidenceUnits(p, predicts == value.Multiclass || l.predictsPositive(row)))
}

// predictsPositive reports whether the class of a row is the one whose probability the score is.
func (l *layout) predictsPositive(row *predictionlog.Row) bool {
	return l.classReader().Predicted(row.Class) == l.positive()
}

// confidenceUnits returns the probability that the model gave to its own class, in units
// of 1e-9. own says that the score is this probability, and not that of the other class.
func confidenceUnits(score float64, own bool) int64 {
	if own {
		return int64(math.Round(score * confUnit))
	}
	return int64(math.Round((1 - score) * confUnit))
}
