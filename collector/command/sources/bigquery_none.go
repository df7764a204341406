//go:build nobigquery

package sources

import (
	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
)

// cloud are the kinds of sources that need Google's clients, none in this build.
var cloud []outcomes.Kind

// googleBuckets is the client of Google Cloud Storage, none in this build.
var googleBuckets map[string]files.Opener
