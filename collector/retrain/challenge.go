package retrain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// challenge is the step challenge. It waits until live traffic has decided between the candidate,
// as a shadow, and the served model. The evidence holds at any time, so it may look as often as it
// likes.
type challenge struct {
	model    string // the file of the served model, for its classes
	maturity time.Duration
	evidence float64
	interval time.Duration
}

func parseChallenge(d decoder, n node) (respond.Step, error) {
	m := d.Map(n, "challenge", "model_file", "maturity", "evidence", "interval")
	m.Require("maturity", "write how long outcomes take to arrive, such as 30d; younger predictions are not compared")
	m.Require("model_file", "write the path of the served model")
	c := &challenge{
		model: m.Text("model_file", ""), evidence: m.Number("evidence", 100, 2, 1e9),
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

// challenged is the evidence of a challenge.
type challenged struct {
	Version    string  `json:"version"`
	Labels     int64   `json:"labels"` // predictions of both with an outcome
	Wins       int64   `json:"wins"`   // only the candidate was right
	Losses     int64   `json:"losses"`
	Evidence   float64 `json:"evidence_better"`
	Against    float64 `json:"evidence_worse"`
	Difference float64 `json:"accuracy_difference"`
	Lower      float64 `json:"accuracy_difference_lower"` // 95 %, at any time
	Upper      float64 `json:"accuracy_difference_upper"`
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
	if kindOf(served) == value.Regression {
		return respond.Result{}, fmt.Errorf("model file %s is a regression; challenge compares classes: use validate with model: candidate", c.model)
	}
	reader := sqlite.NewReader(j.LogPath)
	defer func() { err = errors.Join(err, reader.Close()) }()
	pairs := newPairs(j.Model, candidate.Version, value.NewClosedClassReader(served.Classes()), c.maturity)
	look := time.NewTicker(c.interval)
	defer look.Stop()
	for {
		found, err := pairs.compare(ctx, reader, time.Now())
		if err != nil && ctx.Err() == nil {
			return respond.Result{}, err
		}
		switch {
		case err != nil:
		case found.Evidence >= c.evidence && found.Lower > 0:
			return respond.Result{Evidence: found, Text: fmt.Sprintf("of %d predictions with an outcome the candidate alone is right about %d, the served model alone about %d", found.Labels, found.Wins, found.Losses)}, nil
		case found.Against >= c.evidence:
			return respond.Result{Evidence: found, Stop: fmt.Sprintf("the candidate is worse on live traffic: of %d predictions with an outcome it alone is right about %d, the served model alone about %d", found.Labels, found.Wins, found.Losses)}, nil
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

// pairs compares the served model with its shadow, on predictions that both have made. A prediction
// is compared once, in the order of the predictions, when it is old enough that its outcome has had
// time to arrive. In the order in which outcomes arrive, the early ones would decide, and they are
// of a kind: defaults come before repayments.
type pairs struct {
	model, version string // of the shadow
	classes        *value.ClassReader
	maturity       time.Duration
	upTo           int64 // the last shadow that was compared
	contest        *risk.Contest
}

func newPairs(model, version string, classes *value.ClassReader, maturity time.Duration) *pairs {
	return &pairs{model: model, version: version, classes: classes, maturity: maturity, upTo: -1, contest: risk.NewContest(false)}
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
	type shadow struct {
		id, of int64
		class  string
	}
	var shadows []shadow // a reader reads one thing at a time
	upTo := p.upTo
	err = reader.WholePredictions(ctx, p.upTo, state.HighWater.Predictions, func(row *predictionlog.WholeRow) error {
		if row.Time > before {
			return errYoung
		}
		if row.Model == p.model && row.Version == p.version && row.Shadow {
			shadows = append(shadows, shadow{row.ID, row.ShadowOf, row.Class})
		}
		upTo = row.ID
		return nil
	})
	if err != nil && !errors.Is(err, errYoung) {
		return p.found(), fmt.Errorf("read predictions: %w", err)
	}
	for _, s := range shadows {
		if err := p.add(ctx, reader, s.of, s.class); err != nil {
			return p.found(), err
		}
		p.upTo = s.id
	}
	p.upTo = upTo
	return p.found(), nil
}

// add compares one prediction of the shadow with the answered one.
func (p *pairs) add(ctx context.Context, reader *sqlite.Reader, id int64, shadow string) error {
	class, outcome, ok, err := reader.Outcome(ctx, id)
	if err != nil || !ok {
		return err
	}
	actual, ok := p.classes.Actual(outcome)
	if !ok {
		return nil
	}
	ours, theirs := p.classes.Predicted(shadow) == actual, p.classes.Predicted(class) == actual
	difference := 0.0
	switch {
	case ours && !theirs:
		difference = 1
	case theirs && !ours:
		difference = -1
	}
	p.contest.Add(difference)
	return nil
}

// found is what the comparisons so far say.
func (p *pairs) found() challenged {
	duel := p.contest.Duel()
	c := challenged{Version: p.version, Labels: p.contest.Labels(), Wins: duel.Wins, Losses: duel.Losses, Lower: -1, Upper: 1}
	better, worse := p.contest.LogEvidence()
	c.Evidence, c.Against = math.Exp(min(better, mostEvidence)), math.Exp(min(worse, mostEvidence))
	if mean, lower, upper, ok := p.contest.Interval(); ok {
		c.Difference, c.Lower, c.Upper = mean, lower, upper
	}
	return c
}

// mostEvidence keeps evidence, in nats, a number that JSON can hold.
const mostEvidence = 700
