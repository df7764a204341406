package predictionlog

import "errors"

// Request is the predictions of one request that has a request id.
type Request struct {
	// Predictions are the predictions to add, each with its request id.
	Predictions []Prediction
	// Others are request ids that other requests under the same id would have, such as
	// one with more rows. The log must not have them.
	Others []string
	// Same reports whether the features of a row of the log, which any service may have
	// written, equal those of Predictions[i]. The writing goroutine calls it, for rows
	// with the same request id only.
	Same func(i int, features []byte) bool
}

// ErrReused means that the log has a request id of this request for another request.
var ErrReused = errors.New("request id was used for another request")

// ErrUnavailable means that nothing can be written now: the disk is full or broken, the
// file cannot be written, another process holds its lock, or the Writer is closed. It is
// wrapped in a sentence. The Writer tries again with the next batch, and every second.
var ErrUnavailable = errors.New("the prediction log cannot be written")
