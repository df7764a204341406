// Package drift measures how far apart two distributions are, and whether chance
// alone could have caused it.
//
// Everything works on counts per bin. A [Binning] turns values into one-byte
// fine codes and folds counts of these codes into the few cells that are
// compared; [KL] measures the distance; a [Null] is the distribution of that
// distance without drift, drawn once and kept by [Nulls]. A [Detector] follows
// one distribution over time and promises how seldom it is wrong.
//
// Throughout, r is the count of the reference in a cell, c the count of the
// window, n their sum over the window, K the number of cells, p = r / sum r,
// q~ = (c + m p) / (n + m) with m = K/2, and logarithms are natural.
package drift
