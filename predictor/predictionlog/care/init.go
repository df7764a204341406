package care

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Init makes an empty log at path, with mode 0640. An existing log stays unchanged. Any other
// existing file is an error.
func Init(ctx context.Context, path string) error {
	return sqlite.Edit(ctx, path, true, func(*file.Connection) error { return nil })
}
