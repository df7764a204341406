package ship

import (
	"context"
	"errors"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// nextOutcomes is next of the shipper of outcomes.
func (k *counting) nextOutcomes(ctx context.Context, c *cursor, upTo int64) (*Batch, error) {
	if c.table == predictionlog.TableErasures {
		return k.outcomes.copied(ctx, c, upTo)
	}
	b := &Batch{LogID: k.outcomes.logID, Table: c.table, After: c.progress.UpTo, UpTo: c.progress.UpTo, First: k.at, Last: k.at}
	if c.progress.UpTo < 0 && c.progress.AttemptUpTo < 0 {
		if resumed, err := k.resume(ctx, k.ticks.Outcomes, b, upTo); resumed || err != nil {
			return b, err
		}
		id, err := k.outcomes.reader.Before(ctx, c.table, k.now-int64(firstReach), upTo)
		if err != nil || id >= 0 {
			b.UpTo = id
			return b, logFailed(err)
		}
	}
	stopped, err := k.readOutcomes(ctx, b, upTo, c.limit)
	if err != nil {
		return nil, logFailed(err)
	}
	if b.Len() == 0 && !stopped {
		b.UpTo = upTo
	}
	return b, nil
}

func (k *counting) readOutcomes(ctx context.Context, b *Batch, upTo int64, limit int) (stopped bool, err error) {
	if b.Table == predictionlog.TableOutcomes {
		return k.readElsewhere(ctx, b, upTo, limit)
	}
	err = k.outcomes.reader.Feedback(ctx, b.After, upTo, func(row *predictionlog.FeedbackRow) error {
		if k.isOpen(row.Time) {
			return errOpen
		}
		b.Outcomes = append(b.Outcomes, k.outcome(b.LogID, row))
		if b.UpTo = row.Seq; len(b.Outcomes) >= limit {
			return errFull
		}
		return nil
	})
	if errors.Is(err, errFull) || errors.Is(err, errOpen) {
		stopped, err = true, nil
	}
	if err == nil && len(b.Outcomes) > 0 {
		err = k.code(ctx, b.Outcomes)
	}
	return stopped, err
}

// readElsewhere reads the outcomes of predictions of other logs.
func (k *counting) readElsewhere(ctx context.Context, b *Batch, upTo int64, limit int) (stopped bool, err error) {
	err = k.outcomes.reader.Evidence(ctx, b.After, upTo, func(row *predictionlog.EvidenceRow) error {
		if k.isOpen(row.Time) {
			return errOpen
		}
		if b.UpTo = row.Seq; row.Reason == predictionlog.Elsewhere {
			b.Outcomes = append(b.Outcomes, k.elsewhere(b.LogID, row))
		}
		if len(b.Outcomes) >= limit {
			return errFull
		}
		return nil
	})
	if errors.Is(err, errFull) || errors.Is(err, errOpen) {
		return true, nil
	}
	return false, err
}

func (k *counting) elsewhere(logID string, row *predictionlog.EvidenceRow) tick.Outcome {
	o := tick.Outcome{
		LogID: logID, Sequence: row.Seq, ShippedAt: k.at, Closed: k.closedAt(), Time: row.Time, ObservedAt: row.ObservedAt,
		PredictionID: -1, PredictedAt: -1, RequestID: row.RequestID, Outcome: row.Outcome, Source: row.Source, Confidence: row.Confidence,
	}
	if o.ObservedAt < 0 {
		o.ObservedAt = row.Time
	}
	if of, id, ok := predictionlog.ParseOwnRequestID(row.RequestID); ok {
		o.PredictionLog, o.PredictionID = of, id
	}
	return o
}

func (k *counting) outcome(logID string, row *predictionlog.FeedbackRow) tick.Outcome {
	return tick.Outcome{
		LogID: logID, Sequence: row.Seq, ShippedAt: k.at, Closed: k.closedAt(), Time: row.Time, ObservedAt: row.ObservedAt,
		Model: row.Model, Version: row.Version, Scheme: tick.Scheme(k.ticks.Coder(predictionlog.Key{Model: row.Model, Version: row.Version}).Scheme()),
		PredictionLog: logID, PredictionID: row.PredictionID, PredictedAt: row.PredictedAt, Class: row.Class, Outcome: row.Outcome,
		Score: row.Score, HasScore: row.HasScore, Explored: row.Explored, Source: row.Source, Confidence: row.Confidence, Corrects: row.Corrects,
	}
}

// code adds the codes of the predictions that the log still has.
func (k *counting) code(ctx context.Context, outcomes []tick.Outcome) error {
	of, ids := map[int64][]int{}, []int64{}
	for i := range outcomes {
		id := outcomes[i].PredictionID
		if of[id] == nil {
			ids = append(ids, id)
		}
		of[id] = append(of[id], i)
	}
	return k.outcomes.reader.PredictionsByID(ctx, ids, func(row *predictionlog.Row) error {
		counted, ok := k.ticks.Coder(predictionlog.Key{Model: row.Model, Version: row.Version}).Row(row)
		if !ok || len(counted.Codes) == 0 {
			return nil
		}
		for _, i := range of[row.ID] {
			outcomes[i].Codes = append([]byte(nil), counted.Codes...)
		}
		return nil
	})
}
