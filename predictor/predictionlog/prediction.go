package predictionlog

import "time"

// Prediction is one answered prediction to add to the log.
type Prediction struct {
	// RequestID is the caller's request id, empty if it sent none. It is unique in the log,
	// except that shadows share it.
	RequestID      string
	Model, Version string
	// Features is one JSON object. It must not change until Append returns.
	Features []byte
	// Score is finite; NaN means no score. For a binary model it is the probability of the
	// positive class, in [0, 1].
	Score float64
	Class string
	// Latency is the time from the request's first byte until the prediction is handed to
	// the log. Negative means unknown.
	Latency time.Duration
	// ShadowOf is nil for the prediction that was answered. A shadow, another model's
	// prediction for the same request, has the id of the answered one here, and may share
	// its request id.
	ShadowOf *int64
	// Exploration is nil if the class was answered. Otherwise another class was.
	Exploration *Exploration
}

// Exploration is an answer with another class than the model's, at random.
type Exploration struct {
	// Answered is the class that was answered.
	Answered string
	// Probability is that of being answered so, above 0 and below 1.
	Probability float64
}

// Record is a prediction that is in the log, on disk.
type Record struct {
	ID   int64
	Time time.Time
	// RequestID is the caller's, or LOGID-ID when it sent none (see OwnRequestID).
	RequestID      string
	Model, Version string
	// Score is NaN when the row has none.
	Score float64
	Class string
	// Answered is the class that was answered, empty if it was Class.
	Answered string
	// Repeated means that the request id was in the log already: the record is the first
	// one, and nothing was added.
	Repeated bool
}
