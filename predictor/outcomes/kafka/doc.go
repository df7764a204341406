// Package kafka reads outcomes from a topic of Apache Kafka. How far each partition has
// been read is in the prediction log, not in a consumer group: so no rebalance can lose
// or repeat a record. One process reads a topic as one source.
package kafka
