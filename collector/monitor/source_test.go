package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// byHand hands out snapshots that were made by hand.
type byHand struct{ next snapshot.Snapshot }

func (m *byHand) Snapshot(_ context.Context, now time.Time) *snapshot.Snapshot {
	s := m.next
	s.Time = now
	return &s
}

func (*byHand) Ready(context.Context) error { return nil }
func (*byHand) Close() error                { return nil }

// watching returns a Monitor of what a source hands out.
func watching(t *testing.T, s Source) *Monitor {
	t.Helper()
	o := options(t)
	o.Enabled, o.Now = collector.Names(), func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }
	o.Open = func(*Options, []window.Spec) (Source, error) { return s, nil }
	return monitor(t, o)
}

// feature is a distribution that somebody made elsewhere.
func feature(t *testing.T) snapshot.Distribution {
	t.Helper()
	b, err := drift.NewContinuous([]float64{620, 655}, 300, 850, []int64{60_000, 30_000, 10_000}, drift.BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d := snapshot.Distribution{
		Name: "credit_score", Numeric: true, Binning: b, Fine: make([]int64, b.Codes()),
		Reference: b.Reference(), ReferenceTotal: 100_000, Counts: make([]int64, len(b.Reference())), Total: 60,
	}
	d.Fine[0], d.Counts[b.Cell(0)] = 60, 60
	d.BinReference, d.BinCounts = b.Export(d.Reference, make([]int64, len(b.Bins()))), b.Export(d.Counts, make([]int64, len(b.Bins())))
	d.KL = new(drift.KL(d.Reference, d.Counts))
	d.Null = drift.NewNull(d.Reference, d.Total, 99, 1)
	return d
}

// TestSnapshotsMadeElsewherePrintWhatTheyHold changes one part after the other of
// snapshots that share the others, and holds each page against a fresh exporter's.
func TestSnapshotsMadeElsewherePrintWhatTheyHold(t *testing.T) {
	t.Parallel()
	one, ten := time.Unix(1, 0), time.Unix(10, 0)
	first := snapshot.Model{
		Name: "m", Version: "1", Reference: &reference.Reference{Hash: "a", Source: "here", Rows: 10}, Counters: predictionlog.NewCounters(),
		Rows: &snapshot.Rows{Count: 60, Oldest: &one, Newest: &ten}, Distributions: &snapshot.Distributions{Features: []snapshot.Distribution{feature(t)}},
		Performance: &snapshot.Performance{Samples: 10, Correct: 9, TruePositive: 9, FalsePositive: 1},
	}
	source := &byHand{snapshot.Snapshot{Models: []snapshot.Model{first}}}
	m := watching(t, source)
	pages := []string{lasting(scraped(t.Context(), t, m, nil))}
	bins := len(first.Features()[0].BinCounts)
	for _, change := range []struct {
		what string
		make func(m *snapshot.Model)
		now  string
	}{
		{"performance", func(m *snapshot.Model) {
			m.Performance = &snapshot.Performance{Samples: 10, Correct: 2, TruePositive: 2, FalsePositive: 8}
		}, `model_accuracy{model="m",version="1"} 0.2`},
		{"scores", func(m *snapshot.Model) {
			m.Performance = &snapshot.Performance{Samples: 10, Correct: 2, Scores: &snapshot.Scores{
				Samples: 10, Correct: 2, Estimate: &snapshot.Estimate{Method: snapshot.CBPE, Estimated: drift.Estimated{Rows: 10, Accuracy: .5}},
			}}
		}, `model_accuracy_surprise{model="m",version="1"} -0.3`},
		{"coverage", func(m *snapshot.Model) { m.Coverage = &snapshot.Coverage{Rows: 60, Labelled: 30} }, `model_feedback_coverage_ratio{model="m",version="1"} 0.5`},
		{"matured", func(m *snapshot.Model) {
			m.Matured = &snapshot.Matured{Age: time.Hour, Coverage: snapshot.Coverage{Rows: 10, Labelled: 8}, Correct: 4}
		}, `model_matured_accuracy{model="m",version="1"} 0.5`},
		{"estimate", func(m *snapshot.Model) {
			m.Estimate = &snapshot.Estimate{Method: snapshot.CBPE, Estimated: drift.Estimated{Rows: 60, Accuracy: .75}}
		}, `model_estimated_accuracy{model="m",version="1"} 0.75`},
		{"counters", func(m *snapshot.Model) { m.Counters = &predictionlog.Counters{Classes: map[string]int64{"1": 7}} }, `model_requests_total{model="m",version="1"} 7`},
		{"outcomes", func(m *snapshot.Model) {
			five := slices.Repeat([]int64{5}, bins)
			m.Outcomes = &snapshot.Outcomes{Features: []snapshot.BinOutcomes{{Known: five, KnownRight: five, Labelled: five, Right: make([]int64, bins)}}}
		}, `feature_accuracy_impact{feature="credit_score",model="m",term="within_bin",version="1"} -1`},
		{"distributions", func(m *snapshot.Model) {
			d := feature(t)
			d.Last = new(640.)
			m.Distributions = &snapshot.Distributions{Features: []snapshot.Distribution{d}}
		}, `model_feature_credit_score{model="m",version="1"} 640`},
		{"reference", func(m *snapshot.Model) { m.Reference = &reference.Reference{Hash: "b", Source: "there", Rows: 20} }, `model_reference_samples{model="m",version="1"} 20`},
		{"rows", func(m *snapshot.Model) { m.Rows = &snapshot.Rows{Count: 59, Oldest: &ten, Newest: &ten} }, `model_window_predictions{model="m",version="1"} 59`},
	} {
		next := source.next.Models[0]
		change.make(&next)
		source.next.Models = []snapshot.Model{next}
		got := lasting(scraped(t.Context(), t, m, nil))
		contains(t, got, change.now)
		if got == pages[len(pages)-1] {
			t.Errorf("another %s is the same page", change.what)
		}
		if fresh := lasting(scraped(t.Context(), t, watching(t, source), nil)); got != fresh {
			t.Errorf("%s: not what a fresh exporter says:\n%s", change.what, differing(got, fresh))
		}
		pages = append(pages, got)
	}
}

// TestNothingThatLacksSomethingIsKept: a page that lacks something must be made again.
func TestNothingThatLacksSomethingIsKept(t *testing.T) {
	t.Parallel()
	late, broken := feature(t), feature(t)
	late.Null, late.NullErr = nil, context.DeadlineExceeded
	broken.Binning = nil // feature_counts panics
	for name, test := range map[string]struct {
		feature           snapshot.Distribution
		collector, family string
	}{"no null yet": {late, "feature_drift", "feature_kl_divergence"}, "a panic": {broken, "feature_counts", "feature_window_bin_predictions"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := &byHand{snapshot.Snapshot{Models: []snapshot.Model{{
				Name: "m", Version: "1", Rows: &snapshot.Rows{Count: 60}, Distributions: &snapshot.Distributions{Features: []snapshot.Distribution{test.feature}},
			}}}}
			m := watching(t, source)
			contains(t, scraped(t.Context(), t, m, nil), `drift_scrape_collector_success{collector="`+test.collector+`"} 0`,
				`drift_scrape_collector_success{collector="window"} 1`, "drift_up 1")
			source.next.Models[0].Distributions.Features[0] = feature(t) // the part is the same, and whole now
			got := scraped(t.Context(), t, m, nil)
			contains(t, got, `drift_scrape_collector_success{collector="`+test.collector+`"} 1`)
			if !strings.Contains(got, test.family+"{") {
				t.Errorf("%s is absent:\n%s", test.family, got)
			}
		})
	}
}

func TestAMonitorNeedsASource(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Open = nil
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "snapshots") {
		t.Errorf("got %v", err)
	}
	o.Open = func(*Options, []window.Spec) (Source, error) { return nil, errClosed }
	if _, err := New(o); !errors.Is(err, errClosed) {
		t.Errorf("got %v, want why the source could not be opened", err)
	}
}

// TestAnAssessmentSaysWhatThePageSays: both come from one snapshot and one judgement.
func TestAnAssessmentSaysWhatThePageSays(t *testing.T) {
	t.Parallel()
	source := &byHand{snapshot.Snapshot{Models: []snapshot.Model{{
		Name: "m", Version: "1", Counters: predictionlog.NewCounters(), Distributions: &snapshot.Distributions{Features: []snapshot.Distribution{feature(t)}},
		Performance: &snapshot.Performance{Samples: 10, Correct: 9},
	}}}}
	m := watching(t, source)
	a := m.Assessment(t.Context())
	f := a.Models[0].Features[0]
	if s := m.Snapshot(t.Context()); s.Models[0].Distributions != source.next.Models[0].Distributions || !s.Time.Equal(a.Time) {
		t.Error("the monitor's snapshot is not that of its source")
	}
	got := scraped(t.Context(), t, m, nil)
	contains(t, got,
		fmt.Sprintf(`feature_drift_p_value{feature="credit_score",model="m",version="1"} %v`, *f.Test.PValue),
		fmt.Sprintf(`feature_kl_divergence{feature="credit_score",model="m",version="1"} %v`, *f.KL),
		fmt.Sprintf(`model_accuracy_lower{model="m",version="1"} %v`, a.Models[0].Performance.Accuracy.Lower))
}
