package exporter

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	const offset = 500 * time.Millisecond
	for _, test := range []struct {
		name, header string
		offset, want time.Duration
	}{
		{"usual", "10", offset, 9500 * time.Millisecond},
		{"fraction", "1.5", offset, time.Second},
		{"no offset", "10", 0, 10 * time.Second},
		{"as short as the offset", "0.5", offset, 125 * time.Millisecond},
		{"shorter than the offset", "0.1", offset, 25 * time.Millisecond},
		{"a little longer than the offset", "0.6", offset, 150 * time.Millisecond},
		{"tiny", "1e-12", offset, 0},
		{"absent", "", offset, defaultTimeout - offset},
		{"not a number", "ten", offset, defaultTimeout - offset},
		{"with a unit", "10s", offset, defaultTimeout - offset},
		{"zero", "0", offset, defaultTimeout - offset},
		{"negative", "-5", offset, defaultTimeout - offset},
		{"NaN", "NaN", offset, defaultTimeout - offset},
		{"beyond float64", "1e999", offset, defaultTimeout - offset},
		{"infinite", "+Inf", offset, longestTimeout - offset},
		{"huge", "1e300", offset, longestTimeout - offset},
		{"beyond time.Duration", "1e12", offset, longestTimeout - offset},
	} {
		if got := budget(test.header, test.offset); got != test.want {
			t.Errorf("%s: budget(%q, %v) = %v, want %v", test.name, test.header, test.offset, got, test.want)
		}
	}
}
