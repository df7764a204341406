package predictionlog

// Exceeds names a count in which c is greater than sums, or returns "".
func (c *Counters) Exceeds(sums *Counters) string {
	switch {
	case exceeds(c.Classes, sums.Classes):
		return "predictions of a class"
	case exceeds(c.Errors, sums.Errors):
		return "errors of a reason"
	case exceeds(c.Feedback, sums.Feedback):
		return "feedback of an outcome"
	case exceeds(c.Corrections, sums.Corrections):
		return "corrections"
	case c.Delays.exceeds(&sums.Delays):
		return "delays"
	case c.Latency.exceeds(&sums.Latency):
		return "latencies"
	case c.Scores.exceeds(&sums.Scores):
		return "scores"
	case c.Invalid > sums.Invalid:
		return "invalid rows"
	}
	return ""
}

func exceeds[K comparable](have, sums map[K]int64) bool {
	for k, n := range have {
		if n > sums[k] {
			return true
		}
	}
	return false
}

func (h *Histogram) exceeds(sums *Histogram) bool {
	for i, n := range h.Counts {
		if n > sums.Counts[i] {
			return true
		}
	}
	return h.Sum > sums.Sum
}
