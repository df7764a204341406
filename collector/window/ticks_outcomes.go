package window

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	ticks "github.com/drift-exporter/drift_exporter/predictor/tick"
)

// predictionKey is a prediction: its log, and its id there.
type predictionKey struct {
	log string
	id  int64
}

// known is a prediction that has an outcome.
type known struct {
	key    predictionKey
	number int64 // of the prediction among those with an outcome
	time   int64
	tally  *tickTally // nil if no window counted the prediction
	codes  []uint8    // of its features, nil while unknown

	// For the cohort: its kind, how often such predictions are wrong, the bins of its features, and
	// its outcomes, oldest first.
	kind     uint8
	expected float64
	bins     []uint8
	outcomes []cohort.Outcome

	delay    uint8 // bucket of the delay of its last outcome, or noOutcome
	right    bool
	positive bool
}

// outcomeAt returns the outcome that the prediction had at an age.
func (k *known) outcomeAt(age uint8) (o cohort.Outcome, ok bool) {
	for _, o := range slices.Backward(k.outcomes) {
		if o.Bucket <= age {
			return o, true
		}
	}
	return o, false
}

// part is the number of the look-back of the outcomes, counted from the first tick that ever was.
func (t *Ticks) part() int64 {
	return max(1, t.labels/t.lookbacks.Labels-t.begun/t.lookbacks.Labels+1)
}

// outcome folds one outcome.
func (t *Ticks) outcome(o *ticks.Outcome) {
	spec := t.specs[o.Model]
	if spec == nil {
		return
	}
	key := predictionlog.Key{Model: o.Model, Version: o.Version}
	f := t.feedback[key]
	if f == nil {
		f = newFeedback(&t.options, t.layoutOf(spec, o.Version), spec.predicts())
		if t.begun < t.labels {
			f.begin = 1 // earlier outcomes are forgotten
		}
		t.feedback[key] = f
	}
	s := t.series[key]
	k := t.prediction(o, s, f.layout)
	t.sequence++
	if k.tally == nil {
		t.Unmatched++
	}
	f.fold(&predictionlog.FeedbackRow{
		Seq: t.sequence, Time: o.Time, PredictionID: k.number, Model: o.Model, Version: o.Version, Class: o.Class, Outcome: o.Outcome,
		Score: o.Score, HasScore: o.HasScore, Explored: o.Explored, ObservedAt: o.ObservedAt, PredictedAt: o.PredictedAt, Corrects: o.Corrects,
	}, judging{s, k})
}

// prediction returns what is known of the prediction of an outcome.
func (t *Ticks) prediction(o *ticks.Outcome, s *tickSeries, l *layout) *known {
	key := predictionKey{o.PredictionLog, o.PredictionID}
	if k := t.known[key]; k != nil {
		return k
	}
	k := &known{key: key, number: int64(len(t.known)) + 1, time: o.PredictedAt, delay: noOutcome, kind: cohort.NoKind, expected: math.NaN()}
	t.known[key] = k
	if l != nil && (o.Scheme != t.schemes[l] || len(o.Codes) != l.width()) {
		return k // it was coded for another reference, or not at all
	}
	start := t.tickOf(o)
	if o.PredictedAt < 0 || start < t.labels {
		return k
	}
	if l != nil {
		k.codes = slices.Clone(o.Codes[:l.features])
	}
	if s != nil && !t.isLeft(o, start) {
		k.describe(s, o, start)
	}
	return k
}

// describe sets what the ledger and the cohort need.
func (k *known) describe(s *tickSeries, o *ticks.Outcome, start int64) {
	k.tally, k.time = s.at(start), within(o.PredictedAt, start)
	k.positive = s.layout.classReader().Predicted(o.Class) == s.layout.positive()
	if s.accuracy == nil {
		return
	}
	k.kind = s.layout.cohortKind(o.Codes, s.oneKind)
	if expected := s.layout.expectedLoss(o.Codes); !math.IsNaN(expected) {
		k.expected = cohort.Rounded(expected)
	}
	if s.accuracy.Segments != nil {
		k.bins = make([]uint8, s.layout.features)
		s.layout.binsOf(o.Codes, k.bins)
	}
}

// isLeft reports whether the record that has the prediction of an outcome is in no window.
func (t *Ticks) isLeft(o *ticks.Outcome, start int64) bool {
	return slices.ContainsFunc(t.left[lateKey{o.PredictionLog, o.Model, o.Version}], func(l leftRecord) bool {
		return l.start == start && l.after < o.PredictionID && o.PredictionID <= l.sequence
	})
}

// tickOf returns the start of the tick that counts the prediction of an outcome.
func (t *Ticks) tickOf(o *ticks.Outcome) int64 {
	start := ticks.Start(o.PredictedAt)
	for _, l := range t.late[lateKey{o.PredictionLog, o.Model, o.Version}] {
		if l.Tick == start && l.After < o.PredictionID && o.PredictionID <= l.Sequence {
			return l.Effective
		}
	}
	return start
}

// judging is the prediction that an outcome is about.
type judging struct {
	series *tickSeries // nil if there is none of its model and version
	known  *known
}

func (j judging) codesOf(int64) []uint8 { return j.known.codes }

func (j judging) outcome(f *predictionlog.FeedbackRow, right bool) {
	k, t := j.known, j.known.tally
	if t == nil {
		return
	}
	delays := j.series.delays
	if k.delay == noOutcome {
		t.labelled++
		if k.positive {
			t.positiveLabelled++
		}
	} else {
		delays[k.delay]--
		if k.right {
			t.right--
		}
	}
	k.delay, k.right = uint8(delayBucket(f.Time-t.start)), right
	delays[k.delay]++
	if right {
		t.right++
	}
}

func (j judging) judged(f *predictionlog.FeedbackRow, loss float64) {
	k, s := j.known, j.series
	if k.tally == nil || s.accuracy == nil || math.IsNaN(loss) {
		return
	}
	if len(k.outcomes) == 0 {
		k.tally.known = append(k.tally.known, k)
	}
	o := cohort.Outcome{Sequence: f.Seq, Bucket: uint8(delayBucket(f.Time - k.tally.start)), Loss: cohort.Rounded(loss)}
	k.outcomes = append(k.outcomes, o)
	if s.folded != nil && k.tally.start < s.folded.Until() && o.Bucket <= s.folding.Bucket {
		s.stale = true
	}
}
