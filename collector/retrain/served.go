package retrain

import (
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// loadServed reads the file of the served model, which must be one of two classes: the tests of
// validate compare classes and rank by the probability of one.
func loadServed(path string) (*model.Model, error) {
	m, err := model.Load(path)
	if err != nil {
		return nil, err
	}
	if t := m.Type.Or(value.Binary); t != value.Binary {
		return nil, fmt.Errorf("model file %s is a %s model; validate and retrain are for models of two classes, use exec or http for others", path, t)
	}
	return m, nil
}
