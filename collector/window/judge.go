package window

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// follow begins to follow the accuracy of a series that has a reference.
func (s *series) follow(o *Options) {
	options := s.layout.cohortOptions(s.predicts, o)
	if options == nil {
		return
	}
	options.Part = func() int64 { return s.behind/s.lookback + 1 }
	s.oneKind = options.Kinds == 1
	s.cohort = cohort.New(s.rows.Timeline, *options)
	if options.Segments != nil {
		s.bins = make([]uint8, s.layout.features)
	}
}

// cohortOptions says how the accuracy of a layout's predictions is followed, nil if it is not.
func (l *layout) cohortOptions(predicts value.Prediction, o *Options) *cohort.Options {
	if o.Bare || o.FalseAlarmsPerMonth == 0 {
		return nil
	}
	trained := int64(math.MinInt64)
	if created := l.reference.Created; !created.IsZero() {
		trained = created.UnixNano()
	}
	strata := l.strata()
	return &cohort.Options{
		Reference: risk.NewReference(strata, cohort.Confidence), Kinds: len(strata), Losses: !predicts.HasClasses(),
		Promise: risk.Options{Tolerance: o.AccuracyTolerance, FalseAlarmsPerMonth: o.FalseAlarmsPerMonth, Watched: l.watched()},
		Cost:    o.RetrainCost, Trained: trained, Segments: l.segments(predicts, o),
	}
}

// segments returns which slices are followed, nil if none are.
func (l *layout) segments(predicts value.Prediction, o *Options) *cohort.Segments {
	if !o.Segments || !predicts.HasClasses() {
		return nil
	}
	g := &cohort.Segments{Pairs: o.SegmentPairs, FalsePerMonth: o.FalseAlarmsPerMonth, Tolerance: o.AccuracyTolerance}
	for i := range l.features {
		c := &l.columns[i]
		g.Bins, g.Known, g.Right = append(g.Bins, len(c.bins)), append(g.Known, c.known), append(g.Right, c.knownRight)
	}
	return g
}

// strata returns the reference's predictions by class, or all together when their outcomes are
// known by score only, and for a regression.
func (l *layout) strata() []risk.Stratum {
	r := l.reference
	if r.Errors != nil {
		n := r.Errors.Rows()
		return []risk.Stratum{{Rows: n, Labels: n, Errors: float64(n) * meanLoss(r.Errors)}}
	}
	strata, labels := make([]risk.Stratum, len(r.Classes)), int64(0)
	for i, c := range r.Classes {
		strata[i] = risk.Stratum{Rows: c.Count, Labels: c.Labelled, Errors: float64(c.Labelled - c.Correct)}
		labels += c.Labelled
	}
	if labels > 0 || r.Score == nil {
		return strata
	}
	all := risk.Stratum{Rows: r.Score.Rows()}
	for b, n := range r.Score.Labelled {
		all.Labels += n
		all.Errors += float64(n - r.Score.Correct[b])
	}
	return []risk.Stratum{all}
}

// meanLoss is the mean of min(|error| / scale, 1) over the reference, from the quantiles. It is
// 1, which no model can exceed, if the scale is unknown.
func meanLoss(e *reference.Errors) float64 {
	scale := e.Scale()
	if !(scale > 0) {
		return 1
	}
	sum := 0.0
	for i := 1; i < len(e.Quantiles); i++ {
		sum += (min(e.Quantiles[i-1]/scale, 1) + min(e.Quantiles[i]/scale, 1)) / 2
	}
	return sum / float64(len(e.Quantiles)-1)
}

// lossOf is the loss of an error of a regression, NaN if the scale is unknown.
func (l *layout) lossOf(err float64) float64 {
	if l == nil {
		return math.NaN()
	}
	scale := l.reference.Errors.Scale()
	if !(scale > 0) {
		return math.NaN()
	}
	return min(math.Abs(err)/scale, 1)
}

// rates returns the number of error rates that are watched: that of the model relative to its own
// beginning, to the reference, and to its scores.
func (l *layout) rates() int {
	n := 1
	if risk.NewReference(l.strata(), cohort.Confidence) != nil {
		n++
	}
	if l.calibration != nil || l.byClass != nil {
		n++
	}
	return n
}

// watched returns the number of distributions and error rates that share the budget of false
// alarms.
func (l *layout) watched() int { return len(l.columns) + l.rates() }

// judge adds the row that was just added to the cohort: its class, and how often predictions
// with its score were wrong.
func (s *series) judge() {
	if s.cohort == nil {
		return
	}
	s.layout.binsOf(s.codes, s.bins)
	s.cohort.Add(s.layout.cohortKind(s.codes, s.oneKind), s.layout.expectedLoss(s.codes), s.bins)
}

// cohortKind returns the kind of a row in the cohort by its codes. oneKind says that the reference
// knows the outcomes of all predictions together only.
func (l *layout) cohortKind(codes []uint8, oneKind bool) uint8 {
	if oneKind {
		return 0
	}
	if k := l.kind(codes); k >= 0 {
		return uint8(k)
	}
	return cohort.NoKind
}

// expectedLoss returns how often predictions with the score of a row were wrong in the reference,
// NaN if unknown.
func (l *layout) expectedLoss(codes []uint8) float64 {
	switch {
	case l.byClass != nil:
		if accuracy, ok := l.byClass.Accuracy(codes[len(l.columns)]); ok {
			return 1 - accuracy
		}
	case l.calibration != nil:
		if b := fineBin(l.columns[l.score].binning, codes[l.score]); b >= 0 {
			return 1 - l.calibration.Accuracy(b)
		}
	}
	return math.NaN()
}

// binsOf writes the exported bins of the features of a row into bins, as many as it holds.
func (l *layout) binsOf(codes, bins []uint8) {
	for i := range bins {
		bins[i] = uint8(l.columns[i].binning.Bin(codes[i]))
	}
}

// outcome sets the outcome of a row in the ledger.
func (s *series) outcome(f *predictionlog.FeedbackRow, right bool) { s.ledger.outcome(f, right) }

// judged adds an outcome to the cohort.
func (s *series) judged(f *predictionlog.FeedbackRow, loss float64) {
	line := s.rows.Timeline
	if s.cohort == nil || math.IsNaN(loss) {
		return
	}
	i := line.Search(line.First(), f.PredictionID)
	if i == line.Next() || line.ID(i) != f.PredictionID {
		return
	}
	s.cohort.Outcome(i, cohort.Outcome{Sequence: f.Seq, Bucket: uint8(delayBucket(f.Time - beginning(line.Time(i)))), Loss: loss})
}

// wrong is the loss of a class that was predicted right or wrong.
func wrong(right bool) float64 {
	if right {
		return 0
	}
	return 1
}
