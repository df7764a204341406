// Package predictionlog is the contract between the process that predicts and those
// that watch it: the rows of a prediction log, the counters over them, and what one
// hands to a log to be written. It is types and arithmetic only, so that what reads
// a log can be built and tested without SQLite.
//
// The log itself is one file: package sqlite below writes and reads it, package care
// checks, prunes and erases, package features reads the logged features of a row.
package predictionlog
