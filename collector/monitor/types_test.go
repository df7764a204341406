package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// answered are the answers of one model and what came of them, as scikit-learn is asked about.
type answered struct {
	Predicted []string  `json:"predicted,omitempty"`
	Actual    []string  `json:"actual,omitempty"`
	Score     []float64 `json:"score"`
	Truth     []float64 `json:"truth,omitempty"`
}

// kinds are the answers of a model of each type. A class is right more often the higher its score,
// and errors grow with the predicted value.
func kinds(random *rand.Rand, n int) map[value.Prediction]*answered {
	all := map[value.Prediction]*answered{value.Binary: {}, value.Multiclass: {}, value.Regression: {}}
	names := []string{"ash", "elm", "oak", "yew"}
	for range n {
		b, m, r := all[value.Binary], all[value.Multiclass], all[value.Regression]
		p := random.Float64()
		b.Score = append(b.Score, p)
		b.Predicted = append(b.Predicted, strconv.Itoa(int(math.Round(p))))
		b.Actual = append(b.Actual, strconv.Itoa(int(math.Round(min(1, max(0, p+random.NormFloat64()/2))))))

		class := names[random.IntN(3)]
		actual := class
		p = .25 + .75*random.Float64()
		if random.Float64() > p {
			actual = append(names, "fir")[random.IntN(5)] // the reference does not have fir
		}
		m.Predicted, m.Actual, m.Score = append(m.Predicted, class), append(m.Actual, actual), append(m.Score, p)

		x := 1000 * random.Float64()
		r.Score, r.Truth = append(r.Score, x), append(r.Truth, x+5+x/20*random.NormFloat64())
	}
	return all
}

// referenceOf makes a reference from answers. Outcomes of unknown classes are left out.
func referenceOf(t *testing.T, of value.Prediction, a *answered) []byte {
	t.Helper()
	x, index := make([]float64, len(a.Score)), make([]int, len(a.Score))
	for i := range x {
		x[i], index[i] = float64(i%7), i
	}
	held := &reference.HeldOut{Index: index, Score: a.Score, Predicted: a.Predicted, Truth: a.Truth}
	for _, actual := range a.Actual {
		if actual == "fir" {
			actual = ""
		}
		held.Actual = append(held.Actual, actual)
	}
	r, err := reference.Build([]reference.Column{{Name: "x", Type: value.Numeric, Numbers: x}}, held, reference.BuildOptions{Model: string(of), Type: of})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := r.Encode(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// watchingTypes returns a monitor of a model of each type, and the log that it reads.
func watchingTypes(t *testing.T, random *rand.Rand) *Monitor {
	t.Helper()
	o := options(t)
	dir, config := t.TempDir(), "models:\n"
	for of, a := range kinds(random, 3000) {
		write(t, dir, string(of)+".json", string(referenceOf(t, of, a)))
		config += fmt.Sprintf("  - {name: %s, prediction: {type: %s}, reference: {file: %s.json}}\n", of, of, of)
	}
	o.ConfigFile, o.Window.Feedback, o.Enabled = write(t, dir, "config.yml", config), 250, collector.Names()
	at := time.Now().Add(time.Minute) // the same for every page, and after every row
	o.Now = func() time.Time { return at }
	return monitor(t, o)
}

// store logs answers and their outcomes, in the order of the rows.
func store(t *testing.T, path string, all map[value.Prediction]*answered) {
	t.Helper()
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for of, a := range all {
		batch := make([]predictionlog.Prediction, len(a.Score))
		for i := range batch {
			batch[i] = predictionlog.Prediction{Model: string(of), Version: "1", Features: fmt.Appendf(nil, `{"x": %d}`, i%7), Score: a.Score[i], Latency: time.Millisecond}
			if a.Predicted != nil {
				batch[i].Class = a.Predicted[i]
			}
		}
		records, err := w.Append(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		for i := range records {
			outcome := ""
			if a.Truth != nil {
				outcome = strconv.FormatFloat(a.Truth[i], 'g', -1, 64)
			} else {
				outcome = a.Actual[i]
			}
			if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &records[i].ID, Outcome: outcome}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// metricsOf gathers the gauges of a model, by name, or name and class.
func metricsOf(t *testing.T, m *Monitor, model string) map[string]float64 {
	t.Helper()
	families, err := m.Gatherer(t.Context(), nil).Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, one := range f.GetMetric() {
			name, of := f.GetName(), ""
			for _, l := range one.GetLabel() {
				switch l.GetName() {
				case "model":
					of = l.GetValue()
				case "class":
					name += "/" + l.GetValue()
				}
			}
			if of == model && one.GetGauge() != nil {
				all[name] = one.GetGauge().GetValue()
			}
		}
	}
	return all
}

func TestScikitLearnSaysTheSameOfEveryType(t *testing.T) {
	t.Parallel()
	const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('sklearn') is None)"
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", look).CombinedOutput(); err != nil {
		t.Skipf("python3 has no scikit-learn: %v\n%s", err, out)
	}
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 1))
		m, all := watchingTypes(t, random), kinds(random, 300)
		store(t, m.options.Log, all)
		newest := map[value.Prediction]*answered{}
		for of, a := range all {
			newest[of] = &answered{Score: a.Score[50:]} // --window.feedback is 250
			if a.Truth != nil {
				newest[of].Truth = a.Truth[50:]
			} else {
				newest[of].Predicted, newest[of].Actual = a.Predicted[50:], a.Actual[50:]
			}
		}
		question, err := json.Marshal(newest)
		if err != nil {
			t.Fatal(err)
		}
		for of, metrics := range python(t, question, "testdata/metrics_by_type.py") {
			got := metricsOf(t, m, string(of))
			if len(metrics) < 5 {
				t.Fatalf("scikit-learn says only %v of %s", metrics, of)
			}
			for name, x := range metrics {
				if name == "model_class_precision/fir" || name == "model_class_recall/fir" || name == "model_class_samples/fir" {
					name = name[:len(name)-3] + "__other__"
				}
				if y, ok := got[name]; !ok || !near(x, y) {
					t.Errorf("seed %d, %s: %s is %v, and scikit-learn says %v", seed, of, name, y, x)
				}
			}
		}
	}
}

// TestEveryTypeHasItsOwnMetrics: what makes no sense for a type is absent, and the estimate
// without outcomes is near what the outcomes say.
func TestEveryTypeHasItsOwnMetrics(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 1))
	m := watchingTypes(t, random)
	store(t, m.options.Log, kinds(random, 300))
	classifier := []string{"model_accuracy", "model_accuracy_lower", "model_precision", "model_recall", "model_f1_score", "model_expected_calibration_error", "model_estimated_accuracy", "model_accuracy_surprise", "prediction_class_shift", "prediction_distribution_shift"}
	has := map[value.Prediction][]string{
		value.Binary:     append([]string{"model_roc_auc", "model_brier_score"}, classifier...),
		value.Multiclass: append([]string{"model_class_precision/oak", "model_class_recall/oak", "model_class_samples/yew"}, classifier...),
		value.Regression: {
			"model_mean_absolute_error", "model_mean_absolute_error_lower", "model_root_mean_squared_error_upper", "model_mean_error", "model_r_squared",
			"model_estimated_mean_absolute_error", "model_mean_absolute_error_surprise", "prediction_distribution_shift",
		},
	}
	for of := range has {
		got := metricsOf(t, m, string(of))
		for other, all := range has {
			for _, name := range all {
				_, ok := got[name]
				if want := other == of || name == "prediction_distribution_shift" || of != value.Regression && slices.Contains(classifier, name); ok != want {
					t.Errorf("%s has %s: %v, want %v", of, name, ok, want)
				}
			}
		}
		estimate, truth := got["model_estimated_accuracy"], got["model_accuracy"]
		within := .08
		if of == value.Regression {
			estimate, truth, within = got["model_estimated_mean_absolute_error"], got["model_mean_absolute_error"], 5
		}
		if !(math.Abs(estimate-truth) < within) {
			t.Errorf("%s: the estimate is %v and the truth %v", of, estimate, truth)
		}
	}
}

// TestARestartShowsTheSameOfEveryType compares a monitor that read a log in two parts with one that
// read it at once.
func TestARestartShowsTheSameOfEveryType(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(6, 1))
	m := watchingTypes(t, random)
	store(t, m.options.Log, kinds(random, 150))
	metricsOf(t, m, "regression")
	store(t, m.options.Log, kinds(random, 200))
	again := monitor(t, m.options)
	for _, of := range value.Predictions {
		got, want := metricsOf(t, again, string(of)), metricsOf(t, m, string(of))
		for _, page := range []map[string]float64{got, want} { // by the clock
			delete(page, "model_window_age_seconds")
		}
		if len(want) < 20 || !maps.Equal(got, want) {
			t.Errorf("%s: after a restart\n%v, before\n%v", of, got, want)
		}
	}
}
