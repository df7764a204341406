// Package review lets people say what really happened to predictions: on a page with a queue, and
// by POST /validate.
//
// The queue is a random sample of the predictions. Whether a prediction is drawn follows from its
// id and the log's id alone, so a restart draws the same ones, and nobody can choose them. The
// probability of being drawn is kept with every review. What people say goes into the log's chain
// of reviews before they see the next prediction. From there it becomes an outcome of this source
// once it can no longer be undone.
package review
