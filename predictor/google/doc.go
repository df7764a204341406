// Package google holds what the clients of Google BigQuery have in common: how
// projects, datasets and tables may be called, what the answers that report a
// failure mean, and which environment variables name an emulator. Rows are counted
// by collector/bigquery and shipped by predictor/ship/bigquery; neither imports the
// other. The predictor must not import the monitoring, so what both need lies below
// the predictor.
package google
