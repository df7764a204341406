package predictionlog

// State is the state of a log: its size and its newest rows.
type State struct {
	// LogID is the log's UUID. A different one means a different log.
	LogID string
	// HighWater holds the newest ids ever written, whether or not those rows
	// are still there; TotalsUpTo the newest ids in the log's own sums.
	HighWater, TotalsUpTo UpTo
	// Size is in bytes, of the log and its write-ahead log.
	Size int64
}

// Totals are the counters of every model and version over the log's rows up to
// some ids, deleted rows included.
type Totals struct {
	UpTo     UpTo
	Counters map[Key]*Counters
}
