package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestEstimatedPerformancePage(t *testing.T) {
	t.Parallel()
	golden(t, estimatedPerformance{})
}

func TestEstimateIsAbsentWithoutScores(t *testing.T) {
	t.Parallel()
	m := snapshot.Model{Counters: predictionlog.NewCounters(), Performance: &snapshot.Performance{Samples: 2, Correct: 1}}
	if got := samples(t, estimatedPerformance{}, one(m)); got != "" {
		t.Errorf("without scores:\n%s", got)
	}
}

func TestBandOfTheEstimateStaysWithinProbabilities(t *testing.T) {
	t.Parallel()
	estimate := func(accuracy float64) snapshot.Model {
		return snapshot.Model{Estimate: &snapshot.Estimate{
			Method: snapshot.CBPE, Estimated: drift.Estimated{Rows: 4, Accuracy: accuracy, StandardError: .25},
		}}
	}
	contains(t, samples(t, estimatedPerformance{}, one(estimate(.9))), `model_estimated_accuracy_upper{model="m",version="v"} 1`,
		`model_estimated_accuracy_info{method="cbpe",model="m",version="v"} 1`)
	contains(t, samples(t, estimatedPerformance{}, one(estimate(.1))), `model_estimated_accuracy_lower{model="m",version="v"} 0`)
}
