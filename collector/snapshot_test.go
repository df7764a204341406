package collector

import (
	"slices"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
	"github.com/drift-exporter/drift_exporter/predictor/weighted"
)

// now is the clock of every snapshot in the tests.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// usualSnapshot is one model with traffic, a second version of it that no reference
// serves, a model that has not been asked yet, and a model of each other type.
func usualSnapshot(t testing.TB) *snapshot.Snapshot {
	t.Helper()
	score, class := score(t), class(t)
	unserved := predictionlog.NewCounters()
	unserved.Classes["1"] = 3
	return &snapshot.Snapshot{
		Time: now, LogSize: new(int64(123456)), InvalidRows: 2, DroppedVersions: 1,
		Loads: &snapshot.Loads{
			{Model: "churn", Source: "bigquery:p.d.churned"},
			{Model: "loan_refinance", Source: "bigquery:p.d.loans", Failures: 2, Checked: new(now.Add(-time.Hour))},
		},
		Models: []snapshot.Model{
			{
				Name: "churn", Version: "7",
				Reference: &reference.Reference{Model: "churn", Version: "7", Rows: 10, Hash: "00ff00ff00ff", Source: "churn.json"},
				Counters:  predictionlog.NewCounters(),
				Rows:      &snapshot.Rows{},
			},
			{
				Name: "loan_refinance", Version: "1",
				Reference: &reference.Reference{
					Model: "loan_refinance", Rows: 100_000, Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
					Source: "embedded", Positive: "1", Hash: "0123456789ab", Classes: []reference.Class{{Class: "0", Labelled: 300, Correct: 270}, {Class: "1", Labelled: 700, Correct: 595}},
					Features: []reference.Feature{
						{Name: "credit_score", Type: reference.Numeric, Min: 300, Max: 850},
						{Name: "loan_term", Type: reference.Numeric, Values: []float64{15, 20, 30}},
						{Name: "purpose", Type: reference.Categorical},
					},
				},
				Distributions: &snapshot.Distributions{Features: []snapshot.Distribution{creditScore(t), loanTerm(t), purpose(t)}, Score: &score, Class: &class},
				Counters:      counters(),
				Rows:          &snapshot.Rows{Count: 100, Oldest: new(now.Add(-90 * time.Second)), Newest: new(now.Add(-1500 * time.Millisecond))},
				Performance: &snapshot.Performance{
					Explored: snapshot.Explored{Negative: weighted.Share{Samples: 10, Weights: 500, Squares: 25_000, Right: 350, RightSquares: 17_500}},
					Samples:  40, Correct: 30, TruePositive: 20, FalsePositive: 5, FalseNegative: 5, TrueNegative: 10,
					Scores: &snapshot.Scores{
						Samples: 32, Correct: 24, ROCAUC: new(.8125), BrierScore: new(.1875), CalibrationError: .0625,
						Estimate: &snapshot.Estimate{Method: snapshot.Calibrated, Estimated: drift.Estimated{Rows: 32, Accuracy: .875, StandardError: .0625}},
					},
				},
				Outcomes: &snapshot.Outcomes{
					Features: []snapshot.BinOutcomes{
						{
							Known: []int64{600, 300, 100, 0, 0}, KnownRight: []int64{540, 255, 70, 0, 0}, Labelled: []int64{8, 16, 15, 1, 0}, Right: []int64{7, 13, 9, 1, 0},
							Expected: []float64{.865, .865, .865, .865, .865},
						},
						{
							Known: []int64{200, 100, 700, 0, 0, 0}, KnownRight: []int64{180, 90, 595, 0, 0, 0}, Labelled: []int64{8, 4, 28, 0, 0, 0}, Right: []int64{7, 0, 23, 0, 0, 0},
							Expected: []float64{.865, .865, .865, .865, .865, .865},
						},
						{
							Known: make([]int64, 5), KnownRight: make([]int64, 5), Labelled: make([]int64, 5), Right: make([]int64, 5),
						},
					},
				},
				Coverage: &snapshot.Coverage{Rows: 100, Labelled: 40, Positive: 60, PositiveLabelled: 39},
				Accuracy: &snapshot.Accuracy{
					Recent: 1000, Labelled: 960, Labels: 960, NewerLabels: 900, Normal: &snapshot.Normal{Rate: .135, Limit: .14},
					Drop:    &snapshot.Rise{Detection: snapshot.Detection{Detected: true, LogEvidence: 18.5, Threshold: 15.5}, Since: new(now.Add(-time.Hour))},
					Decline: &snapshot.Rise{Detection: snapshot.Detection{LogEvidence: .5, Threshold: 15.5}},
					Excess:  &snapshot.Excess{Labels: 960, Errors: 110.4, Lower: 41.25},
					Segments: &snapshot.Segments{Followed: 20, Segments: []snapshot.Segment{
						{Parts: []snapshot.SegmentPart{{Feature: 1, Bin: 2}, {Feature: 0, Bin: 0}}, Labels: 80, Errors: 60, Limit: .2, LogEvidence: 22, Threshold: 19},
						{Parts: []snapshot.SegmentPart{{Feature: 0, Bin: 0}}, Labels: 200, Errors: 80, Known: 600, KnownRight: 540, Limit: .15, LogEvidence: 20, Threshold: 19},
					}},
				},
				Challengers: &snapshot.Challengers{{
					Version: "2", Labels: 400, Wins: 40, Losses: 10, Difference: .075, Lower: .01, Upper: .14, Better: 10.5, Worse: -2.5,
				}},
				Matured:     &snapshot.Matured{Age: 36 * time.Hour, Coverage: snapshot.Coverage{Rows: 1000, Labelled: 960}, Correct: 720},
				Estimate:    &snapshot.Estimate{Method: snapshot.Calibrated, Estimated: drift.Estimated{Rows: 100, Accuracy: .8, StandardError: .04}},
				EstimateLow: &snapshot.EstimateLow{},
			},
			{
				Name: "loan_refinance", Version: "2",
				Counters: unserved,
				Rows:     &snapshot.Rows{Count: 3, Oldest: new(now.Add(-3 * time.Second)), Newest: new(now.Add(-time.Second))},
			},
			species(),
			houseValue(),
		},
	}
}

// species is a multiclass model.
func species() snapshot.Model {
	counters := predictionlog.NewCounters()
	counters.Classes = map[string]int64{"oak": 30, "ash": 20, "yew": 5, "elm": 1}
	counters.Feedback = map[predictionlog.ClassPair]int64{{Predicted: "oak", Actual: "oak"}: 20, {Predicted: "ash", Actual: "oak"}: 5, {Predicted: "yew", Actual: "palm"}: 1}
	return snapshot.Model{
		Name: "species", Version: "1", Type: value.Multiclass,
		Reference: &reference.Reference{
			Type: value.Multiclass, Rows: 1000, Source: "species.json", Hash: "aa00aa00aa00",
			Classes: []reference.Class{{Class: "ash", Count: 300}, {Class: "oak", Count: 600}, {Class: "yew", Count: 100}},
		},
		Counters: counters,
		Rows:     &snapshot.Rows{Count: 56, Oldest: new(now.Add(-56 * time.Second)), Newest: new(now.Add(-time.Second))},
		Performance: &snapshot.Performance{
			Samples: 40, Correct: 28,
			Classes: []snapshot.ClassOutcomes{
				{Class: "ash", Predicted: 16, Actual: 10, Correct: 8}, {Class: "elm", Predicted: 4}, {Class: "oak", Predicted: 20, Actual: 25, Correct: 20}, {Class: "palm", Actual: 5},
			},
			Scores: &snapshot.Scores{
				Samples: 32, Correct: 24, CalibrationError: .03125,
				Estimate: &snapshot.Estimate{Method: snapshot.Calibrated, Estimated: drift.Estimated{Rows: 32, Accuracy: .8125, StandardError: .0625}},
			},
		},
		Estimate: &snapshot.Estimate{Method: snapshot.Calibrated, Estimated: drift.Estimated{Rows: 56, Accuracy: .75, StandardError: .05}},
	}
}

// houseValue is a regression.
func houseValue() snapshot.Model {
	counters := predictionlog.NewCounters()
	counters.Classes[""] = 100
	counters.Feedback = map[predictionlog.ClassPair]int64{{Actual: predictionlog.AnyNumber}: 39, {Actual: "7"}: 1, {Actual: "high"}: 2}
	return snapshot.Model{
		Name: "value", Version: "3", Type: value.Regression,
		Reference: &reference.Reference{
			Type: value.Regression, Rows: 1000, Source: "value.json", Hash: "bb00bb00bb00",
			Errors: &reference.Errors{Labelled: []int64{100}, Sum: []float64{0}, Absolute: []float64{80}, Squares: []float64{100}, Quantiles: slices.Repeat([]float64{1}, 101)},
		},
		Counters: counters,
		Rows:     &snapshot.Rows{Count: 100, Oldest: new(now.Add(-100 * time.Second)), Newest: new(now.Add(-time.Second))},
		Regression: &snapshot.Regression{
			Errors:   drift.Sample{Size: 40, Mean: .5, SD: 2, Skewness: .25},
			Absolute: drift.Sample{Size: 40, Mean: 1.5, SD: 1.25, Skewness: 1},
			Squares:  drift.Sample{Size: 40, Mean: 4, SD: 5, Skewness: 3},
			RSquared: new(.875),
			Expected: &drift.ExpectedError{Rows: 40, Error: 1.25, StandardError: .125},
		},
		Coverage: &snapshot.Coverage{Rows: 100, Labelled: 40},
		Accuracy: &snapshot.Accuracy{
			Recent: 40, Labelled: 40, Labels: 40, NewerLabels: 40, Normal: &snapshot.Normal{Rate: .2, Limit: .25},
			Drop: &snapshot.Rise{Detection: snapshot.Detection{LogEvidence: -.5, Threshold: 15.5}}, Excess: &snapshot.Excess{Labels: 40, Errors: -2.5, Lower: -60},
		},
		Matured:       &snapshot.Matured{Age: time.Hour, Coverage: snapshot.Coverage{Rows: 40, Labelled: 40}},
		Challengers:   &snapshot.Challengers{{Version: "4", Labels: 40, Wins: 25, Losses: 15, Difference: -.25, Lower: -1, Upper: .5, Better: .75, Worse: -1}},
		ExpectedError: &drift.ExpectedError{Rows: 100, Error: 1.125, StandardError: .0625},
		EstimateLow:   &snapshot.EstimateLow{Low: true, Since: new(now.Add(-2 * time.Hour))},
	}
}

// creditScore has drifted far: income 60/30/10 -> 20/40/40 of the specification.
func creditScore(t testing.TB) snapshot.Distribution {
	t.Helper()
	b, err := drift.NewContinuous([]float64{620, 655}, 300, 850, []int64{60_000, 30_000, 10_000}, drift.BinOptions{})
	d := distribution(t, "credit_score", b, err, []int64{20, 38, 40, 2, 0})
	d.Missing, d.OutOfRange, d.Last = 2, 4, new(701.5)
	d.BlockTest, d.DesignEffect = &drift.BlockTest{PValue: .004, DesignEffect: 1.5}, new(1.25)
	d.Axis = drift.NewAxis([]int64{60_000, 30_000, 10_000}, []float64{580, 640, 700}, 300, 850, 45)
	return d
}

// loanTerm has few values and has not drifted.
func loanTerm(t testing.TB) snapshot.Distribution {
	t.Helper()
	b, err := drift.NewDiscrete([]float64{15, 20, 30}, []int64{20_000, 10_000, 70_000}, drift.BinOptions{})
	d := distribution(t, "loan_term", b, err, []int64{19, 12, 69, 0, 0, 0})
	d.Last = new(30.)
	d.Axis = drift.NewDiscreteAxis([]float64{15, 20, 30}, []int64{20_000, 10_000, 70_000}, 6.2)
	return d
}

// purpose is categorical, with a category that needs escaping.
func purpose(t testing.TB) snapshot.Distribution {
	t.Helper()
	b, err := drift.NewCategorical([]string{"house", "a \"car\"\n"}, []int64{50_000, 50_000}, nil)
	d := distribution(t, "purpose", b, err, []int64{45, 49, 6, 0, 0})
	d.Unseen = 6
	return d
}

func score(t testing.TB) snapshot.Distribution {
	t.Helper()
	b, err := drift.NewContinuous([]float64{.25, .5, .75}, 0, 1, []int64{25_000, 25_000, 25_000, 25_000}, drift.BinOptions{})
	return distribution(t, "score", b, err, []int64{10, 20, 30, 40, 0, 0})
}

func class(t testing.TB) snapshot.Distribution {
	t.Helper()
	b, err := drift.NewClasses([]string{"0", "1"}, []int64{40_000, 60_000})
	return distribution(t, "class", b, err, []int64{38, 62, 0, 0, 0})
}

// distribution lays counts by exported bin beside the reference of a binning whose
// cells are its bins.
func distribution(t testing.TB, name string, b *drift.Binning, err error, counts []int64) snapshot.Distribution {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ref := b.Reference()
	if len(b.Bins()) != len(ref) || len(ref) != len(counts) {
		t.Fatalf("%s has bins %q, reference %v, counts %v", name, b.Bins(), ref, counts)
	}
	var bins []int
	fine := make([]int64, b.Codes())
	for code := range fine { // each bin's rows are in its first fine bin
		if at := b.Bin(uint8(code)); !slices.Contains(bins[:code], at) {
			fine[code] = counts[at]
		}
		bins = append(bins, b.Bin(uint8(code)))
	}
	d := snapshot.Distribution{
		Name: name, Numeric: b.Numeric(), Binning: b, Fine: fine,
		Reference: ref, BinReference: ref, ReferenceTotal: total(ref), Counts: counts, BinCounts: counts, Total: total(counts),
		KL: new(drift.KL(ref, counts)),
	}
	if d.Total >= drift.MinPredictions {
		d.Null = drift.NewNull(ref, d.Total, 999, 1)
	}
	return d
}

// emptied is a distribution whose window holds no row.
func emptied(d snapshot.Distribution) snapshot.Distribution {
	d.Counts = make([]int64, len(d.Counts))
	d.BinCounts = d.Counts
	d.Fine = make([]int64, len(d.Fine))
	d.Total, d.Missing, d.Unseen, d.OutOfRange = 0, 0, 0, 0
	d.KL, d.Last, d.Null, d.BlockTest, d.DesignEffect = nil, nil, nil, nil, nil
	return d
}

// ofFeatures are distributions without a score or a class.
func ofFeatures(all ...snapshot.Distribution) *snapshot.Distributions {
	return &snapshot.Distributions{Features: all}
}

func total(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func counters() *predictionlog.Counters {
	return &predictionlog.Counters{
		Classes:     map[string]int64{"0": 38, "1": 61, "from traffic": 1},
		Errors:      map[string]int64{"invalid_json": 3, "made up": 2},
		Latency:     predictionlog.Histogram{Counts: append(slices.Repeat([]int64{1}, len(predictionlog.LatencyBounds)), 89), Sum: 200_500_000_000},
		Scores:      predictionlog.Histogram{Counts: append(slices.Repeat([]int64{10}, len(predictionlog.ScoreBounds)), 0), Sum: 50_000_000_000},
		Feedback:    map[predictionlog.ClassPair]int64{{Predicted: "1", Actual: "1"}: 20, {Predicted: "1", Actual: "0"}: 5, {Predicted: "0", Actual: "late"}: 1},
		Corrections: map[string]int64{"same_source": 2, "higher_confidence": 1},
		Delays:      predictionlog.Histogram{Counts: append(slices.Repeat([]int64{1}, len(predictionlog.DelayBounds)), 13), Sum: 123_456_789},
	}
}

// failed is the snapshot of a log that could not be read.
func failed(err error) *snapshot.Snapshot {
	return &snapshot.Snapshot{Time: now, Err: err, Models: []snapshot.Model{{
		Name: "loan_refinance", Version: "1",
		Reference: &reference.Reference{Rows: 100_000, Source: "embedded", Hash: "0123456789ab"},
	}}}
}
