package bigquery

import (
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// tickColumns are the columns of the table ticks.
var tickColumns = []column{
	logIDColumn,
	{"source", bigquery.StringFieldType, true, "Table of the log whose rows are counted: predictions, feedback or errors; heartbeats for a row that only says how far the log has been shipped.", false},
	{"after_id", bigquery.IntegerFieldType, true, "Rows of that table with a larger number are counted here, ...", false},
	{"sequence", bigquery.IntegerFieldType, true, "... up to this number.", false},
	{"shipped_at", bigquery.TimestampFieldType, true, "When the row was made, by the clock of BigQuery.", false},
	{"closed", bigquery.TimestampFieldType, false, "What the log had sent as through before; null when that is unknown.", false},
	{"through", bigquery.TimestampFieldType, false, "Heartbeats: every row logged before this time has been counted.", false},
	{"tick", bigquery.TimestampFieldType, false, "Start of the tick of 15 seconds.", false},
	modelColumn, versionColumn,
	{"scheme", bigquery.StringFieldType, false, "Identifies the reference and the bins of the codes; empty without a reference. Rows add up within a scheme.", false},
	{"predictions", bigquery.IntegerFieldType, false, "Number of predictions whose features are a JSON object.", false},
	{"oldest", bigquery.IntegerFieldType, false, "Time of the oldest of them, in nanoseconds since 1970.", false},
	{"newest", bigquery.IntegerFieldType, false, "Time of the newest of them, in nanoseconds since 1970.", false},
	{"codes", bigquery.IntegerFieldType, false, "Codes with at least one prediction, numbered through all columns: features, score, class, class and score.", true},
	{"counts", bigquery.IntegerFieldType, false, "Number of predictions with each of these codes.", true},
	{"last_feature", bigquery.IntegerFieldType, false, "Features that have a number, by their number.", true},
	{"last_time", bigquery.IntegerFieldType, false, "Time of their newest number, in nanoseconds since 1970.", true},
	{"last_value", bigquery.FloatFieldType, false, "Their newest number.", true},
	{"names", bigquery.StringFieldType, false, "Counters that are not 0.", true},
	{"sums", bigquery.IntegerFieldType, false, "What they count.", true},
}

// tickOutcomeColumns are the columns of the table tick_outcomes.
var tickOutcomeColumns = []column{
	logIDColumn,
	{"source", bigquery.StringFieldType, true, "Table of the log that has the outcome: feedback, or outcomes if the log does not have its prediction.", false},
	{"seq", bigquery.IntegerFieldType, true, "Number of the outcome in that table; rises.", false},
	{"shipped_at", bigquery.TimestampFieldType, true, "When the row was made, by the clock of BigQuery.", false},
	{"closed", bigquery.TimestampFieldType, false, "What the log had sent as through before; null when that is unknown.", false},
	{"tick", bigquery.TimestampFieldType, false, "Start of the tick of 15 seconds of time.", false},
	{"predicted_tick", bigquery.TimestampFieldType, false, "Start of the tick of predicted_at; null when the prediction was gone.", false},
	{"time", bigquery.IntegerFieldType, false, "When the log took the outcome, in nanoseconds since 1970.", false},
	{"observed_at", bigquery.IntegerFieldType, false, "When the outcome was seen, in nanoseconds since 1970.", false},
	modelColumn, versionColumn,
	{"scheme", bigquery.StringFieldType, false, "Identifies the reference and the bins of the codes; empty without a reference.", false},
	{"prediction_log", bigquery.StringFieldType, false, "UUID of the log that has the prediction.", false},
	{"prediction_id", bigquery.IntegerFieldType, false, "Number of the prediction there.", false},
	{"request_id", bigquery.StringFieldType, false, "Request id that names a prediction that the log does not have; null otherwise.", false},
	{"predicted_at", bigquery.IntegerFieldType, false, "Time of the prediction, in nanoseconds since 1970; null when it was gone.", false},
	{"class", bigquery.StringFieldType, false, "Class that was predicted.", false},
	{"outcome", bigquery.StringFieldType, false, "What really happened.", false},
	{"score", bigquery.FloatFieldType, false, "Score of the prediction.", false},
	{"explored", bigquery.FloatFieldType, false, "Probability with which the prediction was answered with another class than its own; null when it was not.", false},
	{"outcome_source", bigquery.StringFieldType, false, "Who says so.", false},
	{"confidence", bigquery.FloatFieldType, false, "How sure that is, above 0 and at most 1.", false},
	{"corrects", bigquery.StringFieldType, false, "Why it counts although the feedback before it said otherwise; null when nothing did.", false},
	{"codes", bigquery.BytesFieldType, false, "Code of each column of the prediction; null when the prediction was gone.", false},
}

// heartbeats is the source of the rows that say how far a log has been shipped.
const heartbeats predictionlog.Table = "heartbeats"

// tickExpiry is how long ticks are kept. A table has at most 10,000 partitions, and ticks have one
// each hour.
const tickExpiry = 400 * 24 * time.Hour
