package collector

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestDecisionPage(t *testing.T) {
	t.Parallel()
	golden(t, decision{usualOptions.Judgement})
}

func TestADropIsAbsentWhileOutcomesAreMissing(t *testing.T) {
	t.Parallel()
	model := func(silent, detected bool) *snapshot.Snapshot {
		return one(snapshot.Model{
			Rows: &snapshot.Rows{}, Reference: &reference.Reference{},
			Accuracy: &snapshot.Accuracy{Recent: 1000, Labelled: 700, Silent: silent, Drop: &snapshot.Rise{Detection: snapshot.Detection{Detected: detected}}},
		})
	}
	got := samples(t, decision{}, model(true, false))
	contains(t, got, `model_accuracy_drop_coverage_ratio{model="m",version="v"} 0.7`, `model_retrain_reason{model="m",reason="too_few_labels",version="v"} 0`)
	lacks(t, got, "model_accuracy_drop_detected", "model_accuracy_drop_evidence", "accuracy_dropped", "model_excess", "model_training_age", "model_retrain_recommended", "too_young")
	contains(t, samples(t, decision{}, model(true, true)), `model_accuracy_drop_detected{model="m",version="v"} 1`)
	contains(t, samples(t, decision{}, model(false, false)), `model_accuracy_drop_detected{model="m",version="v"} 0`)
}

func TestADecisionNeedsAReferenceAndALog(t *testing.T) {
	t.Parallel()
	for _, m := range []snapshot.Model{{Rows: &snapshot.Rows{}}, {Reference: &reference.Reference{Created: now.Add(-time.Hour)}}} {
		if got := samples(t, decision{}, one(m)); got != "" {
			t.Errorf("%s", got)
		}
	}
}

func BenchmarkDecision(b *testing.B) {
	s := usualSnapshot(b).Only(ofDecision)
	ch := make(chan prometheus.Metric, 100)
	for b.Loop() {
		decision{usualOptions.Judgement}.Collect(s, ch)
		for len(ch) > 0 {
			<-ch
		}
	}
}
