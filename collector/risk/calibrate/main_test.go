package main

import (
	"bytes"
	"strings"
	"testing"
)

// little is long enough for the promises that a seed keeps by far.
var little = effort{Months: 2, Ticks: 1500, Changes: 11, Quiet: 40, Labels: 1500, Duels: 300, Pairs: 60, Rule: 1, Draws: 99}

func TestSameSeedPrintsTheSameBytes(t *testing.T) {
	t.Parallel()
	var pages [2]bytes.Buffer
	for i := range pages {
		_ = run(little, 1, &pages[i]) // so few runs may break promises: others are tested
	}
	page := pages[0].String()
	if page != pages[1].String() {
		t.Errorf("the same seed prints\n%s\nand\n%s", page, pages[1].String())
	}
	if !strings.HasSuffix(page, "not in every month with harm.\n") || strings.Contains(page, "%!") || strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
		t.Errorf("the report is not well formed:\n%s", page)
	}
}

func TestBrokenPromisesAreNamed(t *testing.T) {
	t.Parallel()
	kept := report{effort: effort{Months: 1}, Traffic: []Traffic{{Alarms: 1}, {Biased: true, Alarms: 9, Recommended: 1}, {Boundary: true, Recommended: 1}},
		Found: []Change{{Earlier: 100, Median: 114}}, Excess: []Recommendation{{Rate: .25, Limit: .25, Runs: 100, Above0: 5}, {Rate: .3, Limit: .25, Runs: 10, Above0: 10}},
		Equal: []Peeking{{Runs: 100, At20: 5, At100: 1}}, Means: []Coverage{{Runs: 100, Missed: 5}},
		Rules: []Rule{{Months: 1, Decisions: 9}, {Harm: true, Months: 2, Recommended: 2}}}
	if errs := kept.broken(); len(errs) > 0 {
		t.Errorf("broken: %v", errs)
	}
	broken := report{effort: effort{Months: 1}, Traffic: []Traffic{{Alarms: 2}, {Recommended: 1}},
		Found: []Change{{Earlier: 100, Median: 116}}, Excess: []Recommendation{{Rate: .25, Limit: .25, Runs: 100, Above0: 6}},
		Equal: []Peeking{{Runs: 100, At20: 6}, {Runs: 100, At100: 2}}, Means: []Coverage{{Runs: 100, Missed: 6}},
		Rules: []Rule{{Months: 10, Decisions: 9, Recommended: 1}, {Months: 1}, {Harm: true, Months: 2, Recommended: 1}}}
	if errs := broken.broken(); len(errs) != 10 {
		t.Errorf("broken: %d, want 10: %v", len(errs), errs)
	}
}
