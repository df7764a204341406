package care

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// Migrate brings the log at path up to this release and writes to w what it does,
// step by step; with dryRun it writes what it would do and changes nothing. Every
// row and every counter stays. No predictor may be running.
func Migrate(ctx context.Context, path string, dryRun bool, w io.Writer) error {
	plan, err := sqlite.PlanMigration(ctx, path)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if plan.From == plan.To {
		_, err := fmt.Fprintf(w, "%s has schema version %d: nothing to do\n", path, plan.To)
		return err
	}
	fmt.Fprintf(w, "%s: schema version %d to %d, %d predictions and %d rows of feedback at most, all in one transaction\n", path, plan.From, plan.To, plan.Predictions, plan.Feedback)
	if dryRun {
		for i, step := range plan.Steps {
			fmt.Fprintf(w, "would %d/%d  %s\n", i+1, len(plan.Steps), step)
		}
		return nil
	}
	began, i := time.Now(), 0
	err = sqlite.Migrate(ctx, path, func(step string) {
		i++
		fmt.Fprintf(w, "step %d/%d  %s\n", i, len(plan.Steps), step)
	})
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	fmt.Fprintf(w, "done in %s\n", time.Since(began).Round(time.Millisecond))
	return nil
}
