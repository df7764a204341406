// Package tick describes what a replica sends of its prediction log besides the rows: the counts
// of each tick of 15 seconds, and the outcomes that count. Counts add up over logs, so that a
// reader of many logs finds what it would find in one log with all the rows.
//
// A tick has any number of records of a log, model, version and scheme. Their sum counts. None of
// them is complete by itself.
package tick
