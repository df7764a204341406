package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestClassPerformancePage(t *testing.T) {
	t.Parallel()
	golden(t, classPerformance{20})
}

func TestTheMostFrequentClassesAreShownAndAllOthersTogether(t *testing.T) {
	t.Parallel()
	m := species()
	got := samples(t, classPerformance{1}, &snapshot.Snapshot{Models: []snapshot.Model{m}})
	contains(t, got,
		`model_class_samples{class="oak",model="species",version="1"} 25`,
		`model_class_samples{class="__other__",model="species",version="1"} 15`,
		`model_class_precision{class="__other__",model="species",version="1"} 0.4`)
	lacks(t, got, "ash", "elm", "palm")
	got = samples(t, performance{1}, &snapshot.Snapshot{Models: []snapshot.Model{m}})
	contains(t, got, `model_feedback_total{actual="oak",model="species",predicted="__other__",version="1"} 5`)
}

func TestClassesOfABinaryModelHaveNoMetricsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, of := range []value.Prediction{"", value.Binary, value.Regression} {
		m := snapshot.Model{Type: of, Counters: predictionlog.NewCounters(), Performance: &snapshot.Performance{Samples: 2, Correct: 2, TruePositive: 2}}
		if got := samples(t, classPerformance{20}, one(m)); got != "" {
			t.Errorf("%q: %s", of, got)
		}
	}
}

func TestBinaryMetricsAreAbsentForOtherTypes(t *testing.T) {
	t.Parallel()
	got := samples(t, performance{20}, &snapshot.Snapshot{Models: []snapshot.Model{species()}})
	contains(t, got,
		`model_accuracy{model="species",version="1"} 0.7`, `model_accuracy_samples{model="species",version="1"} 40`,
		// By hand: precision (1/2 + 0 + 1 + 0)/4, recall (4/5 + 0 + 4/5 + 0)/4, F1 (8/13 + 0 + 8/9 + 0)/4.
		`model_precision{model="species",version="1"} 0.375`, `model_recall{model="species",version="1"} 0.4`,
		`model_f1_score{model="species",version="1"} 0.37606837606837606`,
		`model_expected_calibration_error{model="species",version="1"} 0.03125`)
	lacks(t, got, "model_roc_auc", "model_brier_score")
	got = samples(t, performance{20}, &snapshot.Snapshot{Models: []snapshot.Model{houseValue()}})
	contains(t, got, `model_feedback_total{actual="",model="value",predicted="",version="3"} 40`, `model_feedback_invalid_total{model="value",version="3"} 2`,
		`model_feedback_coverage_ratio{model="value",version="3"} 0.4`, `model_matured_accuracy_samples{model="value",version="3"} 40`)
	lacks(t, got, "model_accuracy", "model_precision", "model_recall", "model_f1", "model_roc", "model_brier", "calibration", "score_samples", "model_matured_accuracy{")
	got = samples(t, traffic{20}, &snapshot.Snapshot{Models: []snapshot.Model{houseValue()}})
	contains(t, got, `model_requests_total{model="value",version="3"} 100`)
	lacks(t, got, "by_class", "prediction_values")
	got = samples(t, estimatedPerformance{}, &snapshot.Snapshot{Models: []snapshot.Model{houseValue()}})
	lacks(t, got, "accuracy")
	got = samples(t, estimatedPerformance{}, &snapshot.Snapshot{Models: []snapshot.Model{species()}})
	lacks(t, got, "error")
}
