package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestAccuracyImpactPage(t *testing.T) {
	t.Parallel()
	golden(t, accuracyImpact{})
}

func TestImpactIsAbsentWithoutOutcomes(t *testing.T) {
	t.Parallel()
	if got := samples(t, accuracyImpact{}, one(snapshot.Model{Distributions: ofFeatures(creditScore(t))})); got != "" {
		t.Errorf("without outcomes:\n%s", got)
	}
}
