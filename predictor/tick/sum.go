package tick

// Sum is the sum of records that count to the same tick, model, version and scheme. Tick is that
// tick: the records' effective one. LogID, After and Sequence mean nothing, unless Left says so.
type Sum struct {
	Record

	// Piece numbers the sums of one tick, model, version and scheme. The logs of a tick come in the
	// order of their ids, and a log is in the piece of the number of rows before it, of any scheme,
	// divided by 1000.
	Piece int64
	// Records is the number of records.
	Records int64
	// Recounted is the number of those of Rows that were counted by another scheme, and again from
	// the shipped rows. Left says that this is one record of another scheme, of LogID, After and
	// Sequence, of which that was not possible.
	Recounted int64
	Left      bool
}

// Late is a record that counts to another tick than its own.
type Late struct {
	LogID, Model, Version string
	// Tick is its own tick, After and Sequence are the record's, Effective is the tick that it
	// counts to.
	Tick, After, Sequence, Effective int64
	Rows                             int64
}

// LogState is how far a log has been shipped.
type LogState struct {
	ID string
	// Through and ShippedAt are the greatest of its records.
	Through, ShippedAt int64
}

// State is how far the logs have been shipped at one time.
type State struct {
	// Now is the time by the clock of the destination.
	Now int64
	// Logs are those that have shipped something lately.
	Logs []LogState
}
