package collector

import (
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	usual        = assess.Judgement{Significance: .05, Tolerance: .02}
	usualOptions = &Options{Judgement: usual, Classes: 20, SegmentLimits: SegmentLimits{Top: 10}}
)

func TestFeatureDriftPage(t *testing.T) {
	t.Parallel()
	golden(t, featureDrift{usual})
}

func TestBelowFiftyPredictionsOnlyTheDivergenceIsTold(t *testing.T) {
	t.Parallel()
	b, err := drift.NewCategorical([]string{"a", "b"}, []int64{500, 500}, nil)
	d := distribution(t, "f", b, err, []int64{49, 0, 0, 0, 0})
	got := samples(t, featureDrift{usual}, one(snapshot.Model{Distributions: ofFeatures(d)}))
	// By hand: .5 ln(.5 51.5/50.25) + .5 ln(.5 51.5/1.25), five bins adding m = 2.5 to n = 49.
	contains(t, got, `feature_kl_divergence{feature="f",model="m",version="v"} 1.1783575779830477`)
	lacks(t, got, "corrected", "noise_floor", "severity", "p_value", "detected", "drifted")
}

func TestDriftNeedsToBeImprobableAndLarge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		judgement assess.Judgement
		want      string
	}{
		{"both", assess.Judgement{Significance: .05, Tolerance: .02}, "1"},
		{"too small to matter", assess.Judgement{Significance: .05, Tolerance: 10}, "0"},
		{"too probable", assess.Judgement{Significance: .0001, Tolerance: .02}, "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := samples(t, featureDrift{test.judgement}, one(snapshot.Model{Distributions: ofFeatures(creditScore(t))}))
			contains(t, got, `feature_drift_detected{feature="credit_score",model="m",version="v"} `+test.want)
		})
	}
}

func TestFeatureDriftIsAbsentWhileTheWindowIsEmpty(t *testing.T) {
	t.Parallel()
	s := one(snapshot.Model{Distributions: ofFeatures(emptied(creditScore(t)), emptied(purpose(t)))})
	if got := samples(t, featureDrift{usual}, s); got != "" {
		t.Errorf("an empty window has drift:\n%s", got)
	}
}

func TestSequentialDetectionIsTheDetectors(t *testing.T) {
	t.Parallel()
	sequential := assess.Judgement{Sequential: true, Significance: .05, Tolerance: .02}
	for _, test := range []struct {
		name      string
		detection *snapshot.Detection
		want      string // "": absent
	}{
		{"not known yet", nil, ""},
		{"quiet, whatever the p-value", &snapshot.Detection{}, "0"},
		{"alarm", &snapshot.Detection{Detected: true}, "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := creditScore(t)
			d.Detection = test.detection
			got := samples(t, featureDrift{sequential}, one(snapshot.Model{Distributions: ofFeatures(d)}))
			if test.want == "" {
				lacks(t, got, "feature_drift_detected")
				return
			}
			contains(t, got, `feature_drift_detected{feature="credit_score",model="m",version="v"} `+test.want)
		})
	}
}

func TestPValuesAreAdjustedForTheFeaturesOfOneModel(t *testing.T) {
	t.Parallel()
	features := []snapshot.Distribution{creditScore(t), loanTerm(t), purpose(t), emptied(creditScore(t))}
	features[3].Name = "empty"
	s := one(snapshot.Model{Distributions: ofFeatures(features...)})
	s.Models = append(s.Models, snapshot.Model{Name: "other", Distributions: ofFeatures(features[:1]...)})
	got := samples(t, featureDrift{usual}, s)
	// The two smallest of three are the same, and become half as much again; a feature
	// without a p-value, or of another model, does not count.
	contains(t, got,
		`feature_drift_p_value{feature="credit_score",model="m",version="v"} 0.001`,
		`feature_drift_adjusted_p_value{feature="credit_score",model="m",version="v"} 0.0015`,
		`feature_drift_p_value{feature="purpose",model="m",version="v"} 0.001`,
		`feature_drift_adjusted_p_value{feature="purpose",model="m",version="v"} 0.0015`,
		`feature_drift_adjusted_p_value{feature="credit_score",model="other",version=""} 0.001`)
	lacks(t, got, `adjusted_p_value{feature="empty"`)
}

func TestDriftedFeaturesAreCountedAmongThoseKnown(t *testing.T) {
	t.Parallel()
	sequential := assess.Judgement{Sequential: true}
	features := []snapshot.Distribution{creditScore(t), loanTerm(t), purpose(t), creditScore(t)}
	features[3].Name = "unknown"
	features[0].Detection = &snapshot.Detection{Detected: true}
	features[1].Detection = &snapshot.Detection{}
	features[2].Detection = &snapshot.Detection{}
	got := samples(t, featureDrift{sequential}, one(snapshot.Model{Distributions: ofFeatures(features...)}))
	contains(t, got,
		`model_drifted_features{model="m",version="v"} 1`,
		`model_drifted_features_ratio{model="m",version="v"} 0.3333333333333333`)
	got = samples(t, featureDrift{sequential}, one(snapshot.Model{Distributions: ofFeatures(features[3:]...)}))
	lacks(t, got, "model_drifted_features")
}

// one is a snapshot of one model, called m, version v.
func one(m snapshot.Model) *snapshot.Snapshot {
	m.Name, m.Version = "m", "v"
	return &snapshot.Snapshot{Time: now, Models: []snapshot.Model{m}}
}

func TestPValuesAreThoseOfBlocksWhenAskedFor(t *testing.T) {
	t.Parallel()
	block := assess.Judgement{Blocks: true, Significance: .05, Tolerance: .02}
	features := []snapshot.Distribution{creditScore(t), purpose(t)}
	features[0].BlockTest = &drift.BlockTest{PValue: .2, DesignEffect: 3.5}
	features[0].DesignEffect = new(4.5)
	s := one(snapshot.Model{Distributions: &snapshot.Distributions{Features: features, Score: &features[1]}})
	got := samples(t, featureDrift{block}, s)
	contains(t, got,
		`feature_drift_p_value{feature="credit_score",model="m",version="v"} 0.2`,
		`feature_drift_adjusted_p_value{feature="credit_score",model="m",version="v"} 0.2`,
		`feature_design_effect{feature="credit_score",model="m",version="v"} 4.5`,
		`feature_drift_detected{feature="credit_score",model="m",version="v"} 0`,
		`model_drifted_features_ratio{model="m",version="v"} 0`)
	// Without blocks, of too few rows, the p-value is unknown and the rest is not.
	for _, name := range []string{"p_value", "design_effect", "detected"} {
		for line := range strings.Lines(got) {
			if strings.Contains(line, name) && strings.Contains(line, "purpose") {
				t.Errorf("a window without blocks has %s", line)
			}
		}
	}
	contains(t, got, `feature_drift_severity{feature="purpose",model="m",version="v"} 0`)
	if got := samples(t, predictionShift{block}, s); strings.Contains(got, "p_value") {
		t.Errorf("a window without blocks has\n%s", got)
	}
	lacks(t, samples(t, featureDrift{usual}, one(snapshot.Model{Distributions: ofFeatures(features[1:]...)})), "design_effect")
}
