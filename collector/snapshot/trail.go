package snapshot

import "time"

// Trail is how a distribution went until a snapshot, at the ends of ticks, oldest
// first. It covers the traffic that the detectors have seen, as far as it is kept.
type Trail struct {
	// Times are the ends of ticks, some time apart. At each the window held Rows
	// predictions and its divergence KL was as many nats; NaN never occurs.
	Times []time.Time
	Rows  []int64
	KL    []float64
	// Changes are the newest changes of the detector's verdict, oldest first.
	Changes []Change
}

// Change is a tick after which a detector said something else than before.
type Change struct {
	// Time is the tick's end.
	Time time.Time
	// Detected says whether the alarm is on from then on.
	Detected bool
	// Rows and KL are those of the window at that time; KL is nil when it was empty.
	Rows int64
	KL   *float64
}
