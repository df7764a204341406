package collector

import (
	"math"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestRegressionPage(t *testing.T) {
	t.Parallel()
	golden(t, regression{})
}

func TestErrorsAreAbsentWithoutFeedback(t *testing.T) {
	t.Parallel()
	m := snapshot.Model{Type: value.Regression, Counters: predictionlog.NewCounters()}
	if got, want := samples(t, regression{}, one(m)), `model_error_samples{model="m",version="v"} 0`+"\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	m.Counters = nil
	if got := samples(t, regression{}, one(m)); got != "" {
		t.Errorf("the log was not read, but:\n%s", got)
	}
}

func TestBoundsOfErrorsAreAbsentBelow30Outcomes(t *testing.T) {
	t.Parallel()
	m := houseValue()
	m.Regression.Absolute.Size, m.Regression.Errors.Size, m.Regression.Squares.Size = 29, 29, 29
	got := samples(t, regression{}, &snapshot.Snapshot{Models: []snapshot.Model{m}})
	contains(t, got, `model_mean_absolute_error{model="value",version="3"} 1.5`, `model_root_mean_squared_error{model="value",version="3"} 2`)
	lacks(t, got, "_lower", "_upper")
}

func TestErrorsTooLargeToSquareAreAbsent(t *testing.T) {
	t.Parallel()
	errors := drift.SampleOf([]float64{1e300, -1e300, 3})
	m := snapshot.Model{Type: value.Regression, Counters: predictionlog.NewCounters(), Regression: &snapshot.Regression{
		Errors: errors, Absolute: drift.SampleOf([]float64{1e300, 1e300, 3}), Squares: drift.SampleOf([]float64{math.Inf(1), math.Inf(1), 9}),
	}}
	got := samples(t, regression{}, one(m))
	contains(t, got, `model_error_samples{model="m",version="v"} 3`)
	lacks(t, got, "model_root_mean_squared_error", "NaN", "Inf", "model_r_squared")
}
