//go:build !nobigquery

package sources

import (
	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/bigquery"
)

// cloud are the kinds of sources that need Google's clients.
var cloud = []outcomes.Kind{bigquery.Kind}
