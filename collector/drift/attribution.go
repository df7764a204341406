package drift

import "math"

// AccuracyBin is one bin of a feature, for Attribute.
type AccuracyBin struct {
	// Reference and Window count rows of the reference and of the window.
	Reference, Window int64
	// Known counts the reference's rows with an outcome, KnownRight those that the
	// model predicted right. Expected is the accuracy to go by where Known is 0.
	Known, KnownRight int64
	Expected          float64
	// Labelled counts the newest predictions with an outcome, Right those that were.
	Labelled, Right int64
}

// Attribution says how much of a change of accuracy one feature explains. Values that
// cannot be estimated are NaN.
type Attribution struct {
	// Covariate is the change of accuracy, -1 to 1, that is caused by changed shares of the
	// feature's bins, each with the reference's accuracy.
	Covariate, CovariateError float64
	// Within is the change that is caused by changed accuracies inside the bins, among the
	// predictions with an outcome.
	Within, WithinError float64
	// Extreme is the bin whose accuracy changed most, -1 when no bin has
	// minLabelled outcomes; Change by how much, and Z that in standard errors.
	Extreme   int
	Change, Z float64
}

// minLabelled is the number of outcomes that a bin needs to be Extreme.
const minLabelled = 5

// Attribute splits a change of accuracy by the bins b of one feature [1]: with
// shares p of the reference and q of what came lately, and accuracies a0 and a1,
//
//	sum_b q_b a1_b - sum_b p_b a0_b = sum_b (q_b - p_b) a0_b + sum_b q_b (a1_b - a0_b),
//
// the covariate and the within-bin term. Each feature splits the same change: do not add
// over features. The covariate term uses the window and needs no outcomes; the within-bin
// term uses the predictions with an outcome. If all features have the same within-bin term,
// the cause is the feature with the most extreme bin, z = (a1_b - a0_b) / s with the pooled
// error s of two proportions [2]. The standard errors are
//
//	covariate: sum_b (q_b - p_b)^2 a0_b (1 - a0_b) / r_b + (sum q a0^2 - (sum q a0)^2) / n,
//	within:    sum_b q_b^2 s_b^2,
//
// under the root, with r_b outcomes of the reference and n rows of the window.
// O(bins).
//
// [1] Kitagawa, E. M. (1955). "Components of a Difference Between Two Rates".
// Journal of the American Statistical Association 50 (272): 1168-1194.
//
// [2] Fleiss, J. L. (1981). "Statistical Methods for Rates and Proportions", 2nd
// edition. Wiley: section 2.
func Attribute(bins []AccuracyBin) Attribution {
	var reference, window, labelled float64
	for i := range bins {
		reference += float64(bins[i].Reference)
		window += float64(bins[i].Window)
		labelled += float64(bins[i].Labelled)
	}
	a := Attribution{Extreme: -1, Change: math.NaN(), Z: math.NaN()}
	var uncertain, mean, square, within float64
	for i := range bins {
		b := &bins[i]
		before := b.before()
		q, p := float64(b.Window)/window, float64(b.Reference)/reference
		a.Covariate += (q - p) * before
		if b.Known > 0 {
			uncertain += (q - p) * (q - p) * before * (1 - before) / float64(b.Known)
		}
		mean += q * before
		square += q * before * before
		share := float64(b.Labelled) / labelled
		if b.Labelled == 0 {
			continue
		}
		change, s := b.change()
		a.Within += share * change
		within += share * share * s * s
		if z := change / s; b.Labelled >= minLabelled && s > 0 && (a.Extreme < 0 || math.Abs(z) > math.Abs(a.Z)) {
			a.Extreme, a.Change, a.Z = i, change, z
		}
	}
	a.CovariateError = math.Sqrt(uncertain + max(0, square-mean*mean)/window)
	a.WithinError = math.Sqrt(within)
	if labelled == 0 {
		a.Within, a.WithinError = math.NaN(), math.NaN()
	}
	return a
}

// before is the bin's accuracy in the reference.
func (b *AccuracyBin) before() float64 {
	if b.Known == 0 {
		return b.Expected
	}
	return float64(b.KnownRight) / float64(b.Known)
}

// change returns the change of accuracy of a bin with outcomes, and its standard error under
// no change.
func (b *AccuracyBin) change() (change, standardError float64) {
	n, before := float64(b.Labelled), b.before()
	pooled, parts := before, 1/n
	if b.Known > 0 {
		pooled = float64(b.Right+b.KnownRight) / float64(b.Labelled+b.Known)
		parts += 1 / float64(b.Known)
	}
	return float64(b.Right)/n - before, math.Sqrt(pooled * (1 - pooled) * parts)
}
