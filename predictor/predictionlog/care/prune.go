package care

import (
	"context"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Pruned is what Prune did.
type Pruned struct {
	// Deleted is how many rows went, Held how many predictions are older than
	// the age and stay, because Destination has not got them yet.
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

// Prune deletes the predictions that are older than age, and the feedback and
// errors that are, in transactions of 1000 rows; their sums stay in the log.
// What has not been shipped to every destination of the log stays, too. A
// predictor may be running. The file does not shrink, but what was freed is used
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
