package sqlite

import (
	"errors"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestARowWithoutARequestIDIsNamedByItsLog(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	logID := stateOf(t, newReader(t, path)).LogID
	bare := prediction(0)
	bare.RequestID = ""
	records, err := w.Append(t.Context(), []predictionlog.Prediction{bare, bare})
	if err != nil || records[1].RequestID != logID+"-1" {
		t.Fatalf("%+v, %v", records, err)
	}
	c := foreign(t, path)
	if n := number(t, c, "SELECT count(*) FROM predictions WHERE request_id IS NULL"); n != 2 {
		t.Errorf("%d rows store no request id, want 2", n)
	}
	// The request id finds the row: for a repetition, for feedback, and to erase it.
	again := prediction(0)
	again.RequestID = records[1].RequestID
	if got, err := w.Append(t.Context(), []predictionlog.Prediction{again}); err != nil || !got[0].Repeated || got[0].ID != 1 {
		t.Errorf("the same again: %+v, %v", got, err)
	}
	again.RequestID = predictionlog.OwnRequestID(logID, 77)
	if got, err := w.Append(t.Context(), []predictionlog.Prediction{again}); !errors.Is(err, predictionlog.ErrReused) {
		t.Errorf("a name that the log would give later: %+v, %v", got, err)
	}
	one := int64(1)
	for _, f := range []predictionlog.Feedback{{RequestID: records[1].RequestID}, {PredictionID: &one, RequestID: records[1].RequestID}} {
		f.Outcome = "1"
		if a, err := w.AppendFeedback(t.Context(), f); err != nil || a.PredictionID != 1 {
			t.Errorf("feedback %+v: %+v, %v", f, a, err)
		}
	}
	for _, test := range []struct {
		feedback predictionlog.Feedback
		want     error
	}{
		{predictionlog.Feedback{PredictionID: &one, RequestID: records[0].RequestID}, predictionlog.ErrMismatch},
		{predictionlog.Feedback{RequestID: predictionlog.OwnRequestID(logID, 9)}, predictionlog.ErrNotFound},
		{predictionlog.Feedback{RequestID: logID + "-01"}, predictionlog.ErrNotFound},
	} {
		test.feedback.Outcome = "1"
		if _, err := w.AppendFeedback(t.Context(), test.feedback); !errors.Is(err, test.want) {
			t.Errorf("%q: %v, want %v", test.feedback.RequestID, err, test.want)
		}
	}
	const elsewhere = "0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e"
	_, err = w.AppendFeedback(t.Context(), predictionlog.Feedback{RequestID: elsewhere + "-1", Outcome: "1"})
	if other, ok := errors.AsType[*predictionlog.OtherLogError](err); !ok || other.LogID != elsewhere {
		t.Errorf("another log's: %v", err)
	}
	// A request id of this form that comes from a caller belongs to the caller.
	mine := prediction(3)
	mine.RequestID = elsewhere + "-5"
	if _, err := w.Append(t.Context(), []predictionlog.Prediction{mine}); err != nil {
		t.Fatal(err)
	}
	if a, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{RequestID: mine.RequestID, Outcome: "1"}); err != nil || a.PredictionID != 2 {
		t.Errorf("%+v, %v", a, err)
	}
	if n, err := Care.Erase(t.Context(), path, records[1].RequestID); err != nil || n != 2 {
		t.Errorf("erased %d rows, %v", n, err)
	}
}
