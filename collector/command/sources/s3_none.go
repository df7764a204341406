//go:build noclients

package sources

import "github.com/drift-exporter/drift_exporter/predictor/outcomes/files"

// amazon is the client of S3, which this build does not have.
var amazon map[string]files.Opener
