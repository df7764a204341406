package page

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Names that break a page if it treats them as markup or as a part of an address, or if it
// expects short names or Latin script.
const (
	markup   = `<script>alert("1")</script>&amp;'`
	address  = `a&b=c?d#e/f%20g+h`
	hebrew   = "הכנסה \u202e(reversed)"
	endless  = "averyveryverylongnamewithoutanyplacetobreakit" + "averyveryverylongnamewithoutanyplacetobreakit" + "averyveryverylongname"
	bell     = "bell\a and\nnew line"
	ordinary = "income"
)

// hostile are features of all kinds with such names.
var hostile = []string{ordinary, markup, address, hebrew, endless}

// clock is the time of the fixture's last row.
var clock = time.Date(2026, 11, 29, 3, 12, 45, 0, time.UTC)

// memory is a log in memory.
type memory struct {
	rows     []predictionlog.Row
	feedback []predictionlog.FeedbackRow
	err      error
}

func (l *memory) State(context.Context) (predictionlog.State, error) {
	return predictionlog.State{
		LogID: "memory", HighWater: predictionlog.UpTo{Predictions: int64(len(l.rows)) - 1, Feedback: int64(len(l.feedback)) - 1, Errors: -1},
		TotalsUpTo: predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1},
	}, l.err
}

func (l *memory) Totals(_ context.Context, upTo predictionlog.UpTo) (predictionlog.Totals, error) {
	return predictionlog.Totals{UpTo: upTo, Counters: map[predictionlog.Key]*predictionlog.Counters{}}, nil
}

func (l *memory) Predictions(_ context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error {
	for i := after + 1; i <= upTo; i++ {
		if err := yield(&l.rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *memory) PredictionsByID(_ context.Context, ids []int64, yield func(*predictionlog.Row) error) error {
	for _, id := range ids {
		if err := yield(&l.rows[id]); err != nil {
			return err
		}
	}
	return nil
}

func (l *memory) FeedbackOf(context.Context, []int64, int64, int64, func(*predictionlog.FeedbackRow) error) error {
	return nil
}

func (l *memory) Feedback(_ context.Context, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error {
	for i := after + 1; i <= upTo; i++ {
		if err := yield(&l.feedback[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *memory) Errors(context.Context, int64, int64, func(*predictionlog.ErrorRow) error) error {
	return nil
}

// world makes rows of a model: numbers, categories and truths, with predictions and outcomes.
type world struct {
	features []string
	random   *rand.Rand
	// dirty adds missing and rare values to the reference, and new values and values of the wrong
	// type to rows. labelled adds an outcome for every row.
	// broken makes all predictions of one category wrong.
	dirty, labelled, broken bool
}

func newWorld(seed uint64, features ...string) *world {
	return &world{features: features, random: rand.New(rand.NewPCG(seed, 2))}
}

// row returns one row: a number for each feature except the second, which is a category. The
// numbers of the first feature are shifted by moved standard deviations.
func (w *world) row(moved float64) (numbers []float64, category string, score float64) {
	numbers = make([]float64, len(w.features))
	for i := range numbers {
		numbers[i] = math.Round(1000*(50+10*w.random.NormFloat64())) / 1000
	}
	numbers[0] += 10 * moved
	category = []string{"a", "b", "c", markup}[min(3, w.random.IntN(5))]
	return numbers, category, math.Round(1e4*w.random.Float64()) / 1e4
}

// reference makes the reference.
func (w *world) reference(t testing.TB, model, version string) *reference.Reference {
	t.Helper()
	const rows = 5000
	columns := make([]reference.Column, len(w.features))
	labels := reference.HeldOut{}
	for i, name := range w.features {
		columns[i] = reference.Column{Name: name, Type: reference.Numeric}
	}
	if len(columns) > 1 {
		columns[1].Type = reference.Categorical
	}
	for i := range rows {
		numbers, category, score := w.row(0)
		if w.dirty && i%500 == 0 {
			category, numbers[2] = fmt.Sprintf("once %d", i), math.NaN()
		}
		for f := range columns {
			if columns[f].Type == reference.Categorical {
				columns[f].Texts = append(columns[f].Texts, category)
			} else {
				columns[f].Numbers = append(columns[f].Numbers, numbers[f])
			}
		}
		predicted, actual := w.answer(score)
		labels.Index, labels.Score = append(labels.Index, i), append(labels.Score, score)
		labels.Predicted, labels.Actual = append(labels.Predicted, predicted), append(labels.Actual, actual)
	}
	r, err := reference.Build(columns, &labels, reference.BuildOptions{Model: model, Version: version, Source: "rows of " + model, Created: clock.AddDate(0, -1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// unlabelled makes a reference without score, classes and outcomes.
func (w *world) unlabelled(t testing.TB, model string) *reference.Reference {
	t.Helper()
	columns := []reference.Column{{Name: w.features[0], Type: reference.Numeric}}
	for range 2000 {
		numbers, _, _ := w.row(0)
		columns[0].Numbers = append(columns[0].Numbers, numbers[0])
	}
	r, err := reference.Build(columns, nil, reference.BuildOptions{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// failing is a source whose reference cannot be counted in BigQuery.
type failing struct{ fixed }

func (f failing) Snapshot(ctx context.Context) *snapshot.Snapshot {
	s := *f.fixed.Snapshot(ctx)
	s.Loads = &snapshot.Loads{{Model: "m", Source: "bigquery:project.dataset.table", Failures: 3}}
	return &s
}

// answer returns the prediction of the model and the outcome.
func (w *world) answer(score float64) (predicted, actual string) {
	predicted, actual = "0", "0"
	if score >= .5 {
		predicted = "1"
	}
	if w.random.Float64() < score {
		actual = "1"
	}
	return predicted, actual
}

// add adds n rows to a log, with an outcome for every second row. apart is the time between rows.
// The last row is at clock when n rows are left.
func (w *world) add(l *memory, model, version string, n int, apart time.Duration, moved float64) {
	for range n {
		numbers, category, score := w.row(moved)
		text := []byte("{")
		for f, name := range w.features {
			value := strconv.FormatFloat(numbers[f], 'g', -1, 64)
			if f == 1 {
				value = strconv.Quote(category)
			}
			if w.dirty && f < 2 && w.random.IntN(20) == 0 {
				value = []string{`"text"`, `"new"`}[f]
			}
			if f == 2 && w.random.IntN(10) == 0 {
				value = "null"
			}
			text = fmt.Appendf(text, "%s:%s,", quoted(name), value)
		}
		text[len(text)-1] = '}'
		predicted, actual := w.answer(score)
		if w.broken && category == markup {
			actual = map[string]string{"0": "1", "1": "0"}[predicted]
		}
		id := int64(len(l.rows))
		l.rows = append(l.rows, predictionlog.Row{ID: id, Model: model, Version: version, Features: text, Score: score, HasScore: true, Class: predicted, Latency: 1e6})
		if id%2 == 0 || w.labelled {
			l.feedback = append(l.feedback, predictionlog.FeedbackRow{
				Seq: int64(len(l.feedback)), PredictionID: id, Outcome: actual, Class: predicted, Model: model, Version: version, Confidence: 1, Score: score, HasScore: true,
			})
		}
	}
	for i := range l.rows {
		l.rows[i].Time = clock.Add(-time.Duration(len(l.rows)-1-i) * apart).UnixNano()
	}
	for i := range l.feedback {
		f := &l.feedback[i]
		f.PredictedAt = l.rows[f.PredictionID].Time
		f.Time = f.PredictedAt + 1
		f.ObservedAt = f.Time
	}
}

// fixed is a monitor without files.
type fixed struct {
	monitor.Source

	now   time.Time
	close func() error // may be called twice
}

func (s fixed) Snapshot(ctx context.Context) *snapshot.Snapshot {
	return s.Source.Snapshot(ctx, s.now)
}

var watching = monitor.Options{
	Window:           window.Options{Predictions: 300, Lookback: 100_000, Feedback: 100, Versions: 10, TrailStep: 5 * time.Minute, TrailPoints: 288, Maturity: time.Hour},
	Bins:             drift.BinOptions{Count: 10, Method: "quantile"},
	BootstrapSamples: 199, Significance: .05, Tolerance: .02, Sequential: true, FalseAlarmsPerMonth: 1,
	BinLimits: collector.BinLimits{}, SegmentLimits: collector.SegmentLimits{Top: 5}, Enabled: collector.Names(),
	Retraining: assess.Retraining{Tolerance: .05, Cost: 40, MinimumAge: 7 * 24 * time.Hour, MinimumLabels: 500},
}

// follow monitors a log.
func follow(t testing.TB, l *memory, specs ...window.Spec) fixed {
	t.Helper()
	o := watching
	s, err := monitor.Follow(l, specs, &o)
	if err != nil {
		t.Fatal(err)
	}
	end := sync.OnceValue(s.Close)
	t.Cleanup(func() { _ = end() })
	return fixed{s, clock.Add(time.Minute), end}
}

// options returns the options to show a source.
func options(s Source) Options {
	return Options{Source: s, Judgement: watching.Judgement(), Span: 24 * time.Hour, Telemetry: "/metrics"}
}

// drifting is a model with hostile names: 12 hours without drift, then some hours with drift.
func drifting(t *testing.T) fixed {
	t.Helper()
	w := newWorld(1, hostile...)
	w.dirty = true
	r := w.reference(t, markup, "")
	w.dirty = false
	l := &memory{}
	w.labelled = true
	w.add(l, markup, "1", 700, 30*time.Second, 0)
	w.dirty, w.labelled = true, false
	w.add(l, markup, bell, 400, 30*time.Second, 0)
	w.dirty = false
	w.add(l, markup, "2", 700, 30*time.Second, 0)
	w.add(l, markup, "2", 300, 30*time.Second, 2)
	return follow(t, l, window.Spec{Name: markup, References: []*reference.Reference{r}})
}

// failed is a model with hostile names whose predictions become wrong for one category.
func failed(t *testing.T) fixed {
	t.Helper()
	w := newWorld(5, hostile...)
	w.labelled = true
	r := w.reference(t, markup, "")
	l := &memory{}
	w.add(l, markup, bell, 600, 30*time.Second, 0)
	w.broken = true
	w.add(l, markup, bell, 900, 30*time.Second, 0)
	return follow(t, l, window.Spec{Name: markup, References: []*reference.Reference{r}})
}

// viewing makes pages of a source.
func viewing(t *testing.T, s Source) *viewer {
	t.Helper()
	now, j := s.Snapshot(t.Context()), watching.Judgement()
	return newViewer(now, j.Of(now), j, 24*time.Hour)
}
