//go:build !nobigquery

package sources

import (
	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/bigquery"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/buckets/gcs"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
)

// cloud are the kinds of sources that need Google's clients.
var cloud = []outcomes.Kind{bigquery.Kind}

// googleBuckets is the client of Google Cloud Storage.
var googleBuckets = map[string]files.Opener{"gs": gcs.Open}
