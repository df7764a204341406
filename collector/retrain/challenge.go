package retrain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// challenge is the step challenge. It waits until live traffic has decided between the candidate,
// as a shadow, and the served model. The evidence holds at any time, so it may look as often as it
// likes.
type challenge struct {
	model     string // the file of the served model, for its classes
	reference string // its reference, for the size of a regression's errors
	maturity  time.Duration
	evidence  float64
	interval  time.Duration
}

func parseChallenge(d decoder, n node) (respond.Step, error) {
	m := d.Map(n, "challenge", "model_file", "reference_file", "maturity", "evidence", "interval")
	m.Require("maturity", "write how long outcomes take to arrive, such as 30d; younger predictions are not compared")
	m.Require("model_file", "write the path of the served model")
	c := &challenge{
		model: m.Text("model_file", ""), reference: m.Text("reference_file", ""), evidence: m.Number("evidence", 100, 2, 1e9),
		maturity: m.Duration("maturity", 0, 0, 10*365*24*time.Hour),
		interval: m.Duration("interval", time.Minute, time.Second, 24*time.Hour),
	}
	return c, m.Err
}

// Timeout implements respond.Patient.
func (c *challenge) Timeout() time.Duration { return c.maturity + 30*24*time.Hour }

// Plan implements respond.Step.
func (c *challenge) Plan(*respond.Job) string {
	return fmt.Sprintf("wait until outcomes of live traffic say by %g to 1 that the candidate is better or worse than the served model", c.evidence)
}

// challenged is the evidence of a challenge. A win is a prediction about which only the candidate
// is right, or of a regression one to whose outcome it is closer.
type challenged struct {
	Version  string  `json:"version"`
	Labels   int64   `json:"labels"` // predictions of both with an outcome
	Wins     int64   `json:"wins"`
	Losses   int64   `json:"losses"`
	Evidence float64 `json:"evidence_better"`
	Against  float64 `json:"evidence_worse"`
	// Accuracy is the candidate's less that of the served model, Error the mean absolute error of a
	// regression in the same way, with each difference limited to the scale of the errors.
	Accuracy *difference `json:"accuracy_difference,omitempty"`
	Error    *difference `json:"error_difference,omitempty"`

	isBetter bool // the interval says so
}

// difference is a mean with an interval of 95 % that holds at any time.
type difference struct {
	Mean  float64 `json:"mean"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// text says how often either did better.
func (c *challenged) text() string {
	if c.Error != nil {
		return fmt.Sprintf("of %d predictions with an outcome the candidate is closer to %d, the served model to %d", c.Labels, c.Wins, c.Losses)
	}
	return fmt.Sprintf("of %d predictions with an outcome the candidate alone is right about %d, the served model alone about %d", c.Labels, c.Wins, c.Losses)
}

// Run implements respond.Step. It ends without a decision when ctx ends, by the timeout of the
// step: then the candidate is not promoted.
func (c *challenge) Run(ctx context.Context, j *respond.Job) (_ respond.Result, err error) {
	_, candidate, err := loadCandidate(j, "shadow and challenge")
	if err != nil {
		return respond.Result{}, err
	}
	served, err := loadServed(c.model, j)
	if err != nil {
		return respond.Result{}, err
	}
	scale, err := c.scale(served)
	if err != nil {
		return respond.Result{}, err
	}
	reader := sqlite.NewReader(j.LogPath)
	defer func() { err = errors.Join(err, reader.Close()) }()
	pairs := newPairs(j.Model, candidate.Version, outcomesOf(served), scale, c.maturity)
	look := time.NewTicker(c.interval)
	defer look.Stop()
	for {
		found, err := pairs.compare(ctx, reader, time.Now())
		if err != nil && ctx.Err() == nil {
			return respond.Result{}, err
		}
		switch {
		case err != nil:
		case found.Evidence >= c.evidence && found.isBetter:
			return respond.Result{Evidence: found, Text: found.text()}, nil
		case found.Against >= c.evidence:
			return respond.Result{Evidence: found, Stop: "the candidate is worse on live traffic: " + found.text()}, nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return respond.Result{Evidence: found, Stop: fmt.Sprintf("%d predictions with an outcome have not decided between the candidate and the served model in time", found.Labels)}, nil
			}
			return respond.Result{}, context.Cause(ctx)
		case <-look.C:
		}
	}
}

// scale returns the size of an error of a regression from which it counts as a whole one, 0 of a
// model of classes.
func (c *challenge) scale(served *model.Model) (float64, error) {
	if kindOf(served) != value.Regression {
		return 0, nil
	}
	if c.reference == "" {
		return 0, fmt.Errorf("model file %s is a regression; write the path of its reference as reference_file: errors are limited to the 99 %% quantile that it knows", c.model)
	}
	r, err := reference.Load(c.reference)
	if err != nil {
		return 0, err
	}
	if r.Model != served.Name || !(r.Errors.Scale() > 0) {
		return 0, fmt.Errorf("%s does not say how large the errors of model %q are; make it with train, or with reference and the columns of predictions and outcomes", c.reference, served.Name)
	}
	return r.Errors.Scale(), nil
}

// pairs compares the served model with its shadow, on predictions that both have made. A prediction
// is compared once, in the order of the predictions, when it is old enough that its outcome has had
// time to arrive. In the order in which outcomes arrive, the early ones would decide, and they are
// of a kind: defaults come before repayments.
type pairs struct {
	model, version string // of the shadow
	outcomes       outcomes
	scale          float64 // of the errors of a regression, else 0
	maturity       time.Duration
	upTo           int64 // the last prediction that was read
	contest        *risk.Contest
}

func newPairs(model, version string, o outcomes, scale float64, maturity time.Duration) *pairs {
	return &pairs{model: model, version: version, outcomes: o, scale: scale, maturity: maturity, upTo: -1, contest: risk.NewContest(scale > 0)}
}

// pairedRow is a prediction of the candidate beside the answered one.
type pairedRow struct {
	of       int64
	class    string
	score    float64
	hasScore bool
}

// errYoung ends a reading at the first prediction that is too young.
var errYoung = errors.New("too young")

// compare compares what has become old enough.
func (p *pairs) compare(ctx context.Context, reader *sqlite.Reader, now time.Time) (challenged, error) {
	state, err := reader.State(ctx)
	if err != nil {
		return p.found(), err
	}
	before := now.Add(-p.maturity).UnixNano()
	var shadows []pairedRow // a reader reads one thing at a time
	upTo := p.upTo
	err = reader.WholePredictions(ctx, p.upTo, state.HighWater.Predictions, func(row *predictionlog.WholeRow) error {
		if row.Time > before {
			return errYoung
		}
		if row.Model == p.model && row.Version == p.version && row.Shadow {
			shadows = append(shadows, pairedRow{row.ShadowOf, row.Class, row.Score, row.HasScore})
		}
		upTo = row.ID
		return nil
	})
	if err != nil && !errors.Is(err, errYoung) {
		return p.found(), fmt.Errorf("read predictions: %w", err)
	}
	ids, newest := make([]int64, len(shadows)), map[int64]predictionlog.FeedbackRow{}
	for i := range shadows {
		ids[i] = shadows[i].of
	}
	err = reader.FeedbackOf(ctx, ids, -1, state.HighWater.Feedback, func(row *predictionlog.FeedbackRow) error {
		newest[row.PredictionID] = *row
		return nil
	})
	if err != nil {
		return p.found(), fmt.Errorf("read outcomes: %w", err)
	}
	for i := range shadows {
		if row, ok := newest[shadows[i].of]; ok {
			p.add(&shadows[i], &row)
		}
	}
	p.upTo = upTo
	return p.found(), nil
}

// add compares one prediction of the candidate with the answered one, if the outcome says which is
// better.
func (p *pairs) add(s *pairedRow, f *predictionlog.FeedbackRow) {
	actual, ok := p.outcomes.actual(f.Outcome)
	if !ok {
		return
	}
	if p.scale > 0 {
		truth, _ := value.OutcomeNumber(f.Outcome) // it is one
		if s.hasScore && f.HasScore {
			p.contest.Add(min(max((math.Abs(f.Score-truth)-math.Abs(s.score-truth))/p.scale, -1), 1))
		}
		return
	}
	ours, theirs := p.outcomes.predicted(s.class) == actual, p.outcomes.predicted(f.Class) == actual
	switch {
	case ours && !theirs:
		p.contest.Add(1)
	case theirs && !ours:
		p.contest.Add(-1)
	default:
		p.contest.Add(0)
	}
}

// found is what the comparisons so far say.
func (p *pairs) found() challenged {
	duel := p.contest.Duel()
	c := challenged{Version: p.version, Labels: p.contest.Labels(), Wins: duel.Wins, Losses: duel.Losses}
	better, worse := p.contest.LogEvidence()
	c.Evidence, c.Against = math.Exp(min(better, mostEvidence)), math.Exp(min(worse, mostEvidence))
	mean, lower, upper, ok := p.contest.Interval()
	c.isBetter = ok && lower > 0
	switch {
	case !ok:
	case p.scale > 0: // errors are smaller where the candidate is better
		c.Error = &difference{-p.scale * mean, -p.scale * upper, -p.scale * lower}
	default:
		c.Accuracy = &difference{mean, lower, upper}
	}
	return c
}

// mostEvidence keeps evidence, in nats, a number that JSON can hold.
const mostEvidence = 700
