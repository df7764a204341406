package retrain

import (
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

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
