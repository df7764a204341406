// Package fleet follows the counts that many replicas have shipped, and makes the snapshots that
// the windows over one log with all their rows would make.
//
// It reads in the background, at an interval, and only ticks that are final: those of which every
// live log says that it has shipped them, and those whose time is over. A snapshot is that of the
// end of the last final tick. If reading fails, the last snapshot stays.
//
// A snapshot is a function of the records and outcomes that count up to its tick. If some of a tick
// that was folded turn up later, everything is folded again.
package fleet
