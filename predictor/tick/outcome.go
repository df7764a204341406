package tick

import "time"

// Outcome is an outcome that counts: a row of a log's feedback, with what is known of its
// prediction. Times are in nanoseconds since 1970.
type Outcome struct {
	// LogID is the log that took the outcome, and Sequence its number there.
	LogID    string
	Sequence int64
	// ShippedAt is when it was sent, by the clock of the destination; Time is when the log took
	// it, ObservedAt when it was seen.
	ShippedAt, Time, ObservedAt int64
	// Closed is that of a Record.
	Closed                 int64
	Model, Version, Scheme string
	// PredictionLog and PredictionID are the prediction. PredictedAt is its time, -1 if the log
	// had deleted it. Class and Score are those of the prediction; Score means nothing without
	// HasScore.
	PredictionLog string
	PredictionID  int64
	PredictedAt   int64
	// RequestID names the prediction of an outcome that another log than its own has taken. Then
	// what is known of the prediction is not set, and PredictionID is -1 unless the request id
	// says it.
	RequestID      string
	Class, Outcome string
	Score          float64
	HasScore       bool
	// Explored is the probability with which the prediction was answered with another class than
	// its own; 0 when it was not.
	Explored   float64
	Source     string
	Confidence float64
	// Corrects is empty, or says why the outcome replaces a different earlier one.
	Corrects string
	// Codes are the codes of the prediction: those of its features, its score, its class, and of
	// both together. Nil if the log had deleted the prediction.
	Codes []byte
}

// Effective returns the start of the tick at whose end the outcome counts, as for a Record. That is
// not before the tick of the prediction, whose clock may be ahead.
func (o *Outcome) Effective(lateness time.Duration) int64 {
	start := Effective(Start(o.Time), o.ShippedAt, o.Closed, lateness)
	if predicted := Start(o.PredictedAt); predicted > Start(o.Time) {
		start = max(start, Effective(predicted, o.ShippedAt, o.Closed, lateness))
	}
	return start
}
