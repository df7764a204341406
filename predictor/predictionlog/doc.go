// Package predictionlog is the contract between the process that predicts and the processes
// that read its log: the rows of a prediction log, the counters over them, and the records
// that are added to a log. It has types and arithmetic only, so that readers of a log can
// be built and tested without SQLite.
//
// The log itself is one file: package sqlite below writes and reads it, package care
// checks, prunes and erases, package features reads the logged features of a row.
package predictionlog
