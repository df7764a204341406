package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestWindowPage(t *testing.T) {
	t.Parallel()
	golden(t, windowRows{})
}

func TestAnEmptyWindowHasNoAge(t *testing.T) {
	t.Parallel()
	got := samples(t, windowRows{}, one(snapshot.Model{Rows: &snapshot.Rows{Newest: &now}}))
	contains(t, got, `model_window_predictions{model="m",version="v"} 0`)
	lacks(t, got, "model_window_age_seconds")
}
