package predictor

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// predict answers POST /predict. One request is one transaction: every row is
// recorded, or none.
func (s *Server) predict(w http.ResponseWriter, r *http.Request, body []byte, start time.Time) *problem {
	in := s.inputs.Get().(*input)
	defer s.inputs.Put(in)
	refused := s.decode(in, r, body)
	if in.id != "" {
		w.Header()[requestIDKey] = []string{in.id}
	}
	if refused != nil {
		refused.RequestID = in.id
		s.noteRefused(refused)
		return refused
	}
	batch := s.evaluate(in)
	records, logged, refused := s.record(r, in, batch, start)
	if refused != nil {
		refused.RequestID = in.id
		return refused
	}
	if logged {
		s.shadow.offer(records, batch)
	}
	if !in.given && !in.array && logged {
		w.Header()[requestIDKey] = []string{records[0].RequestID}
	}
	send(w, http.StatusOK, mediaJSON, s.appendAnswers(make([]byte, 0, 3+len(records)*224), records, in.array, logged))
	return nil
}

// noteRefused records in the log that a request was invalid.
func (s *Server) noteRefused(refused *problem) {
	if refused.Status == http.StatusBadRequest {
		s.log.Refuse(s.model.Name, s.model.Version, refused.reason)
	}
}

// decode decodes the body, and the request's id, into in.
func (s *Server) decode(in *input, r *http.Request, body []byte) (refused *problem) {
	in.id, in.given = "", false
	s.schema.decode(in, body, MaxArrayRows)
	var detail string
	if in.id, in.given, detail = requestID(r, in.rows, in.array); detail != "" {
		in.faults.add(-1, []byte(requestIDHeader), reasonBadRequestID, detail)
	}
	if in.faults.any() {
		return in.faults.problem("nothing was predicted")
	}
	return nil
}

// evaluate predicts every row. The result belongs to the log afterwards, so no part of it is
// reused.
func (s *Server) evaluate(in *input) []predictionlog.Prediction {
	batch := make([]predictionlog.Prediction, in.rows)
	features := make([]byte, 0, in.rows*32*len(s.schema.features)) // Right for most; grows otherwise.
	for i := range batch {
		values := in.row(i, len(s.schema.features))
		from := len(features)
		features = s.schema.appendRow(features, values)
		probability, class := s.model.Predict(values)
		batch[i] = predictionlog.Prediction{
			Model: s.model.Name, Version: s.model.Version,
			Features: features[from:len(features):len(features)],
			Score:    probability, Class: class,
		}
		batch[i].Exploration = s.explorer.explore(class)
		if in.given {
			batch[i].RequestID = rowID(in.id, i, in.array)
		}
	}
	return batch
}

// record adds the batch to the log and waits until it is on disk. Logged is false when the
// log cannot be written and the server answers without it.
func (s *Server) record(r *http.Request, in *input, batch []predictionlog.Prediction, start time.Time) (records []predictionlog.Record, logged bool, refused *problem) {
	if len(batch) == 0 && !in.given {
		return nil, true, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), appendTimeout)
	defer cancel()
	latency := s.now().Sub(start) // From the call of the handler: the header was read, the body was not.
	for i := range batch {
		batch[i].Latency = latency
	}
	records, err := s.append(ctx, in, batch)
	if err == nil {
		s.written()
		return records, true, nil
	}
	if errors.Is(err, predictionlog.ErrReused) {
		return nil, false, reused(in.id)
	}
	refused = s.unwritten(r, err)
	if !s.serve || refused.Status == statusClientClosed {
		return nil, false, refused
	}
	s.metrics.unlogged.Add(float64(len(batch)))
	// What is not logged is not explored either: nobody would know that the answer was another one.
	records = make([]predictionlog.Record, len(batch))
	for i, p := range batch {
		records[i] = predictionlog.Record{RequestID: rowID(in.id, i, in.array), Model: p.Model, Version: p.Version, Score: p.Score, Class: p.Class}
	}
	return records, false, nil
}

// append adds the batch to the log, unless the log already has it under the caller's request
// id.
func (s *Server) append(ctx context.Context, in *input, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	if !in.given {
		return s.log.Append(ctx, batch)
	}
	records, err := s.log.AppendRequest(ctx, predictionlog.Request{
		Predictions: batch,
		Others:      otherIDs(in.id, in.rows, in.array),
		Same:        func(i int, features []byte) bool { return s.schema.same(batch[i].Features, features) },
	})
	if len(records) > 0 && records[0].Repeated {
		s.metrics.repeated.Add(float64(len(records)))
	}
	return records, err
}

// reused returns the problem of a request whose id the log has for another request.
func reused(id string) *problem {
	return newProblem(http.StatusUnprocessableEntity, reasonReusedID, "nothing was recorded: X-Request-ID "+strconv.Quote(id)+
		" was used before for a request with other features or another number of rows (those of an array have the ids ID/0, ID/1 and so on); give every request an id of its own, and send the same id only to repeat the same request")
}

// appendAnswers appends the JSON of all answers, as an array if the request was
// one.
func (s *Server) appendAnswers(dst []byte, records []predictionlog.Record, array, logged bool) []byte {
	if array {
		dst = append(dst, '[')
	}
	for i := range records {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendAnswer(dst, &records[i], logged, s.outcomes.number)
	}
	if array {
		dst = append(dst, ']')
	}
	return append(dst, '\n')
}

// appendAnswer appends the JSON of one answer. A record that is not in the log
// has no prediction_id and "logged":false instead. The prediction of a regression is a number,
// and has no probability.
func appendAnswer(dst []byte, record *predictionlog.Record, logged, number bool) []byte {
	dst = append(dst, '{')
	if logged {
		dst = append(dst, `"prediction_id":`...)
		dst = strconv.AppendInt(dst, record.ID, 10)
		dst = append(dst, ',')
	}
	dst = append(dst, `"request_id":`...)
	dst = appendString(dst, record.RequestID)
	dst = append(dst, `,"prediction":`...)
	if !number {
		if record.Answered != "" {
			dst = append(appendClass(dst, record.Answered), `,"explored":true`...)
		} else {
			dst = appendClass(dst, record.Class)
		}
		dst = append(dst, `,"probability":`...)
	}
	if math.IsNaN(record.Score) {
		dst = append(dst, "null"...) // Another writer's record under this request id, without a score.
	} else {
		dst = appendNumber(dst, record.Score)
	}
	dst = append(dst, `,"model":`...)
	dst = appendString(dst, record.Model)
	dst = append(dst, `,"model_version":`...)
	dst = appendString(dst, record.Version)
	if !logged {
		dst = append(dst, `,"logged":false`...)
	}
	return append(dst, '}')
}

// appendClass appends a class: "0" and "1" as numbers, all others, which other writers may
// log, as strings.
func appendClass(dst []byte, class string) []byte {
	if class == "0" || class == "1" {
		return append(dst, class...)
	}
	return appendString(dst, class)
}
