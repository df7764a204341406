package predictor

import (
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// mostExplored is the largest share of answers with another class.
const mostExplored = 0.5

// explorer answers a random share of the predictions with the other class, because outcomes that
// depend on the answer are otherwise seen of one class only.
type explorer struct {
	probability float64 // 0: never
	random      func() float64
}

// checkExplore returns an error if a probability cannot be one of exploring, or if the model has no
// other class.
func checkExplore(p float64, m *model.Model) error {
	if p > 0 && (m.Type == value.Multiclass || m.Type == value.Regression) {
		return fmt.Errorf("--explore=%g: the model %s is a %s model; only one of two classes has another one to answer with", p, m.Name, m.Type)
	}
	if !(p >= 0 && p <= mostExplored) {
		return fmt.Errorf("--explore=%g: it must be a number from 0 to %g, such as 0.02", p, mostExplored)
	}
	return nil
}

// explore returns how a prediction is answered with another class than its own, or nil if it is
// answered with its own. The classes of a Model are 0 and 1.
func (e *explorer) explore(class string) *predictionlog.Exploration {
	if e.probability == 0 || e.random() >= e.probability {
		return nil
	}
	other := map[string]string{"0": "1", "1": "0"}[class]
	return &predictionlog.Exploration{Answered: other, Probability: e.probability}
}
