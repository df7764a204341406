package snapshot

import "time"

// Fleet says how a source of shipped predictions does.
type Fleet struct {
	// Until is the time of the state: the end of the last final tick; nil before the first state.
	Until *time.Time
	// Live is the number of logs that ship, Silent that of those which have not shipped for the
	// lateness, but did within the hour.
	Live, Silent int
	// Late counts predictions that count to a later tick than their own, Foreign those that were
	// coded for another reference and are in no window, Recounted those that were counted again from
	// their rows, Unmatched outcomes whose prediction is in no window. All are those since the anchor
	// of the outcomes.
	Late, Foreign, Recounted, Unmatched int64
	// Refolds counts how often everything was folded again since the process began.
	Refolds int64
	// Costs are nil if the source does not count them.
	Costs *Costs
}

// Costs are what reading has cost since the process began.
type Costs struct {
	// Queries is the number of queries, Bytes what they processed, Billed what they are billed for.
	Queries, Bytes, Billed int64
	// Failures counts the queries that failed, by reason.
	Failures map[string]int64
}
