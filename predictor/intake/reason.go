package intake

import "fmt"

// Why an exchange between a client and a model cannot be mapped to predictions.
const (
	ReasonModel     = "unknown_model"     // the configuration does not have the model
	ReasonMedia     = "media_type"        // a Content-Type or Content-Encoding that is not read
	ReasonTooLarge  = "too_large"         // a body above the limit
	ReasonRows      = "too_many_rows"     // more rows than one transaction takes
	ReasonRequest   = "request"           // the request is not of the protocol
	ReasonColumns   = "columns"           // columns without names, or with the wrong ones
	ReasonFeature   = "feature"           // a feature's value is not a scalar
	ReasonAnswer    = "answer"            // the answer is not what the configuration says
	ReasonRowCount  = "row_count"         // the answer has another number of rows
	ReasonBinary    = "binary_tensor"     // the v2 extension for binary tensors
	ReasonCut       = "answer_cut"        // the answer ended before its announced length
	ReasonStatus    = "upstream_status"   // the model answered an error
	ReasonUnreached = "upstream_failed"   // the model did not answer
	ReasonReused    = "request_id_reused" // logged without the request id, which another request had
)

// Reasons lists all reasons, so that each has a counter from the start.
var Reasons = []string{
	ReasonModel, ReasonMedia, ReasonTooLarge, ReasonRows, ReasonRequest, ReasonColumns, ReasonFeature, ReasonAnswer,
	ReasonRowCount, ReasonBinary, ReasonCut, ReasonStatus, ReasonUnreached, ReasonReused,
}

// Unmapped is the error of an exchange that is not logged. Detail says what to do.
type Unmapped struct{ Reason, Detail string }

// Error implements error.
func (u *Unmapped) Error() string { return u.Detail }

func unmapped(reason, format string, args ...any) error {
	return &Unmapped{reason, fmt.Sprintf(format, args...)}
}
