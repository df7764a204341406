package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestTrafficPage(t *testing.T) {
	t.Parallel()
	golden(t, traffic{20})
}

func TestCountersStartAtZeroForWhatIsKnown(t *testing.T) {
	t.Parallel()
	m := snapshot.Model{
		Reference: &reference.Reference{Classes: []reference.Class{{Class: "no"}, {Class: "yes"}}},
		Counters:  predictionlog.NewCounters(),
	}
	got := samples(t, traffic{20}, one(m))
	contains(t, got,
		`model_requests_total{model="m",version="v"} 0`,
		`model_success_total{model="m",version="v"} 0`,
		`model_predictions_by_class_total{class="no",model="m",version="v"} 0`,
		`model_predictions_by_class_total{class="yes",model="m",version="v"} 0`,
		`model_prediction_latency_seconds_bucket{model="m",version="v",le="+Inf"} 0`,
		`model_prediction_latency_seconds_bucket{model="m",version="v",le="0.001"} 0`,
		`model_prediction_values_count{model="m",version="v"} 0`)
	for _, reason := range predictionlog.Reasons {
		contains(t, got, `model_errors_total{model="m",reason="`+reason+`",version="v"} 0`)
	}
	lacks(t, got, "__other__")
}

func TestNamesFromTrafficDoNotBecomeLabels(t *testing.T) {
	t.Parallel()
	m := snapshot.Model{Counters: &predictionlog.Counters{
		Classes:  map[string]int64{"1": 1, "x": 2, "y": 3},
		Errors:   map[string]int64{"x": 4},
		Feedback: map[predictionlog.ClassPair]int64{{Predicted: "1", Actual: "2"}: 5, {Predicted: "1", Actual: "3"}: 6, {Predicted: "1", Actual: "x"}: 7},
	}}
	got := samples(t, traffic{20}, one(m)) + samples(t, performance{20}, one(m))
	contains(t, got,
		`model_requests_total{model="m",version="v"} 10`,
		`model_predictions_by_class_total{class="__other__",model="m",version="v"} 5`,
		`model_errors_total{model="m",reason="__other__",version="v"} 4`,
		`model_feedback_total{actual="__other__",model="m",predicted="1",version="v"} 11`,
		`model_feedback_invalid_total{model="m",version="v"} 7`)
	lacks(t, got, `"x"`, `"y"`)
}

func TestTrafficIsAbsentWithoutCounters(t *testing.T) {
	t.Parallel()
	if got := samples(t, traffic{20}, one(snapshot.Model{})); got != "" {
		t.Errorf("the log was not read, but:\n%s", got)
	}
}
