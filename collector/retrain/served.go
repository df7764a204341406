package retrain

import (
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// loadServed loads the file of the served model, which must be the model that the alert is about.
func loadServed(path string, j *respond.Job) (*model.Model, error) {
	m, err := model.Load(path)
	if err != nil {
		return nil, err
	}
	return m, isFor(m, path, j)
}

// isFor refuses a model that the alert is not about.
func isFor(m *model.Model, path string, j *respond.Job) error {
	if m.Name != j.Model {
		return fmt.Errorf("%s is model %q, the alert is about %q; give the playbook match: {model: %s}", path, m.Name, j.Model, m.Name)
	}
	return nil
}

// kindOf returns what a model predicts.
func kindOf(m *model.Model) value.Prediction { return m.Type.Or(value.Binary) }

// outcomes reads the outcomes of a model.
type outcomes struct {
	classes *value.ClassReader // nil: the outcome is a number
}

func outcomesOf(m *model.Model) outcomes {
	if kindOf(m) == value.Regression {
		return outcomes{}
	}
	return outcomes{value.NewClosedClassReader(m.Classes())}
}

// actual returns an outcome in canonical form. ok is false for what is no outcome of the model.
func (o outcomes) actual(text string) (outcome string, ok bool) {
	if o.classes != nil {
		return o.classes.Actual(text)
	}
	x, ok := value.OutcomeNumber(text)
	return value.FormatNumber(x), ok
}

// predicted returns a predicted class in canonical form.
func (o outcomes) predicted(class string) string {
	if o.classes == nil {
		return ""
	}
	return o.classes.Predicted(class)
}
