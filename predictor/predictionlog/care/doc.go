// Package care has the maintenance commands for a prediction log: make, check, prune and erase,
// and forget a destination. A predictor may be running meanwhile.
package care
