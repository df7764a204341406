// Package sources connects the command outcomes to the clients of the places that it
// can read.
package sources

import (
	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/api"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/database"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/kafka"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/rabbitmq"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/review"
)

// Kinds are the kinds of sources that this build has.
func Kinds() []outcomes.Kind {
	return append([]outcomes.Kind{files.Kind, database.Kind, api.Kind, kafka.Kind, rabbitmq.Kind, review.Kind}, cloud...)
}
