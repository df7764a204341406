package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// outcome returns an outcome for a prediction.
func outcome(id int64, text string, confidence float64) predictionlog.Feedback {
	return predictionlog.Feedback{PredictionID: &id, Outcome: text, Confidence: confidence}
}

// outcomesOf reads all outcomes.
func outcomesOf(t *testing.T, r *Reader) (all []predictionlog.FeedbackRow) {
	t.Helper()
	err := r.Feedback(t.Context(), -1, stateOf(t, r).HighWater.Feedback, func(row *predictionlog.FeedbackRow) error {
		all = append(all, *row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOutcomesAreAddedWholeInTheirOrder(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	add(t, w, 0, 3)
	batch := []predictionlog.Feedback{outcome(2, "1", 0), outcome(0, "0", 0.5), outcome(0, "1", 0.75), outcome(0, "1", 0.75)}
	accepted, err := w.AppendOutcomes(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []predictionlog.Accepted{{Seq: 1, PredictionID: 2}, {Seq: 2}, {Seq: 3}, {Seq: 3, Noop: true}} {
		if got := accepted[i]; got.Seq != want.Seq || got.PredictionID != want.PredictionID || got.Noop != want.Noop || got.Outcome != batch[i].Outcome {
			t.Errorf("record %d: %+v, want %+v", i, got, want)
		}
	}
	if got := outcomesOf(t, newReader(t, path)); len(got) != 3 || got[2].Corrects != "same_source" {
		t.Errorf("outcomes %+v", got)
	}
	if batch[0].Confidence != 0 {
		t.Error("the caller's batch was changed")
	}
	if accepted, err := w.AppendOutcomes(t.Context(), nil); err != nil || len(accepted) != 0 {
		t.Errorf("no outcomes: %+v, %v", accepted, err)
	}
}

func TestOutcomesAreRefusedWholeAndEachByItsPlace(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	add(t, w, 0, 3)
	_, err := w.AppendOutcomes(t.Context(), []predictionlog.Feedback{
		outcome(0, "1", 1), outcome(9, "1", 1), outcome(0, "0", 0.5), outcome(1, "1", 1), {RequestID: "nobody's", Outcome: "1"},
	})
	var refused predictionlog.RefusedOutcomes
	if !errors.As(err, &refused) || len(refused) != 3 || errors.Is(err, predictionlog.ErrUnavailable) {
		t.Fatalf("error %v", err)
	}
	for i, want := range []predictionlog.RefusedOutcome{{Index: 1, Err: predictionlog.ErrNotFound}, {Index: 2, Err: predictionlog.ErrConflict}, {Index: 4, Err: predictionlog.ErrNotFound}} {
		if got := refused[i]; got.Index != want.Index || !errors.Is(got.Err, want.Err) {
			t.Errorf("refusal %d: %+v, want %+v", i, got, want)
		}
	}
	if _, err := w.AppendOutcomes(t.Context(), []predictionlog.Feedback{outcome(0, "1", 1), {Outcome: "1"}, outcome(0, "", 1), outcome(0, "1", 2)}); !errors.As(err, &refused) || len(refused) != 3 {
		t.Errorf("incomplete records: %v", err)
	}
	if got := outcomesOf(t, newReader(t, path)); len(got) != 0 || w.Ready() != nil {
		t.Errorf("outcomes %+v, ready %v", got, w.Ready())
	}
}

// BenchmarkAppendOutcomes measures one durable outcome, alone and in a batch of 1,000.
func BenchmarkAppendOutcomes(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWriter(b, b.TempDir()+"/"+logName, WriterOptions{})
			batch := make([]predictionlog.Feedback, n)
			next := int64(0)
			for b.Loop() {
				b.StopTimer()
				addBatch(b, w, int(next), n)
				for i := range batch {
					batch[i] = outcome(next, "1", 1)
					next++
				}
				b.StartTimer()
				if _, err := w.AppendOutcomes(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/outcome")
		})
	}
}

func TestOutcomesOfOtherLogsAreKept(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{KeepElsewhere: true})
	add(t, w, 0, 3)
	other := predictionlog.OwnRequestID("0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e", 17)
	own := predictionlog.OwnRequestID(stateOf(t, newReader(t, path)).LogID, 1)
	unknown := int64(99)
	accepted, err := w.AppendOutcomes(t.Context(), []predictionlog.Feedback{{RequestID: own, Outcome: "1"}, {RequestID: other, Outcome: "0", Source: "s", Confidence: 0.5}, {RequestID: "theirs", Outcome: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if accepted[0].Kept || accepted[0].PredictionID != 1 || !accepted[1].Kept || !accepted[2].Kept {
		t.Errorf("accepted %+v", accepted)
	}
	for _, refused := range []predictionlog.Feedback{
		{PredictionID: &unknown, Outcome: "1"}, // It does not say of which log.
		{RequestID: predictionlog.OwnRequestID(stateOf(t, newReader(t, path)).LogID, 99), Outcome: "1"},
	} {
		if _, err := w.AppendOutcomes(t.Context(), []predictionlog.Feedback{refused}); err == nil {
			t.Errorf("%+v is kept", refused)
		}
	}
	var evidence []predictionlog.EvidenceRow
	r := newReader(t, path)
	if err := r.Evidence(t.Context(), -1, 100, func(row *predictionlog.EvidenceRow) error { evidence = append(evidence, *row); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(evidence) != 2 || evidence[0].RequestID != other || evidence[0].Accepted || evidence[0].Reason != predictionlog.Elsewhere || evidence[0].PredictionID != -1 || evidence[0].Confidence != 0.5 {
		t.Errorf("evidence %+v", evidence)
	}
	if got := outcomesOf(t, r); len(got) != 1 {
		t.Errorf("outcomes %+v", got)
	}
}
