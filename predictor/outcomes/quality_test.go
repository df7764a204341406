package outcomes

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

func TestSourcesAreCompared(t *testing.T) {
	t.Parallel()
	log := newLog(t, 100)
	e, err := sqlite.NewEvidence(log, sqlite.EvidenceOptions{PendingLimit: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	// Source a is always right. b is wrong on every 10th and c on every 4th prediction, and these
	// are different predictions.
	for source, confidence := range map[string]float64{"a": .9, "b": .8, "c": .7} {
		for i := range int64(100) {
			outcome := i % 2
			if source == "b" && i%10 == 1 || source == "c" && i%4 == 0 {
				outcome = 1 - outcome
			}
			_, err := e.Append(context.Background(), predictionlog.Evidence{Source: source, Outcomes: []predictionlog.Stated{{
				Feedback: predictionlog.Feedback{PredictionID: &i, Outcome: fmt.Sprint(outcome), Confidence: confidence},
				Record:   func() string { return "" },
			}}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var said strings.Builder
	if err := ListSources(t.Context(), log, "", nil, &said); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a  ", "100         0.900       1.000", "1.000 of 100", "0.900 of 100", "0.750 of 100", "a, b  100         0.900 of 100  0.800", "b, c"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in\n%s", want, said.String())
		}
	}
	q, err := readQuality(t.Context(), sqlite.NewReader(log), nil)
	if err != nil || q.estimated[0] < .99 || q.estimated[1] < .88 || q.estimated[1] > .92 || q.estimated[2] < .73 || q.estimated[2] > .77 {
		t.Errorf("estimated %v, %v", q.estimated, err)
	}
}

// Sources of numbers agree within a tolerance. Kappa and the estimate of Dawid and Skene are for
// classes, and are not there.
func TestSourcesOfNumbersAreCompared(t *testing.T) {
	t.Parallel()
	log := logOf(t, predictionlog.Prediction{Model: "m", Features: []byte("{}"), Score: 100, Latency: -1}, 10)
	e, err := sqlite.NewEvidence(log, sqlite.EvidenceOptions{PendingLimit: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	said := map[string]float64{"a": 0, "b": 2, "c": 6}
	for _, source := range []string{"a", "b", "c"} {
		for i := range int64(10) {
			_, err := e.Append(context.Background(), predictionlog.Evidence{Source: source, Outcomes: []predictionlog.Stated{{
				Feedback: predictionlog.Feedback{PredictionID: &i, Outcome: fmt.Sprint(100*float64(i) + said[source]), Confidence: .9 - said[source]/100},
				Record:   func() string { return "" },
			}}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	tolerances := map[string]float64{"b": 2}
	var listed strings.Builder
	if err := ListSources(t.Context(), log, "", tolerances, &listed); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PAIR OF NUMBERS", "a, b             10          1.000 of 10       2                         1.000", "b, c             10          0.000 of 10       4", "0.880       -                   1.000 of 10"} {
		if !strings.Contains(listed.String(), want) {
			t.Errorf("no %q in\n%s", want, listed.String())
		}
	}
	q, err := readQuality(t.Context(), sqlite.NewReader(log), tolerances)
	if err != nil || q.pairs[[2]int{0, 1}].HasKappa || !math.IsNaN(q.estimated[0]) {
		t.Errorf("%+v, %v", q, err)
	}
	if d, ok := q.counting[2].Difference(); !ok || d != 6 {
		t.Errorf("c is %v, %v from what counts", d, ok)
	}
}
