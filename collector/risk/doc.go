// Package risk says, from outcomes, whether a model errs more than it should, by how much at
// least, and whether another model errs less. Its answers may be asked for after every
// outcome: their probabilities of error hold over the whole time, not at each look.
//
// A [Detector] follows one error rate and promises how seldom it is wrong about a rise. A
// [Reference] says what rate is normal. An [Excess] counts the errors above it. A [Duel]
// compares two models by how often one alone is right, a [Contest] by any losses on the same
// predictions, and a [Mean] encloses a mean of bounded values. Everything is mathematics: no input or output, no clock.
package risk
