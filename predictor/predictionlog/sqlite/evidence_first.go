package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Most outcomes are the first one of their prediction. They need no comparison with others, so
// they are looked up and added many at a time. This takes a third of the time.

// unsaid are predictions without any outcome.
type unsaid struct {
	byID        map[int64]predicted
	byRequestID map[string]int64
}

const selectUnsaid = selectPredicted + `AS p
	WHERE NOT EXISTS (SELECT 1 FROM outcomes WHERE prediction_id = p.id) AND NOT EXISTS (SELECT 1 FROM feedback WHERE prediction_id = p.id)`

// findUnsaid looks up the predictions of many outcomes.
func (tx *transaction) findUnsaid(all []predictionlog.Stated) (u unsaid, err error) {
	u = unsaid{map[int64]predicted{}, map[string]int64{}}
	var ids []int64
	var names []string
	for i := range all {
		if f := &all[i].Feedback; f.PredictionID != nil {
			ids = append(ids, *f.PredictionID)
		} else {
			names = append(names, f.RequestID)
		}
	}
	if len(names) > 0 {
		if err := u.find(tx.conn, selectUnsaid+" AND request_id IN (SELECT value FROM json_each(?)) AND shadow_of IS NULL", names); err != nil {
			return u, err
		}
		own, err := tx.ownIDs(names)
		if err != nil {
			return u, err
		}
		ids = append(ids, own...)
	}
	if len(ids) > 0 {
		err = u.find(tx.conn, selectUnsaid+" AND id IN (SELECT value FROM json_each(?))", ids)
	}
	return u, err
}

// ownIDs returns the ids in those request ids that this log made, and that no caller has sent.
func (tx *transaction) ownIDs(names []string) (ids []int64, err error) {
	for _, name := range names {
		logID, id, ok := predictionlog.ParseOwnRequestID(name)
		if !ok || logID != tx.logID {
			continue
		}
		row, err := tx.conn.First(context.Background(), "SELECT 1 FROM predictions WHERE request_id = ? AND shadow_of IS NULL", name)
		if err != nil {
			return nil, err
		}
		if row == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// find adds the predictions of a query.
func (u *unsaid) find(c *file.Connection, query string, keys any) error {
	list, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	return c.Query(context.Background(), query, func(row []driver.Value) error {
		p, err := predictedAt(row)
		u.byID[p.id] = p
		if p.requestID != "" {
			u.byRequestID[p.requestID] = p.id
		}
		return err
	}, string(list))
}

// take returns the prediction of an outcome, once. It must be asked before any other outcome of
// the prediction is added.
func (u *unsaid) take(tx *transaction, f *predictionlog.Feedback) (p predicted, ok bool) {
	switch {
	case f.PredictionID != nil:
		p, ok = u.byID[*f.PredictionID]
	default:
		id, known := u.byRequestID[f.RequestID]
		if !known {
			_, id, known = predictionlog.ParseOwnRequestID(f.RequestID)
		}
		if known {
			p, ok = u.byID[id]
		}
	}
	delete(u.byID, p.id)
	if !ok || tx.checkName(&p, f) != nil || !f.ObservedAt.IsZero() && f.ObservedAt.UnixNano() < p.time {
		return predicted{}, false // slowly, which says why it is refused
	}
	return p, true
}

// first notes an outcome that is the first one of its prediction.
func (r *received) first(p predicted, f *predictionlog.Feedback) {
	confidence := f.Confidence
	if r.options.Agreement {
		confidence = mostProbable([]said{{f.Source, f.Outcome, f.Confidence}}).confidence
	}
	r.Accepted++
	r.firsts = append(r.firsts, firstOutcome{p, *f, confidence})
}

// firstOutcome is an outcome that will be added.
type firstOutcome struct {
	predicted
	said       predictionlog.Feedback
	confidence float64 // with which it counts
}

// The statements that add a power of two of outcomes.
var (
	insertEvidence = powers("INSERT INTO outcomes (received_at, prediction_id, request_id, source, outcome, confidence, observed_at, accepted, reason) VALUES ", evidenceColumns)
	insertFeedback = powers("INSERT INTO feedback (prediction_id, time, observed_at, outcome, source, confidence, class, model, version, predicted_at, score) VALUES ", feedbackColumns)
)

const (
	evidenceColumns = 9
	feedbackColumns = 11
)

// powers returns the INSERTs of 1, 2, 4 up to insertRows rows.
func powers(head string, columns int) map[int]string {
	all := map[int]string{}
	row := "(?" + strings.Repeat(", ?", columns-1) + ")"
	for n := insertRows; n > 0; n /= 2 {
		all[n] = head + row + strings.Repeat(", "+row, n-1)
	}
	return all
}

// flush adds the outcomes that were noted. It comes before anything that reads outcomes.
func (r *received) flush() error {
	for most := insertRows; len(r.firsts) > 0; most /= 2 {
		for len(r.firsts) >= most {
			if err := r.insertFirsts(r.firsts[:most]); err != nil {
				return err
			}
			r.firsts = r.firsts[most:]
		}
	}
	return nil
}

func (r *received) insertFirsts(rows []firstOutcome) error {
	evidence, err := r.tx.conn.Prepare(insertEvidence[len(rows)])
	if err != nil {
		return err
	}
	feedback, err := r.tx.conn.Prepare(insertFeedback[len(rows)])
	if err != nil {
		return err
	}
	set := func(s *file.Statement, row int, values ...driver.Value) {
		for i, v := range values {
			s.Args[row*len(values)+i].Value = v
		}
	}
	for i := range rows {
		p, f := &rows[i].predicted, &rows[i].said
		observed := max(r.tx.now, p.time)
		if !f.ObservedAt.IsZero() {
			observed = f.ObservedAt.UnixNano()
		}
		set(evidence, i, r.tx.now, p.id, textOrNull(f.RequestID), f.Source, f.Outcome, f.Confidence, timeOrNull(f.ObservedAt), int64(1), "")
		set(feedback, i, p.id, r.tx.now, observed, f.Outcome, f.Source, rows[i].confidence, p.class, p.model, p.version, p.time, p.score)
	}
	nothing := func([]driver.Value) error { return nil }
	if err := evidence.Run(context.Background(), nothing); err != nil {
		return err
	}
	return feedback.Run(context.Background(), nothing)
}
