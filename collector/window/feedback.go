package window

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// feedback is the feedback window of one model and version: the outcomes of distinct
// predictions whose effective record was accepted last. A prediction that gets another
// record moves to the end, and its earlier record no longer counts.
type feedback struct {
	limit    int
	predicts value.Prediction
	layout   *layout  // nil: no reference serves this version
	records  []record // in order; a superseded one is no longer in current
	current  map[int64]int64
	// anchor is the anchor of the predictions. Earlier predictions may have been deleted,
	// so they are known through their feedback only.
	anchor int64
	// begin is the anchor of the feedback, and trail how its accuracy went.
	begin int64
	trail *accuracyTrail
	// performance and outcomes are the last result of counts, nil when records were added
	// or dropped since.
	performance *snapshot.Performance
	outcomes    *snapshot.Outcomes
	// regression is the last result of errors, in the same way.
	regression *snapshot.Regression
	// positive and negative are the outcomes of explored predictions, by the predicted class.
	positive, negative explored
}

type record struct {
	seq, prediction   int64
	predicted, actual string
	score             float64 // a probability, or the predicted value of a regression
	hasScore          bool
	truth             float64 // the outcome of a regression
	// codes are the codes of the prediction's features, nil while unknown. looked means
	// that the log was searched for them.
	codes  []uint8
	looked bool
}

func newFeedback(o *Options, l *layout, predicts value.Prediction) *feedback {
	return &feedback{
		limit: o.Feedback, predicts: predicts, layout: l, current: map[int64]int64{},
		trail:    newAccuracyTrail(o.TrailStep, o.TrailPoints),
		positive: explored{limit: o.Feedback}, negative: explored{limit: o.Feedback},
	}
}

// labelled are the predictions that outcomes are about.
type labelled interface {
	// codesOf returns the codes of the features of a prediction, nil when they are unknown.
	codesOf(prediction int64) []uint8
	// outcome sets the outcome of a prediction, in place of an earlier one.
	outcome(row *predictionlog.FeedbackRow, right bool)
	// judged says how wrong the prediction was by the outcome.
	judged(row *predictionlog.FeedbackRow, loss float64)
}

// fold adds an outcome of a prediction to the window, and to its prediction if rows is not nil.
// An outcome that is not a class of the model changes nothing.
func (f *feedback) fold(row *predictionlog.FeedbackRow, rows labelled) {
	if !f.predicts.HasClasses() {
		f.foldNumber(row, rows)
		return
	}
	classes := f.layout.classReader()
	actual, ok := classes.ActualOf(row.Class, row.Outcome)
	if !ok {
		return
	}
	predicted := classes.Predicted(row.Class)
	var codes []uint8
	if rows != nil {
		codes = rows.codesOf(row.PredictionID)
		rows.outcome(row, predicted == actual)
		rows.judged(row, wrong(predicted == actual))
	}
	f.add(row, predicted, actual, codes)
	switch {
	case row.Explored <= 0 || row.Explored >= 1:
	case predicted == f.layout.positive():
		f.positive.add(row, predicted == actual)
	default:
		f.negative.add(row, predicted == actual)
	}
}

// add appends a record, with the codes of its prediction's features if they are known.
func (f *feedback) add(row *predictionlog.FeedbackRow, predicted, actual string, codes []uint8) {
	score, hasScore := row.Probability()
	f.records = append(f.records, record{
		seq: row.Seq, prediction: row.PredictionID, predicted: predicted, actual: actual,
		score: score, hasScore: hasScore, codes: codes,
	})
	f.added(row)
}

// added makes the record that was just appended the current one of its prediction.
func (f *feedback) added(row *predictionlog.FeedbackRow) {
	f.current[row.PredictionID] = row.Seq
	f.changed()
	f.trim(0)
	f.trail.note(row.Time, f)
}

// changed drops the last results.
func (f *feedback) changed() { f.performance, f.regression = nil, nil }

// forget drops the records before anchor, and stops counting features of predictions
// before the anchor of the predictions.
func (f *feedback) forget(anchor, predictions int64) {
	f.trim(anchor)
	if positive, negative := f.positive.trim(anchor), f.negative.trim(anchor); positive || negative {
		f.performance = nil
	}
	if predictions != f.anchor || anchor != f.begin {
		f.anchor, f.begin = predictions, anchor
		f.changed()
	}
}

func (f *feedback) empty() bool { return len(f.current) == 0 }

// effective reports whether no later record supersedes this one.
func (f *feedback) effective(r record) bool {
	seq, ok := f.current[r.prediction]
	return ok && seq == r.seq
}

// trim drops records from the front that are superseded, before anchor, or more than the
// limit. It rewrites the list when most of it is superseded.
func (f *feedback) trim(anchor int64) {
	for len(f.records) > 0 {
		r := f.records[0]
		if f.effective(r) {
			if len(f.current) <= f.limit && r.seq >= anchor {
				break
			}
			delete(f.current, r.prediction)
			f.changed()
		}
		f.records = f.records[1:]
	}
	if len(f.records) <= 2*f.limit {
		return
	}
	effective := make([]record, 0, f.limit)
	for _, r := range f.records {
		if f.effective(r) {
			effective = append(effective, r)
		}
	}
	f.records = effective
}

// counts counts the effective records. If nothing has changed since the last call, it
// returns the same pointers again.
func (f *feedback) counts() (*snapshot.Performance, *snapshot.Outcomes) {
	if f.performance == nil {
		f.performance, f.outcomes = f.count()
	}
	return f.performance, f.outcomes
}

func (f *feedback) count() (*snapshot.Performance, *snapshot.Outcomes) {
	p, positive := &snapshot.Performance{}, f.layout.positive()
	var scored []drift.Scored
	var scoredRight int64
	var byClass *classCounts
	if f.predicts == value.Multiclass {
		byClass = &classCounts{}
	}
	score, impact := newScoreCounts(f.layout), newImpactCounts(f.layout)
	for _, r := range f.records {
		if !f.effective(r) {
			continue
		}
		p.Samples++
		right := r.predicted == r.actual
		if right {
			p.Correct++
		}
		switch predicted, actual := r.predicted == positive, r.actual == positive; {
		case byClass != nil:
			byClass.add(r.predicted, r.actual)
		case predicted && actual:
			p.TruePositive++
		case predicted:
			p.FalsePositive++
		case actual:
			p.FalseNegative++
		default:
			p.TrueNegative++
		}
		conf := confidenceUnits(r.score, byClass != nil || r.predicted == positive)
		if r.codes != nil && r.prediction >= f.anchor {
			impact.add(r.codes, right, r.hasScore, conf)
		}
		if r.hasScore {
			one := drift.Scored{Score: r.score, Positive: r.actual == positive}
			if byClass != nil {
				one.Positive = right
			}
			scored = append(scored, one)
			score.add(r.score, r.predicted, conf)
			if right {
				scoredRight++
			}
		}
	}
	p.Classes, p.Pairs, p.Trail = byClass.sorted(), byClass.sortedPairs(), f.trail.since(f.begin)
	if n := int64(len(scored)); n > 0 {
		p.Scores = &snapshot.Scores{
			Samples: n, Correct: scoredRight, Estimate: score.estimate(), CalibrationError: drift.ExpectedCalibrationError(scored), Calibration: drift.CalibrationBins(scored),
		}
		if byClass == nil {
			brier := drift.BrierScore(scored)
			p.Scores.BrierScore = &brier
			if auc := drift.ROCAUC(scored); !math.IsNaN(auc) {
				p.Scores.ROCAUC = &auc
			}
		}
	}
	p.Explored = snapshot.Explored{Positive: f.positive.sum(), Negative: f.negative.sum()}
	return p, impact.expect()
}

// scoreCounts collects the counts for an estimate of accuracy.
type scoreCounts struct {
	layout *layout
	fine   []int64 // by fine code of the score, or of class and score; nil without a calibration
	tally  tally
}

func newScoreCounts(l *layout) *scoreCounts {
	c := &scoreCounts{layout: l}
	if l != nil && l.byClass != nil {
		c.fine = make([]int64, l.byClass.Codes())
	} else if l != nil && l.calibration != nil {
		c.fine = make([]int64, l.columns[l.score].binning.Codes())
	}
	return c
}

func (c *scoreCounts) add(score float64, class string, conf int64) {
	switch {
	case c.fine != nil && c.layout.byClass != nil:
		c.fine[c.layout.codeOfClass(class, score)]++
		return
	case c.fine != nil:
		c.fine[c.layout.columns[c.layout.score].binning.Number(score)]++
		return
	}
	c.tally = c.tally.plus(tally{scored: 1, conf: conf, variance: variance(conf)})
}

func (c *scoreCounts) estimate() *snapshot.Estimate {
	switch {
	case c.fine != nil && c.layout.byClass != nil:
		return c.layout.estimateByClass(c.fine)
	case c.fine != nil:
		return c.layout.estimate(c.fine)
	}
	return cbpe(c.tally.scored, c.tally.conf, c.tally.variance)
}
