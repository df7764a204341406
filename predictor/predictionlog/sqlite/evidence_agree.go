package sqlite

import (
	"context"
	"database/sql/driver"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// said is what one source says about a prediction.
type said struct {
	source, outcome string
	confidence      float64
}

// agree chooses the outcome that is most probable from all sources together.
func (r *received) agree(p predicted, f *predictionlog.Feedback) (reason string, err error) {
	all, err := r.tx.saidOf(p.id, f)
	if err != nil {
		return "", err
	}
	winner := mostProbable(all)
	next := *f
	next.Source, next.Outcome, next.Confidence = winner.source, winner.outcome, winner.confidence
	c, err := r.tx.counting(p.id, &next)
	if err != nil {
		return "", err
	}
	if !c.known || c.outcome != winner.outcome {
		observed := max(r.tx.now, p.time)
		if !f.ObservedAt.IsZero() {
			observed = f.ObservedAt.UnixNano()
		}
		if _, err := r.tx.writeFeedback(p, &next, observed, c.corrects); err != nil {
			return "", err
		}
	}
	if f.Outcome != winner.outcome {
		return notAgreedOn, nil
	}
	return "", nil
}

// saidOf returns what each source says about a prediction, with f last. Feedback that did not
// come through this process counts as a statement of its source.
func (tx *transaction) saidOf(id int64, f *predictionlog.Feedback) (all []said, err error) {
	err = tx.conn.Query(context.Background(), `
		SELECT source, outcome, confidence, max(seq) FROM outcomes
		WHERE prediction_id = ?1 AND source <> ?2 AND reason <> 'older' GROUP BY source
		UNION ALL
		SELECT source, outcome, confidence, max(seq) FROM feedback
		WHERE prediction_id = ?1 AND source <> ?2
		  AND source NOT IN (SELECT source FROM outcomes WHERE prediction_id = ?1) GROUP BY source
		ORDER BY 1`, func(row []driver.Value) error {
		got := file.Fields{Row: row}
		all = append(all, said{source: got.Text(0), outcome: got.Text(1), confidence: got.Real(2)})
		return got.Err
	}, id, f.Source)
	return append(all, said{f.Source, f.Outcome, f.Confidence}), err
}

// surest is the maximum confidence. The log-odds of 1 are infinite, so two sources with
// confidence 1 could not be compared.
const surest = 1 - 1e-9

// mostProbable returns the most probable outcome according to all statements, its probability,
// and the source that is most certain of it. Every statement adds the log-odds of its confidence
// to its outcome. Among equal outcomes, the last one counts.
func mostProbable(all []said) said {
	odds := map[string]float64{}
	for _, s := range all {
		c := min(s.confidence, surest)
		odds[s.outcome] += math.Log(c / (1 - c))
	}
	best := all[len(all)-1].outcome
	for outcome, sum := range odds {
		if sum > odds[best]+1e-12 {
			best = outcome
		}
	}
	others := 0.0
	for outcome, sum := range odds {
		if outcome != best {
			others += math.Exp(sum - odds[best])
		}
	}
	if len(odds) == 1 {
		others = math.Exp(-odds[best])
	}
	winner := said{outcome: best, confidence: max(1/(1+others), math.SmallestNonzeroFloat64)}
	sure := -1.0
	for _, s := range all {
		if s.outcome == best && s.confidence > sure {
			winner.source, sure = s.source, s.confidence
		}
	}
	return winner
}
