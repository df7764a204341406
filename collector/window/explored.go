package window

import (
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/weighted"
)

// explored are outcomes of predictions of one class that were answered with the other one. It is
// a window like feedback, of its own: among all outcomes there are few of them.
type explored struct {
	limit   int
	records []exploredOutcome // in order; a superseded one is no longer in current
	current map[int64]int64
}

type exploredOutcome struct {
	seq, prediction int64
	probability     float64
	right           bool // the outcome is the class of the model
}

// add adds an outcome, in place of an earlier one of the same prediction.
func (e *explored) add(row *predictionlog.FeedbackRow, right bool) {
	if e.current == nil {
		e.current = map[int64]int64{}
	}
	e.records = append(e.records, exploredOutcome{row.Seq, row.PredictionID, row.Explored, right})
	e.current[row.PredictionID] = row.Seq
	e.trim(0)
}

// trim drops records from the front that are superseded, before anchor, or more than the limit.
// It reports whether one that counted is gone.
func (e *explored) trim(anchor int64) (changed bool) {
	for len(e.records) > 0 {
		r := e.records[0]
		if e.current[r.prediction] == r.seq {
			if len(e.current) <= e.limit && r.seq >= anchor {
				break
			}
			delete(e.current, r.prediction)
			changed = true
		}
		e.records = e.records[1:]
	}
	if len(e.records) > 2*e.limit {
		effective := make([]exploredOutcome, 0, e.limit)
		for _, r := range e.records {
			if e.current[r.prediction] == r.seq {
				effective = append(effective, r)
			}
		}
		e.records = effective
	}
	return changed
}

// sum adds up the outcomes, weighted by the inverse of their probabilities.
func (e *explored) sum() (s weighted.Share) {
	for _, r := range e.records {
		if e.current[r.prediction] == r.seq {
			s.Add(r.probability, r.right)
		}
	}
	return s
}
