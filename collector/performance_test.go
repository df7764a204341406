package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestPerformancePage(t *testing.T) {
	t.Parallel()
	golden(t, performance{})
}

func TestAccuracyIsAbsentWithoutFeedback(t *testing.T) {
	t.Parallel()
	got := samples(t, performance{}, one(window.Model{Counters: predictionlog.NewCounters()}))
	contains(t, got,
		`model_accuracy_samples{model="m",version="v"} 0`,
		`model_feedback_total{actual="0",model="m",predicted="1",version="v"} 0`)
	lacks(t, got, "model_accuracy{", "_lower", "_upper", "model_precision", "model_recall", "model_f1_score")
}

func TestUndefinedRatiosAreAbsent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		performance  window.Performance
		want, absent []string
	}{
		{
			"nothing positive", window.Performance{Samples: 4, Correct: 4, TrueNegative: 4},
			[]string{`model_accuracy{model="m",version="v"} 1`},
			[]string{"model_precision", "model_recall", "model_f1_score"},
		},
		{
			"nothing positive predicted", window.Performance{Samples: 4, FalseNegative: 4},
			[]string{`model_accuracy{model="m",version="v"} 0`, `model_recall{model="m",version="v"} 0`, `model_f1_score{model="m",version="v"} 0`},
			[]string{"model_precision"},
		},
		{
			"no positive outcome", window.Performance{Samples: 4, FalsePositive: 4},
			[]string{`model_precision{model="m",version="v"} 0`, `model_f1_score{model="m",version="v"} 0`},
			[]string{"model_recall"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := samples(t, performance{}, one(window.Model{Counters: predictionlog.NewCounters(), Performance: test.performance}))
			contains(t, got, test.want...)
			lacks(t, got, test.absent...)
		})
	}
}

func TestPerformanceIsAbsentWithoutCounters(t *testing.T) {
	t.Parallel()
	if got := samples(t, performance{}, one(window.Model{})); got != "" {
		t.Errorf("the log was not read, but:\n%s", got)
	}
}
