package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

var little = effort{bins: []int{5}, pValues: 20, months: 1, provocations: 1, wild: 1, ticks: 800, drifts: 1, dependent: 1, names: []int{50}, crowds: 2, crowdMonths: 1}

func TestSameSeedPrintsTheSameBytes(t *testing.T) {
	t.Parallel()
	var pages [2]string
	for i := range pages {
		var page bytes.Buffer
		// With so few runs the promises are not kept. This test only checks that the result is
		// the same.
		if err := run(little, 1, &page, io.Discard); err == nil {
			t.Fatal("20 p-values a cell keep to .04 .. .06")
		}
		pages[i] = page.String()
	}
	if pages[0] != pages[1] {
		t.Errorf("the same seed prints\n%s\nand\n%s", pages[0], pages[1])
	}
	for _, want := range []string{"## 1. The p-value", "## 2. False alarms", "## 3. Detection", "## 4. Traffic"} {
		if !strings.Contains(pages[0], want) {
			t.Errorf("the report has no %q", want)
		}
	}
	if strings.Contains(pages[0], "%!") || strings.Contains(pages[0], "NaN") {
		t.Errorf("the report is not well formed:\n%s", pages[0])
	}
}

func TestBrokenPromisesAreNamed(t *testing.T) {
	t.Parallel()
	kept := report{
		levels:   []level{{shape: fixedEqual, bins: 10, window: 100, known: 1000, at05: rate{.05, .002}}},
		Crowds:   []Crowd{{At05: [len(crowdWindows)]rate{{.06, .002}, {.02, .002}, {.069, .005}}}},
		Quiet:    []Calm{{Window: 1000, Rules: [rules]Noise{{Episodes: 10, Months: 10}}}},
		Provoked: []Provocation{{100, Noise{Episodes: 1, Months: 1}}},
		Drifts:   []Drift{{Name: "shift", Earlier: earlier{Found: 600}, Windows: [len(windows)]Delay{1: {Found: 750}}}},
	}
	if err := kept.broken(); err != nil {
		t.Errorf("broken: %v", err)
	}
	broken := report{
		levels: []level{
			{shape: fixedEqual, bins: 10, window: 100, known: 1000, at05: rate{.061, .002}},
			{shape: fromQuantiles, bins: 10, window: 100, known: 1000, at05: rate{.039, .002}},
			{shape: fixedSkewed, bins: 10, window: 100, known: 1000, at05: rate{.1, .002}},
			{shape: fixedEqual, bins: 50, window: 100, known: 1000, at05: rate{.1, .002}},
		},
		Crowds:   []Crowd{{At05: [len(crowdWindows)]rate{{.065, .002}, {.02, .002}, {.05, .002}}}},
		Quiet:    []Calm{{Window: 1000, Rules: [rules]Noise{{Episodes: 11, Months: 10}}}},
		Provoked: []Provocation{{100, Noise{Months: 1}}},
		Drifts:   []Drift{{Name: "shift", Earlier: earlier{Found: 600}, Windows: [len(windows)]Delay{1: {Found: never}}}},
	}
	if got := broken.broken(); len(got) != 6 {
		t.Errorf("broken: %v, want two levels, one of many categories, the false alarms, the dead detector and the shift", got)
	}
}
