package predictor

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// feedback answers POST /feedback: what came of a prediction.
func (s *Server) feedback(w http.ResponseWriter, r *http.Request, _ time.Time) *problem {
	if refused := checkMedia(r); refused != nil {
		return refused
	}
	body, release, refused := s.readBody(r, nil, false)
	defer release()
	if refused != nil {
		return refused
	}
	outcome, found := decodeOutcome(body)
	if found.any() {
		return found.problem("nothing was recorded")
	}
	ctx, cancel := context.WithTimeout(r.Context(), appendTimeout)
	defer cancel()
	accepted, err := s.log.AppendFeedback(ctx, outcome)
	if refused := contradiction(&outcome, err); refused != nil {
		return refused
	}
	if err != nil {
		return s.unwritten(r, err)
	}
	s.written()
	send(w, http.StatusOK, mediaJSON, appendAccepted(nil, accepted.PredictionID, outcome.Outcome, accepted.Class))
	return nil
}

// contradiction is the answer to feedback that is well formed and does not fit
// what the log knows; nil for every other error, and for none.
func contradiction(f *predictionlog.Feedback, err error) *problem {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, predictionlog.ErrNotFound):
		return newProblem(http.StatusNotFound, reasonUnknownPrediction,
			"the log has no prediction with "+naming(f)+"; send the prediction_id or request_id that /predict answered")
	case errors.Is(err, predictionlog.ErrPruned):
		return newProblem(http.StatusGone, reasonPruned,
			"the prediction with "+naming(f)+" is no longer in the log; its outcome comes too late: keep predictions longer with --predictions.retention.time")
	case errors.Is(err, predictionlog.ErrConflict):
		return newProblem(http.StatusConflict, reasonConflict,
			"another outcome was recorded with a higher confidence; send an equal or higher confidence to replace it")
	case errors.Is(err, predictionlog.ErrMismatch):
		return newProblem(http.StatusConflict, reasonMismatch,
			"prediction_id and request_id name different predictions; send one of them")
	case errors.Is(err, predictionlog.ErrNegativeDelay):
		found := faults{limit: 1}
		found.add(-1, []byte("observed_at"), reasonNegativeDelay, "observed_at is before the prediction; send the time at which the outcome was known, or leave it out")
		return found.problem("nothing was recorded")
	}
	return nil
}

// naming says by what the feedback names its prediction.
func naming(f *predictionlog.Feedback) string {
	if f.PredictionID != nil {
		return "prediction_id " + strconv.FormatInt(*f.PredictionID, 10)
	}
	return "request_id " + strconv.Quote(f.RequestID)
}

// appendAccepted appends the answer to accepted feedback. Whether a prediction
// without a class, which a foreign writer may log, was correct is null.
func appendAccepted(dst []byte, id int64, outcome, class string) []byte {
	dst = append(dst, `{"prediction_id":`...)
	dst = strconv.AppendInt(dst, id, 10)
	dst = append(dst, `,"actual_outcome":`...)
	dst = append(dst, outcome...)
	dst = append(dst, `,"correct":`...)
	if class == "" {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendBool(dst, class == outcome)
	}
	return append(dst, '}', '\n')
}
