// Package ship copies a prediction log to a Destination. It reads the rows as the exporter
// does, read-only and in short chunks, sends them in batches, and stores the progress of
// each table in the log itself.
//
// Every row arrives exactly once, whichever process is killed at any moment. Before a batch
// is sent, the log records on disk which rows it has, and how the destination can recognise
// it. After a failure or a restart, Settle first asks the destination whether the batch has
// arrived. A batch is sent again only if it has not arrived, and never will.
package ship
