package flags

import (
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// Ship adds the flags of what ships a log to BigQuery; parsing sets o. It returns
// the project and the dataset to ship to.
func Ship(cmd Command, o *ship.Options, log string) (project, dataset *string) {
	cmd.Flag("predictions.log", "Prediction log to ship; its progress is kept in it.").Default(log).StringVar(&o.LogPath)
	project = cmd.Flag("bigquery.project", "Google Cloud project of the dataset.").Envar("GOOGLE_CLOUD_PROJECT").String()
	dataset = cmd.Flag("bigquery.dataset", "Dataset to ship to, best one of its own; tables and views are made in it.").Envar("BIGQUERY_DATASET").String()
	cmd.Flag("ship.interval", "Time between two looks for new rows.").Default("10s").SetValue((*duration)(&o.Interval))
	cmd.Flag("ship.batch-rows", "Rows of a request at most.").Default("2000").IntVar(&o.BatchRows)
	cmd.Flag("once", "Ship what the log holds now, and end; exit status 1 when something stayed.").BoolVar(&o.Once)
	cmd.Flag("web.telemetry-path", "Path of the shipper's own metrics.").Default("/metrics").StringVar(&o.TelemetryPath)
	return project, dataset
}
