package collector

import (
	"math"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestFeatureQualityPage(t *testing.T) {
	t.Parallel()
	golden(t, featureQuality{})
}

func TestRatiosAreToldOnlyWhereTheyCanHappen(t *testing.T) {
	t.Parallel()
	known := &reference.Reference{Features: []reference.Feature{
		{Name: "credit_score", Type: reference.Numeric, Min: 300, Max: math.NaN()},
		{Name: "purpose", Type: reference.Categorical},
	}}
	number, category := []snapshot.Distribution{creditScore(t)}, []snapshot.Distribution{purpose(t)}
	got := samples(t, featureQuality{}, one(snapshot.Model{Reference: known, Distributions: ofFeatures(number...)}))
	contains(t, got, `feature_out_of_range_ratio{feature="credit_score",model="m",version="v"} 0.04`)
	lacks(t, got, "feature_unseen_ratio")
	got = samples(t, featureQuality{}, one(snapshot.Model{Reference: known, Distributions: ofFeatures(category...)}))
	contains(t, got, `feature_unseen_ratio{feature="purpose",model="m",version="v"} 0.06`)
	lacks(t, got, "feature_out_of_range_ratio")

	known.Features[0].Min = math.NaN()
	got = samples(t, featureQuality{}, one(snapshot.Model{Reference: known, Distributions: ofFeatures(number...)}))
	lacks(t, got, "feature_out_of_range_ratio")
}

func TestFeatureQualityIsAbsentWhileTheWindowIsEmpty(t *testing.T) {
	t.Parallel()
	s := one(snapshot.Model{Distributions: ofFeatures(emptied(creditScore(t)))})
	if got := samples(t, featureQuality{}, s); got != "" {
		t.Errorf("an empty window has ratios:\n%s", got)
	}
}
