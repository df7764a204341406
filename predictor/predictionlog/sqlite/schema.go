package sqlite

import _ "embed" // for schema.sql

//go:embed schema.sql
var schema string

// The marks that distinguish a prediction log from other SQLite files, and one version of its
// schema from another.
const (
	applicationID = 1146243398 // "DRIF"
	schemaVersion = 3
)

// Schema returns the SQL that makes an empty log out of an empty file:
//
//	drift_exporter log schema | sqlite3 predictions.db
func Schema() string { return schema }
