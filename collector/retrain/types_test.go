package retrain_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
)

// law says what happens to a person of an age. It changes when isNew is true.
type law func(random *rand.Rand, age int, isNew bool) string

var laws = map[string]law{
	"binary": func(random *rand.Rand, age int, isNew bool) string {
		if (age > 45) != isNew != (random.IntN(10) == 0) {
			return "repaid"
		}
		return "default"
	},
	"multiclass": func(random *rand.Rand, age int, isNew bool) string {
		if isNew {
			age = 89 - age
		}
		return []string{"low", "mid", "high"}[min(2, max(0, (age-20+random.IntN(8)-4)*3/50))]
	},
	"regression": func(random *rand.Rand, age int, isNew bool) string {
		if isNew {
			age = 89 - age
		}
		return fmt.Sprintf("%.2f", 10*float64(age)+20*random.NormFloat64())
	},
}

// typed is a shop with a model of a type, and n answers with their outcomes by the new law.
func typed(t *testing.T, kind string, n int, isNew bool, flags ...string) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir()}
	random := rand.New(rand.NewPCG(7, 8))
	s.write("train.csv", table(random, laws[kind], 2000, false))
	s.run(append([]string{
		"train", "--csv=" + s.path("train.csv"), "--outcome=result", "--type=" + kind, "--model.name=shop", "--model.version=1",
		"--model.output=" + s.path("model.json"), "--reference.output=" + s.path("reference.json"),
	}, flags...)...)
	m, err := model.Load(s.path("model.json"))
	if err != nil {
		t.Fatal(err)
	}
	batch, truths := make([]predictionlog.Prediction, n), make([]predictionlog.Feedback, n)
	for i := range n {
		age := 20 + random.IntN(50)
		score, class := m.Predict([]model.Value{{Number: float64(age)}, {Text: "yes"}})
		batch[i] = predictionlog.Prediction{Model: "shop", Version: "1", Features: fmt.Appendf(nil, `{"age":%d,"member":"yes"}`, age), Score: score, Class: class}
		truths[i] = predictionlog.Feedback{Outcome: laws[kind](random, age, isNew), Confidence: 1}
	}
	s.log(batch, truths)
	s.job = &respond.Job{
		Run: "r", Key: "r-1", Model: "shop", Version: "1", LogPath: s.path("log.db"), Folder: s.path("runs/r"),
		Alert: respond.Alert{StartsAt: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)}, Logger: slog.New(slog.DiscardHandler),
	}
	if err := os.MkdirAll(s.job.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

// table is a CSV by a law.
func table(random *rand.Rand, l law, n int, isNew bool) string {
	var text strings.Builder
	text.WriteString("age,member,result\n")
	for range n {
		age := 20 + random.IntN(50)
		fmt.Fprintf(&text, "%d,%s,%s\n", age, []string{"yes", "no"}[random.IntN(2)], l(random, age, isNew))
	}
	return text.String()
}

var typeFlags = map[string][]string{"binary": {"--positive=repaid"}}

func evidence(t *testing.T, r respond.Result) (e struct {
	Now, Candidate, Served struct {
		Rows          int
		Accuracy, AUC *float64
		MAE           *float64 `json:"mean_absolute_error"`
		MAELower      *float64 `json:"mean_absolute_error_lower"`
		MAEUpper      *float64 `json:"mean_absolute_error_upper"`
	}
	Drop    *float64 `json:"accuracy_drop"`
	Rise    *float64 `json:"mean_absolute_error_rise"`
	Holdout string
	Without int `json:"rows_without_outcome"`
}) {
	t.Helper()
	text, err := json.Marshal(r.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// A model of every type is validated, retrained and promoted when the law changes, and the
// candidate can take the served model's place: it has the same classes by the same names.
func TestModelsOfEveryTypeLearnANewLaw(t *testing.T) {
	t.Parallel()
	for kind := range laws {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := typed(t, kind, 1500, true, typeFlags[kind]...)
			before, err := model.Load(s.path("model.json"))
			if err != nil {
				t.Fatal(err)
			}
			r := s.must("validate", servedText)
			if r.Stop != "" {
				t.Fatalf("it is worse, but: %s", r.Stop)
			}
			e := evidence(t, r)
			if isNumber := kind == "regression"; (e.Now.MAE != nil) != isNumber || (e.Rise != nil) != isNumber || (e.Now.Accuracy == nil) != isNumber || (e.Drop == nil) != isNumber || (e.Now.AUC != nil) != (kind == "binary") {
				t.Errorf("%+v", e)
			}
			s.must("retrain", retrainText)
			r = s.must("validate", "{model: candidate}")
			if r.Stop != "" {
				t.Fatalf("the candidate is better, but: %s", r.Stop)
			}
			s.must("promote", swapText)
			after, err := model.Load(s.path("model.json"))
			if err != nil {
				t.Fatal(err)
			}
			if after.Version == before.Version || after.Type != before.Type || !slices.Equal(after.Classes(), before.Classes()) {
				t.Errorf("the predictor would refuse it: %s %+v %+v", after.Type, after.Classes(), before.Classes())
			}
		})
	}
}

func TestModelsOfEveryTypeStayWhileTheLawDoes(t *testing.T) {
	t.Parallel()
	for kind := range laws {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := typed(t, kind, 1000, false, typeFlags[kind]...)
			if r := s.must("validate", servedText); !strings.Contains(r.Stop, "by no more than 0.05") {
				t.Errorf("it holds, but %+v", r)
			}
			s.must("retrain", retrainText)
			if r := s.must("validate", "{model: candidate}"); !strings.Contains(r.Stop, "the candidate is not better") {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The mean absolute error is that of the definition, and its interval that of a mean.
func TestTheErrorOfARegressionIsMeasured(t *testing.T) {
	t.Parallel()
	s := typed(t, "regression", 800, true)
	e := evidence(t, s.must("validate", "{model_file: DIR/model.json, labels: 800}"))
	m, err := model.Load(s.path("model.json"))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 8))
	table(random, laws["regression"], 2000, false)
	var losses []float64
	for range 800 {
		age := 20 + random.IntN(50)
		score, _ := m.Predict([]model.Value{{Number: float64(age)}, {Text: "yes"}})
		var truth float64
		if _, err := fmt.Sscan(laws["regression"](random, age, true), &truth); err != nil {
			t.Fatal(err)
		}
		losses = append(losses, math.Abs(score-truth))
	}
	var mean, variance float64
	for _, x := range losses {
		mean += x / 800
	}
	for _, x := range losses {
		variance += (x - mean) * (x - mean) / 799
	}
	margin := 1.959963984540054 * math.Sqrt(variance/800)
	for _, pair := range [][2]float64{{*e.Now.MAE, mean}, {*e.Now.MAELower, mean - margin}, {*e.Now.MAEUpper, mean + margin}, {*e.Rise, mean/m.Training.MeanAbsoluteError - 1}} {
		if !(math.Abs(pair[0]-pair[1]) <= 1e-9*pair[1]) {
			t.Errorf("%v, want %v", pair[0], pair[1])
		}
	}
}

func TestAHoldoutDecides(t *testing.T) {
	t.Parallel()
	for kind, l := range laws {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := typed(t, kind, 1500, true, typeFlags[kind]...)
			random := rand.New(rand.NewPCG(9, 9))
			s.write("new.csv", table(random, l, 900, true)+"33,yes,\n34,no,NA\n")
			s.write("old.csv", table(random, l, 900, false))
			r := s.must("validate", "{model_file: DIR/model.json, holdout: {csv: DIR/new.csv, outcome: result}}")
			if e := evidence(t, r); r.Stop != "" || e.Now.Rows != 900 || e.Without != 2 || e.Holdout != s.path("new.csv") {
				t.Errorf("by new rows: %s %+v", r.Stop, e)
			}
			if r := s.must("validate", "{model_file: DIR/model.json, holdout: {csv: DIR/old.csv, outcome: result}}"); !strings.Contains(r.Stop, "by no more than 0.05") {
				t.Errorf("by old rows: %+v", r)
			}
			s.must("retrain", retrainText)
			if r := s.must("validate", "{model: candidate, model_file: DIR/model.json, holdout: {csv: DIR/new.csv, outcome: result}}"); r.Stop != "" {
				t.Errorf("by new rows: %s", r.Stop)
			}
			if r := s.must("validate", "{model: candidate, model_file: DIR/model.json, holdout: {csv: DIR/old.csv, outcome: result}}"); !strings.Contains(r.Stop, "the candidate is not better") {
				t.Errorf("by old rows: %+v", r)
			}
		})
	}
}

func TestWhatIsWrongWithAHoldoutIsSaid(t *testing.T) {
	t.Parallel()
	s := typed(t, "binary", 600, true, typeFlags["binary"]...)
	s.write("none.csv", "age,member,result\n30,yes,\n31,no,NA\n32,no,maybe\n")
	s.write("unlabelled.csv", "age,member\n30,yes\n")
	s.write("other.csv", "years,member,result\n30,yes,repaid\n")
	s.write("few.csv", "age,member,result\n30,yes,repaid\n")
	s.write("empty.csv", "")
	s.write("junk.parquet", "PAR0")
	const text = "{model_file: DIR/model.json, holdout: {%s: DIR/%s, outcome: result}}"
	for file, says := range map[string]string{
		"none.csv":       "has no labels: in none of its 3 rows is the column \"result\" one of the classes default, repaid",
		"unlabelled.csv": `there is no column "result": the columns are age, member`,
		"other.csv":      `there is no column "age": the columns are years, member, result`,
		"empty.csv":      "the holdout cannot be read",
		"missing.csv":    "no such file",
		"junk.parquet":   "the holdout cannot be read",
	} {
		if _, err := s.step("validate", fmt.Sprintf(text, strings.TrimPrefix(filepath.Ext(file), "."), file)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", file, err, says)
		}
	}
	if r := s.must("validate", fmt.Sprintf(text, "csv", "few.csv")); !strings.Contains(r.Stop, "1 rows of the holdout have a known outcome; 500 are needed") {
		t.Errorf("few rows: %+v", r)
	}
	if _, err := s.step("validate", "{model_file: DIR/model.json, holdout: {table: a.b.c, outcome: result}}"); err == nil || !strings.Contains(err.Error(), "reads no tables of BigQuery") {
		t.Errorf("a table: %v", err)
	}
	if _, err := s.step("validate", "{model_file: DIR/model.json, rise: 0.1}"); err == nil || !strings.Contains(err.Error(), "is not a regression; write drop instead of rise") {
		t.Errorf("rise of classes: %v", err)
	}
	s.write("runs/r/candidate-model.json", "{")
	for kind, step := range map[string]string{
		"validate": "{model: candidate}", "shadow": "{model_file: DIR/shadow.json}", "promote": swapText, "challenge": "{model_file: DIR/model.json, maturity: 0s}",
	} {
		if _, err := s.step(kind, step); err == nil || !strings.Contains(err.Error(), "the candidate does not load: ") {
			t.Errorf("%s with a broken candidate: %v", kind, err)
		}
	}
	for text, says := range map[string]string{
		"{model_file: m, holdout: {}}":                                                "outcome is missing; name the column",
		"{model_file: m, holdout: {outcome: y}}":                                      "holdout must have one of csv, parquet and table",
		"{model_file: m, holdout: {csv: a, parquet: b, outcome: y}}":                  "holdout must have one of csv, parquet and table",
		"{model_file: m, holdout: {csv: a, where: x > 1, outcome: y}}":                "where goes with table",
		"{model_file: m, holdout: {table: t, outcome: y}}":                            "write PROJECT.DATASET.TABLE",
		"{model_file: m, holdout: {json: a, outcome: y}}":                             `unknown key "json"`,
		"{model_file: m, labels: 1000, holdout: {csv: a, outcome: y}}":                "labels goes with the rows of the log",
		"{model: candidate, model_file: m}":                                           "model_file goes with model: served, or with holdout",
		"{model: candidate, holdout: {csv: a, outcome: y}}":                           "model_file is missing",
		"{model: candidate, model_file: m, rise: 0.1, holdout: {csv: a, outcome: y}}": "rise goes with model: served",
		"{model_file: m, rise: -1}":                                                   "write a number from 0",
		"{model_file: m, holdout: [a]}":                                               "holdout must be a mapping",
	} {
		if _, err := parse("validate", text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", text, err, says)
		}
	}
	r := typed(t, "regression", 600, true)
	if _, err := r.step("validate", "{model_file: DIR/model.json, drop: 0.1}"); err == nil || !strings.Contains(err.Error(), "is a regression, which has no accuracy; write rise instead of drop") {
		t.Errorf("drop of a regression: %v", err)
	}
	r.must("retrain", retrainText)
	r.write("other.json", strings.Replace(r.read("reference.json"), `"shop"`, `"bakery"`, 1))
	for text, says := range map[string]string{
		"{model_file: DIR/model.json, maturity: 0s}":                                 "is a regression; write the path of its reference as reference_file",
		"{model_file: DIR/model.json, reference_file: DIR/none.json, maturity: 0s}":  "no such file",
		"{model_file: DIR/model.json, reference_file: DIR/model.json, maturity: 0s}": "model.json",
		"{model_file: DIR/model.json, reference_file: DIR/other.json, maturity: 0s}": `does not say how large the errors of model "shop" are`,
	} {
		if _, err := r.step("challenge", text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", text, err, says)
		}
	}
}

// A class that has become rare is not forgotten in silence: the predictor would refuse the model.
func TestACandidateThatForgetsAClassIsSaid(t *testing.T) {
	t.Parallel()
	s := typed(t, "multiclass", 0, true)
	m, err := model.Load(s.path("model.json"))
	if err != nil {
		t.Fatal(err)
	}
	batch, truths := make([]predictionlog.Prediction, 600), make([]predictionlog.Feedback, 600)
	for i := range batch {
		age := 20 + i%50
		score, class := m.Predict([]model.Value{{Number: float64(age)}, {Text: "yes"}})
		batch[i] = predictionlog.Prediction{Model: "shop", Version: "1", Features: fmt.Appendf(nil, `{"age":%d,"member":"yes"}`, age), Score: score, Class: class}
		truths[i] = predictionlog.Feedback{Outcome: []string{"low", "high"}[i/7%2], Confidence: 1}
	}
	s.log(batch, truths)
	if _, err := s.step("retrain", retrainText); err == nil || !strings.Contains(err.Error(), `does not know the class "mid", of which the rows have too few`) {
		t.Errorf("retrain: %v", err)
	}
}
