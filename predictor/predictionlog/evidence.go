package predictionlog

// Evidence is what one source has read, and how far it has come with it. It goes into
// the log whole or not at all.
type Evidence struct {
	// Source is who says it: the key of all that follows.
	Source string
	// Outcomes are the records that were understood, in the order in which they came.
	Outcomes []Stated
	// Rejected are those that were not.
	Rejected []RejectedRecord
	// Cursors say, by part of the source, where reading goes on; "" takes a part out.
	Cursors map[string]string
	// Retried is the number of the rejected record that this one replaces; 0 for none.
	Retried int64
	// Lazy says that the log need not wait for the disk, because the source still has the
	// records. A power failure may undo the newest lazy ones whole, with their cursors, so that
	// they are read again. They are safe after the next one that is not lazy, or after Sync.
	Lazy bool
}

// Stated is an outcome with the record that it was read from. Source is Evidence's.
type Stated struct {
	Feedback
	// Record is kept if the log cannot take the outcome, cut to RecordBytes.
	Record func() string
}

// RejectedRecord is a record that no outcome could be read from.
type RejectedRecord struct {
	// Reason is one of RejectedReasons.
	Reason string
	// Record is as it came, cut to RecordBytes.
	Record string
}

// RecordBytes is how much of a rejected record is kept.
const RecordBytes = 4096

// Why records are set aside. The first ones are said by who reads a record, the others
// by the log.
const (
	RejectedNotParsed   = "not_parsed"         // no JSON object, no row of the CSV
	RejectedNoKey       = "no_key"             // names no prediction
	RejectedBadKey      = "bad_key"            // names it by what cannot be an id
	RejectedNoOutcome   = "no_outcome"         // has no outcome, or an empty one
	RejectedUnmapped    = "unmapped"           // has an outcome that the map or the classes do not have
	RejectedConfidence  = "bad_confidence"     // not in (0, 1]
	RejectedObservedAt  = "bad_observed_at"    // no time
	RejectedTooEarly    = "before_prediction"  // observed before the prediction was made
	RejectedDeleted     = "prediction_deleted" // the prediction is no longer kept
	RejectedOtherLog    = "other_log"          // the prediction is in another log
	RejectedDisagree    = "ids_disagree"       // prediction id and request id name two predictions
	RejectedExpired     = "no_prediction"      // waited for its prediction too long
	RejectedPendingFull = "too_many_pending"   // too many outcomes wait already
)

// RejectedReasons are all of them. Do not modify.
var RejectedReasons = []string{
	RejectedNotParsed, RejectedNoKey, RejectedBadKey, RejectedNoOutcome, RejectedUnmapped, RejectedConfidence, RejectedObservedAt,
	RejectedTooEarly, RejectedDeleted, RejectedOtherLog, RejectedDisagree, RejectedExpired, RejectedPendingFull,
}

// Received counts what became of records.
type Received struct {
	// Accepted are outcomes that count now, Unchanged those that the source had said
	// before, Overruled those that others are surer of, or that came too late.
	Accepted, Unchanged, Overruled int
	// Pending wait for their prediction.
	Pending int
	// Rejected are those that were set aside, by reason.
	Rejected map[string]int
}

// Waiting is an outcome whose prediction is not in the log yet.
type Waiting struct {
	Feedback
	// Seq is its number, ReceivedAt when it came, in nanoseconds since 1970.
	Seq, ReceivedAt int64
}

// Rejected is a record that was set aside.
type Rejected struct {
	RejectedRecord
	// Seq is its number, ReceivedAt when it came, in nanoseconds since 1970.
	Seq, ReceivedAt int64
	Source          string
}

// Statement is what a source said last of one prediction.
type Statement struct {
	PredictionID    int64
	Source, Outcome string
	Confidence      float64
	// Counts is the outcome that counts, empty when that is not known any more.
	Counts string
	// Number says that the prediction is that of a regression, so that outcomes are numbers.
	Number bool
}

// Elsewhere is the reason of evidence whose prediction is in another log, or in none.
const Elsewhere = "elsewhere"
