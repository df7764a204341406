package care

import (
	"context"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Pruned is the result of Prune.
type Pruned struct {
	// Deleted is the number of deleted rows. Held is the number of predictions that are older
	// than the age but stay, because Destination has not received them yet.
	Deleted, Held int64
	Destination   string
}

// String returns it as lines of text.
func (p Pruned) String() string {
	s := fmt.Sprintf("deleted %d rows\n", p.Deleted)
	if p.Held > 0 {
		s += fmt.Sprintf("kept %d predictions that have not been shipped to %s yet; if that is gone: drift_exporter log forget --destination=%s\n", p.Held, p.Destination, p.Destination)
	}
	return s
}

// Prune deletes predictions, feedback and errors that are older than age, in transactions of 1000
// rows. Their sums stay in the log. Rows that have not been shipped to every destination of the
// log stay too. A predictor may be running. The file does not shrink, but the free space is used
// again.
func Prune(ctx context.Context, path string, age time.Duration) (Pruned, error) {
	if age <= 0 {
		return Pruned{}, fmt.Errorf("prune the prediction log: the age is %s: it must be positive", age)
	}
	expiry := sqlite.NewExpiry(age)
	var all Pruned
	err := sqlite.Edit(ctx, path, false, func(c *file.Connection) error {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, waiting, err := expiry.Step(c)
			if err != nil || n == 0 {
				all.Held, all.Destination = waiting.Predictions, waiting.Destination
				return err
			}
			all.Deleted += n
		}
	})
	return all, err
}
