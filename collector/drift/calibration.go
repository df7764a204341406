package drift

import (
	"math"
	"slices"
)

// Calibration says how often a model was right at each score, from the outcomes in the reference.
// It turns the scores of predictions without outcomes into an estimate of their accuracy. It is
// immutable.
type Calibration struct {
	group             []int // of each fine bin
	labelled, correct []int64
}

// calibrationGroups is the number of groups of fine bins.
const calibrationGroups = 20

// NewCalibration groups the fine bins of a score, in order, into at most 20 groups with about the
// same number of outcomes. labelled and correct are by fine bin. It returns nil if there are no
// outcomes.
func NewCalibration(labelled, correct []int64) *Calibration {
	return newCalibration(labelled, correct, calibrationGroups)
}

// newCalibration is NewCalibration with at most this many groups.
func newCalibration(labelled, correct []int64, groups int) *Calibration {
	var all, seen int64
	for _, n := range labelled {
		all += n
	}
	if all == 0 {
		return nil
	}
	c := &Calibration{labelled: []int64{0}, correct: []int64{0}}
	for b, n := range labelled {
		at := len(c.labelled) - 1
		if c.labelled[at] > 0 && n > 0 && seen*int64(groups) >= all*int64(at+1) {
			c.labelled, c.correct = append(c.labelled, 0), append(c.correct, 0)
			at++
		}
		c.group = append(c.group, at)
		c.labelled[at] += n
		c.correct[at] += correct[b]
		seen += n
	}
	return c
}

// Estimated is an accuracy that was estimated without outcomes.
type Estimated struct {
	// Rows is the number of predictions. Accuracy is between 0 and 1. StandardError is its
	// standard error as an estimate of the accuracy that these predictions will have, if the
	// model is as often right at each score as before. Both are NaN without predictions.
	Rows                    int64
	Accuracy, StandardError float64
}

// Estimate returns the accuracy of predictions from their number by fine bin of
// the score: sum_b q_b a_b, with the share q_b of the predictions in group b and
// the accuracy a_b of the reference there [1]. It follows the scores wherever
// they drift, and needs no calibrated model. What it cannot see is another
// relation between score and truth (concept drift). The standard error is that of
// a sum of independent outcomes, sqrt(sum n_b a_b (1 - a_b)) / n, together with
// that of the a_b themselves, sum q_b^2 a_b (1 - a_b) / r_b for r_b outcomes in
// the reference. O(bins), no allocation beyond one small slice.
//
// [1] Guillory, D.; Shankar, V.; Ebrahimi, S.; Darrell, T.; Schmidt, L. (2021).
// "Predicting with Confidence on Unseen Distributions". Proceedings of the IEEE/CVF
// International Conference on Computer Vision: 1134-1144; by bins instead of the
// mean, after Zadrozny, B.; Elkan, C. (2001). "Obtaining Calibrated Probability
// Estimates from Decision Trees and Naive Bayesian Classifiers". Proceedings of
// the Eighteenth International Conference on Machine Learning: 609-616.
func (c *Calibration) Estimate(fine []int64) Estimated {
	counts := make([]int64, len(c.labelled))
	for b, n := range fine {
		counts[c.group[b]] += n
	}
	return estimate(counts, c.labelled, c.correct)
}

// estimate returns the accuracy of predictions from their number by group, and the outcomes of
// each group in the reference.
func estimate(counts, labelled, correct []int64) Estimated {
	e := Estimated{}
	var right, chance, known float64
	for g, n := range counts {
		e.Rows += n
		a := float64(correct[g]) / float64(labelled[g])
		right += float64(n) * a
		chance += float64(n) * a * (1 - a)
		known += float64(n) * float64(n) * a * (1 - a) / float64(labelled[g])
	}
	e.Accuracy = right / float64(e.Rows)
	e.StandardError = math.Sqrt(chance+known) / float64(e.Rows)
	return e
}

// Accuracy returns how often predictions with a score in a fine bin were right.
func (c *Calibration) Accuracy(fine int) float64 {
	g := c.group[fine]
	return float64(c.correct[g]) / float64(c.labelled[g])
}

// Groups returns the outcomes of each group and how many of them were right.
func (c *Calibration) Groups() (labelled, correct []int64) {
	return slices.Clone(c.labelled), slices.Clone(c.correct)
}

// CBPE returns the accuracy of predictions from their confidence alone, if no outcomes are known.
// It is the mean of conf, which is the score if the positive class was predicted, and 1 - score
// otherwise [1]. It is right if the model is calibrated, and it does not see concept drift. sum
// is the sum of conf over the rows, and variance the sum of conf (1 - conf). O(1).
//
// [1] NannyML (2022). "Confidence-based Performance Estimation (CBPE)".
// https://nannyml.readthedocs.io/, "How it works: Estimation of Performance".
func CBPE(rows int64, sum, variance float64) Estimated {
	n := float64(rows)
	return Estimated{Rows: rows, Accuracy: sum / n, StandardError: math.Sqrt(variance) / n}
}
