// Package ticks reads from BigQuery what replicas have shipped of their prediction logs: counts by
// tick, and the outcomes that count. Its queries are in the folder sql, and whole, as they are
// sent, in testdata.
//
// A query reads the partitions of the hours that it needs. It is first checked without being run,
// which costs nothing, and is not run if it or the queries of the day would process too many bytes.
package ticks
