package predictionlog

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// LatencyBounds are the upper bounds, in seconds, of the latency histogram's
// buckets but the last, which is +Inf. A value on a bound is in its bucket. Do
// not modify.
var LatencyBounds = []float64{.001, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1}

// ScoreBounds are the upper bounds of the score histogram's buckets but the
// last, which is +Inf. A value on a bound is in its bucket. Do not modify.
var ScoreBounds = []float64{.1, .2, .3, .4, .5, .6, .7, .8, .9, 1}

// DelayBounds are the upper bounds, in seconds, of the buckets of the delay of outcomes,
// from a second to 90 days. The last bucket, +Inf, is left out. A value on a bound is in
// its bucket. Do not modify.
var DelayBounds = []float64{1, 10, 60, 600, 3600, 21600, 86400, 259200, 604800, 1209600, 2592000, 5184000, 7776000}

// Corrections are the reasons why an outcome replaces a different earlier one: it comes
// from the same source, it has a higher confidence than all before, or it has the same
// confidence and comes from another source. Do not modify.
var Corrections = []string{"same_source", "higher_confidence", "other_source"}

// LatencyBoundsNS are LatencyBounds in nanoseconds. Do not modify.
var LatencyBoundsNS = []int64{1e6, 5e6, 10e6, 25e6, 50e6, 75e6, 100e6, 250e6, 500e6, 750e6, 1e9}

// scoreUnit is the number of units of Histogram.Sum in a score of 1.
const scoreUnit = 1e9

// Counters counts the rows of one model and version since the log was created. All counts
// are whole numbers, so that sums do not depend on the order of addition and never fall.
// It is not safe for concurrent use.
type Counters struct {
	// Classes counts predictions by predicted class.
	Classes map[string]int64
	// Latency leaves out predictions without one. Scores leaves out predictions without a
	// score, and those whose score is outside [0, 1] and so not a probability.
	Latency, Scores Histogram
	// Errors counts refused requests by reason.
	Errors map[string]int64
	// Feedback counts accepted outcomes, superseded ones too.
	Feedback map[ClassPair]int64
	// Corrections counts those accepted outcomes that replaced a different one of the same
	// prediction, by a word of the list Corrections.
	Corrections map[string]int64
	// Delays are the times from prediction to outcome, of all accepted outcomes whose
	// prediction was still in the log when they arrived.
	Delays Histogram
	// Invalid counts predictions whose features are not a JSON object.
	Invalid int64
}

// ClassPair is a predicted class and the class that was observed. For a regression, Predicted is
// empty and Actual a number, or [AnyNumber].
type ClassPair struct{ Predicted, Actual string }

// AnyNumber stands for all outcomes that are numbers, where there is no predicted class and so
// may be as many outcomes as predictions.
const AnyNumber = "number"

// pairOf returns under which pair an outcome is counted. An outcome that is a number in JSON, of
// a prediction without a class, counts as [AnyNumber], unless it is as short as 0, 1 and 1.0: a
// class may be spelled so. The log's own sums follow the same rule.
func pairOf(predicted, actual string) ClassPair {
	if predicted == "" && len(actual) > shortest && isJSONNumber(actual) {
		actual = AnyNumber
	}
	return ClassPair{Predicted: predicted, Actual: actual}
}

// shortest is the length up to which numbers are counted by their text.
const shortest = 3

func isJSONNumber(text string) bool {
	first := strings.TrimLeft(text, " \t\n\r")
	return first != "" && (first[0] == '-' || first[0] >= '0' && first[0] <= '9') && json.Valid([]byte(text))
}

// AddPair counts accepted outcomes that have the same predicted class and outcome.
func (c *Counters) AddPair(predicted, actual string, n int64) {
	c.Feedback[pairOf(predicted, actual)] += n
}

// Histogram counts values by bucket.
type Histogram struct {
	// Counts is by bucket, not cumulative; the last bucket is +Inf.
	Counts []int64
	// Sum of the values: of latencies in nanoseconds, of scores in units of 1e-9,
	// of delays in milliseconds.
	Sum int64
}

// NewCounters returns counters at zero.
func NewCounters() *Counters {
	return &Counters{
		Classes:  map[string]int64{},
		Latency:  Histogram{Counts: make([]int64, len(LatencyBounds)+1)},
		Scores:   Histogram{Counts: make([]int64, len(ScoreBounds)+1)},
		Errors:   map[string]int64{},
		Feedback: map[ClassPair]int64{},

		Corrections: map[string]int64{},
		Delays:      Histogram{Counts: make([]int64, len(DelayBounds)+1)},
	}
}

// AddPrediction counts one prediction. Pass invalid as InvalidFeatures says: a
// caller that has parsed the features knows without asking.
func (c *Counters) AddPrediction(r *Row, invalid bool) {
	c.Classes[r.Class]++
	if r.Latency >= 0 {
		c.Latency.Counts[LatencyBucket(r.Latency)]++
		c.Latency.Sum += r.Latency
	}
	if p, ok := r.Probability(); ok {
		c.Scores.Counts[ScoreBucket(p)]++
		c.Scores.Sum += ScoreUnits(p)
	}
	if invalid {
		c.Invalid++
	}
}

// AddFeedback counts one accepted outcome.
func (c *Counters) AddFeedback(f *FeedbackRow) {
	c.AddPair(f.Class, f.Outcome, 1)
	if f.Corrects != "" {
		c.Corrections[f.Corrects]++
	}
	if f.PredictedAt >= 0 {
		delay := f.ObservedAt - f.PredictedAt
		c.Delays.Counts[delayBucket(delay)]++
		c.Delays.Sum += min(max(delay/1e6, 0), longestDelay)
	}
}

// AddError counts one refused request.
func (c *Counters) AddError(reason string) { c.Errors[reason]++ }

// Clone returns an independent copy.
func (c *Counters) Clone() *Counters {
	return &Counters{
		Classes:  maps.Clone(c.Classes),
		Latency:  Histogram{Counts: slices.Clone(c.Latency.Counts), Sum: c.Latency.Sum},
		Scores:   Histogram{Counts: slices.Clone(c.Scores.Counts), Sum: c.Scores.Sum},
		Errors:   maps.Clone(c.Errors),
		Feedback: maps.Clone(c.Feedback),
		Invalid:  c.Invalid,

		Corrections: maps.Clone(c.Corrections),
		Delays:      Histogram{Counts: slices.Clone(c.Delays.Counts), Sum: c.Delays.Sum},
	}
}

// LatencyBucket returns the bucket of a latency in nanoseconds.
func LatencyBucket(ns int64) int {
	for i, bound := range LatencyBoundsNS {
		if ns <= bound {
			return i
		}
	}
	return len(LatencyBoundsNS)
}

// longestDelay is ten years in milliseconds: what is longer counts as that.
const longestDelay = 315_360_000_000

func delayBucket(ns int64) int {
	for i, bound := range DelayBounds {
		if ns <= int64(bound)*1e9 {
			return i
		}
	}
	return len(DelayBounds)
}

// ScoreBucket returns the bucket of a score in [0, 1].
func ScoreBucket(score float64) int {
	for i, bound := range ScoreBounds {
		if score <= bound {
			return i
		}
	}
	return len(ScoreBounds)
}

// ScoreUnits rounds a score to units of 1e-9. The conversion keeps a compiler
// from fusing the multiplication with the addition: the log's own sums are
// rounded twice, and the two must agree to the last unit.
func ScoreUnits(score float64) int64 { return int64(float64(score*scoreUnit) + 0.5) }
