package tick

import (
	"reflect"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

func TestATickIsAsLongAsThatOfTheDetectors(t *testing.T) {
	t.Parallel()
	if Length != drift.TickLength {
		t.Errorf("a tick is %v, and %v for the detectors", Length, drift.TickLength)
	}
}

func TestTheTickOfATime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ time, want int64 }{{0, 0}, {1, 0}, {14_999_999_999, 0}, {15_000_000_000, 15_000_000_000}, {-1, -15_000_000_000}} {
		if got := Start(test.time); got != test.want {
			t.Errorf("tick of %d: got %d, want %d", test.time, got, test.want)
		}
	}
}

func TestALateRecordCountsToALaterTick(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	for _, test := range []struct{ tick, shipped, want int64 }{
		{0, 15, 0},
		{0, 135, 0},    // in time to the nanosecond
		{0, 136, 15},   // 136-120 = 16 is in the tick of 15
		{0, 1000, 870}, // 880 is in the tick of 870
	} {
		if got := Effective(test.tick*second, test.shipped*second, 2*time.Minute); got != test.want*second {
			t.Errorf("tick %d shipped at %d: got %d, want %d", test.tick, test.shipped, got/second, test.want)
		}
	}
	if got := Effective(0, 135*second+1, 2*time.Minute); got != 15*second {
		t.Errorf("a nanosecond late: got tick %d, want 15", got/second)
	}
}

func TestRecordsAddUpInAnyOrder(t *testing.T) {
	t.Parallel()
	records := []*Record{
		{
			Rows: 2, Oldest: 5, Newest: 7, At: []int64{0, 3}, N: []int64{1, 1}, Sequence: 2, ShippedAt: 9, Through: 8,
			LastFeature: []int64{0, 2}, LastTime: []int64{7, 5}, LastValue: []float64{1.5, 2}, Names: []string{"a", "c"}, Sums: []int64{1, 2},
		},
		{Rows: 0, Names: []string{"b"}, Sums: []int64{7}, Sequence: 1, ShippedAt: 1, Through: 1},
		{
			Rows: 3, Oldest: 4, Newest: 5, At: []int64{1, 3}, N: []int64{2, 1}, Sequence: 1, ShippedAt: 2, Through: 2,
			LastFeature: []int64{1, 2}, LastTime: []int64{4, 5}, LastValue: []float64{8, 3}, Names: []string{"c"}, Sums: []int64{5},
		},
	}
	want := &Record{
		Rows: 5, Oldest: 4, Newest: 7, At: []int64{0, 1, 3}, N: []int64{1, 2, 2}, Sequence: 2, ShippedAt: 9, Through: 8,
		LastFeature: []int64{0, 1, 2}, LastTime: []int64{7, 4, 5}, LastValue: []float64{1.5, 8, 3}, Names: []string{"a", "b", "c"}, Sums: []int64{1, 7, 7},
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		sum := &Record{}
		for _, i := range order {
			sum.Add(records[i])
		}
		if !reflect.DeepEqual(sum, want) {
			t.Errorf("in the order %v: got %+v, want %+v", order, sum, want)
		}
	}
}
