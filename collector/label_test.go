package collector

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestLabelValuesAreBoundedAndStayDifferent(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", maxLabel)
	seen := map[string]string{}
	values := []string{
		"", "plain", "new\nline", `"quoted\`, long, long + "a", long + "b",
		"\x00", "a\x00b", "a\x01b", "\xff", "\xfe", "\xffplain", "\uFFFD", strings.Repeat("\xff", 1000), strings.Repeat("x", 1<<20),
	}
	for _, v := range values {
		values = append(values, LabelValue(v)) // What looks changed must not collide with what was.
	}
	for _, v := range values {
		got := LabelValue(v)
		if !utf8.ValidString(got) || strings.Contains(got, "\x00") || utf8.RuneCountInString(got) > maxLabel {
			t.Errorf("LabelValue(%.20q) = %q", v, got)
		}
		if other, taken := seen[got]; taken && other != v {
			t.Errorf("%.20q and %.20q are both %q", other, v, got)
		}
		seen[got] = v
	}
	for _, v := range []string{"", "plain", "new\nline", long} {
		if got := LabelValue(v); got != v {
			t.Errorf("LabelValue(%q) = %q, want it as it is", v, got)
		}
	}
}

func TestBadLabelValuesLeaveThePageWhole(t *testing.T) {
	t.Parallel()
	var models []snapshot.Model
	for _, name := range []string{"\xff\xfe", "\xff\xfd", "a\nb", `quote" \ back`, strings.Repeat("huge", 1000), strings.Repeat("huge", 1001)} {
		b, err := drift.NewCategorical([]string{"\xff", "\xfe", "\n", strings.Repeat("c", 5000), strings.Repeat("c", 5001), "__other__", "___other__"},
			[]int64{10, 10, 10, 10, 10, 10, 10}, nil)
		counts := []int64{10, 10, 10, 10, 10, 10, 10, 0, 0, 0}
		feature := distribution(t, name, b, err, counts)
		number := creditScore(t)
		number.Name = name + " 2"
		models = append(models, snapshot.Model{
			Name: name, Version: name, Rows: &snapshot.Rows{}, Distributions: &snapshot.Distributions{Features: []snapshot.Distribution{feature, number}, Score: &number, Class: &feature},
			Accuracy: &snapshot.Accuracy{Segments: &snapshot.Segments{Segments: []snapshot.Segment{
				{Parts: []snapshot.SegmentPart{{Feature: 0, Bin: 3}, {Feature: 1, Bin: 0}}, Labels: 1}, {Parts: []snapshot.SegmentPart{{Feature: 0, Bin: 4}, {Feature: 1, Bin: 0}}, Labels: 1},
			}}},
			Challengers: &snapshot.Challengers{{Version: name, Labels: 1}},
			Estimate:    &snapshot.Estimate{Method: name, Estimated: drift.Estimated{Rows: 1}},
			Outcomes:    &snapshot.Outcomes{Features: []snapshot.BinOutcomes{unknown(len(counts)), unknown(len(number.Counts))}},
			Reference:   &reference.Reference{Hash: name, Source: name, Positive: name, Classes: []reference.Class{{Class: name}, {Class: "\xff"}}},
			Counters: &predictionlog.Counters{
				Classes:  map[string]int64{name: 1, "\xf0": 1},
				Errors:   map[string]int64{name: 1},
				Feedback: map[predictionlog.ClassPair]int64{{Predicted: name, Actual: "\xf0"}: 1},
			},
		})
	}
	s := &snapshot.Snapshot{Time: now, Models: models}
	for _, e := range all(usualOptions) {
		for i := range models {
			models[i].Type = map[string]value.Prediction{"class_performance": value.Multiclass, "regression": value.Regression}[e.Name()]
		}
		if got := samples(t, e, s); strings.Count(got, "\n") < len(models) {
			t.Errorf("%s sent only:\n%s", e.Name(), got)
		}
	}
}

// unknown are outcomes of which each bin has five.
func unknown(bins int) snapshot.BinOutcomes {
	five := slices.Repeat([]int64{5}, bins)
	return snapshot.BinOutcomes{Known: five, KnownRight: make([]int64, bins), Labelled: five, Right: five, Expected: make([]float64, bins)}
}

func FuzzLabelValue(f *testing.F) {
	f.Add("plain", "\xff")
	f.Add("a\x00b", "a\uFFFDb")
	f.Add("x~0123456789abcdef0123456789abcdef", strings.Repeat("x", 200))
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := LabelValue(a), LabelValue(b)
		if !utf8.ValidString(x) || strings.Contains(x, "\x00") || utf8.RuneCountInString(x) > maxLabel {
			t.Errorf("LabelValue(%q) = %q", a, x)
		}
		if a != b && x == y {
			t.Errorf("%q and %q are both %q", a, b, x)
		}
	})
}
