package window

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// counting counts what is asked of a log.
type counting struct {
	Log

	joins, joined int
}

func (c *counting) PredictionsByID(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error {
	c.joins++
	c.joined += len(ids)
	return c.Log.PredictionsByID(ctx, ids, yield)
}

// learned is the reference of traffic in which the score is the probability of
// the positive outcome.
func learned(t *testing.T, rnd *rand.Rand) *reference.Reference {
	t.Helper()
	return normalWith(t, func(r row) string { return came(rnd, r.score) })
}

// came draws an outcome.
func came(rnd *rand.Rand, probability float64) string {
	if rnd.Float64() < probability {
		return "1"
	}
	return "0"
}

// observe writes rows and, in one transaction, their outcomes.
func observe(log *writer, first int64, rows []row, outcome func(row) string) {
	log.predict(rows...)
	log.all(insertOutcome, func(run func(...any)) {
		for i, r := range rows {
			run(first+int64(i), r.time.Add(time.Hour).UnixNano(), outcome(r))
		}
	})
}

const insertOutcome = `INSERT INTO feedback (prediction_id, time, outcome) VALUES (?, ?, ?)`

// TestConceptDriftShowsAsSurpriseInTheFeatureThatBroke has the score say what it
// always did while the outcomes of one state turn around: the estimate stays high,
// the truth is low, the surprise is below 0 and that state is the extreme bin.
// Before, with another mix of scores and states only, nothing is a surprise.
func TestConceptDriftShowsAsSurpriseInTheFeatureThatBroke(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(41, 42))
	log, ref := newLog(t), learned(t, rnd)
	o := defaults()
	o.Feedback, o.Predictions = 2000, 500
	reader := &counting{Log: sqlite.NewReader(log.path)}
	nulls := drift.NewNulls(199, 1)
	t.Cleanup(nulls.Close)
	w, err := New(reader, []Spec{{Name: "m", References: []*reference.Reference{ref}}}, drift.BinOptions{Count: 10, Method: "quantile"}, nulls, o)
	if err != nil {
		t.Fatal(err)
	}
	shifted := traffic(rnd, start, 2000)
	for i := range shifted {
		shifted[i].score = math.Pow(shifted[i].score, .25) // more of the high ones: an accuracy of 13/16
		if shifted[i].state == "CA" && i%2 == 0 {
			shifted[i].state = "TX"
		}
	}
	observe(log, 1, shifted, func(r row) string { return came(rnd, r.score) })
	gap := func(p *snapshot.Performance) (truth, estimate, band float64) {
		s := p.Scores
		return float64(s.Correct) / float64(s.Samples), s.Estimate.Accuracy, 1.96 * s.Estimate.StandardError
	}
	now := start.Add(3 * time.Hour)
	m := see(t, w, now).Models[0]
	truth, estimate, band := gap(m.Performance)
	if m.Performance.Scores.Samples != 2000 || m.Performance.Scores.Estimate.Method != snapshot.Calibrated || math.Abs(truth-estimate) > band || math.Abs(truth-13./16) > .03 {
		t.Errorf("covariate shift: accuracy %v, estimate %v +- %v of %+v", truth, estimate, band, m.Performance)
	}
	if e := m.Estimate; e.Rows != 500 || math.Abs(e.Accuracy-13./16) > .03 {
		t.Errorf("the window's accuracy is estimated as %+v, want %v", e, 13./16)
	}
	if m.Coverage.Rows != 500 || m.Coverage.Labelled != 500 || m.Coverage.PositiveLabelled != m.Coverage.Positive || m.Matured == nil || m.Matured.Labelled != 2000 || m.Matured.Age < time.Hour || m.Matured.Age > 66*time.Minute {
		t.Errorf("coverage %+v, matured %+v", m.Coverage, m.Matured)
	}
	// The window holds 500 of them; the others were looked up, once.
	if reader.joins != 1 || reader.joined != 1500 {
		t.Errorf("%d predictions were looked up in %d joins", reader.joined, reader.joins)
	}
	see(t, w, now)
	if reader.joins != 1 {
		t.Errorf("a scrape without new rows joins again: %d", reader.joins)
	}

	broken := traffic(rnd, start.Add(time.Hour), 2000)
	observe(log, 2001, broken, func(r row) string {
		if r.state == "NY" {
			return came(rnd, 1-r.score)
		}
		return came(rnd, r.score)
	})
	m = see(t, w, now).Models[0]
	truth, estimate, band = gap(m.Performance)
	if estimate < .72 || truth > .62 || truth-estimate+band > -.1 {
		t.Errorf("concept drift: accuracy %v, estimate %v +- %v", truth, estimate, band)
	}
	z := map[string]float64{}
	for i := range m.Features() {
		d, of := &m.Features()[i], m.Outcomes.Features[i]
		a := drift.Attribute(bins(d, of))
		z[d.Name] = a.Z
		if math.Abs(a.Covariate) > 4*a.CovariateError {
			t.Errorf("%s: a covariate term of %v +- %v", d.Name, a.Covariate, a.CovariateError)
		}
		if math.Abs(a.Within-(truth-estimate)) > .03 {
			t.Errorf("%s: within bins %v, want the whole change of %v", d.Name, a.Within, truth-estimate)
		}
		if d.Name == "state" && d.Binning.Bins()[a.Extreme] != "NY" {
			t.Errorf("the extreme bin is %s", d.Binning.Bins()[a.Extreme])
		}
	}
	if z["state"] > -15 || z["income"] < z["state"]/2 {
		t.Errorf("the extreme bins are %v standard errors off", z)
	}
}

func bins(d *snapshot.Distribution, o snapshot.BinOutcomes) []drift.AccuracyBin {
	all := make([]drift.AccuracyBin, len(d.Counts))
	for b := range all {
		all[b] = drift.AccuracyBin{
			Reference: d.Reference[b], Window: d.Counts[b], Known: o.Known[b], KnownRight: o.KnownRight[b],
			Expected: math.NaN(), Labelled: o.Labelled[b], Right: o.Right[b],
		}
		if o.Expected != nil {
			all[b].Expected = o.Expected[b]
		}
	}
	return all
}

// TestAttributionIsExact holds that, of one sample, covariate and within-bin term
// make the whole change of accuracy.
func TestAttributionIsExact(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(43, 44))
	log, ref := newLog(t), learned(t, rnd)
	o := defaults()
	rows := traffic(rnd, start, 100)
	for i := range rows {
		rows[i].income += 5000
	}
	observe(log, 1, rows, func(r row) string { return came(rnd, r.score*r.score) })
	m := see(t, log.open(ref, o), start.Add(time.Hour)).Models[0]
	var known, right int64
	for b := range ref.Score.Labelled {
		known += ref.Score.Labelled[b]
		right += ref.Score.Correct[b]
	}
	change := float64(m.Performance.Correct)/100 - float64(right)/float64(known)
	for i := range m.Features() {
		a := drift.Attribute(bins(&m.Features()[i], m.Outcomes.Features[i]))
		if math.Abs(a.Covariate+a.Within-change) > 1e-9 {
			t.Errorf("%s: %v and %v are not %v", m.Features()[i].Name, a.Covariate, a.Within, change)
		}
	}
}

// TestMaturedAccuracyIsNotBiasedByWhatComesEarly has defaults come within hours
// and repayments within a day.
func TestMaturedAccuracyIsNotBiasedByWhatComesEarly(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(45, 46))
	log := newLog(t)
	rows := traffic(rnd, start, 4000)
	now := start
	for i := range rows {
		rows[i].time, rows[i].score = start.Add(time.Duration(i)*time.Minute), .9
		now = rows[i].time
	}
	log.predict(rows...)
	log.all(insertOutcome, func(run func(...any)) {
		for i, r := range rows {
			outcome, mean := "1", 6*time.Hour
			if i%4 == 0 {
				outcome, mean = "0", time.Hour
			}
			if came := r.time.Add(time.Duration(rnd.ExpFloat64() * float64(mean))); !came.After(now) {
				run(i+1, came.UnixNano(), outcome)
			}
		}
	})
	o := defaults()
	o.Predictions = 120 // the last two hours
	w := log.open(normal(t), o)
	m := see(t, w, now).Models[0]
	accuracy := float64(m.Matured.Correct) / float64(m.Matured.Labelled)
	coverage := float64(m.Matured.Labelled) / float64(m.Matured.Rows)
	// Three quarters come as exp(6 h), one as exp(1 h): 95 % by 16.25 h.
	if age := m.Matured.Age.Hours(); math.Abs(age-16.25) > 2 {
		t.Errorf("95 %% have come after %v h", age)
	}
	if math.Abs(accuracy-.75) > .02 || coverage < .95 {
		t.Errorf("the matured accuracy is %v at a coverage of %v", accuracy, coverage)
	}
	if young := float64(m.Coverage.Labelled) / float64(m.Coverage.Rows); young > .5 {
		t.Errorf("of the last two hours %v have an outcome", young)
	}
	o.Maturity = time.Hour
	early := see(t, log.open(normal(t), o), now).Models[0].Matured
	if early.Age != time.Hour || early.Rows != 3939 {
		t.Errorf("with a maturity of an hour the cohort is %+v", early)
	}
}

func TestMaturityIsUnknownWhileOutcomesAreFew(t *testing.T) {
	t.Parallel()
	log, rnd := newLog(t), rand.New(rand.NewPCG(47, 48))
	w := log.open(normal(t), defaults())
	observe(log, 1, traffic(rnd, start, 19), func(row) string { return "1" })
	if m := see(t, w, start.Add(2*time.Hour)).Models[0]; m.Matured != nil || m.Performance.Samples != 19 {
		t.Errorf("of 19 outcomes: %+v", m.Matured)
	}
	observe(log, 20, traffic(rnd, start, 1), func(row) string { return "1" })
	if m := see(t, w, start.Add(2*time.Hour)).Models[0]; m.Matured == nil {
		t.Error("of 20 outcomes nothing is known")
	}
	log.predict(traffic(rnd, start, 2)...) // of which nothing comes
	if m := see(t, w, start.Add(2*time.Hour)).Models[0]; m.Matured != nil {
		t.Errorf("with 2 of 22 still waiting: %+v", m.Matured)
	}
}

// TestScoresWithoutOutcomesInTheReference goes by confidence alone.
func TestScoresWithoutOutcomesInTheReference(t *testing.T) {
	t.Parallel()
	log, rnd := newLog(t), rand.New(rand.NewPCG(49, 50))
	rows := traffic(rnd, start, 400)
	rows[7].features, rows[8].features = `{"income"`, `{"income":null,"state":"NY"}`
	observe(log, 1, rows, func(r row) string { return came(rnd, r.score) })
	m := see(t, log.open(normal(t), defaults()), start.Add(time.Hour)).Models[0]
	var sum, variance float64
	for i, r := range rows {
		if conf := max(r.score, 1-r.score); i != 7 {
			sum, variance = sum+conf, variance+conf*(1-conf)
		}
	}
	want := drift.CBPE(399, sum, variance)
	if e := m.Estimate; e.Method != snapshot.CBPE || e.Rows != 399 || math.Abs(e.Accuracy-want.Accuracy) > 1e-9 || math.Abs(e.StandardError-want.StandardError) > 1e-9 {
		t.Errorf("estimate %+v, want %+v", e, want)
	}
	if p := m.Performance.Scores; p.Estimate.Method != snapshot.CBPE || p.Estimate.Rows != 100 || math.Abs(float64(p.Correct)/100-p.Estimate.Accuracy) > 4*p.Estimate.StandardError {
		t.Errorf("performance %+v", p)
	}
	for i := range m.Features() {
		if a := drift.Attribute(bins(&m.Features()[i], m.Outcomes.Features[i])); math.IsNaN(a.Covariate) || math.IsNaN(a.Within) {
			t.Errorf("%s: %+v", m.Features()[i].Name, a)
		}
	}
}

// BenchmarkScrape is of a scrape that found nothing new, and of one with 100 new
// predictions and outcomes, over a look-back full of both.
func BenchmarkScrape(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		rows := columns.New(0, 1000)
		h := newLedger(rows.Timeline)
		for i := range int64(n) {
			rows.Add(i, i*1e9, nil)
			h.append(8e8, i*1e9)
			if i%10 > 0 {
				h.outcome(&predictionlog.FeedbackRow{Seq: i, PredictionID: i, Time: i*1e9 + delayEnds[i%80]}, i%3 > 0)
			}
		}
		b.Run(fmt.Sprintf("labels of %d rows", n), func(b *testing.B) {
			s := &series{ledger: h, rows: rows}
			window := &columns.Counts{Rows: 1000}
			var m snapshot.Model
			for i := 0; b.Loop(); i++ {
				s.addOutcomes(&m, window, time.Unix(int64(n+i%100), 0))
			}
		})
	}
	f := newFeedback(&Options{Feedback: 100}, nil, value.Binary)
	for i := range int64(100) {
		f.add(&predictionlog.FeedbackRow{Seq: i, PredictionID: i, Score: float64(i%37) / 37, HasScore: true}, "1", fmt.Sprint(i%2), nil)
	}
	b.Run("feedback as it was", func(b *testing.B) {
		for b.Loop() {
			f.counts()
		}
	})
	b.Run("feedback that changed", func(b *testing.B) {
		for b.Loop() {
			f.performance = nil
			f.counts()
		}
	})
}
