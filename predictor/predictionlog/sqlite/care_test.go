package sqlite_test

import (
	"context"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// An init function runs before any test, and before TestMain.
func init() {
	sqlite.Care.Check = func(ctx context.Context, path string) ([]string, int64, error) {
		report, err := care.Check(ctx, path)
		return report.Problems, report.SetBack, err
	}
	sqlite.Care.Prune = func(ctx context.Context, path string, age time.Duration) (int64, int64, string, error) {
		pruned, err := care.Prune(ctx, path, age)
		return pruned.Deleted, pruned.Held, pruned.String(), err
	}
	sqlite.Care.Erase = func(ctx context.Context, path, requestID string) (int64, error) {
		erased, err := care.Erase(ctx, path, requestID)
		return erased.Rows, err
	}
	sqlite.Care.Init, sqlite.Care.Forget = care.Init, care.Forget
}
