//go:build !noclients

package sources

import (
	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/database"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/kafka"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/rabbitmq"
)

// clients are the kinds of sources that need a client of their server.
var clients = []outcomes.Kind{database.Kind, kafka.Kind, rabbitmq.Kind}
