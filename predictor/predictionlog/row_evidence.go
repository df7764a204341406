package predictionlog

// EvidenceRow is one outcome that a source reported, as a Reader hands it out,
// whether it counts or not.
type EvidenceRow struct {
	// Time is when it was received, ObservedAt when the outcome was seen, -1 when the
	// source did not say; both in nanoseconds since 1970, UTC.
	Seq, Time, ObservedAt int64
	// PredictionID is -1 when only RequestID names the prediction.
	PredictionID               int64
	RequestID, Source, Outcome string
	// Confidence is in (0, 1].
	Confidence float64
	// Accepted says that it counts; Reason says why it does not.
	Accepted bool
	Reason   string
}

// ReviewRow is what one person said in a review, as a Reader hands it out. Reviewer,
// Outcome and Note are empty when it was erased.
type ReviewRow struct {
	// Time is in nanoseconds since 1970, UTC.
	Seq, Time, PredictionID int64
	Reviewer, Outcome, Note string
	// Probability is that of being drawn for a review; 0 when it is unknown.
	Probability    float64
	Previous, Hash string
}

// ErasureRow says that a person's rows were erased, as a Reader hands it out. It
// names them by numbers and holds nothing of the person.
type ErasureRow struct {
	// Time is in nanoseconds since 1970, UTC.
	Seq, Time int64
	// PredictionID is -1 when the log no longer had the prediction.
	PredictionID int64
	// RequestHash is the SHA-256 of the request id, in hex.
	RequestHash string
}
