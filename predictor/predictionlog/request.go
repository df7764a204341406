package predictionlog

import "errors"

// Request is what one caller asks for at once, under a request id of its own.
type Request struct {
	// Predictions are what is to be added, each with its request id.
	Predictions []Prediction
	// Others are request ids that the caller would have used for another request
	// under the same id, one row longer, say. The log must not have them.
	Others []string
	// Same reports whether the features of a row of the log, which any service
	// may have written, are those of Predictions[i]. It is called only for rows
	// whose request id is known, by the goroutine that writes.
	Same func(i int, features []byte) bool
}

// ErrReused says that the log has a request id of the request, and that what was
// asked for under it was something else.
var ErrReused = errors.New("request id was used for another request")

// ErrUnavailable says that nothing can be written now: the disk is full or
// broken, the file cannot be written, another process holds its lock, or the
// Writer is closed. It comes wrapped in a sentence. The Writer tries again with
// the next batch, and every second.
var ErrUnavailable = errors.New("the prediction log cannot be written")
