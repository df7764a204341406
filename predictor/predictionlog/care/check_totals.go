package care

import "github.com/drift-exporter/drift_exporter/predictor/predictionlog"

// checkTotals compares the rows with the log's sums. Deleted rows are only in the sums, so the
// sums are never smaller.
func (r *Report) checkTotals(k *remaining, totals predictionlog.Totals) {
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
			sums = predictionlog.NewCounters()
		}
		if what := have.Exceeds(sums); what != "" {
			r.problem("sums: model %q version %q has more %s in its rows than in the sums", key.Model, key.Version, what)
		}
	}
}
