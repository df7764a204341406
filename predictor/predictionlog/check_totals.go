package predictionlog

// checkTotals compares the rows that are there with the log's sums. Rows that
// were deleted are in the sums only, so the sums are never smaller.
func (r *Report) checkTotals(k *kept, totals Totals) {
	for _, c := range []struct {
		name         string
		upTo, newest int64
	}{
		{"predictions", r.TotalsUpTo.Predictions, r.HighWater.Predictions},
		{"feedback", r.TotalsUpTo.Feedback, r.HighWater.Feedback},
		{"errors", r.TotalsUpTo.Errors, r.HighWater.Errors},
	} {
		if c.upTo > c.newest {
			r.problem("sums: those of %s reach to %d, beyond the newest row %d", c.name, c.upTo, c.newest)
		}
	}
	for key, have := range k.counters {
		sums := totals.Counters[key]
		if sums == nil {
			sums = NewCounters()
		}
		if what := have.exceeds(sums); what != "" {
			r.problem("sums: model %q version %q has more %s in its rows than in the sums", key.Model, key.Version, what)
		}
	}
}

// exceeds names a count in which c is greater than sums, or returns "".
func (c *Counters) exceeds(sums *Counters) string {
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
