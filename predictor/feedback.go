package predictor

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// feedback answers POST /feedback: the outcome of one prediction or of many. One request is
// one transaction: every record is accepted, or none.
func (s *Server) feedback(w http.ResponseWriter, r *http.Request, body []byte, _ time.Time) *problem {
	q := s.outcomes.decode(body)
	if q.faults.any() {
		return q.faults.problem("nothing was recorded")
	}
	ctx, cancel := context.WithTimeout(r.Context(), appendTimeout)
	defer cancel()
	accepted, err := s.log.AppendOutcomes(ctx, q.records)
	if refused := q.contradiction(err); refused != nil {
		return refused
	}
	if err != nil {
		return s.unwritten(r, err)
	}
	if len(accepted) > 0 {
		s.written()
	}
	status := http.StatusOK
	if slices.ContainsFunc(accepted, func(a predictionlog.Accepted) bool { return a.Kept }) {
		status = http.StatusAccepted
	}
	send(w, status, mediaJSON, q.appendAnswers(make([]byte, 0, 3+64*len(accepted)), accepted, &s.outcomes))
	return nil
}

// contradiction returns the answer to well-formed feedback that contradicts the log; nil for
// every other error, and for none. For an array it names every such record, and the status
// is that of the first.
func (q *feedbackRequest) contradiction(err error) *problem {
	refused, ok := errors.AsType[predictionlog.RefusedOutcomes](err)
	if !ok {
		return nil
	}
	status, found := 0, faults{limit: MaxArrayRows}
	for _, record := range refused {
		code, contradicted := contradict(&q.records[record.Index], record.Err)
		if code == 0 {
			return nil // An error of the log, which no other record can repair.
		}
		if status == 0 {
			status = code
		}
		index := -1
		if q.array {
			index = record.Index
		}
		found.add(index, []byte(contradicted.Field), contradicted.Reason, contradicted.Detail)
	}
	p := found.problem("nothing was recorded")
	p.Status, p.Title = status, http.StatusText(status)
	return p
}

// contradict returns the status and the fault of a record that the log refused. The status
// is 0 if err is not a contradiction.
func contradict(f *predictionlog.Feedback, err error) (status int, found fault) {
	field := "prediction_id"
	if f.PredictionID == nil {
		field = "request_id"
	}
	if other, ok := errors.AsType[*predictionlog.OtherLogError](err); ok {
		return http.StatusMisdirectedRequest, fault{Field: field, Reason: reasonOtherLog,
			Detail: "the prediction with " + naming(f) + " is in another log, " + other.LogID + "; send its outcome to the predictor of that log"}
	}
	switch {
	case errors.Is(err, predictionlog.ErrNotFound):
		return http.StatusNotFound, fault{Field: field, Reason: reasonUnknownPrediction,
			Detail: "the log has no prediction with " + naming(f) + "; send the prediction_id or request_id that /predict answered"}
	case errors.Is(err, predictionlog.ErrPruned):
		return http.StatusGone, fault{Field: field, Reason: reasonPruned,
			Detail: "the prediction with " + naming(f) + " is no longer in the log; its outcome comes too late: keep predictions longer with --predictions.retention.time"}
	case errors.Is(err, predictionlog.ErrConflict):
		return http.StatusConflict, fault{Field: "confidence", Reason: reasonConflict,
			Detail: "another outcome was recorded with a higher confidence; send an equal or higher confidence to replace it"}
	case errors.Is(err, predictionlog.ErrMismatch):
		return http.StatusConflict, fault{Field: "request_id", Reason: reasonMismatch,
			Detail: "prediction_id and request_id name different predictions; send one of them"}
	case errors.Is(err, predictionlog.ErrNegativeDelay):
		return http.StatusBadRequest, fault{Field: "observed_at", Reason: reasonNegativeDelay,
			Detail: "observed_at is before the prediction; send the time at which the outcome was known, or leave it out"}
	}
	return 0, fault{}
}

// naming returns the id by which the feedback names its prediction.
func naming(f *predictionlog.Feedback) string {
	if f.PredictionID != nil {
		return "prediction_id " + strconv.FormatInt(*f.PredictionID, 10)
	}
	return "request_id " + strconv.Quote(f.RequestID)
}

// appendAnswers appends the JSON of all answers, as an array if the request was one.
func (q *feedbackRequest) appendAnswers(dst []byte, accepted []predictionlog.Accepted, o *outcomes) []byte {
	if q.array {
		dst = append(dst, '[')
	}
	for i := range accepted {
		if i > 0 {
			dst = append(dst, ',')
		}
		if accepted[i].Kept {
			dst = o.appendKept(dst, q.records[i].RequestID, accepted[i].Outcome)
			continue
		}
		dst = o.appendAccepted(dst, &accepted[i])
	}
	if q.array {
		dst = append(dst, ']')
	}
	return append(dst, '\n')
}

// appendKept appends the answer to a record whose prediction is not in this log.
func (o *outcomes) appendKept(dst []byte, requestID, outcome string) []byte {
	dst = appendString(append(dst, `{"kept":true,"request_id":`...), requestID)
	dst = append(dst, `,"actual_outcome":`...)
	if o.number {
		return append(append(dst, outcome...), '}')
	}
	return append(appendClass(dst, outcome), '}')
}

// appendAccepted appends the answer to one accepted record. Its member correct is null for a
// prediction without a class, which other writers may log, and absent for a regression.
func (o *outcomes) appendAccepted(dst []byte, a *predictionlog.Accepted) []byte {
	dst = append(dst, `{"prediction_id":`...)
	dst = strconv.AppendInt(dst, a.PredictionID, 10)
	dst = append(dst, `,"actual_outcome":`...)
	if o.number {
		return append(append(dst, a.Outcome...), '}')
	}
	dst = appendClass(dst, a.Outcome)
	dst = append(dst, `,"correct":`...)
	if a.Class == "" {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendBool(dst, o.correct(a.Class, a.Outcome))
	}
	return append(dst, '}')
}
