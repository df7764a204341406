package drift

import "math"

// BrierScore returns the mean squared difference between scores and outcomes, 1
// for positive and 0 otherwise [1]: 0 is perfect, 0.25 what a constant 0.5 gets.
// It is NaN without any. O(n).
//
// [1] Brier, G. W. (1950). "Verification of Forecasts Expressed in Terms of
// Probability". Monthly Weather Review 78 (1): 1-3.
func BrierScore(scored []Scored) float64 {
	var sum float64
	for _, s := range scored {
		d := s.Score - outcome(s)
		sum += d * d
	}
	return sum / float64(len(scored))
}

// calibrationBins is the number of bins of ExpectedCalibrationError.
const calibrationBins = 10

// CalibrationBin is a bin of ExpectedCalibrationError with at least one prediction: how many there
// are, how many outcomes were positive, and the mean score.
type CalibrationBin struct {
	Count, Positive int64
	Score           float64
}

// CalibrationBins returns the bins of ExpectedCalibrationError that are not empty, in the order of
// the scores: what a reliability diagram shows [1]. O(n).
//
// [1] DeGroot, M. H.; Fienberg, S. E. (1983). "The Comparison and Evaluation of Forecasters". The
// Statistician 32 (1-2): 12-22.
func CalibrationBins(scored []Scored) (bins []CalibrationBin) {
	var all [calibrationBins]CalibrationBin
	for _, s := range scored {
		b := &all[calibrationBinOf(s.Score)]
		b.Count++
		b.Score += s.Score
		if s.Positive {
			b.Positive++
		}
	}
	for _, b := range all {
		if b.Count > 0 {
			b.Score /= float64(b.Count)
			bins = append(bins, b)
		}
	}
	return bins
}

func calibrationBinOf(score float64) int { return min(int(score*calibrationBins), calibrationBins-1) }

// ExpectedCalibrationError returns by how much scores differ from the share of
// positive outcomes, on average over ten bins of equal width, [0, 0.1) to [0.9,
// 1], weighted by their number of predictions [1]: sum over bins of n_b/n |mean
// score - share of positives|. 0 is perfect, 1 the worst. It is never quite 0 on
// few predictions: on 100 a calibrated model has .05 on average when most of its
// scores are near 0 and .10 when they are spread out, on 1000 .02 and .03. It is NaN
// without any. O(n).
//
// [1] Naeini, M. P.; Cooper, G. F.; Hauskrecht, M. (2015). "Obtaining Well
// Calibrated Probabilities Using Bayesian Binning". Proceedings of the
// Twenty-Ninth AAAI Conference on Artificial Intelligence: 2901-2907.
func ExpectedCalibrationError(scored []Scored) float64 {
	var gaps [calibrationBins]float64
	for _, s := range scored {
		bin := calibrationBinOf(s.Score)
		gaps[bin] += s.Score - outcome(s)
	}
	var sum float64
	for _, gap := range gaps {
		sum += math.Abs(gap)
	}
	return sum / float64(len(scored))
}

func outcome(s Scored) float64 {
	if s.Positive {
		return 1
	}
	return 0
}
