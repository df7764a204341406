// Package reference describes the reference distribution. A [Reference] holds, for
// one model and version, the distribution of each feature, of the score and
// of the class, as counts in fine bins. It is a JSON file with a published
// schema ([Schema]), read by [Load] and built from rows by [Build].
package reference
