package predictor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestFeedbackSaysWhetherThePredictionWasCorrect(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	ask(t, s.Handler(), "POST", "/predict", `{"income":80,"grade":"A","age":40}`, "X-Request-ID: one")
	tests := []struct{ body, want string }{
		{`{"prediction_id":0,"actual_outcome":1}`, `{"prediction_id":0,"actual_outcome":1,"correct":true}`},
		{`{"prediction_id":0,"actual_outcome":0}`, `{"prediction_id":0,"actual_outcome":0,"correct":false}`},
		{`{"request_id":"one","actual_outcome":1}`, `{"prediction_id":0,"actual_outcome":1,"correct":true}`},
		{` { "prediction_id" : 0.0 , "actual_outcome" : 1e0, "source":null } `, `{"prediction_id":0,"actual_outcome":1,"correct":true}`},
	}
	for _, tt := range tests {
		if got := ask(t, s.Handler(), "POST", "/feedback", tt.body); got.code != http.StatusOK || got.body != tt.want+"\n" {
			t.Errorf("%s: got %d %s, want %s", tt.body, got.code, got.body, tt.want)
		}
	}
}

func TestFeedbackHandsEveryMemberToTheLog(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	ask(t, s.Handler(), "POST", "/predict", `{"income":80,"grade":"A","age":40}`, "X-Request-ID: one")
	got := ask(t, s.Handler(), "POST", "/feedback",
		`{"prediction_id":0,"request_id":"one","actual_outcome":0,"source":"servicing, Zürich","confidence":0.25,"observed_at":"2026-02-01T01:02:03.5+01:00"}`)
	if got.code != http.StatusOK {
		t.Fatalf("got %d %s", got.code, got.body)
	}
	f := log.feedback[0]
	if *f.PredictionID != 0 || f.RequestID != "one" || f.Outcome != "0" || f.Source != "servicing, Zürich" || f.Confidence != 0.25 ||
		!f.ObservedAt.Equal(time.Date(2026, 2, 1, 0, 2, 3, 5e8, time.UTC)) {
		t.Errorf("the log was handed %+v", f)
	}
}

// A prediction that a foreign writer logged without a class can have an outcome.
func TestFeedbackOnAPredictionWithoutAClass(t *testing.T) {
	t.Parallel()
	o := newOutcomes(zeroAndOne)
	if got := string(o.appendAccepted(nil, &predictionlog.Accepted{PredictionID: 3, Outcome: "1"})); got != `{"prediction_id":3,"actual_outcome":1,"correct":null}` {
		t.Errorf("got %s", got)
	}
}

// contrary is a log that refuses feedback for one reason.
type contrary struct {
	*memory
	reason error
}

func (c contrary) AppendOutcomes(_ context.Context, batch []predictionlog.Feedback) ([]predictionlog.Accepted, error) {
	if errors.Is(c.reason, predictionlog.ErrUnavailable) {
		return nil, c.reason
	}
	last := predictionlog.RefusedOutcome{Index: len(batch) - 1, Err: fmt.Errorf("append feedback: %w", c.reason)}
	return nil, fmt.Errorf("append feedback: %w", predictionlog.RefusedOutcomes{last})
}

func TestFeedbackThatContradictsTheLogIsRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		reason error
		code   int
		advice string
		named  []string
	}{
		{predictionlog.ErrNotFound, 404, "no prediction with prediction_id 0; send", []string{"prediction_id unknown_prediction"}},
		{predictionlog.ErrPruned, 410, "keep predictions longer with --predictions.retention.time", []string{"prediction_id pruned_prediction"}},
		{&predictionlog.OtherLogError{LogID: "the-other-log"}, 421, "is in another log, the-other-log; send", []string{"prediction_id other_log"}},
		{predictionlog.ErrConflict, 409, "send an equal or higher confidence", []string{"confidence lower_confidence"}},
		{predictionlog.ErrMismatch, 409, "send one of them", []string{"request_id request_id_mismatch"}},
		{predictionlog.ErrNegativeDelay, 400, "or leave it out", []string{"observed_at negative_delay"}},
		{predictionlog.ErrUnavailable, 503, "repeat the request later", nil},
	}
	for _, tt := range tests {
		t.Run(tt.reason.Error(), func(t *testing.T) {
			t.Parallel()
			s, log := newServer(t, func(o *Options) { o.Log = contrary{new(memory), tt.reason} })
			got := ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1}`)
			var p problem
			got.into(t, &p)
			if got.code != tt.code || !strings.Contains(got.body, tt.advice) || !slices.Equal(names(p.Errors), tt.named) {
				t.Errorf("got %d %s, want %d with advice %q naming %q", got.code, got.body, tt.code, tt.advice, tt.named)
			}
			if tt.named != nil {
				array := ask(t, s.Handler(), "POST", "/feedback", `[{"prediction_id":7,"actual_outcome":1},{"prediction_id":0,"actual_outcome":1}]`)
				array.into(t, &p)
				if array.code != tt.code || !strings.Contains(array.body, tt.advice) || !slices.Equal(names(p.Errors), []string{"1." + tt.named[0]}) {
					t.Errorf("in an array: got %d %s", array.code, array.body)
				}
			}
			if len(log.refused) != 0 {
				t.Errorf("the log heard of %q; refused feedback is no refused prediction", log.refused)
			}
		})
	}
}

func TestFeedbackForAnotherReplicaIsKeptAndSaysSo(t *testing.T) {
	t.Parallel()
	r := start(t, filepath.Join(t.TempDir(), "predictions.db"), func(o *RunOptions) { o.LogOptions.KeepElsewhere = true })
	r.must(http.StatusOK, "/predict", `{"income":80,"grade":"A","age":40}`, "one")
	got := r.must(http.StatusAccepted, "/feedback", `[{"request_id":"one","actual_outcome":1},{"request_id":"0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e-17","actual_outcome":1}]`, "")
	if want := `[{"prediction_id":0,"actual_outcome":1,"correct":true},{"kept":true,"request_id":"0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e-17","actual_outcome":1}]` + "\n"; got.body != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	r.must(http.StatusNotFound, "/feedback", `{"prediction_id":99,"actual_outcome":1}`, "")
	r.end()
}
