package predictionlog

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Feedback is one outcome to add to the log. It names its prediction by id, by request id,
// or by both if they agree.
type Feedback struct {
	PredictionID *int64
	RequestID    string
	// Outcome compares as text with the predicted class.
	Outcome string
	// Source says where the outcome comes from; may be empty.
	Source string
	// Confidence is in (0, 1]; 0 means 1.
	Confidence float64
	// ObservedAt is when the outcome was seen; zero means on arrival.
	ObservedAt time.Time
}

// Accepted is an outcome that is in the log, on disk.
type Accepted struct {
	// Seq is the feedback's own number; that of the earlier row when Noop.
	Seq, PredictionID int64
	// Class, Model and Version are the prediction's.
	Outcome, Class, Model, Version string
	// Noop means that the source had reported the same before, and nothing was added.
	Noop bool
	// Kept means that the log has no such prediction, and keeps the outcome as evidence for who
	// reads the logs of all replicas. Then only Outcome is set besides.
	Kept bool
	// Delay is from the prediction to the observation, never negative.
	Delay time.Duration
}

// The reasons why AppendFeedback refuses an outcome. Each is wrapped in a sentence.
var (
	// ErrNotFound says that there has never been such a prediction.
	ErrNotFound = errors.New("unknown prediction")
	// ErrPruned says that the prediction was there and is no longer kept.
	ErrPruned = errors.New("prediction is no longer kept")
	// ErrConflict says that another outcome is known with higher confidence.
	ErrConflict = errors.New("another outcome is known with higher confidence")
	// ErrMismatch says that id and request id name two predictions.
	ErrMismatch = errors.New("prediction id and request id disagree")
	// ErrNegativeDelay says that the outcome was seen before the prediction.
	ErrNegativeDelay = errors.New("outcome observed before the prediction")
)

// Complete sets defaults, and fails when a required field is missing or out of range.
func (f *Feedback) Complete() error {
	switch {
	case f.PredictionID == nil && f.RequestID == "":
		return errors.New("neither prediction id nor request id is given")
	case f.Outcome == "":
		return errors.New("the outcome is missing")
	case math.IsNaN(f.Confidence) || f.Confidence < 0 || f.Confidence > 1:
		return fmt.Errorf("confidence %v is not in (0, 1]", f.Confidence)
	case f.Confidence == 0:
		f.Confidence = 1
	}
	return nil
}
