package bigquery

import "github.com/drift-exporter/drift_exporter/predictor/predictionlog"

func (m *message) evidence(r *predictionlog.EvidenceRow) {
	m.integer("seq", r.Seq)
	m.time("time", r.Time)
	m.reference("prediction_id", r.PredictionID)
	m.name("request_id", r.RequestID)
	m.text("source", r.Source)
	m.text("outcome", r.Outcome)
	m.real("confidence", r.Confidence)
	if r.ObservedAt >= 0 {
		m.time("observed_at", r.ObservedAt)
	}
	m.boolean("accepted", r.Accepted)
	m.name("reason", r.Reason)
}

func (m *message) review(r *predictionlog.ReviewRow) {
	m.integer("seq", r.Seq)
	m.time("time", r.Time)
	m.integer("prediction_id", r.PredictionID)
	m.name("reviewer", r.Reviewer)
	m.name("outcome", r.Outcome)
	if r.Probability > 0 {
		m.real("probability", r.Probability)
	}
	m.name("note", r.Note)
	m.text("previous", r.Previous)
	m.text("hash", r.Hash)
}

func (m *message) erasure(r *predictionlog.ErasureRow) {
	m.integer("seq", r.Seq)
	m.time("time", r.Time)
	m.reference("prediction_id", r.PredictionID)
}

// reference writes the id of a prediction, or null if there is none.
func (m *message) reference(column string, id int64) {
	if id >= 0 {
		m.integer(column, id)
	}
}
