// Package sources connects the command outcomes to the clients of the places that it
// can read.
package sources

import (
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/api"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/review"
)

// Kinds are the kinds of sources that this build has.
func Kinds() []outcomes.Kind {
	return slices.Concat([]outcomes.Kind{files.NewKind(buckets()), api.Kind, review.Kind}, clients, cloud)
}
