package collector

import (
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestFeatureDistancePage(t *testing.T) {
	t.Parallel()
	golden(t, featureDistance{})
}

func TestDistancesAreAbsentWhileTheWindowIsEmpty(t *testing.T) {
	t.Parallel()
	s := one(snapshot.Model{Distributions: ofFeatures(emptied(creditScore(t)), emptied(purpose(t)))})
	if got := samples(t, featureDistance{}, s); got != "" {
		t.Errorf("an empty window has distances:\n%s", got)
	}
}

func TestDistancesOfNumbersAreAbsentForCategories(t *testing.T) {
	t.Parallel()
	got := samples(t, featureDistance{}, one(snapshot.Model{Distributions: ofFeatures(purpose(t))}))
	lacks(t, got, "kolmogorov_smirnov", "wasserstein")
	if n := strings.Count(got, "\n"); n != 4 {
		t.Errorf("%d distances of a category, want 4:\n%s", n, got)
	}
}

func TestWassersteinIsAbsentWhenTheReferenceHasNoSums(t *testing.T) {
	t.Parallel()
	d := creditScore(t)
	d.Axis = drift.NewAxis([]int64{60_000, 30_000, 10_000}, nil, 0, 0, 0)
	got := samples(t, featureDistance{}, one(snapshot.Model{Distributions: ofFeatures(d)}))
	lacks(t, got, "wasserstein")
	// Of the 98 numbers 20 and 58 lie below the edges, for .6 and .9.
	contains(t, got, `feature_drift_distance{distance="kolmogorov_smirnov",feature="credit_score",model="m",version="v"} 0.39591836734693875`)
}
