package exporter

import (
	"strconv"
	"time"
)

const (
	// defaultTimeout is for clients that send no timeout, such as curl.
	defaultTimeout = 2 * time.Minute

	// longestTimeout bounds what a header may ask for.
	longestTimeout = time.Hour
)

// budget returns how long a scrape may collect: the seconds in the header minus the offset,
// which is the time to write and send the page. It is at least a quarter of the timeout,
// however large the offset: a timeout of 0.5 s with an offset of 0.5 s leaves 125 ms. A
// header that is absent or not a positive number counts as two minutes, one above an hour
// as an hour.
func budget(header string, offset time.Duration) time.Duration {
	timeout := defaultTimeout
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds > 0 {
		timeout = longestTimeout
		if seconds < longestTimeout.Seconds() {
			timeout = time.Duration(seconds * float64(time.Second))
		}
	}
	return max(timeout-offset, timeout/4)
}
