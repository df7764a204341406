package value

import (
	"slices"
	"strings"
	"time"
)

// dates are the forms of dates and times that tools write.
var dates = []string{
	"2006-01-02", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 MST", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01", "2006/1/2", "2006/1/2 15:04:05", "2006.01.02",
	"2.1.2006", "2.1.2006 15:04", "2.1.2006 15:04:05", "1/2/2006", "2/1/2006", "1/2/06", "1/2/2006 15:04", "2/1/2006 15:04", "1/2/2006 15:04:05", "2/1/2006 15:04:05",
	"Jan-2006", "Jan-06", "2-Jan-2006", "2-Jan-06", "Jan 2, 2006", "January 2, 2006", "2 Jan 2006", "2 January 2006", "02Jan2006",
	time.ANSIC, time.RFC1123, time.RFC1123Z,
}

// shortestDate is the length of a text that may be a date.
const shortestDate = len("Jan-06")

// dateForm returns which of dates a text has, with month and day in range, and false
// when it is none. Plain numbers are none: see isDateNumber. Some 2 us for a text that
// could be one.
func dateForm(text string) (form int, ok bool) {
	if len(text) < shortestDate || len(text) > 40 || !strings.ContainsAny(text, "-/.: ") && len(text) != len("02Jan2006") {
		return 0, false
	}
	digits := 0
	for i := range len(text) {
		if text[i]-'0' <= 9 {
			digits++
		}
	}
	if digits < 2 {
		return 0, false
	}
	form = slices.IndexFunc(dates, func(form string) bool {
		_, err := time.Parse(form, text)
		return err == nil
	})
	return max(form, 0), form >= 0
}

// isDateNumber reports whether a text is a date of 1900 to 2099 written as a number, as in
// 20260131, or with the time of day, as in 20260131123000.
func isDateNumber(text string) bool {
	form := "20060102150405"
	if len(text) == 8 {
		form = form[:8]
	}
	if len(text) != len(form) || text[:2] != "19" && text[:2] != "20" || countDigits(text, 0) != len(text) {
		return false
	}
	_, err := time.Parse(form, text)
	return err == nil
}

// isEpoch reports whether x could be a time of 2001 to 2096 as a count of seconds,
// milliseconds, microseconds or nanoseconds since 1970.
func isEpoch(x float64) bool {
	for unit := 1.; unit <= 1e9; unit *= 1000 {
		if x >= 1e9*unit && x < 4e9*unit {
			return true
		}
	}
	return false
}
