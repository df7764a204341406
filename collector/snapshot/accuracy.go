package snapshot

import "time"

// Accuracy is what the matured predictions since the anchor say, in the order of the
// predictions: those older than the age at which outcomes have arrived, with the outcomes that
// they had at that age. Errors are wrong predictions, or the losses of a regression between 0
// and 1.
type Accuracy struct {
	// Recent is the number of the newest of them, in as few ticks as have 1,000, and Labelled how many have an
	// outcome of a kind that the reference knows. Silent means that these are too few: nothing
	// is added to the detectors and the excess.
	Recent, Labelled int64
	Silent           bool
	// Labels is the number of outcomes, NewerLabels that of predictions after the training.
	Labels, NewerLabels int64
	// Normal is the reference's error rate, nil if unknown.
	Normal *Normal
	// Drop compares the errors with the reference, Decline with the model's own first 1,000
	// outcomes, Concept with what the scores promise. Each is nil until it is known.
	Drop, Decline, Concept *Rise
	// Segments are the slices whose accuracy fell, nil unless they are followed.
	Segments *Segments
	// Excess is nil before the first outcome that can be compared with the reference.
	Excess *Excess
}

// Normal is the error rate, 0 to 1, that the reference's predictions have if they get outcomes
// as the recent ones do. Limit is the greatest rate that agrees with it.
type Normal struct{ Rate, Limit float64 }

// Rise is the state of a detector of a risen error rate.
type Rise struct {
	Detection

	// Since is the end of the tick at which the alarm began that is on, nil without one.
	Since *time.Time `json:"since,omitempty"`
}

// Excess is the number of errors above those that the reference would have made on as many
// predictions.
type Excess struct {
	Labels int64
	// Errors is the expected number, below 0 when there are fewer. Lower is a lower bound,
	// which holds at all times together.
	Errors, Lower float64
	// Exceeded means that Lower has reached the cost of retraining, at Since.
	Exceeded bool
	Since    *time.Time
}
