package collector

import (
	"fmt"
	"maps"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestClassesInOtherSpellingsCountAsOne(t *testing.T) {
	t.Parallel()
	c := classesOf(&snapshot.Model{Reference: &reference.Reference{Classes: []reference.Class{{Class: "0"}, {Class: "1", Name: "yes"}}}}, 20)
	got := c.predicted(map[string]int64{"1": 1, "1.0": 2, "true": 4, "yes": 8, "0": 16, "2": 32})
	if want := map[string]int64{"0": 16, "1": 15, "__other__": 32}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWhatIsNoClassIsNoOutcome(t *testing.T) {
	t.Parallel()
	c := classesOf(&snapshot.Model{}, 20)
	pairs, invalid := c.feedback(map[predictionlog.ClassPair]int64{{Predicted: "1.0", Actual: "true"}: 1, {Predicted: "7", Actual: "0"}: 2, {Predicted: "0", Actual: ""}: 4})
	want := map[predictionlog.ClassPair]int64{
		{Predicted: "0", Actual: "0"}: 0, {Predicted: "0", Actual: "1"}: 0, {Predicted: "1", Actual: "0"}: 0, {Predicted: "1", Actual: "1"}: 1,
		{Predicted: "__other__", Actual: "0"}: 2,
	}
	if !maps.Equal(pairs, want) || invalid != 4 {
		t.Errorf("got %v and %d invalid, want %v and 4", pairs, invalid, want)
	}
	c = classesOf(&snapshot.Model{Reference: &reference.Reference{Classes: []reference.Class{{Class: "0"}, {Class: "1"}}}}, 20)
	if pairs, invalid = c.feedback(map[predictionlog.ClassPair]int64{{Predicted: "1", Actual: "late"}: 3}); len(pairs) != 4 || invalid != 3 {
		t.Errorf("got %v and %d invalid, want four pairs and 3", pairs, invalid)
	}
}

func TestManyClassesMakeFewSeries(t *testing.T) {
	t.Parallel()
	r := &reference.Reference{}
	for i := range 200 {
		r.Classes = append(r.Classes, reference.Class{Class: fmt.Sprintf("class %d", i), Count: int64(i)})
	}
	c := classesOf(&snapshot.Model{Reference: r}, 20)
	if pairs, _ := c.feedback(nil); len(pairs) != 0 {
		t.Errorf("%d pairs without feedback", len(pairs))
	}
	all := map[predictionlog.ClassPair]int64{}
	for i := range 200 {
		for j := range 200 {
			all[predictionlog.ClassPair{Predicted: fmt.Sprintf("class %d", i), Actual: fmt.Sprintf("class %d", j)}] = 1
		}
	}
	if pairs, invalid := c.feedback(all); len(pairs) != (20+1)*(20+1) || invalid != 0 {
		t.Errorf("%d pairs and %d invalid", len(pairs), invalid)
	}
	if got := c.predicted(map[string]int64{"class 199": 1, "class 0": 2}); got["class 199"] != 1 || got["__other__"] != 2 || len(got) != 20+1 {
		t.Errorf("got %v", got)
	}
}
