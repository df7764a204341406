package page

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// typed are rows of a model of another type than two classes.
type typed struct {
	x, score, truth   []float64
	predicted, actual []string
}

// typedRows makes n rows. Errors of the numbers have the given standard deviation. There are 12
// classes, of which the first are more frequent.
func typedRows(random *rand.Rand, n int, deviation float64) (r typed) {
	for range n {
		x := 100 + 20*random.NormFloat64()
		class := min(random.IntN(12), random.IntN(12))
		actual := class
		if random.IntN(4) == 0 {
			actual = random.IntN(12)
		}
		r.x, r.score, r.truth = append(r.x, x), append(r.score, x), append(r.truth, x+deviation*random.NormFloat64())
		r.predicted, r.actual = append(r.predicted, className12(class)), append(r.actual, className12(actual))
	}
	return r
}

func className12(i int) string {
	if i == 2 {
		return markup
	}
	return fmt.Sprintf("class %02d", i)
}

// ofType follows a model of a type. Its window errs by deviation, its reference by 10.
func ofType(t *testing.T, p value.Prediction, deviation float64) fixed {
	t.Helper()
	random := rand.New(rand.NewPCG(11, 17))
	known := typedRows(random, 3000, 10)
	held := reference.HeldOut{Score: known.score, Truth: known.truth}
	if p == value.Multiclass {
		held = reference.HeldOut{Predicted: known.predicted, Actual: known.actual}
	}
	for i := range known.x {
		held.Index = append(held.Index, i)
		if p == value.Multiclass {
			held.Score = append(held.Score, .75)
		}
	}
	r, err := reference.Build([]reference.Column{{Name: "x", Type: reference.Numeric, Numbers: known.x}}, &held, reference.BuildOptions{Model: "m", Type: p})
	if err != nil {
		t.Fatal(err)
	}
	l, rows := &memory{}, typedRows(random, 400, deviation)
	for i := range rows.x {
		at := clock.Add(-time.Duration(len(rows.x)-i) * time.Minute).UnixNano()
		row := predictionlog.Row{ID: int64(i), Model: "m", Version: "1", Features: fmt.Appendf(nil, `{"x":%v}`, rows.x[i]), Score: rows.score[i], HasScore: true, Latency: 1e6, Time: at}
		outcome := strconv.FormatFloat(rows.truth[i], 'g', -1, 64)
		if p == value.Multiclass {
			row.Score, row.Class, outcome = .75, rows.predicted[i], rows.actual[i]
		}
		l.rows = append(l.rows, row)
		l.feedback = append(l.feedback, predictionlog.FeedbackRow{
			Seq: int64(i), PredictionID: int64(i), Outcome: outcome, Class: row.Class, Model: "m", Version: "1", Confidence: 1,
			Score: row.Score, HasScore: true, PredictedAt: at, Time: at + 1, ObservedAt: at + 1,
		})
	}
	return follow(t, l, window.Spec{Name: "m", Type: p, References: []*reference.Reference{r}})
}

// The errors on the page and in the JSON are those of the log. Twice as large errors are seen to be
// larger than those of the reference.
func TestErrorsOfARegressionAreShown(t *testing.T) {
	t.Parallel()
	s := ofType(t, value.Regression, 20)
	o := options(s)
	m := decoded(t, o, "model", "m")
	errors, sizes, total, sum := m.Regression.Errors, m.Regression.AbsoluteErrors, int64(0), 0.
	for _, b := range errors.Bins {
		total, sum = total+b.Samples, sum+float64(b.Samples)*(b.From+b.To)/2
	}
	total += errors.Below + errors.Above
	if total != 100 || m.Regression.Samples != 100 || math.Abs(sum/100-m.Regression.MeanError.Value) > 2.5 {
		t.Errorf("%d errors with the mean %v, want %+v", total, sum/100, m.Regression)
	}
	known, window, above := 0., sizes.Below+sizes.Above, sizes.Above
	for _, b := range sizes.Bins {
		if known > .5 {
			above += b.Window
		}
		known, window = known+b.Reference, window+b.Window
	}
	// |N(0, 20)| is above the median of |N(0, 10)| with probability 0.736.
	if math.Abs(known-1) > 1e-9 || math.Abs(window-1) > 1e-9 || above < .6 || above > .87 {
		t.Errorf("shares of %v and %v, and %v above the median of the reference", known, window, above)
	}
	body := ask(t, o, "/drift").Body.String()
	text := textOf(t, body)
	for _, want := range []string{"Errors Of the 100 newest outcomes", "predicted value minus outcome", "of the errors are larger than"} {
		if !strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(body, `<figure class="density">`); n != 2 {
		t.Errorf("%d pictures of errors", n)
	}
	metrics, compared := exported(t, s), 0
	for key, values := range shown(t, body) {
		for _, x := range values {
			if want, ok := metrics[key]; !ok || x != want {
				t.Errorf("%+v is %v on the page and %v (%v) in the metrics", key, x, want, ok)
			}
			compared++
		}
	}
	if compared < 20 {
		t.Errorf("%d numbers are compared", compared)
	}
	holds(t, o, at("/api/v1/drift", "model", "m"))
	holds(t, o, at("/api/v1/drift", "model", "m", "feature", "x"))
	if strings.Contains(ask(t, o, "/api/v1/drift").Body.String(), `"absolute_errors"`) {
		t.Error("the JSON of all models has errors by size")
	}
}

// Without quantiles of the reference there is nothing to compare sizes with.
func TestErrorsAreNotComparedWithAnUnknownReference(t *testing.T) {
	t.Parallel()
	s := ofType(t, value.Regression, 20)
	now := s.Snapshot(t.Context())
	r := *now.Models[0].Reference
	e := *r.Errors
	e.Quantiles, r.Errors = nil, &e
	now.Models[0].Reference = &r
	if body := ask(t, options(still{now}), "/drift").Body.String(); strings.Count(body, `<figure class="density">`) != 1 {
		t.Error("want one picture of errors")
	}
}

// The matrix of classes has the counts of the metrics, whatever the classes are called.
func TestClassesOfAMulticlassModelAreShown(t *testing.T) {
	t.Parallel()
	s := ofType(t, value.Multiclass, 0)
	o, metrics := options(s), exported(t, s)
	m := decoded(t, o, "model", "m")
	total, right, actual := int64(0), int64(0), map[string]int64{}
	for _, p := range m.Performance.Pairs {
		total, actual[p.Actual] = total+p.Samples, actual[p.Actual]+p.Samples
		if p.Predicted == p.Actual {
			right += p.Samples
		}
	}
	accuracy := metrics[series{metric: "model_accuracy", model: "m", version: "1"}]
	if total != 100 || float64(right)/float64(total) != accuracy || accuracy == 0 {
		t.Errorf("%d of %d are right, and the metric is %v", right, total, accuracy)
	}
	for _, c := range m.Performance.Classes {
		if actual[c.Class] != c.Actual {
			t.Errorf("%q was %d times the outcome, want %d", c.Class, actual[c.Class], c.Actual)
		}
	}
	body := ask(t, o, "/drift").Body.String()
	text := strings.ReplaceAll(textOf(t, body), "\u00a0", " ")
	for _, want := range []string{"Predicted classes and outcomes", "The 8 most frequent of 12 classes", "predicted: all others", "predicted: " + markup} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	v := viewing(t, s)
	c := v.judgedOf(v.all[0]).Classes
	shown := int64(0)
	for _, row := range c.Rows {
		for _, cell := range row.Cells {
			n, _ := strconv.ParseInt(cell.Count, 10, 64) // nothing is 0
			shown += n
		}
	}
	if shown != total || len(c.Rows) != mostClasses+1 {
		t.Errorf("%d predictions in %d lines", shown, len(c.Rows))
	}
	holds(t, o, at("/api/v1/drift", "model", "m"))
}

// still is a source of one snapshot.
type still struct{ s *snapshot.Snapshot }

func (s still) Snapshot(context.Context) *snapshot.Snapshot { return s.s }
