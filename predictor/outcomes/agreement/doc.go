// Package agreement says how good sources of outcomes are, from how often they agree:
// with what finally counted, with each other, and by a model in which the truth is
// hidden. It imports mathematics only.
package agreement
