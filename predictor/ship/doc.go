// Package ship copies a prediction log to a Destination. The log is its outbox: it
// reads the rows as the exporter does, read-only and in short chunks, sends them in
// batches, and keeps the progress of each table in the log itself.
//
// Every row arrives exactly once, whichever process is killed at any moment. Before
// a batch is sent, the log records on disk which one that is and how the
// destination can recognise it. After a failure or a restart the destination is
// first asked whether it arrived (Settle). Only a batch that has not arrived, and
// never will, is read and sent again.
package ship
