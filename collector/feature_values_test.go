package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestFeatureValuesPage(t *testing.T) {
	t.Parallel()
	golden(t, featureValues{})
}

func TestModelsShareTheMetricOfAFeature(t *testing.T) {
	t.Parallel()
	first, second := creditScore(t), creditScore(t)
	first.Name, second.Name, second.Last = "credit-score", "credit score", new(500.)
	got := samples(t, featureValues{}, &snapshot.Snapshot{Models: []snapshot.Model{
		{Name: "a", Distributions: ofFeatures(first)},
		{Name: "b", Distributions: ofFeatures(second)},
	}})
	contains(t, got, `model_feature_credit_score{model="a",version=""} 701.5`, `model_feature_credit_score{model="b",version=""} 500`)
}

func TestFeatureValuesAreAbsentBeforeTheFirst(t *testing.T) {
	t.Parallel()
	s := one(snapshot.Model{Distributions: ofFeatures(emptied(creditScore(t)))})
	if got := samples(t, featureValues{}, s); got != "" {
		t.Errorf("there is no value, but:\n%s", got)
	}
}
