package outcomes

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// mixed is a source of the simulation. It knows some predictions, and errs at random.
type mixed struct {
	name               string
	coverage, accuracy float64
	claims             float64 // its confidence; 0: its accuracy
	copies             bool    // says what the source before it says, where that says something
	flatters           bool    // errs only where the truth is 0
}

// TestTheHybridIsNearerTheTruthThanAnySourceAlone simulates a model that is right in 80 % of
// 10,000 predictions, and sources of which none knows everything. The accuracy of the model by the
// outcomes of all sources together must be nearer the truth than by those of any one alone. That has
// limits, which it shows, too: a source that hardly errs, one that copies another, one that claims
// more than it knows, and sources that do not speak of the same predictions.
func TestTheHybridIsNearerTheTruthThanAnySourceAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sources []mixed
		nearer  bool // the hybrid is
	}{
		"overlapping":     {[]mixed{{name: "officers", coverage: .15, accuracy: .95}, {name: "loan_system", coverage: .85, accuracy: .92}, {name: "bureau", coverage: .90, accuracy: .90}, {name: "events", coverage: .95, accuracy: .85}}, true},
		"one hardly errs": {[]mixed{{name: "officers", coverage: .10, accuracy: .97}, {name: "loan_system", coverage: .60, accuracy: .92}, {name: "bureau", coverage: .80, accuracy: .88}, {name: "events", coverage: .90, accuracy: .80}}, false},
		"three alike":     {[]mixed{{name: "a", coverage: .9, accuracy: .9}, {name: "b", coverage: .9, accuracy: .9}, {name: "c", coverage: .9, accuracy: .9}}, true},
		"one copies":      {[]mixed{{name: "a", coverage: .9, accuracy: .9}, {name: "b", coverage: .9, accuracy: .8}, {name: "c", coverage: .9, accuracy: .8, copies: true}}, false},
		"one boasts":      {[]mixed{{name: "a", coverage: .9, accuracy: .9}, {name: "b", coverage: .9, accuracy: .9}, {name: "c", coverage: .9, accuracy: .7, claims: .99}}, false},
		"all flatter":     {[]mixed{{name: "a", coverage: .9, accuracy: .9, flatters: true}, {name: "b", coverage: .9, accuracy: .9, flatters: true}, {name: "c", coverage: .9, accuracy: .9, flatters: true}}, true},
		"no overlap":      {[]mixed{{name: "a", coverage: .3, accuracy: .95}, {name: "b", coverage: .3, accuracy: .9}, {name: "c", coverage: .3, accuracy: .8}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testHybrid(t, test.sources, test.nearer)
		})
	}
}

func testHybrid(t *testing.T, sources []mixed, nearer bool) {
	t.Helper()
	const n = 10_000
	random := rand.New(rand.NewPCG(14, 1))
	truth, predicted := make([]int, n), make([]int, n)
	right := 0
	for i := range truth {
		truth[i] = random.IntN(2)
		predicted[i] = truth[i]
		if random.Float64() < .2 {
			predicted[i] = 1 - truth[i]
		}
		if predicted[i] == truth[i] {
			right++
		}
	}
	exact := float64(right) / n
	said := map[string]map[int]int{}
	for k, s := range sources {
		said[s.name] = map[int]int{}
		for i := range truth {
			if random.Float64() >= s.coverage {
				continue
			}
			said[s.name][i] = truth[i]
			if random.Float64() > s.accuracy && (!s.flatters || truth[i] == 0) {
				said[s.name][i] = 1 - truth[i]
			}
			if before, knows := said[sources[max(0, k-1)].name][i]; s.copies && knows {
				said[s.name][i] = before
			}
		}
	}
	// errors of the outcomes, and how far the model's accuracy by them is from the truth.
	judge := func(outcomes map[int]int) (wrong, off float64) {
		correct, bad := 0, 0
		for i, outcome := range outcomes {
			if outcome == predicted[i] {
				correct++
			}
			if outcome != truth[i] {
				bad++
			}
		}
		return float64(bad) / float64(len(outcomes)), math.Abs(float64(correct)/float64(len(outcomes)) - exact)
	}
	nearest, most := math.Inf(1), 0
	for _, s := range sources {
		wrong, off := judge(said[s.name])
		nearest, most = min(nearest, off), max(most, len(said[s.name]))
		t.Logf("%-12s knows %5.1f %%, %4.1f %% of its outcomes are wrong, accuracy is off by %.4f", s.name, 100*float64(len(said[s.name]))/n, 100*wrong, off)
	}
	for _, agreement := range []bool{false, true} {
		outcomes := hybridOf(t, n, sources, said, agreement)
		wrong, off := judge(outcomes)
		t.Logf("agreement %-5t knows %5.1f %%, %4.1f %% of its outcomes are wrong, accuracy is off by %.4f", agreement, 100*float64(len(outcomes))/n, 100*wrong, off)
		if len(outcomes) <= most {
			t.Errorf("only %d outcomes count, and one source knows %d", len(outcomes), most)
		}
		if agreement && off < nearest != nearer {
			t.Errorf("the hybrid is off by %.4f, the best source alone by %.4f; nearer should be %t", off, nearest, nearer)
		}
	}
}

// hybridOf adds what sources said to a log, and returns what counts.
func hybridOf(t *testing.T, n int, sources []mixed, said map[string]map[int]int, agreement bool) map[int]int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for k := 0; k < n; k += 1000 {
		batch := make([]predictionlog.Prediction, 1000)
		for i := range batch {
			batch[i] = predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Latency: -1}
		}
		if _, err := w.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	e, err := sqlite.NewEvidence(path, sqlite.EvidenceOptions{Agreement: agreement, PendingLimit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		b := predictionlog.Evidence{Source: s.name, Lazy: true}
		for i := range n {
			if outcome, knows := said[s.name][i]; knows {
				id := int64(i)
				b.Outcomes = append(b.Outcomes, predictionlog.Stated{Feedback: predictionlog.Feedback{PredictionID: &id, Outcome: fmt.Sprint(outcome), Confidence: cmp.Or(s.claims, s.accuracy)}, Record: func() string { return "" }})
			}
		}
		if _, err := e.Append(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	reader := sqlite.NewReader(path)
	defer func() { _ = reader.Close() }()
	state, err := reader.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counts := map[int]int{}
	err = reader.Feedback(t.Context(), -1, state.HighWater.Feedback, func(f *predictionlog.FeedbackRow) error {
		counts[int(f.PredictionID)] = map[string]int{"0": 0, "1": 1}[f.Outcome]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}
