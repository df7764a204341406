// Package ship answers: what has arrived elsewhere? It treats a prediction log
// as an outbox: it reads the rows as the exporter does, read only and in short
// chunks, hands them to a Destination in batches, and keeps in the log itself how
// far each table has come.
//
// Every row arrives exactly once, whoever is killed when. Before a batch leaves,
// the log says on disk which one that is and how the destination can recognise
// it; after a failure or a restart the destination is asked first whether it
// arrived (Settle), and only a batch that has not, and never will, is read anew
// and sent again.
package ship
