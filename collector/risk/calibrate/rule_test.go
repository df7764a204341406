package main

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// A month of quiet traffic, on which the whole rule decides once a minute. CALIBRATION.md has ten
// of each type of model.
func TestNothingIsRecommendedInAQuietMonth(t *testing.T) {
	t.Parallel()
	e := effort{Ticks: whole.Ticks, Draws: 99}
	x, err := Rule{Predict: value.Binary}.month(e, source(7, "quiet", 0))
	if err != nil {
		t.Fatal(err)
	}
	if want := e.Ticks/minute - 100; x.Recommended > 0 || x.Decisions < want {
		t.Errorf("recommended %d times in %d decisions, want 0 in at least %d; reasons %v", x.Recommended, x.Decisions, want, x.Held)
	}
}

// A feature that means nothing drifts: that is found, and is no reason to retrain.
func TestHarmlessDriftIsNotRecommendedAgainst(t *testing.T) {
	t.Parallel()
	x, err := Rule{Predict: value.Binary, Drifts: true}.month(effort{Ticks: 20_000, Draws: 99}, source(7, "harmless", 0))
	if err != nil {
		t.Fatal(err)
	}
	if x.Recommended > 0 || x.For()[0] != 1 {
		t.Errorf("recommended %d times, reasons %v, want none but drift", x.Recommended, x.For())
	}
}

// The same traffic with harm is no longer quiet, for every type of model.
func TestHarmIsRecommendedAgainst(t *testing.T) {
	t.Parallel()
	for _, predict := range []value.Prediction{value.Binary, value.Multiclass, value.Regression} {
		x, err := Rule{Predict: predict, Harm: true}.month(effort{Ticks: 20_000, Draws: 99}, source(7, "harm", 0))
		if err != nil {
			t.Fatal(err)
		}
		if x.Recommended != 1 || x.After <= 0 || x.After > 3000 {
			t.Errorf("%s: recommended %d times after %d predictions, want once after 1 to 3000", predict, x.Recommended, x.After)
		}
	}
}

// The options are those of the exporter without flags, and a cost.
func TestTheOptionsAreUsual(t *testing.T) {
	t.Parallel()
	d := command.Defaults()
	w := d.Window
	w.FalseAlarmsPerMonth, w.Tolerance, w.AccuracyTolerance, w.RetrainCost = d.FalseAlarmsPerMonth, d.Tolerance, d.Retraining.Tolerance, usual.RetrainCost
	retraining := d.Retraining
	retraining.Cost = usual.RetrainCost
	if usual != w || usualBins != d.Bins || judgement.Retraining != retraining || judgement.Sequential != d.Sequential ||
		judgement.Significance != d.Significance || judgement.Tolerance != d.Tolerance || judgement.MaxSegments != d.SegmentLimits.Top {
		t.Errorf("%+v, %+v, %+v, want those of %+v", usual, usualBins, judgement, d)
	}
}
