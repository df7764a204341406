package collector

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestFeatureBinsPage(t *testing.T) {
	t.Parallel()
	golden(t, featureBins{BinLimits{Top: 2, Series: 15}})
}

func TestBinsAddUpToTheDivergence(t *testing.T) {
	t.Parallel()
	d := creditScore(t)
	got := samples(t, featureBins{}, one(snapshot.Model{Distributions: ofFeatures(d)}))
	var shares, references, contributions float64
	for line := range strings.Lines(got) {
		name, _, _ := strings.Cut(line, "{")
		_, text, _ := strings.Cut(line, "} ")
		value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		switch name {
		case "feature_bin_share":
			shares += value
		case "feature_bin_reference_share":
			references += value
		case "feature_bin_kl_contribution":
			contributions += value
			if !(value >= 0) {
				t.Errorf("a bin contributes less than nothing: %s", line)
			}
		}
		if name != "drift_series_dropped" && err != nil {
			t.Error(err)
		}
	}
	if math.Abs(shares-1) > 1e-12 || math.Abs(references-1) > 1e-12 || math.Abs(contributions-*d.KL) > 1e-12 {
		t.Errorf("shares add up to %v and %v, contributions to %v of %v", shares, references, contributions, *d.KL)
	}
}

func TestOnlyTheBinsThatContributeMostAreTold(t *testing.T) {
	t.Parallel()
	s := one(snapshot.Model{Distributions: ofFeatures(creditScore(t), loanTerm(t))})
	got := samples(t, featureBins{BinLimits{Top: 1}}, s)
	contains(t, got,
		`feature_bin_share{bin="[-Inf,620)",feature="credit_score",model="m",version="v"} 0.2`,
		`feature_bin_reference_share{bin="[-Inf,620)",feature="credit_score",model="m",version="v"} 0.6`,
		`drift_series_dropped{reason="bins"} 0`)
	if n := strings.Count(got, "feature_bin_kl_contribution"); n != 2 {
		t.Errorf("%d bins of two features:\n%s", n, got)
	}
}

func TestTheBudgetKeepsTheLargestContributionsAndCountsTheRest(t *testing.T) {
	t.Parallel()
	s := one(snapshot.Model{Distributions: ofFeatures(loanTerm(t), creditScore(t))})
	for _, test := range []struct {
		series  int
		bins    int
		dropped string
	}{{0, 4, "0"}, {12, 4, "0"}, {11, 3, "3"}, {6, 2, "6"}, {2, 0, "12"}} {
		got := samples(t, featureBins{BinLimits{Top: 2, Series: test.series}}, s)
		if n := strings.Count(got, "feature_bin_kl_contribution"); n != test.bins {
			t.Errorf("%d bins in %d series, want %d", n, test.series, test.bins)
		}
		contains(t, got, `drift_series_dropped{reason="bins"} `+test.dropped)
		if test.series == 6 {
			lacks(t, got, "loan_term") // it has not drifted
		}
	}
}

func TestBinsAreAbsentWhileTheWindowIsEmpty(t *testing.T) {
	t.Parallel()
	s := one(snapshot.Model{Distributions: ofFeatures(emptied(creditScore(t)))})
	lacks(t, samples(t, featureBins{}, s), "feature_bin")
}

func TestBinsThatLookLikeOurOwnAreKeptApart(t *testing.T) {
	t.Parallel()
	b, err := drift.NewCategorical([]string{"__unseen__", "a"}, []int64{60, 40}, nil)
	d := distribution(t, "f", b, err, []int64{1, 2, 1, 0, 0})
	got := samples(t, featureBins{}, one(snapshot.Model{Distributions: ofFeatures(d)}))
	contains(t, got,
		`feature_bin_share{bin="___unseen__",feature="f",model="m",version="v"} 0.25`,
		`feature_bin_share{bin="__unseen__",feature="f",model="m",version="v"} 0.25`)
}
