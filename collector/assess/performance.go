package assess

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// z95 is the standard normal quantile of a two-sided 95 % interval.
const z95 = 1.959963984540054

// enoughCoverage is the share of a cohort that must have an outcome before its accuracy
// is reported: early outcomes differ from late ones.
const enoughCoverage = 0.8

// Interval is a value and the ends of its 95 % interval.
type Interval struct {
	Value float64 `json:"value"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// wilson returns correct/n with its Wilson score interval; n is at least 1.
func wilson(correct, n int64) *Interval {
	lower, upper := drift.Wilson(correct, n, z95)
	return &Interval{Value: float64(correct) / float64(n), Lower: lower, Upper: upper}
}

// Performance is the performance of a model that predicts classes, by the outcomes in its
// feedback window. Shares are between 0 and 1.
type Performance struct {
	// Samples is the number of predictions with an outcome.
	Samples int64 `json:"samples"`
	// Accuracy has a Wilson score interval; nil without samples.
	Accuracy *Interval `json:"accuracy,omitempty"`
	// Precision is nil when nothing positive was predicted, Recall when no outcome was
	// positive, and F1 when both are nil. For a multiclass model they are means over all
	// classes that were predicted or observed, nil without samples.
	Precision *float64 `json:"precision,omitempty"`
	Recall    *float64 `json:"recall,omitempty"`
	F1        *float64 `json:"f1,omitempty"`
	// Scored is the number of samples with a score. ROCAUC is nil unless both outcomes
	// occur among them, the other two when there are none. A multiclass model has neither
	// ROCAUC nor BrierScore.
	Scored           int64    `json:"scored"`
	ROCAUC           *float64 `json:"roc_auc,omitempty"`
	BrierScore       *float64 `json:"brier_score,omitempty"`
	CalibrationError *float64 `json:"calibration_error,omitempty"`
	// Confusion counts the samples of a binary model by the positive class.
	Confusion *Confusion `json:"confusion,omitempty"`
	// Classes has the classes of a multiclass model that were predicted or observed.
	Classes []ClassPerformance `json:"classes,omitempty"`
	// Calibration is set by those who show it: see CalibrationOf.
	Calibration []CalibrationGroup `json:"calibration,omitempty"`
	// Pairs is set by those who show it: see PairsOf.
	Pairs []ClassPair `json:"class_pairs,omitempty"`
	// Trail is set by those who show it: see AccuracyTrailOf.
	Trail []AccuracyPoint `json:"trail,omitempty"`
}

// Confusion counts predictions by whether prediction and outcome were the positive class.
type Confusion struct {
	TruePositive  int64 `json:"true_positive"`
	FalsePositive int64 `json:"false_positive"`
	FalseNegative int64 `json:"false_negative"`
	TrueNegative  int64 `json:"true_negative"`
}

// PerformanceOf assesses the feedback window of a model. It is nil when the log could not
// be read, or when the model predicts no classes, and has zero samples without feedback.
func PerformanceOf(m *snapshot.Model) *Performance {
	if m.Counters == nil || !m.Type.HasClasses() {
		return nil
	}
	p := m.Performance
	if p == nil {
		p = &snapshot.Performance{}
	}
	v := &Performance{Samples: p.Samples}
	if m.Type == value.Multiclass {
		v.addClasses(p.Classes)
	} else {
		v.Precision = share(p.TruePositive, p.TruePositive+p.FalsePositive)
		v.Recall = share(p.TruePositive, p.TruePositive+p.FalseNegative)
		v.F1 = share(2*p.TruePositive, 2*p.TruePositive+p.FalsePositive+p.FalseNegative)
		v.Confusion = &Confusion{p.TruePositive, p.FalsePositive, p.FalseNegative, p.TrueNegative}
	}
	if p.Samples > 0 {
		v.Accuracy = wilson(p.Correct, p.Samples)
	}
	if s := p.Scores; s != nil {
		v.Scored, v.ROCAUC, v.BrierScore, v.CalibrationError = s.Samples, s.ROCAUC, s.BrierScore, known(s.CalibrationError)
	}
	return v
}

// Matured is the accuracy over predictions that are old enough to have their outcomes.
type Matured struct {
	// Age is the age from which a prediction belongs to this cohort.
	Age time.Duration `json:"age_ns"`
	// Coverage is the share of the cohort with an outcome, nil when the cohort is empty.
	Coverage *float64 `json:"coverage,omitempty"`
	// Samples is the number of predictions in the cohort with an outcome.
	Samples int64 `json:"samples"`
	// Accuracy is nil while Coverage is below 0.8, and for a regression.
	Accuracy *Interval `json:"accuracy,omitempty"`
}

// MaturedOf assesses the matured cohort of a model. It is nil while the age at which
// outcomes have arrived is unknown.
func MaturedOf(m *snapshot.Model) *Matured {
	c := m.Matured
	if c == nil {
		return nil
	}
	v := &Matured{Age: c.Age, Coverage: share(c.Labelled, c.Rows), Samples: c.Labelled}
	if v.Coverage != nil && *v.Coverage >= enoughCoverage && m.Type.HasClasses() {
		v.Accuracy = wilson(c.Correct, c.Labelled)
	}
	return v
}

// CoverageOf returns the share of a model's window with an outcome, nil when the window is
// empty.
func CoverageOf(m *snapshot.Model) *float64 {
	if m.Coverage == nil {
		return nil
	}
	return share(m.Coverage.Labelled, m.Coverage.Rows)
}

// share returns part/of, nil when of is 0.
func share(part, of int64) *float64 {
	if of == 0 {
		return nil
	}
	x := float64(part) / float64(of)
	return &x
}
