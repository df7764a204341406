// Package sqlite keeps a prediction log in one SQLite file. Every answered prediction, every
// accepted outcome and every refused request is a row.
//
// Writer is for the predictor. It has one goroutine and one connection that write everything,
// with group commit, retention and recovery. Reader is for monitoring. It only reads, in short
// chunks, and never blocks the writer. Shipping stores how far the rows have been copied
// elsewhere.
//
// The file is public. Its schema (see Schema) enforces the rules with constraints and triggers.
// So a service in any language may write it with plain INSERTs, and anybody may query it.
package sqlite
