package assess

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

var byPValue = Judgement{Significance: .05, Tolerance: .02}

// numeric is a number whose window has these counts by bin, of a reference of 60, 30 and
// 10 %.
func numeric(t *testing.T, name string, counts ...int64) snapshot.Distribution {
	t.Helper()
	b, err := drift.NewContinuous([]float64{620, 655}, 300, 850, []int64{60_000, 30_000, 10_000}, drift.BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d := snapshot.Distribution{
		Name: name, Numeric: true, Binning: b, Fine: make([]int64, b.Codes()), Axis: drift.NewAxis([]int64{60_000, 30_000, 10_000}, []float64{580, 640, 700}, 300, 850, 45),
		Reference: b.Reference(), ReferenceTotal: 100_000, Counts: make([]int64, len(b.Reference())),
	}
	for i, n := range counts {
		d.Fine[i], d.Counts[i] = n, n
		d.Total += n
	}
	d.BinReference, d.BinCounts = b.Export(d.Reference, make([]int64, len(b.Bins()))), b.Export(d.Counts, make([]int64, len(b.Bins())))
	if d.Total > 0 {
		d.KL = new(drift.KL(d.Reference, d.Counts))
	}
	if d.Total >= drift.MinPredictions {
		d.Null = drift.NewNull(d.Reference, d.Total, 999, 1)
	}
	return d
}

func model(features ...snapshot.Distribution) *snapshot.Model {
	return &snapshot.Model{Name: "m", Version: "1", Distributions: &snapshot.Distributions{Features: features}}
}

func is(b *bool, want string) bool {
	switch {
	case b == nil:
		return want == "unknown"
	case *b:
		return want == "drift"
	default:
		return want == "none"
	}
}

func TestDriftIsWhatTheJudgementSays(t *testing.T) {
	t.Parallel()
	moved, alike := numeric(t, "x", 20, 38, 42), numeric(t, "x", 60, 30, 10)
	with := func(d snapshot.Distribution, change func(d *snapshot.Distribution)) snapshot.Distribution {
		change(&d)
		return d
	}
	sequential, blocks := byPValue, byPValue
	sequential.Sequential, blocks.Blocks = true, true
	for name, test := range map[string]struct {
		judgement Judgement
		d         snapshot.Distribution
		want      string
	}{
		"improbable and large":              {byPValue, moved, "drift"},
		"alike":                             {byPValue, alike, "none"},
		"within the tolerance":              {Judgement{Significance: .05, Tolerance: 10}, moved, "none"},
		"not improbable enough":             {Judgement{Significance: .0005, Tolerance: .02}, moved, "none"},
		"empty":                             {byPValue, numeric(t, "x"), "unknown"},
		"too few rows":                      {byPValue, numeric(t, "x", 0, 0, 49), "unknown"},
		"no null in time":                   {byPValue, with(moved, func(d *snapshot.Distribution) { d.Null, d.NullErr = nil, errors.New("late") }), "unknown"},
		"the detector does not know":        {sequential, moved, "unknown"},
		"the detector is quiet":             {sequential, with(moved, func(d *snapshot.Distribution) { d.Detection = &snapshot.Detection{} }), "none"},
		"the detector fires":                {sequential, with(alike, func(d *snapshot.Distribution) { d.Detection = &snapshot.Detection{Detected: true} }), "drift"},
		"too few blocks":                    {blocks, moved, "unknown"},
		"blocks that explain it":            {blocks, with(moved, func(d *snapshot.Distribution) { d.BlockTest = &drift.BlockTest{PValue: .2, DesignEffect: 5} }), "none"},
		"blocks that do not":                {blocks, with(moved, func(d *snapshot.Distribution) { d.BlockTest = &drift.BlockTest{PValue: .01, DesignEffect: 1} }), "drift"},
		"a detection without being asked":   {byPValue, with(alike, func(d *snapshot.Distribution) { d.Detection = &snapshot.Detection{Detected: true} }), "none"},
		"blocks without being asked, alike": {byPValue, with(alike, func(d *snapshot.Distribution) { d.BlockTest = &drift.BlockTest{PValue: .01} }), "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.judgement.Drift(&test.d); !is(got.Detected, test.want) {
				t.Errorf("got %+v, want %s", got, test.want)
			}
		})
	}
}

func TestFeaturesAreAdjustedAndCountedTogether(t *testing.T) {
	t.Parallel()
	features, drifted := byPValue.Features(model(numeric(t, "a", 20, 38, 42), numeric(t, "b", 60, 30, 10), numeric(t, "c"), numeric(t, "d", 0, 0, 49)))
	var p, adjusted []float64
	for _, f := range features {
		if f.Test != nil {
			p, adjusted = append(p, *f.Test.PValue), append(adjusted, *f.Test.Adjusted)
		}
	}
	if want := drift.BenjaminiHochberg(p); len(p) != 2 || !slices.Equal(adjusted, want) {
		t.Errorf("of %v: %v, want %v", p, adjusted, want)
	}
	if *drifted != (Drifted{Features: 1, Known: 2}) {
		t.Errorf("got %+v", drifted)
	}
	if _, drifted := byPValue.Features(model(numeric(t, "c"))); drifted != nil {
		t.Errorf("of an empty window: %+v", drifted)
	}
	if all, drifted := byPValue.Features(&snapshot.Model{}); len(all) != 0 || drifted != nil {
		t.Errorf("without a reference: %v %v", all, drifted)
	}
}

func TestTheScoreIsTestedAndTheClassCounts(t *testing.T) {
	t.Parallel()
	moved, alike, empty := numeric(t, "", 20, 38, 42), numeric(t, "", 60, 30, 10), numeric(t, "")
	for name, test := range map[string]struct {
		score, class *snapshot.Distribution
		want         string
		tested       *snapshot.Distribution
	}{
		"score drifts":                     {&moved, &alike, "drift", &moved},
		"class drifts":                     {&alike, &moved, "drift", &alike},
		"neither":                          {&alike, &alike, "none", &alike},
		"class alone":                      {nil, &moved, "drift", &moved},
		"score alone":                      {&alike, nil, "none", &alike},
		"the score is not known":           {&empty, &moved, "unknown", &empty},
		"the class is not known":           {&moved, &empty, "drift", &moved},
		"the class is not known, no drift": {&alike, &empty, "none", &alike},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := byPValue.Predictions(&snapshot.Model{Distributions: &snapshot.Distributions{Score: test.score, Class: test.class}})
			if !is(p.Detected, test.want) || (p.Score == nil) != (test.score == nil) || (p.Class == nil) != (test.class == nil) {
				t.Errorf("got %+v, want %s", p, test.want)
			}
			want := byPValue.Drift(test.tested).Test
			if (p.PValue == nil) != (want == nil) || want != nil && *p.PValue != *want.PValue {
				t.Errorf("p-value %v, want that of %+v", p.PValue, want)
			}
		})
	}
	if p := byPValue.Predictions(&snapshot.Model{}); p != nil {
		t.Errorf("without both: %+v", p)
	}
}

// The interval is that of scipy 1.17, binomtest(30, 40).proportion_ci(method="wilson").
func TestAccuracyHasWilsonsInterval(t *testing.T) {
	t.Parallel()
	m := &snapshot.Model{Counters: predictionlog.NewCounters(), Performance: &snapshot.Performance{
		Samples: 40, Correct: 30, TruePositive: 20, FalsePositive: 5, FalseNegative: 5, TrueNegative: 10,
	}}
	p := PerformanceOf(m)
	if a := p.Accuracy; a.Value != .75 || math.Abs(a.Lower-0.5980603857923197) > 1e-15 || math.Abs(a.Upper-0.858128813609037) > 1e-15 {
		t.Errorf("got %+v", a)
	}
	if *p.Precision != .8 || *p.Recall != .8 || *p.F1 != .8 || p.ROCAUC != nil || p.BrierScore != nil || p.Scored != 0 {
		t.Errorf("got %+v", p)
	}
	m.Performance = &snapshot.Performance{Samples: 3, Correct: 3, TrueNegative: 3}
	if p := PerformanceOf(m); p.Precision != nil || p.Recall != nil || p.F1 != nil || p.Accuracy.Value != 1 {
		t.Errorf("without anything positive: %+v", p)
	}
	m.Performance = nil
	if p := PerformanceOf(m); p == nil || p.Accuracy != nil || p.Samples != 0 {
		t.Errorf("without feedback: %+v", p)
	}
	if p := PerformanceOf(&snapshot.Model{}); p != nil {
		t.Errorf("of a log that was not read: %+v", p)
	}
}

func TestTheMaturedCohortNeedsCoverage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rows, labelled int64
		known          bool
	}{{100, 79, false}, {100, 80, true}, {100, 100, true}, {100, 0, false}, {0, 0, false}} {
		m := &snapshot.Model{Matured: &snapshot.Matured{Age: time.Hour, Coverage: snapshot.Coverage{Rows: test.rows, Labelled: test.labelled}, Correct: test.labelled / 2}}
		got := MaturedOf(m)
		if (got.Accuracy != nil) != test.known || (got.Coverage != nil) != (test.rows > 0) || got.Samples != test.labelled {
			t.Errorf("%+v: %+v", test, got)
		}
	}
	if MaturedOf(&snapshot.Model{}) != nil || CoverageOf(&snapshot.Model{}) != nil {
		t.Error("what is not known is not nil")
	}
}

func TestSurpriseIsAccuracyMinusEstimate(t *testing.T) {
	t.Parallel()
	m := &snapshot.Model{Performance: &snapshot.Performance{Scores: &snapshot.Scores{
		Samples: 32, Correct: 24, Estimate: &snapshot.Estimate{Method: snapshot.CBPE, Estimated: drift.Estimated{Rows: 32, Accuracy: .875, StandardError: .0625}},
	}}}
	if s := SurpriseOf(m); s.Value != -.125 || math.Abs(s.Lower+.125+z95*.0625) > 1e-15 || math.Abs(s.Upper+.125-z95*.0625) > 1e-15 {
		t.Errorf("got %+v", s)
	}
	for correct, want := range map[int64]Interval{0: {-.875, -1, -.875 + z95*.25}, 32: {.125, .125 - z95*.25, .125 + z95*.25}} {
		m.Performance.Scores.Correct, m.Performance.Scores.Estimate.StandardError = correct, .25
		if s := SurpriseOf(m); *s != want {
			t.Errorf("%d right: got %+v, want %+v", correct, *s, want)
		}
	}
	m.Performance.Scores.Correct, m.Performance.Scores.Estimate.Accuracy = 32, .125
	if s := SurpriseOf(m); s.Upper != 1 {
		t.Errorf("the upper end is %v, want 1", s.Upper)
	}
	m.Performance.Scores.Estimate = nil
	if s := SurpriseOf(m); s != nil {
		t.Errorf("without an estimate: %+v", s)
	}
	for accuracy, want := range map[float64]Interval{.95: {.95, .95 - z95*.1, 1}, .05: {.05, 0, .05 + z95*.1}} {
		m.Estimate = &snapshot.Estimate{Method: snapshot.CBPE, Estimated: drift.Estimated{Rows: 4, Accuracy: accuracy, StandardError: .1}}
		if e := EstimateOf(m); e.Accuracy != want || e.Method != snapshot.CBPE {
			t.Errorf("got %+v, want %+v", e, want)
		}
	}
}

func TestBinsAddUpToTheDivergence(t *testing.T) {
	t.Parallel()
	d := numeric(t, "x", 20, 38, 42)
	var share, normal, contribution float64
	for _, b := range BinsOf(&d) {
		share, normal, contribution = share+b.Share, normal+b.ReferenceShare, contribution+b.Contribution
	}
	if math.Abs(share-1) > 1e-12 || math.Abs(normal-1) > 1e-12 || math.Abs(contribution-*d.KL) > 1e-12 {
		t.Errorf("shares %v and %v, contributions %v of %v", share, normal, contribution, *d.KL)
	}
	empty := numeric(t, "x")
	if BinsOf(&empty) != nil || DistancesOf(&empty) != nil || QualityOf(model(), &empty) != nil {
		t.Error("an empty window has something to say")
	}
}

// TestAnAssessmentIsPlainJSON: whatever is absent in the snapshot, an assessment has no
// NaN, which JSON does not know, and leaves out what is not known.
func TestAnAssessmentIsPlainJSON(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	category, err := drift.NewCategorical([]string{"a", "b"}, []int64{5, 5}, nil)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int64, len(category.Reference()))
	counts[0] = 3
	kind := snapshot.Distribution{
		Name: "kind", Binning: category, Fine: make([]int64, category.Codes()), Reference: category.Reference(), ReferenceTotal: 10, Counts: counts, Total: 3,
		BinReference: category.Export(category.Reference(), make([]int64, len(category.Bins()))), BinCounts: category.Export(counts, make([]int64, len(category.Bins()))),
		KL: new(drift.KL(category.Reference(), counts)),
	}
	moved := numeric(t, "x", 20, 38, 42)
	bins := func(d *snapshot.Distribution) snapshot.BinOutcomes {
		none := make([]int64, len(d.BinCounts))
		return snapshot.BinOutcomes{Known: none, KnownRight: none, Labelled: none, Right: none}
	}
	whole := snapshot.Model{
		Name: "m", Version: "1", Counters: predictionlog.NewCounters(), Rows: &snapshot.Rows{Count: 100, Oldest: new(now.Add(-time.Minute)), Newest: &now},
		Reference:     &reference.Reference{Hash: "h", Source: "s", Rows: 100_000, Created: now},
		Distributions: &snapshot.Distributions{Features: []snapshot.Distribution{moved, kind, numeric(t, "empty")}, Score: &moved},
		Outcomes:      &snapshot.Outcomes{Features: []snapshot.BinOutcomes{bins(&moved), bins(&kind), bins(&moved)}},
		Performance:   &snapshot.Performance{Samples: 1, Scores: &snapshot.Scores{Samples: 1}},
		Coverage:      &snapshot.Coverage{}, Matured: &snapshot.Matured{}, Estimate: &snapshot.Estimate{Method: snapshot.CBPE},
	}
	s := &snapshot.Snapshot{Time: now, Models: []snapshot.Model{whole, {Name: "n"}}}
	text, err := json.Marshal(byPValue.Of(s))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"time":"2026-03-01T12:00:00Z"`, `"name":"m","version":"1","reference":{"hash":"h"`, `"age_ns":60000000000`, `"name":"x","numeric":true,"kl":`, `"adjusted_p_value":`, `"severity":1`, `"detected":true`, `"psi":`, `"wasserstein":`, `{"name":"n","version":"","features":[]}`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if a := byPValue.Of(&snapshot.Snapshot{Err: errors.New("unread"), Models: []snapshot.Model{{Name: "m", Reference: &reference.Reference{}}}}); a.Error != "unread" || a.InvalidRows != nil || a.Models[0].Freshness != nil || a.Models[0].Reference.Created != nil {
		t.Errorf("of a log that was not read: %+v", a)
	}
}
