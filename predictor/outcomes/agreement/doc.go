// Package agreement says how good sources of outcomes are. It measures how often a source agrees
// with the outcome that counts, and with other sources. It also uses a model in which the truth
// is hidden. It only imports mathematics.
package agreement
