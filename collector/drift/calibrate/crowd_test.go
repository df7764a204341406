package main

import (
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// This runs half a day of four features. `make calibrate` runs months of sixteen.
func TestQuietTrafficOfManyCategoriesRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	calm, err := quietCrowds(pool{seed: 5, progress: io.Discard}, effort{names: []int{500}, crowdMonths: 1, ticks: ticksPerDay / 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calm {
		if c.Episodes > 0 {
			t.Errorf("%d alarms with a window of %d", c.Episodes, c.Window)
		}
	}
}

func TestInvasionsRaiseAnAlarm(t *testing.T) {
	t.Parallel()
	for kind := range someNew {
		c := Crowd{Names: 500, Known: 2000}
		alarms, err := c.watch(rand.New(rand.NewPCG(1, 2)), 40, 16, func(b *drift.Binning, quiet shares) shares { return kind.of(b, quiet) })
		if err != nil {
			t.Fatal(err)
		}
		if slices.Min(alarms) != 1 {
			t.Errorf("invasion %d: %v alarms, want one a window", kind, alarms)
		}
	}
}
