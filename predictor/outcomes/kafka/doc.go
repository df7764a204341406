// Package kafka reads outcomes from a topic of Apache Kafka. The position in each partition is
// stored in the prediction log, not in a consumer group, so a rebalance can neither lose nor
// repeat a record. Only one process may read a topic as the same source.
package kafka
