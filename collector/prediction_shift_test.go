package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestPredictionShiftPage(t *testing.T) {
	t.Parallel()
	golden(t, predictionShift{usual})
}

func TestTheClassIsJudgedWhenTheReferenceHasNoScore(t *testing.T) {
	t.Parallel()
	class := class(t)
	got := samples(t, predictionShift{usual}, one(snapshot.Model{Distributions: &snapshot.Distributions{Class: &class}}))
	contains(t, got, `prediction_drift_detected{model="m",version="v"} 0`)
	lacks(t, got, "prediction_distribution_shift")
}

func TestTheScoreIsJudgedWhenItHasANull(t *testing.T) {
	t.Parallel()
	score, class := score(t), class(t)
	got := samples(t, predictionShift{usual}, one(snapshot.Model{Distributions: &snapshot.Distributions{Score: &score, Class: &class}}))
	contains(t, got, `prediction_drift_detected{model="m",version="v"} 1`)
	score.Null = nil
	got = samples(t, predictionShift{usual}, one(snapshot.Model{Distributions: &snapshot.Distributions{Score: &score, Class: &class}}))
	lacks(t, got, "prediction_drift")
}

func TestPredictionShiftIsAbsentWithoutReferenceOrRows(t *testing.T) {
	t.Parallel()
	score := emptied(score(t))
	for _, m := range []snapshot.Model{{}, {Distributions: &snapshot.Distributions{Score: &score}}} {
		if got := samples(t, predictionShift{usual}, one(m)); got != "" {
			t.Errorf("no data, but the page has:\n%s", got)
		}
	}
}
