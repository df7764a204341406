package collector

import (
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestPerformancePage(t *testing.T) {
	t.Parallel()
	golden(t, performance{20})
}

func TestAccuracyIsAbsentWithoutFeedback(t *testing.T) {
	t.Parallel()
	got := samples(t, performance{20}, one(snapshot.Model{Counters: predictionlog.NewCounters()}))
	contains(t, got,
		`model_accuracy_samples{model="m",version="v"} 0`,
		`model_feedback_total{actual="0",model="m",predicted="1",version="v"} 0`)
	contains(t, got,
		`model_score_samples{model="m",version="v"} 0`,
		`model_feedback_corrections_total{by="same_source",model="m",version="v"} 0`,
		`model_feedback_delay_seconds_count{model="m",version="v"} 0`)
	lacks(t, got, "model_roc_auc", "model_brier_score", "calibration_error", "coverage", "maturity", "matured")
	lacks(t, got, "model_accuracy{", "_lower", "_upper", "model_precision", "model_recall", "model_f1_score")
}

func TestUndefinedRatiosAreAbsent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		performance  *snapshot.Performance
		want, absent []string
	}{
		{
			"nothing positive", &snapshot.Performance{Samples: 4, Correct: 4, TrueNegative: 4},
			[]string{`model_accuracy{model="m",version="v"} 1`},
			[]string{"model_precision", "model_recall", "model_f1_score"},
		},
		{
			"nothing positive predicted", &snapshot.Performance{Samples: 4, FalseNegative: 4},
			[]string{`model_accuracy{model="m",version="v"} 0`, `model_recall{model="m",version="v"} 0`, `model_f1_score{model="m",version="v"} 0`},
			[]string{"model_precision"},
		},
		{
			"no positive outcome", &snapshot.Performance{Samples: 4, FalsePositive: 4},
			[]string{`model_precision{model="m",version="v"} 0`, `model_f1_score{model="m",version="v"} 0`},
			[]string{"model_recall"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := samples(t, performance{20}, one(snapshot.Model{Counters: predictionlog.NewCounters(), Performance: test.performance}))
			contains(t, got, test.want...)
			lacks(t, got, test.absent...)
		})
	}
}

func TestMaturedAccuracyIsAbsentBelowTheCoverage(t *testing.T) {
	t.Parallel()
	cohort := func(labelled int64) snapshot.Model {
		return snapshot.Model{
			Counters: predictionlog.NewCounters(),
			Matured:  &snapshot.Matured{Age: time.Hour, Coverage: snapshot.Coverage{Rows: 100, Labelled: labelled}, Correct: 40},
		}
	}
	got := samples(t, performance{20}, one(cohort(79)))
	contains(t, got, `model_matured_coverage_ratio{model="m",version="v"} 0.79`, `model_matured_accuracy_samples{model="m",version="v"} 79`,
		`model_label_maturity_seconds{model="m",version="v"} 3600`)
	lacks(t, got, "model_matured_accuracy{", "_lower", "_upper")
	contains(t, samples(t, performance{20}, one(cohort(80))), `model_matured_accuracy{model="m",version="v"} 0.5`)
	lacks(t, samples(t, performance{20}, one(cohort(0))), "model_matured_accuracy{")
}

func TestROCAUCIsAbsentWithOutcomesOfOneKind(t *testing.T) {
	t.Parallel()
	got := samples(t, performance{20}, one(snapshot.Model{Counters: predictionlog.NewCounters(), Performance: &snapshot.Performance{
		Samples: 2, Correct: 2, TruePositive: 2, Scores: &snapshot.Scores{Samples: 2, BrierScore: new(.25), CalibrationError: .5},
	}}))
	contains(t, got, `model_brier_score{model="m",version="v"} 0.25`)
	lacks(t, got, "model_roc_auc")
}

func TestPerformanceIsAbsentWithoutCounters(t *testing.T) {
	t.Parallel()
	if got := samples(t, performance{20}, one(snapshot.Model{})); got != "" {
		t.Errorf("the log was not read, but:\n%s", got)
	}
}
