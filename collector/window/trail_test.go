package window

import (
	"slices"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestATrailKeepsTheNewestPoints(t *testing.T) {
	t.Parallel()
	trail := newTrail(2, time.Minute, 3)
	var before *snapshot.Trail
	for i := range 20 {
		end := time.Unix(int64(15*(4*i+1)), 0)
		if !trail.due(end) {
			t.Fatalf("tick %d is not due", i)
		}
		trail.add(end, int64(i+1), func(column int) float64 { return float64(10*column + i) })
		if trail.due(end.Add(15 * time.Second)) {
			t.Errorf("the next tick after %d is due within the same step", i)
		}
		if i == 4 {
			before = trail.show(1)
		}
	}
	got := trail.show(1)
	if n := len(got.Times); n < 3 || n > 6 || len(got.KL) != n || len(got.Rows) != n {
		t.Fatalf("%d points, want 3 to 6: %+v", n, got)
	}
	if last := len(got.KL) - 1; got.KL[last] != 29 || got.Rows[last] != 20 {
		t.Errorf("the newest point is %v of %d rows", got.KL[last], got.Rows[last])
	}
	if !slices.Equal(before.KL, []float64{10, 11, 12, 13, 14}) {
		t.Errorf("what a snapshot held has changed: %v", before.KL)
	}
	if trail.show(1) != got {
		t.Error("nothing has changed, and the trail is another one")
	}
	trail.add(time.Unix(1e6, 0), 0, nil)
	if trail.show(1) != got {
		t.Error("an empty window is a point")
	}
}

func TestATrailKeepsTheNewestChanges(t *testing.T) {
	t.Parallel()
	trail := newTrail(1, time.Minute, 3)
	for i := range 100 {
		trail.change(0, snapshot.Change{Rows: int64(i)})
	}
	got := trail.show(0).Changes
	if len(got) < mostChanges || len(got) > 2*mostChanges || got[len(got)-1].Rows != 99 {
		t.Errorf("%d changes, the newest %+v", len(got), got[len(got)-1])
	}
}

func TestATrailThatNobodyAskedForIsNil(t *testing.T) {
	t.Parallel()
	var none *trail
	none.change(0, snapshot.Change{})
	if none.due(time.Unix(1, 0)) || none.show(0) != nil {
		t.Error("it shows something")
	}
}
