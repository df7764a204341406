package predictor

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// toyOfMany is a multiclass model, and toyOfNumbers a regression, of the features of toy.
func toyOfMany() *model.Model {
	return &model.Model{
		Name: "toy", Version: "v1", Type: value.Multiclass, Labels: []string{"cat", "dog", "owl"}, Intercepts: []float64{0, 1, 2},
		Features: []model.Feature{
			{Name: "income", Type: model.Numeric, Mean: 50, SD: 10, Coefficients: []float64{1, 0, -1}},
			{Name: "grade", Type: model.Categorical, Categories: []model.Category{{Value: "A", Coefficients: []float64{0, 1, 0}}}},
			{Name: "age", Type: model.Numeric, Mean: 40, SD: 5, Coefficients: []float64{0, 0, 0}},
		},
	}
}

func toyOfNumbers() *model.Model {
	m := toy()
	m.Type, m.Threshold, m.Intercept = value.Regression, 0, 100
	return m
}

func TestEveryTypeIsServed(t *testing.T) {
	t.Parallel()
	probability := string(appendNumber(nil, 1/(math.Exp(1-2)+1+math.Exp(1-2))))
	for _, test := range []struct {
		model                     *model.Model
		answer, outcome, feedback string
		class, logged             string
		score                     float64
		refused, refusal          string
	}{
		{
			toyOfMany(), `"prediction":"dog","probability":` + probability + `,`, `"fox"`, `"actual_outcome":"fox","correct":false}`,
			"dog", "fox", 1 / (math.Exp(1-2) + 1 + math.Exp(1-2)), `""`, `send \"cat\" or \"dog\" or \"owl\"`,
		},
		{
			toyOfNumbers(), `"prediction":101.95,"model"`, `"1.025e2"`, `"actual_outcome":102.5}`,
			"", "102.5", 101.95, `"much"`, "which is not a finite number; send the number that was observed",
		},
	} {
		s, log := newServer(t, func(o *Options) { o.Model = test.model })
		got := ask(t, s.Handler(), "POST", "/predict", `{"income":60,"grade":"A","age":40.5}`)
		if got.code != http.StatusOK || !strings.Contains(got.body, test.answer) {
			t.Fatalf("%s: got %d %s, want %s", test.model.Type, got.code, got.body, test.answer)
		}
		if row := log.rows[0]; row.Class != test.class || row.Score != test.score {
			t.Errorf("%s: logged %+v", test.model.Type, row)
		}
		got = ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":`+test.outcome+`}`)
		if got.code != http.StatusOK || !strings.Contains(got.body, test.feedback) || log.feedback[0].Outcome != test.logged {
			t.Errorf("%s: got %d %s, want %s", test.model.Type, got.code, got.body, test.feedback)
		}
		for _, wrong := range []string{test.refused, "null", "[1]"} {
			got = ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":`+wrong+`}`)
			if got.code != http.StatusBadRequest {
				t.Errorf("%s: outcome %s: got %d %s", test.model.Type, wrong, got.code, got.body)
			}
			if wrong == test.refused && !strings.Contains(got.body, test.refusal) && test.model.Type == value.Regression {
				t.Errorf("%s: outcome %s: got %s, want %q", test.model.Type, wrong, got.body, test.refusal)
			}
		}
	}
}

func TestAbsurdNumbersGiveFinitePredictions(t *testing.T) {
	t.Parallel()
	for _, m := range []*model.Model{toyOfMany(), toyOfNumbers()} {
		s, log := newServer(t, func(o *Options) { o.Model = m })
		for _, income := range []string{"1e308", "-1e308", "null"} {
			if got := ask(t, s.Handler(), "POST", "/predict", `{"income":`+income+`,"grade":"unknown","age":-1e308}`); got.code != http.StatusOK {
				t.Errorf("%s: got %d %s", m.Type, got.code, got.body)
			}
		}
		for _, row := range log.rows {
			if math.IsNaN(row.Score) || math.IsInf(row.Score, 0) || m.Type == value.Multiclass && !(row.Score > 0 && row.Score <= 1) {
				t.Errorf("%s: score %v", m.Type, row.Score)
			}
		}
	}
}
