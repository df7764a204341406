package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestFeatureCountsPage(t *testing.T) {
	t.Parallel()
	golden(t, featureCounts{})
}

func TestCategoriesThatLookLikeOurOwnAreKeptApart(t *testing.T) {
	t.Parallel()
	b, err := drift.NewCategorical([]string{"__unseen__", "__missing__"}, []int64{60, 40}, nil)
	d := distribution(t, "f", b, err, []int64{1, 2, 3, 4, 5})
	got := samples(t, featureCounts{}, one(snapshot.Model{Distributions: ofFeatures(d)}))
	contains(t, got,
		`feature_window_bin_predictions{bin="__unseen__",feature="f",model="m",version="v"} 3`,
		`feature_window_bin_predictions{bin="__missing__",feature="f",model="m",version="v"} 4`)
}

func TestBinsAreCountedFromZero(t *testing.T) {
	t.Parallel()
	got := samples(t, featureCounts{}, one(snapshot.Model{Distributions: ofFeatures(emptied(creditScore(t)))}))
	contains(t, got,
		`feature_window_bin_predictions{bin="[620,655)",feature="credit_score",model="m",version="v"} 0`,
		`feature_reference_bin_samples{bin="[620,655)",feature="credit_score",model="m",version="v"} 30000`)
}
