package words

import (
	"fmt"
	"time"
)

// Moment writes a time in UTC. It leaves out the day if it is the day of now, and the year if it
// is the year of now: 14:05 UTC, 28 Nov 14:05 UTC, 28 Nov 2025 14:05 UTC.
func Moment(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	switch {
	case t.Year() != now.Year():
		return t.Format("2 Jan 2006 15:04 UTC")
	case t.YearDay() != now.YearDay():
		return t.Format("2 Jan 15:04 UTC")
	default:
		return t.Format("15:04 UTC")
	}
}

// Day writes a date: 28 Nov 2026.
func Day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// Clock writes a time in full: 29 Nov 2026 14:05:09 UTC.
func Clock(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05 UTC") }

// Duration writes a length of time in its largest unit: 31 minutes, 5 hours, 3 days.
func Duration(d time.Duration) string {
	for _, unit := range []struct {
		name   string
		length time.Duration
		from   time.Duration
	}{
		{"day", 24 * time.Hour, 48 * time.Hour},
		{"hour", time.Hour, 2 * time.Hour},
		{"minute", time.Minute, 2 * time.Minute},
		{"second", time.Second, time.Second},
	} {
		if d >= unit.from {
			n := int64((d + unit.length/2) / unit.length)
			if n == 1 {
				return "1" + nbsp + unit.name
			}
			return Count(n) + nbsp + unit.name + "s"
		}
	}
	return "under 1" + nbsp + "second"
}

// Ago writes how long before now a time was: 31 minutes ago. A time after now is said to be ahead
// of the clock.
func Ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d < -time.Second:
		return fmt.Sprintf("%s ahead of this clock", Duration(-d))
	case d < time.Second:
		return "just now"
	default:
		return Duration(d) + " ago"
	}
}
