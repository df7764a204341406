package sqlite

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestFeedbackIsAcceptedOrRefusedWithAReason(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now})
	add(t, w, 0, 4)
	if _, err := Care.Erase(t.Context(), path, prediction(3).RequestID); err != nil {
		t.Fatal(err)
	}
	clk.advance(time.Hour)
	id := func(n int64) *int64 { return &n }
	for _, test := range []struct {
		name string
		f    predictionlog.Feedback
		want error
		got  predictionlog.Accepted
	}{
		{"by id", predictionlog.Feedback{PredictionID: id(0), Outcome: "1"}, nil,
			predictionlog.Accepted{Seq: 1, PredictionID: 0, Outcome: "1", Class: "0", Delay: time.Hour}},
		{"by request id", predictionlog.Feedback{RequestID: prediction(1).RequestID, Outcome: "1", Source: "crm", Confidence: 0.5, ObservedAt: noon.Add(time.Minute)}, nil,
			predictionlog.Accepted{Seq: 2, PredictionID: 1, Outcome: "1", Class: "1", Delay: time.Minute}},
		{"by both", predictionlog.Feedback{PredictionID: id(2), RequestID: prediction(2).RequestID, Outcome: "0"}, nil,
			predictionlog.Accepted{Seq: 3, PredictionID: 2, Outcome: "0", Class: "0", Delay: time.Hour}},
		{"again", predictionlog.Feedback{PredictionID: id(0), Outcome: "1"}, nil,
			predictionlog.Accepted{Seq: 1, PredictionID: 0, Outcome: "1", Class: "0", Delay: time.Hour, Noop: true}},
		{"changed", predictionlog.Feedback{PredictionID: id(0), Outcome: "0"}, nil,
			predictionlog.Accepted{Seq: 4, PredictionID: 0, Outcome: "0", Class: "0", Delay: time.Hour}},
		{"less sure", predictionlog.Feedback{PredictionID: id(0), Outcome: "1", Confidence: 0.9}, predictionlog.ErrConflict, predictionlog.Accepted{}},
		{"two predictions", predictionlog.Feedback{PredictionID: id(2), RequestID: prediction(1).RequestID, Outcome: "1"}, predictionlog.ErrMismatch, predictionlog.Accepted{}},
		{"id never given", predictionlog.Feedback{PredictionID: id(4), Outcome: "1"}, predictionlog.ErrNotFound, predictionlog.Accepted{}},
		{"negative id", predictionlog.Feedback{PredictionID: id(-1), Outcome: "1"}, predictionlog.ErrNotFound, predictionlog.Accepted{}},
		{"unknown request id", predictionlog.Feedback{RequestID: "never", Outcome: "1"}, predictionlog.ErrNotFound, predictionlog.Accepted{}},
		{"deleted", predictionlog.Feedback{PredictionID: id(3), Outcome: "1"}, predictionlog.ErrPruned, predictionlog.Accepted{}},
		{"from before", predictionlog.Feedback{PredictionID: id(1), Outcome: "1", ObservedAt: noon.Add(-1)}, predictionlog.ErrNegativeDelay, predictionlog.Accepted{}},
	} {
		got, err := w.AppendFeedback(t.Context(), test.f)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
		if test.want == nil {
			test.got.Model, test.got.Version = "loan_refinance", "1"
		}
		if got != test.got {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.got)
		}
		if errors.Is(err, predictionlog.ErrUnavailable) {
			t.Errorf("%s: a refusal calls the log unavailable", test.name)
		}
	}
	for _, f := range []predictionlog.Feedback{
		{Outcome: "1"}, {PredictionID: id(0)}, {PredictionID: id(0), Outcome: "1", Confidence: 1.1}, {PredictionID: id(0), Outcome: "1", Confidence: -0.1},
	} {
		if _, err := w.AppendFeedback(t.Context(), f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
	if err := w.Ready(); err != nil {
		t.Errorf("refusals made the log unavailable: %v", err)
	}
}

// TestOneOutcomeInTwoSpellingsIsConfirmed checks that an outcome of a foreign writer, in another
// spelling or by the name of the class, is not corrected by the same outcome.
func TestOneOutcomeInTwoSpellingsIsConfirmed(t *testing.T) {
	t.Parallel()
	named := []value.Class{{Text: "0", Name: "no"}, {Text: "1", Name: "yes"}}
	for _, test := range []struct {
		classes              []value.Class
		foreign, same, other string
	}{
		{nil, "1.0", "1", "0"}, {nil, "1", "1.0", "0.0"}, {nil, "true", "1", "false"}, {nil, "0e3", "0", "1"}, {nil, " 1 ", "1", "2"},
		{nil, "12345678901234567890", "12345678901234567890.0", "12345678901234567891"}, {nil, "paid", "paid", "Paid"}, {nil, "no", "no", "0"},
		{named, "yes", "1", "0"}, {named, "no", "0", "yes"}, {named, "TRUE", "yes", "no"},
	} {
		path, clk := newPath(t), newClock(noon)
		w := newWriter(t, path, WriterOptions{Now: clk.now, Classes: test.classes})
		add(t, w, 0, 1)
		c := foreign(t, path)
		must(t, c, "INSERT INTO feedback (prediction_id, time, outcome, source, confidence) VALUES (0, ?, ?, 'crm', 0.9)", clk.now().UnixNano(), test.foreign)
		zero := int64(0)
		say := func(outcome, source string, confidence float64) (predictionlog.Accepted, error) {
			return w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &zero, Outcome: outcome, Source: source, Confidence: confidence})
		}
		if got, err := say(test.same, "crm", 0.5); err != nil || !got.Noop || got.Seq != 1 {
			t.Errorf("%q after %q of the same source: %+v, %v", test.same, test.foreign, got, err)
		}
		if got, err := say(test.same, "other", 0.5); err != nil || got.Noop {
			t.Errorf("%q after %q of another source, less sure: %+v, %v", test.same, test.foreign, got, err)
		}
		if _, err := say(test.other, "other", 0.5); !errors.Is(err, predictionlog.ErrConflict) {
			t.Errorf("%q after %q, less sure: %v", test.other, test.foreign, err)
		}
		if n := number(t, c, "SELECT count(*) FROM feedback WHERE corrects IS NOT NULL"); n != 0 {
			t.Errorf("%q after %q counts as a correction", test.same, test.foreign)
		}
		if _, err := say(test.other, "crm", 1); err != nil || number(t, c, "SELECT count(*) FROM feedback WHERE corrects = 'same_source'") != 1 {
			t.Errorf("%q after %q is no correction: %v", test.other, test.foreign, err)
		}
	}
}

func TestFeedbackAfterTheClockWasSetBackHasNoDelay(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now})
	add(t, w, 0, 1)
	clk.set(noon.Add(-time.Hour))
	zero := int64(0)
	got, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &zero, Outcome: "1"})
	if err != nil || got.Delay != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefusalsAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	r := newReader(t, path)
	for i := range 2500 {
		w.Refuse("m", "1", predictionlog.Reasons[i%2])
	}
	eventually(t, "they are written within a second or so", func() bool { return stateOf(t, r).HighWater.Errors == 2500 })
	count := map[string]int{}
	err := r.Errors(t.Context(), -1, 2500, func(row *predictionlog.ErrorRow) error {
		count[row.Model+row.Version+row.Reason]++
		return nil
	})
	if err != nil || fmt.Sprint(count) != "map[m1invalid_json:1250 m1missing_feature:1250]" {
		t.Errorf("%v, %v", count, err)
	}
}
