package drift

// ClassCalibration is [Calibration] for a model with many classes: it says how often the model was
// right for each predicted class at each score. It is immutable.
type ClassCalibration struct {
	codes             []classCodes // by class
	labelled, correct []int64      // by code
}

// classCodes are the codes of one class: by fine bin of the score, and without a score. bins is
// nil if the class has no outcomes by score, and then the code is the same for every score. known
// is false if the class has no outcomes at all.
type classCodes struct {
	bins  []uint8
	none  uint8
	known bool
}

// ClassOutcomes are the outcomes of the predictions of one class in the reference. Labelled is
// their number and Correct the number of right predictions. ByScore are the same by fine bin of
// the score, nil if they are unknown.
type ClassOutcomes struct {
	Labelled, Correct               int64
	LabelledByScore, CorrectByScore []int64
}

// mostGroups bounds the groups of scores of all classes together, and mostGrouped the classes that
// have any: with a code for each class without a score, and at most 200 classes, codes fit into a
// byte.
const mostGroups, mostGrouped = 150, 100

// NewClassCalibration groups the fine bins of the score of each class, as [NewCalibration] does,
// into at most 20 groups, and fewer if there are many classes. Above 100 classes, of which there are
// at most 200, scores are not looked at. It returns nil if no class has outcomes.
func NewClassCalibration(classes []ClassOutcomes) *ClassCalibration {
	c := &ClassCalibration{}
	most := min(calibrationGroups, max(1, mostGroups/max(1, len(classes))))
	for _, of := range classes {
		var codes classCodes
		if codes.known = of.Labelled > 0; codes.known {
			codes.none = c.add(of.Labelled, of.Correct)
		}
		if grouped := newCalibration(of.LabelledByScore, of.CorrectByScore, most); grouped != nil && len(classes) <= mostGrouped {
			first := len(c.labelled)
			for g, n := range grouped.labelled {
				c.add(n, grouped.correct[g])
			}
			for _, g := range grouped.group {
				codes.bins = append(codes.bins, code(first+g))
			}
		}
		c.codes = append(c.codes, codes)
	}
	if len(c.labelled) == 0 {
		return nil
	}
	return c
}

func (c *ClassCalibration) add(labelled, correct int64) uint8 {
	c.labelled, c.correct = append(c.labelled, labelled), append(c.correct, correct)
	return code(len(c.labelled) - 1)
}

// Codes is the number of codes. The last one is for predictions of which the reference says
// nothing.
func (c *ClassCalibration) Codes() int { return len(c.labelled) + 1 }

// Code is the code of a prediction of a class, with a score in this fine bin. A class that the
// reference does not have is -1, and so is the bin of a prediction without a score.
func (c *ClassCalibration) Code(class, bin int) uint8 {
	switch {
	case class < 0 || class >= len(c.codes) || !c.codes[class].known:
		return code(len(c.labelled))
	case bin < 0 || bin >= len(c.codes[class].bins):
		return c.codes[class].none
	}
	return c.codes[class].bins[bin]
}

// Accuracy returns how often predictions with a code were right. ok is false for the code of those
// of which the reference says nothing.
func (c *ClassCalibration) Accuracy(code uint8) (accuracy float64, ok bool) {
	if int(code) >= len(c.labelled) {
		return 0, false
	}
	return float64(c.correct[code]) / float64(c.labelled[code]), true
}

// Estimate is [Calibration.Estimate] of predictions, from their number by code. Predictions of
// which the reference says nothing are left out.
func (c *ClassCalibration) Estimate(counts []int64) Estimated {
	return estimate(counts[:len(c.labelled)], c.labelled, c.correct)
}
