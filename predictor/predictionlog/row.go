package predictionlog

// Key is the model and version that made a prediction. Version may be empty.
type Key struct{ Model, Version string }

// Row is one prediction as a Reader returns it.
type Row struct {
	// ID rises from row to row; Time is in nanoseconds since 1970, UTC.
	ID, Time       int64
	Model, Version string
	// Features is the text that was logged: a JSON object, unless the service
	// that wrote it was broken (see InvalidFeatures). It belongs to the row.
	Features []byte
	// Score is any finite number, for a binary model the probability of the positive
	// class. It is meaningless without HasScore.
	Score    float64
	HasScore bool
	Class    string
	// Latency is in nanoseconds, -1 when the writer did not say.
	Latency int64
	// Shadow means that another model made the prediction, beside the answered one, whose id
	// is ShadowOf.
	Shadow   bool
	ShadowOf int64
	// Coded is set instead of Features in rows that come from elsewhere than a log.
	Coded *Coded
}

// Coded is what a window needs of the features of a row, by feature.
type Coded struct {
	// Codes say into which part of the reference each value falls.
	Codes []uint8
	// Numbers are the values of numeric features, NaN where there is none. It is nil if
	// nobody asks for the newest values.
	Numbers []float64
}

// Probability returns the score if it can be a probability; a log may hold any
// finite score, such as a logit. ok is false where there is none, or one outside
// [0, 1].
func (r *Row) Probability() (p float64, ok bool) { return probability(r.Score, r.HasScore) }

// WholeRow is a prediction with the columns that only a copy of the log needs.
type WholeRow struct {
	Row
	RequestID string // empty when the caller sent none
	// Answered is the class that was answered instead of Class, to explore, and
	// AnsweredProbability that of being answered so; 0 when Class was answered.
	Answered            string
	AnsweredProbability float64
}

// FeedbackRow is one accepted outcome as a Reader returns it. The newest one of a
// prediction is its outcome. Class, Model and Version are the prediction's.
type FeedbackRow struct {
	// Time is when it was logged, ObservedAt when the outcome was seen; both in
	// nanoseconds since 1970, UTC.
	Seq, PredictionID, Time, ObservedAt    int64
	Outcome, Class, Model, Version, Source string
	// Confidence is in (0, 1].
	Confidence float64
	// PredictedAt is the time of the prediction in nanoseconds since 1970, -1 when
	// that was gone. Score is its score; it means nothing without HasScore.
	PredictedAt int64
	Score       float64
	HasScore    bool
	// Corrects is empty, or a word of Corrections that says why the outcome replaces a
	// different earlier one.
	Corrects string
	// Explored is the probability with which the prediction was answered with another class than
	// its own; 0 when it was not.
	Explored float64
}

// Probability is Row's, of the prediction that the outcome is about.
func (f *FeedbackRow) Probability() (p float64, ok bool) { return probability(f.Score, f.HasScore) }

func probability(score float64, has bool) (float64, bool) {
	if has && score >= 0 && score <= 1 {
		return score, true
	}
	return 0, false
}

// ErrorRow is one refused request as a Reader hands it out. Time is in
// nanoseconds since 1970, UTC.
type ErrorRow struct {
	Seq, Time              int64
	Model, Version, Reason string
}
