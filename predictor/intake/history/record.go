package history

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// record is a prediction of the past.
type record struct {
	predictionlog.Prediction

	time int64 // in nanoseconds since 1970
	// outcome is what became of it, "" if that is not known; outcomeTime is when it was
	// known, 0 for at once.
	outcome     string
	outcomeTime int64
	// place says where it is in the file.
	place func() string
}

// source is a file that was read so far that its records can be listed.
type source interface {
	// each calls yield with the records in the order of their times.
	each(ctx context.Context, yield func(*record) error) error
	// notes say what a person should know.
	notes() []string
	close() error
}
