package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// usual, usualBins and judgement are the exporter's options without flags, except for the cost,
// which is unknown then.
var (
	usual = window.Options{
		Predictions: 1000, Lookback: 262_144, Feedback: 100, Versions: 10,
		FalseAlarmsPerMonth: 1, Tolerance: 0.02, AccuracyTolerance: 0.05, RetrainCost: 100,
	}
	usualBins = drift.BinOptions{Count: 10, Method: "quantile"}
	judgement = assess.Judgement{
		Sequential: true, Significance: 0.05, Tolerance: 0.02, MaxSegments: 10,
		Retraining: assess.Retraining{Tolerance: 0.05, Cost: 100, MinimumAge: 7 * 24 * time.Hour, MinimumLabels: 500},
	}
)

const (
	minute = 4  // ticks between two decisions
	early  = 10 // a change comes after the month's length divided by that
)

// Rule is months of one kind of traffic, and what the whole recommendation rule said of it.
type Rule struct {
	Name    string
	Predict value.Prediction
	// Drifts says that from a tenth of the month on a feature that means nothing is elsewhere, Harm
	// that some outcomes are others.
	Drifts, Harm bool

	Months, Decisions int
	// Held are the months in which a reason ever held, by reason in the order of Reasons.All.
	Held        []int
	Recommended int // months
	After       int // ticks from the change to the latest first recommendation of a month
}

// rules runs the whole rule over months of each kind of traffic, as many months at once as there
// are processors.
func rules(e effort, seed uint64) ([]Rule, error) {
	some := (e.Rule + 4) / 5
	all := []Rule{
		{Name: "two classes", Predict: value.Binary, Months: e.Rule},
		{Name: "three classes", Predict: value.Multiclass, Months: e.Rule},
		{Name: "numbers", Predict: value.Regression, Months: e.Rule},
		{Name: "two classes, harmless drift", Predict: value.Binary, Drifts: true, Months: some},
		{Name: "two classes, harm", Predict: value.Binary, Harm: true, Months: some},
		{Name: "three classes, harm", Predict: value.Multiclass, Harm: true, Months: some},
		{Name: "numbers, harm", Predict: value.Regression, Harm: true, Months: some},
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	seen := make([][]Rule, len(all))
	for i, x := range all {
		seen[i] = make([]Rule, x.Months)
		for month := range x.Months {
			group.Go(func() (err error) {
				seen[i][month], err = x.month(e, source(seed, x.Name, month))
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("decide on quiet traffic: %w", err)
	}
	for i := range all {
		for _, month := range seen[i] {
			all[i].add(&month)
		}
	}
	return all, nil
}

// add adds one month.
func (x *Rule) add(month *Rule) {
	x.Decisions += month.Decisions
	x.Recommended += month.Recommended
	x.After = max(x.After, month.After)
	if x.Held == nil {
		x.Held = make([]int, len(month.Held))
	}
	for i, n := range month.Held {
		x.Held[i] += n
	}
}

// month runs one month with a reference of its own, and decides once a minute. With harm it ends
// with the first recommendation.
func (x Rule) month(e effort, r *rand.Rand) (Rule, error) {
	s := &stream{random: r, predict: x.Predict, drifts: math.MaxInt, worse: math.MaxInt}
	normal, err := s.reference()
	if err != nil {
		return x, err
	}
	change := e.Ticks / early
	if x.Drifts {
		s.drifts = change
	}
	if x.Harm {
		s.worse = change
	}
	nulls := drift.NewNulls(e.Draws, 1)
	defer nulls.Close()
	w, err := window.New(s, []window.Spec{{Name: "m", Type: x.Predict, References: []*reference.Reference{normal}}}, usualBins, nulls, usual)
	if err != nil {
		return x, err
	}
	for s.tick < e.Ticks && (!x.Harm || x.Recommended == 0) {
		for range minute {
			s.pass()
		}
		seen := w.Snapshot(context.Background(), s.now())
		if seen.Err != nil {
			return x, seen.Err
		}
		x.decide(judgement.Decision(seen, &seen.Models[0]), s.tick-change)
	}
	return x, nil
}

// decide counts what a decision says, so many ticks after the change.
func (x *Rule) decide(d *assess.Decision, after int) {
	if d.Recommended != nil {
		x.Decisions++
	}
	all := d.Reasons.All()
	if x.Held == nil {
		x.Held = make([]int, len(all))
	}
	for i, reason := range all {
		if reason.Holds != nil && *reason.Holds {
			x.Held[i] = 1
		}
	}
	if x.Recommended == 0 && d.Recommended != nil && *d.Recommended {
		x.Recommended, x.After = 1, after
	}
}

// For returns the months in which each reason that speaks for retraining ever held.
func (x *Rule) For() (months []int) {
	for i, reason := range (&assess.Reasons{}).All() {
		if !reason.Against {
			months = append(months, x.Held[i])
		}
	}
	return months
}
