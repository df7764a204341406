package snapshot

import (
	"errors"
	"math/bits"
	"reflect"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// every is a snapshot with every part.
func every() *Snapshot {
	return &Snapshot{
		Time: time.Unix(1, 0), Err: errors.New("unread"), Loads: &Loads{},
		Models: []Model{{
			Name: "m", Version: "1", Type: value.Multiclass, Reference: &reference.Reference{}, Rows: &Rows{}, Counters: predictionlog.NewCounters(),
			Distributions: &Distributions{}, Performance: &Performance{}, Outcomes: &Outcomes{}, Coverage: &Coverage{},
			Matured: &Matured{}, Estimate: &Estimate{}, Regression: &Regression{}, ExpectedError: &drift.ExpectedError{}, Accuracy: &Accuracy{}, Challengers: &Challengers{}, EstimateLow: &EstimateLow{},
		}},
	}
}

const all = PartClock | PartRows | PartCounters | PartDistributions | PartPerformance | PartOutcomes | PartCoverage | PartMatured | PartEstimate | PartRegression | PartExpectedError | PartAccuracy | PartChallengers | PartLoads | PartEstimateLow

// TestEveryFieldOfAModelIsOfOnePart: a field that no part holds would never reach a page.
func TestEveryFieldOfAModelIsOfOnePart(t *testing.T) {
	t.Parallel()
	s := every()
	whole := reflect.ValueOf(s.Models[0])
	for i := range whole.NumField() {
		if name := whole.Type().Field(i).Name; whole.Field(i).IsZero() {
			t.Errorf("the test has no %s", name)
		} else if some := s.Only(all); reflect.ValueOf(some.Models[0]).Field(i).IsZero() {
			t.Errorf("no part holds %s", name)
		}
	}
	set := func(s *Snapshot) (n int) {
		for _, field := range reflect.ValueOf(s.Models[0]).Fields() {
			if !field.IsZero() {
				n++
			}
		}
		if !s.Time.IsZero() {
			n++
		}
		if s.Loads != nil {
			n++
		}
		return n
	}
	none := set(s.Only(0))
	for part := PartClock; part <= PartLoads; part <<= 1 {
		if got := set(s.Only(part)); got != none+1 {
			t.Errorf("part %d holds %d fields", bits.TrailingZeros16(uint16(part)), got-none)
		}
	}
}

func TestPartsAreTheSameByTheirPointers(t *testing.T) {
	t.Parallel()
	a, b := every(), every()
	b.Models[0] = a.Models[0]
	b.Loads = a.Loads
	if !Same(a, b, all) {
		t.Error("the same parts are not the same")
	}
	b.Models[0].Performance = &Performance{}
	if Same(a, b, PartPerformance) || !Same(a, b, all&^PartPerformance) {
		t.Error("a part that is equal but not the same must not count as it")
	}
	b.Models[0].Performance = nil
	if Same(a, b, PartPerformance|PartRows) || !Same(a, b, PartRows) {
		t.Error("a part that is gone must not count as the same")
	}
	b = every()
	b.Models[0] = a.Models[0]
	b.Models[0].Version = "2"
	if Same(a, b, 0) {
		t.Error("another version is not the same model")
	}
	b.Models[0] = a.Models[0]
	b.Models = append(b.Models, Model{})
	if Same(a, b, 0) {
		t.Error("one model more is not the same")
	}
	b = every()
	b.Models, b.Time = a.Models, a.Time.Add(1)
	if Same(a, b, PartClock) || !Same(a, b, PartRows) {
		t.Error("the clock counts for those who look at it")
	}
}

func TestAllDistributionsAreFeaturesThenScoreThenClass(t *testing.T) {
	t.Parallel()
	d := &Distributions{Features: []Distribution{{Name: "a"}, {Name: "b"}}, Score: &Distribution{Name: "score"}, Class: &Distribution{Name: "class"}}
	names := func(d *Distributions, most int) (names string) {
		for x := range d.All() {
			if names += x.Name + " "; most == 1 {
				break
			}
			most--
		}
		return names
	}
	if got := names(d, 9); got != "a b score class " {
		t.Errorf("got %q", got)
	}
	d.Score = nil
	if got := names(d, 9); got != "a b class " {
		t.Errorf("without a score: %q", got)
	}
	if got := names(d, 1); got != "a " {
		t.Errorf("cut off: %q", got)
	}
	if got := names(nil, 9); got != "" {
		t.Errorf("of none: %q", got)
	}
}
