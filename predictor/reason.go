package predictor

// The reasons why a request is refused, as they stand in a problem's errors, in
// the log's table of errors (those of /predict with status 400) and on the
// predictor's own metrics.
const (
	reasonInvalidJSON     = "invalid_json"
	reasonMissingFeature  = "missing_feature"
	reasonUnknownFeature  = "unknown_feature"
	reasonRepeatedFeature = "repeated_feature"
	reasonWrongType       = "wrong_type"
	reasonNotFinite       = "not_finite"
	reasonTooManyRows     = "too_many_rows"
	reasonBadRequestID    = "bad_request_id"
	reasonReusedID        = "request_id_reused"

	reasonMissingField      = "missing_field"
	reasonUnknownField      = "unknown_field"
	reasonRepeatedField     = "repeated_field"
	reasonOutOfRange        = "out_of_range"
	reasonNegativeDelay     = "negative_delay"
	reasonUnknownPrediction = "unknown_prediction"
	reasonPruned            = "pruned_prediction"
	reasonOtherLog          = "other_log"
	reasonConflict          = "lower_confidence"
	reasonMismatch          = "request_id_mismatch"

	reasonMethod      = "method_not_allowed"
	reasonTimeout     = "request_timeout"
	reasonTooLarge    = "body_too_large"
	reasonMediaType   = "unsupported_media_type"
	reasonOverloaded  = "too_many_requests"
	reasonUnavailable = "log_unavailable"
	reasonGone        = "client_gone"
	reasonInternal    = "internal_error"
)

// reasons lists every reason, so that each has a counter from the start.
var reasons = []string{
	reasonInvalidJSON, reasonMissingFeature, reasonUnknownFeature, reasonRepeatedFeature,
	reasonWrongType, reasonNotFinite, reasonTooManyRows, reasonBadRequestID, reasonReusedID,
	reasonMissingField, reasonUnknownField, reasonRepeatedField, reasonOutOfRange, reasonNegativeDelay,
	reasonUnknownPrediction, reasonPruned, reasonOtherLog, reasonConflict, reasonMismatch,
	reasonMethod, reasonTimeout, reasonTooLarge, reasonMediaType, reasonOverloaded,
	reasonUnavailable, reasonGone, reasonInternal,
}
