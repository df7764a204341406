//go:build noclients

package sources

import "github.com/drift-exporter/drift_exporter/predictor/outcomes"

// clients are the kinds of sources that need a client of their server, none in this build.
var clients []outcomes.Kind
