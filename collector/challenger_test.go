package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestChallengerPage(t *testing.T) {
	t.Parallel()
	golden(t, challenger{})
}

func TestAChallengerHasNoDifferenceWithoutOutcomes(t *testing.T) {
	t.Parallel()
	got := samples(t, challenger{}, one(snapshot.Model{Challengers: &snapshot.Challengers{{Version: "2"}}}))
	contains(t, got, `model_challenger_samples{challenger="2",model="m",version="v"} 0`, `model_challenger_evidence{better="challenger",challenger="2",model="m",version="v"} 0`)
	lacks(t, got, "difference")
	if got := samples(t, challenger{}, one(snapshot.Model{})); got != "" {
		t.Errorf("without a shadow: %s", got)
	}
}
