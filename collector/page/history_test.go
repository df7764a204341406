package page

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// decoded requests the JSON of the only model that the query names.
func decoded(t *testing.T, o Options, pairs ...string) *assess.Model {
	t.Helper()
	var a assess.Assessment
	if err := json.NewDecoder(ask(t, o, at("/api/v1/drift", pairs...)).Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	if len(a.Models) != 1 {
		t.Fatalf("%q: %d models", pairs, len(a.Models))
	}
	return &a.Models[0]
}

// The JSON of a model has the accuracy over time that its page draws. That of all models has none.
func TestTheJSONHasTheAccuracyThatThePageDraws(t *testing.T) {
	t.Parallel()
	s := drifting(t)
	o := options(s)
	kept := s.Snapshot(t.Context()).Models
	for _, version := range []string{"1", "2"} {
		m := decoded(t, o, "model", markup, "version", version)
		trail := m.Performance.Trail
		for i := range kept {
			if kept[i].Version != version {
				continue
			}
			if len(trail) < 20 || len(trail) != len(kept[i].Performance.Trail) {
				t.Fatalf("version %s: %d points of %d", version, len(trail), len(kept[i].Performance.Trail))
			}
			for j, p := range kept[i].Performance.Trail {
				if !p.Time.Equal(trail[j].Time) || p.Samples != trail[j].Samples || p.Correct != trail[j].Correct {
					t.Errorf("version %s: point %d is %+v in the JSON and %+v in the snapshot", version, j, trail[j], p)
				}
			}
		}
		var drawn []assess.AccuracyPoint
		for _, p := range trail {
			if p.Samples >= enoughOutcomes {
				drawn = append(drawn, p)
			}
		}
		share := func(p assess.AccuracyPoint) string { return words.Percent(float64(p.Correct) / float64(p.Samples)) }
		want := "Accuracy over time, from " + share(drawn[0]) + " to " + share(drawn[len(drawn)-1])
		if body := ask(t, o, at("/drift", "model", markup, "version", version)).Body.String(); !strings.Contains(body, want) {
			t.Errorf("version %s: no %q on the page", version, want)
		}
		if of := decoded(t, o, "model", markup, "version", version, "feature", ordinary); len(of.Performance.Trail) != len(trail) {
			t.Errorf("version %s: a feature comes with %d points of %d", version, len(of.Performance.Trail), len(trail))
		}
	}
	if body := ask(t, o, "/api/v1/drift").Body.String(); strings.Contains(body, `"trail"`) || strings.Contains(body, `"fine"`) {
		t.Error("the JSON of all models has history or fine bins")
	}
}

// The JSON of a feature, and of the score, has the fine bins that its page draws. Together they
// are the exported bins.
func TestTheJSONHasTheFineBinsThatThePageDraws(t *testing.T) {
	t.Parallel()
	s := drifting(t)
	o, metrics := options(s), exported(t, s)
	for _, of := range [][2]string{{"feature", ordinary}, {"feature", address}, {"prediction", "score"}} {
		query := []string{"model", markup, "version", "2", of[0], of[1]}
		m := decoded(t, o, query...)
		fine := m.Predictions.Score.Fine
		if of[0] == "feature" {
			fine = m.Features[0].Fine
		}
		if fine == nil || len(fine.Bins) < 50 {
			t.Fatalf("%q: fine bins %+v", of, fine)
		}
		ranges, window, known := make([]draw.Range, len(fine.Bins)), fine.Below+fine.Above, 0.
		for i, b := range fine.Bins {
			if b.To < b.From || i > 0 && b.From < fine.Bins[i-1].To {
				t.Errorf("%q: bin %d is from %v to %v", of, i, b.From, b.To)
			}
			ranges[i] = draw.Range{From: b.From, To: b.To, Pair: draw.Pair{Reference: b.Reference, Window: b.Window}}
			window, known = window+b.Window, known+b.Reference
		}
		if math.Abs(window-1) > 1e-9 || math.Abs(known-1) > 1e-9 {
			t.Errorf("%q: the shares add up to %v and %v", of, window, known)
		}
		d := draw.NewDensity(ranges, false, densityWidth, densityHeight)
		if body := ask(t, o, at("/drift", query...)).Body.String(); !strings.Contains(body, `d="`+d.Window+`"`) || !strings.Contains(body, `d="`+d.Reference+`"`) {
			t.Errorf("%q: the page does not draw what the JSON has", of)
		}
		if of[0] == "feature" {
			below(t, m, fine, metrics)
		}
	}
	if m := decoded(t, o, "model", markup, "version", "2", "feature", markup); m.Features[0].Fine != nil {
		t.Error("a category has fine bins")
	}
}

// below compares the fine bins of a feature with its first exported bin, by their shares of the
// numbers of the window and of the reference.
func below(t *testing.T, m *assess.Model, fine *assess.Fine, metrics map[series]float64) {
	t.Helper()
	f := &m.Features[0]
	of := func(metric, bin string) float64 {
		value, ok := metrics[series{metric: metric, model: collector.LabelValue(m.Name), version: collector.LabelValue(m.Version), feature: collector.LabelValue(f.Name), bin: collector.LabelValue(bin)}]
		if !ok {
			t.Fatalf("no metric of the bin %q", bin)
		}
		return value
	}
	numbers, knownNumbers, first := 0., 0., -1
	for i, b := range f.Bins {
		if strings.ContainsAny(b.Name, "[(") || strings.Contains(b.Name, "..") {
			if first < 0 {
				first = i
			}
			numbers, knownNumbers = numbers+of("feature_bin_share", b.Name), knownNumbers+of("feature_bin_reference_share", b.Name)
		}
	}
	if first < 0 {
		t.Fatalf("no bin of numbers in %+v", f.Bins)
	}
	want, wantKnown := of("feature_bin_share", f.Bins[first].Name)/numbers, of("feature_bin_reference_share", f.Bins[first].Name)/knownNumbers
	window, known, found := fine.Below, 0., false
	for _, b := range fine.Bins {
		window, known = window+b.Window, known+b.Reference
		found = found || math.Abs(window-want) < 1e-9 && math.Abs(known-wantKnown) < 1e-9
	}
	if !found {
		t.Errorf("%s: no end of a fine bin is that of %q, with %v of the window's numbers and %v of the reference's", f.Name, f.Bins[first].Name, want, wantKnown)
	}
}
