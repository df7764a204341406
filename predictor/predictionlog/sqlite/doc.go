// Package sqlite keeps a prediction log in one SQLite file, in which every answered
// prediction, every accepted outcome and every refused request is a row.
//
// Writer is the predictor's side: one goroutine and one connection that own
// everything the process writes, with group commit, retention and recovery.
// Reader is the monitoring's side: read only, in short chunks, never in the
// writer's way. Shipping keeps how far the rows have been copied elsewhere.
//
// The file is public. Its schema (see Schema) carries the rules as constraints
// and triggers, so that a service in any language may write it with plain
// INSERTs and anybody may query it.
package sqlite
