package predictionlog

// Reasons is the fixed list of reasons for which the predictor refuses a
// prediction, as they stand in the log's table of errors. A foreign writer may
// use others. Do not modify.
var Reasons = []string{
	"invalid_json", "missing_feature", "unknown_feature", "repeated_feature",
	"wrong_type", "not_finite", "too_many_rows", "bad_request_id",
}
