//go:build !noclients

package sources

import (
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/buckets/s3"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
)

// amazon is the client of S3.
var amazon = map[string]files.Opener{"s3": s3.Open}
