package sqlite

import (
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// What was answered stays with the prediction, also when the request is repeated, and its
// feedback says with which probability.
func TestExplorationsAreKept(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/" + logName
	w := newWriter(t, path, WriterOptions{})
	batch := []predictionlog.Prediction{prediction(0), prediction(1), prediction(2)}
	batch[1].Class, batch[1].Exploration = "0", &predictionlog.Exploration{Answered: "1", Probability: .02}
	batch[1].RequestID = "explored"
	records, err := w.Append(t.Context(), batch)
	if err != nil || records[0].Answered != "" || records[1].Answered != "1" || records[1].Class != "0" {
		t.Fatalf("%+v, %v", records, err)
	}
	again := batch[1]
	again.Exploration = nil
	repeated, err := w.AppendRequest(t.Context(), predictionlog.Request{Predictions: []predictionlog.Prediction{again}, Same: func(int, []byte) bool { return true }})
	if err != nil || !repeated[0].Repeated || repeated[0].Answered != "1" || repeated[0].Class != "0" {
		t.Errorf("repeated: %+v, %v", repeated, err)
	}
	for i := range records {
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &records[i].ID, Outcome: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	var explored []float64
	err = newReader(t, path).Feedback(t.Context(), -1, 1<<60, func(f *predictionlog.FeedbackRow) error {
		explored = append(explored, f.Explored)
		return nil
	})
	if err != nil || len(explored) != 3 || explored[0] != 0 || explored[1] != .02 || explored[2] != 0 {
		t.Errorf("explored %v, %v", explored, err)
	}
	// A prediction that the log refuses leaves no trace.
	bad := prediction(3)
	bad.Exploration = &predictionlog.Exploration{Answered: "1", Probability: 2}
	if _, err := w.Append(t.Context(), []predictionlog.Prediction{bad}); err == nil {
		t.Error("a probability of 2 is taken")
	}
	if n := number(t, foreign(t, path), "SELECT (SELECT count(*) FROM predictions) * 10 + (SELECT count(*) FROM explorations)"); n != 31 {
		t.Errorf("%d", n)
	}
}

// An exploration stays as long as its prediction or its feedback.
func TestExplorationsGoWithPredictionAndFeedback(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/" + logName
	now := time.Unix(1e6, 0)
	w := newWriter(t, path, WriterOptions{RetentionTime: time.Hour, Lookback: 0, Now: func() time.Time { return now }})
	explored := func(i int) predictionlog.Prediction {
		p := prediction(i)
		p.Exploration = &predictionlog.Exploration{Answered: "1", Probability: .5}
		return p
	}
	count := func() int64 { return number(t, foreign(t, path), "SELECT count(*) FROM explorations") }
	next := 1000
	pass := func() {
		now = now.Add(40 * time.Minute)
		for range 40 {
			next++
			if _, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(next)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	records, err := w.Append(t.Context(), []predictionlog.Prediction{explored(0), explored(1)})
	if err != nil {
		t.Fatal(err)
	}
	pass()
	if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &records[0].ID, Outcome: "1"}); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 2 {
		t.Errorf("%d explorations of predictions that are there", n)
	}
	pass()
	if n := count(); n == 0 {
		t.Error("an exploration is gone before its feedback")
	}
	pass()
	pass()
	if n := count(); n != 0 {
		t.Errorf("%d explorations without a prediction and feedback", n)
	}
}
