package collector

import (
	"math"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
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
	number, category := []window.Distribution{creditScore(t)}, []window.Distribution{purpose(t)}
	got := samples(t, featureQuality{}, one(window.Model{Reference: known, Features: number}))
	contains(t, got, `feature_out_of_range_ratio{feature="credit_score",model="m",version="v"} 0.04`)
	lacks(t, got, "feature_unseen_ratio")
	got = samples(t, featureQuality{}, one(window.Model{Reference: known, Features: category}))
	contains(t, got, `feature_unseen_ratio{feature="purpose",model="m",version="v"} 0.06`)
	lacks(t, got, "feature_out_of_range_ratio")

	known.Features[0].Min = math.NaN()
	got = samples(t, featureQuality{}, one(window.Model{Reference: known, Features: number}))
	lacks(t, got, "feature_out_of_range_ratio")
}

func TestFeatureQualityIsAbsentWhileTheWindowIsEmpty(t *testing.T) {
	t.Parallel()
	s := one(window.Model{Features: []window.Distribution{emptied(creditScore(t))}})
	if got := samples(t, featureQuality{}, s); got != "" {
		t.Errorf("an empty window has ratios:\n%s", got)
	}
}
