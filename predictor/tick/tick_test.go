package tick

import (
	"reflect"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
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
		{75, 15, 75},
		{90, 29, 15}, // ahead of the clock
	} {
		if got := Effective(test.tick*second, test.shipped*second, 0, 2*time.Minute); got != test.want*second {
			t.Errorf("tick %d shipped at %d: got %d, want %d", test.tick, test.shipped, got/second, test.want)
		}
	}
	if got := Effective(0, 135*second+1, 0, 2*time.Minute); got != 15*second {
		t.Errorf("a nanosecond late: got tick %d, want 15", got/second)
	}
}

func TestARecordDoesNotCountToATickThatItsLogHadClosed(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	for _, test := range []struct{ tick, shipped, closed, want int64 }{
		{0, 20, 14, 0},
		{0, 20, 15, 15},
		{0, 50, 44, 30},
		{45, 50, 44, 45},
		{0, 300, 290, 285}, // not 180
	} {
		if got := Effective(test.tick*second, test.shipped*second, test.closed*second, 2*time.Minute); got != test.want*second {
			t.Errorf("%+v: got %d", test, got/second)
		}
	}
}

func TestAnOutcomeDoesNotCountBeforeItsPrediction(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	for _, test := range []struct{ time, predicted, shipped, want int64 }{
		{100, 50, 105, 90},
		{100, 140, 105, 135},  // by a clock that is ahead
		{100, 1000, 105, 105}, // by one that is far ahead
		{100, -1, 105, 90},    // gone
		{100, 50, 400, 270},
	} {
		o := Outcome{Time: test.time * second, PredictedAt: test.predicted * second, ShippedAt: test.shipped * second}
		if got := o.Effective(2 * time.Minute); got != test.want*second {
			t.Errorf("%+v: got %d", test, got/second)
		}
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

// flat counts a number by its tenth, and takes every class as positive.
type flat struct{}

func (flat) Columns() []int   { return []int{3, 2} }
func (flat) Scheme() []string { return []string{"flat"} }
func (flat) Row(row *predictionlog.Row) (Counted, bool) {
	if len(row.Features) == 0 {
		return Counted{}, false
	}
	x := float64(row.Features[0] - '0')
	return Counted{Codes: []uint8{uint8(x), 1}, Numbers: []float64{x}, Kind: 1, Scored: true, Confidence: 5, Variance: 3, Positive: true}, true
}

func TestRowsAreCountedByTickModelAndVersion(t *testing.T) {
	t.Parallel()
	c := NewCounts(func(predictionlog.Key) Coder { return flat{} })
	const tick = int64(Length)
	for _, row := range []predictionlog.Row{
		{ID: 1, Time: tick + 5, Model: "m", Version: "1", Features: []byte("0"), Class: "a/b", Latency: 7},
		{ID: 2, Time: tick + 4, Model: "m", Version: "1", Features: []byte("2"), Class: "c", Latency: -1},
		{ID: 3, Time: tick + 9, Model: "m", Version: "1", Class: "c", Latency: -1},
		{ID: 4, Time: tick - 1, Model: "m", Version: "1", Features: []byte("2"), Class: "c", Latency: -1},
	} {
		c.Prediction(&row)
	}
	c.Error(&predictionlog.ErrorRow{Time: 3, Model: "m", Version: "1", Reason: "schema"})
	c.Feedback(&predictionlog.FeedbackRow{Time: 2, Model: "m", Version: "2", Class: "a/b", Outcome: "c/d", Corrects: "same_source", PredictedAt: 1, ObservedAt: 2e9 + 1})
	scheme := Scheme([]string{"flat"})
	want := []Record{
		{
			Model: "m", Version: "1", Scheme: scheme, Rows: 1, Oldest: tick - 1, Newest: tick - 1, At: []int64{2, 4}, N: []int64{1, 1},
			LastFeature: []int64{0}, LastTime: []int64{tick - 1}, LastValue: []float64{2},
			Names: []string{"class/c", "error/schema", "kind/1", "ledger/confidence", "ledger/positive", "ledger/scored", "ledger/variance"},
			Sums:  []int64{1, 1, 1, 5, 1, 1, 3},
		},
		{
			Model: "m", Version: "2", Scheme: scheme,
			Names: []string{"corrects/same_source", "delay/1", "delay/sum", "pair/3/a/b/c/d"}, Sums: []int64{1, 1, 2000, 1},
		},
		{
			Tick: tick, Model: "m", Version: "1", Scheme: scheme, Rows: 2, Oldest: tick + 4, Newest: tick + 5, At: []int64{0, 2, 4}, N: []int64{1, 1, 2},
			LastFeature: []int64{0}, LastTime: []int64{tick + 5}, LastValue: []float64{0},
			Names: []string{"class/a/b", "class/c", "invalid/", "kind/1", "latency/0", "latency/sum", "ledger/confidence", "ledger/positive", "ledger/scored", "ledger/variance"},
			Sums:  []int64{1, 2, 1, 2, 1, 7, 10, 2, 2, 6},
		},
	}
	if got := c.Records(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := c.Records(); len(got) != 0 {
		t.Errorf("counted again: %+v", got)
	}
}

func TestCountersSurviveTheirNames(t *testing.T) {
	t.Parallel()
	c := predictionlog.NewCounters()
	for i := range int64(300) {
		texts := []string{"", "a", "a/b", "sum", "7", "ü", "1/2/3"}
		text, other := texts[i%7], texts[i*i%5]
		c.AddPrediction(&predictionlog.Row{Class: text, Latency: i * 1e7 % 2e9, Score: float64(i) / 299, HasScore: true}, i%9 == 0)
		c.AddError(other)
		c.AddFeedback(&predictionlog.FeedbackRow{Class: text, Outcome: other, Corrects: predictionlog.Corrections[i%3], PredictedAt: 0, ObservedAt: i * i * 1e9})
	}
	back := predictionlog.NewCounters()
	for name, n := range CounterNames(c) {
		if !AddCounter(back, name, n) {
			t.Errorf("%q is not read", name)
		}
	}
	if !reflect.DeepEqual(back, c) {
		t.Errorf("got %+v, want %+v", back, c)
	}
	for _, name := range []string{"", "class", "other/1", "latency/99", "latency/-1", "latency/x", "pair/9/a", "pair/x/a/b", "pair/1/ab", "ledger/scored", "kind/3"} {
		if AddCounter(predictionlog.NewCounters(), name, 1) && name != "class" {
			t.Errorf("%q is read as a counter of the log", name)
		}
	}
}
