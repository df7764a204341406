package predictionlog

import "time"

// Prediction is one answered prediction, to be logged.
type Prediction struct {
	// RequestID is unique in the log; empty means that there is none.
	RequestID      string
	Model, Version string
	// Features is one JSON object. It must not change until Append returns.
	Features []byte
	// Score is in [0, 1]; NaN means that there is none.
	Score float64
	Class string
	// Latency is from the request's first byte to the hand-over to the log.
	// Negative means that it is not known.
	Latency time.Duration
}

// Record is a prediction that is in the log, safe on disk.
type Record struct {
	ID             int64
	Time           time.Time
	RequestID      string
	Model, Version string
	// Score is NaN when the row has none.
	Score float64
	Class string
	// Repeated says that the request id was in the log already: the record is
	// the first one's, and nothing was added.
	Repeated bool
}
