//go:build nobigquery

// Package warehouse connects the commands to nothing in this build: it links no
// client of BigQuery.
package warehouse

import "github.com/drift-exporter/drift_exporter/collector/command"

// BigQuery returns nil: whatever needs it is refused with an error that says so.
func BigQuery() command.BigQuery { return nil }
