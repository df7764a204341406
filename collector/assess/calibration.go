package assess

import (
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// CalibrationGroup is a group of predictions with similar scores and known outcomes.
type CalibrationGroup struct {
	// Score is their mean score, Samples their number, and Share the share of them whose outcome
	// was positive, or was predicted right by a multiclass model, with its Wilson score interval.
	Score   float64  `json:"score"`
	Samples int64    `json:"samples"`
	Share   Interval `json:"share"`
}

// CalibrationOf returns the groups of a model's feedback window by score, none without scores.
func CalibrationOf(m *snapshot.Model) (groups []CalibrationGroup) {
	if m.Performance == nil || m.Performance.Scores == nil {
		return nil
	}
	for _, b := range m.Performance.Scores.Calibration {
		lower, upper := drift.Wilson(b.Positive, b.Count, z95)
		groups = append(groups, CalibrationGroup{b.Score, b.Count, Interval{float64(b.Positive) / float64(b.Count), lower, upper}})
	}
	return groups
}
