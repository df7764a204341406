//go:build nobigquery

package sources

import "github.com/drift-exporter/drift_exporter/predictor/outcomes"

// cloud are the kinds of sources that need Google's clients, none in this build.
var cloud []outcomes.Kind
