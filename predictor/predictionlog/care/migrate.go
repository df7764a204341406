package care

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/progress"
)

// Migrate upgrades the log at path to this release. It writes each step to w, and the progress of
// a long step to stderr. With dryRun it only writes what it would do, and changes nothing. Every
// row and every counter stays. No predictor may be running.
func Migrate(ctx context.Context, path string, dryRun bool, w, stderr io.Writer) error {
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
	began := time.Now()
	var step, done, of atomic.Int64
	hide := progress.Show(stderr, func(passed time.Duration) string {
		line := fmt.Sprintf("step %d/%d, %s", step.Load(), len(plan.Steps), passed.Round(time.Second))
		if rows := of.Load(); rows > 0 {
			line += fmt.Sprintf(": %d of %d rows, %d %%", done.Load(), rows, 100*done.Load()/rows)
		}
		return line
	})
	err = sqlite.Migrate(ctx, path, sqlite.Watch{
		Step: func(what string) {
			of.Store(0)
			fmt.Fprintf(w, "step %d/%d  %s\n", step.Add(1), len(plan.Steps), what)
		},
		Rows: func(n, all int64) {
			done.Store(n)
			of.Store(all)
		},
	})
	hide()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	fmt.Fprintf(w, "done in %s\n", time.Since(began).Round(time.Millisecond))
	return nil
}
