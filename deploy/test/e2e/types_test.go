package e2e_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// typeStory is a model that is not binary, from its training rows to the exporter's page.
type typeStory struct {
	of, outcome string
	// truth is what becomes of a row with these two features.
	truth func(r *rand.Rand, x, y float64) any
	// quality is what outcomes show, with its limits; estimate is the same without them.
	quality, estimate string
	low, high         float64
	near              float64
	absent            []string
}

var typeStories = []typeStory{
	{
		"multiclass", "species", func(r *rand.Rand, x, y float64) any {
			switch z := x + r.NormFloat64()/2; {
			case z < -.5:
				return "ash"
			case y > 0:
				return "oak"
			default:
				return "yew"
			}
		},
		"model_accuracy", "model_estimated_accuracy", .75, 1, .1,
		[]string{"model_roc_auc", "model_brier_score", "model_mean_absolute_error", "model_error_samples"},
	},
	{
		"regression", "price", func(r *rand.Rand, x, y float64) any { return math.Round(1e5+2e4*x-1e4*y+5e3*r.NormFloat64()) + .5 },
		"model_mean_absolute_error", "model_estimated_mean_absolute_error", 3000, 5000, 800,
		[]string{"model_accuracy", "model_precision", "model_estimated_accuracy", "model_predictions_by_class_total", "model_prediction_values_count", "prediction_class_shift", "model_class_samples"},
	},
}

// TestEveryTypeFromTrainingToThePage trains a model of each type, serves it, tells it what came
// of its predictions, and reads the page; then the rows drift.
func TestEveryTypeFromTrainingToThePage(t *testing.T) {
	t.Parallel()
	for _, s := range typeStories {
		t.Run(s.of, func(t *testing.T) {
			t.Parallel()
			s.run(t)
		})
	}
}

// begin trains the model and starts a predictor that serves it, and an exporter.
func (s *typeStory) begin(t *testing.T, r *rand.Rand) (predictor, exporter *process) {
	t.Helper()
	dir := t.TempDir()
	var csv strings.Builder
	csv.WriteString("x,y," + s.outcome + "\n")
	for range 4000 {
		x, y := r.NormFloat64(), r.NormFloat64()
		fmt.Fprintf(&csv, "%v,%v,%v\n", x, y, s.truth(r, x, y))
	}
	model, reference, log := filepath.Join(dir, "model.json"), filepath.Join(dir, "reference.json"), filepath.Join(dir, "predictions.db")
	said := command(t, 0, "train", "--csv="+file(t, dir, "rows.csv", csv.String()), "--outcome="+s.outcome, "--model.name=trees",
		"--model.version=1", "--model.output="+model, "--reference.output="+reference)
	if !strings.Contains(said, "--type="+s.of) {
		t.Errorf("the type that was guessed is not said: %s", said)
	}
	config := file(t, dir, "config.yml", "models:\n  - name: trees\n    prediction: {type: "+s.of+"}\n    reference: {file: reference.json}\n")
	predictor = start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--model.file="+model)
	exporter = start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--config.file="+config, "--window.feedback=500", quick)
	return predictor, exporter
}

func (s *typeStory) run(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	predictor, exporter := s.begin(t, r)
	s.serve(t, r, predictor, 600, 0)
	page := scrape(t, exporter.url)
	quality, known := page.value(s.quality, "model", "trees")
	if !known || quality < s.low || quality > s.high {
		t.Errorf("%s is %v, want %v to %v", s.quality, quality, s.low, s.high)
	}
	if estimate, known := page.value(s.estimate, "model", "trees"); !known || math.Abs(estimate-quality) > s.near {
		t.Errorf("%s is %v, and the truth %v", s.estimate, estimate, quality)
	}
	for _, name := range s.absent {
		if x, known := page.value(name, "model", "trees"); known {
			t.Errorf("%s is %v, want none for this type", name, x)
		}
	}
	quiet, _ := page.value("feature_kl_divergence", "feature", "x")
	s.serve(t, r, predictor, 1000, 1.5)
	page = scrape(t, exporter.url)
	if drifted, _ := page.value("feature_kl_divergence", "feature", "x"); !(quiet < .1 && drifted > .5) {
		t.Errorf("the divergence of x is %v, and %v after it has drifted", quiet, drifted)
	}
	if shift, _ := page.value("prediction_distribution_shift"); s.of == "regression" && !(shift > .3) {
		t.Errorf("the shift of the predicted value is %v", shift)
	}
	if shift, _ := page.value("prediction_class_shift"); s.of == "multiclass" && !(shift > .1) {
		t.Errorf("the shift of the class is %v", shift)
	}
}

// serve has rows predicted, x moved by some standard deviations, and tells what came of them.
func (s *typeStory) serve(t *testing.T, r *rand.Rand, predictor *process, rows int, moved float64) {
	t.Helper()
	var features, outcomes []string
	for range rows {
		x, y := r.NormFloat64()+moved, r.NormFloat64()
		features = append(features, fmt.Sprintf(`{"x":%v,"y":%v}`, x, y))
		truth, err := json.Marshal(s.truth(r, x, y))
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, string(truth))
	}
	status, answer := fetch(t, predictor.url+"/predict", "["+strings.Join(features, ",")+"]")
	var records []struct {
		ID         int64 `json:"prediction_id"`
		Prediction any
	}
	if err := json.Unmarshal([]byte(answer), &records); status != 200 || err != nil || len(records) != rows {
		t.Fatalf("%d %.300s: %v", status, answer, err)
	}
	for i := range records {
		outcomes[i] = fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%s}`, records[i].ID, outcomes[i])
	}
	if status, answer := fetch(t, predictor.url+"/feedback", "["+strings.Join(outcomes, ",")+"]"); status != 200 {
		t.Fatalf("%d %.300s", status, answer)
	}
}
