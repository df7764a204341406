package value

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var errTime = errors.New("a time is RFC 3339, such as 2026-11-01T12:00:00Z or without a zone, which is UTC, a date such as 20261101, a date with the time of day such as 20261101123000, or seconds since 1970")

// Time reads a time and returns nanoseconds since 1970. It accepts RFC 3339 with a T or a
// space, with or without its zone, a date, a date and time of day without separators, and seconds since 1970. Eight or
// fourteen digits that are a date are not read as seconds. Without a zone it is UTC.
func Time(cell string) (int64, error) {
	cell = strings.TrimSpace(cell)
	for _, form := range []string{"20060102", time.DateOnly, "20060102150405"} {
		if day, err := time.Parse(form, cell); err == nil && day.Year() >= 1970 && day.Year() <= 2261 {
			return day.UnixNano(), nil
		}
	}
	if seconds, kind := Number(cell); kind == Known {
		if ns := seconds * 1e9; ns >= 0 && ns < math.MaxInt64 {
			return nanoseconds(cell, ns), nil
		}
		return 0, fmt.Errorf("%q is out of range: %w (are these milliseconds?)", cell, errTime)
	}
	if len(cell) > 10 && cell[10] == ' ' {
		cell = cell[:10] + "T" + cell[11:]
	}
	t, err := time.Parse(time.RFC3339Nano, cell)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", cell) // as pandas writes it; a fraction may follow
	}
	if err != nil {
		return 0, fmt.Errorf("%q is not a time: %w", cell, errTime)
	}
	if t.Year() < 1970 || t.Year() > 2261 {
		return 0, fmt.Errorf("%q is out of range: the years are 1970 to 2261", cell)
	}
	return t.UnixNano(), nil
}

// nanoseconds reads a plain decimal number of seconds exactly. A float is only precise to 100 ns.
// It is used for other forms of numbers.
func nanoseconds(cell string, float float64) int64 {
	whole, fraction, _ := strings.Cut(cell, ".")
	s, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(fraction) > 9 {
		return int64(float)
	}
	f, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil {
		return int64(float)
	}
	return s*1e9 + f
}
