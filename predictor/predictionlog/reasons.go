package predictionlog

// Reasons are the reasons for which the predictor refuses a prediction, as in the log's
// table errors. Other writers may use other reasons. Do not modify.
var Reasons = []string{
	"invalid_json", "missing_feature", "unknown_feature", "repeated_feature",
	"wrong_type", "not_finite", "too_many_rows", "bad_request_id",
}
