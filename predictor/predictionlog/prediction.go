package predictionlog

import "time"

// Prediction is one answered prediction, to be logged.
type Prediction struct {
	// RequestID is the caller's, and unique in the log but for shadows; empty means
	// that the caller sent none.
	RequestID      string
	Model, Version string
	// Features is one JSON object. It must not change until Append returns.
	Features []byte
	// Score is finite, and of a binary model the probability of the positive class,
	// in [0, 1]; NaN means that there is none.
	Score float64
	Class string
	// Latency is from the request's first byte to the hand-over to the log.
	// Negative means that it is not known.
	Latency time.Duration
	// ShadowOf is the id of the answered prediction of which this one is another
	// model's, nil when it is itself the answer. A shadow may share the request id.
	ShadowOf *int64
}

// Record is a prediction that is in the log, safe on disk.
type Record struct {
	ID   int64
	Time time.Time
	// RequestID is the caller's, or LOGID-ID when it sent none (see OwnRequestID).
	RequestID      string
	Model, Version string
	// Score is NaN when the row has none.
	Score float64
	Class string
	// Repeated says that the request id was in the log already: the record is
	// the first one's, and nothing was added.
	Repeated bool
}
