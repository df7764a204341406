package predictionlog

import (
	"reflect"
	"testing"
)

func TestCloneIsIndependent(t *testing.T) {
	t.Parallel()
	c := NewCounters()
	row := Row{Class: "1", Score: 0.5, HasScore: true, Latency: 5}
	c.AddPrediction(&row, true)
	clone := c.Clone()
	if !reflect.DeepEqual(c, clone) {
		t.Fatalf("%+v, want %+v", clone, c)
	}
	c.AddPrediction(&row, true)
	c.AddError("x")
	c.AddFeedback(&FeedbackRow{Class: "1", Outcome: "0"})
	want := NewCounters()
	want.AddPrediction(&row, true)
	if !reflect.DeepEqual(clone, want) {
		t.Errorf("%+v, want %+v", clone, want)
	}
}
