// Package care does what a command line does with a prediction log: make, check,
// prune and erase, and forget a destination. A predictor may be running meanwhile.
package care
