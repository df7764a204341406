package sqlite

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// These are the parts that a log of version 1 lacks. Feedback has the time and the score of its
// prediction and what it corrects. The log has the delays of feedback, and what has been shipped
// of each table. For predictions that were already deleted, the time and the score remain
// unknown.
const (
	addColumns = `
ALTER TABLE feedback ADD COLUMN predicted_at INTEGER;
ALTER TABLE feedback ADD COLUMN score REAL;
ALTER TABLE feedback ADD COLUMN corrects TEXT;
ALTER TABLE shipped RENAME TO shipped_of_1;`

	moveShipped = `
INSERT INTO shipped (destination, log, up_to_id) SELECT destination, 'predictions', up_to_id FROM shipped_of_1;
DROP TABLE shipped_of_1;`

	fillPrediction = `
UPDATE feedback SET (predicted_at, score) = (SELECT time, score FROM predictions WHERE id = prediction_id)
WHERE seq > ?1 AND seq <= ?2`

	// This is the same as in the trigger feedback_complete.
	fillCorrects = `
UPDATE feedback SET corrects = (SELECT CASE
    WHEN e.outcome = feedback.outcome THEN NULL
    WHEN feedback.outcome <> (SELECT outcome FROM feedback AS own WHERE own.prediction_id = feedback.prediction_id
                              AND own.source = feedback.source AND own.seq < feedback.seq ORDER BY own.seq DESC LIMIT 1) THEN 'same_source'
    WHEN feedback.confidence > (SELECT max(confidence) FROM feedback AS earlier WHERE earlier.prediction_id = feedback.prediction_id AND earlier.seq < feedback.seq)
    THEN 'higher_confidence'
    ELSE 'other_source' END
  FROM feedback AS e WHERE e.prediction_id = feedback.prediction_id AND e.seq < feedback.seq ORDER BY e.seq DESC LIMIT 1)
WHERE seq > ?1 AND seq <= ?2
  AND EXISTS (SELECT 1 FROM feedback AS e WHERE e.prediction_id = feedback.prediction_id AND e.seq < feedback.seq)`

	fillDelays = `
INSERT INTO totals_feedback_delays
SELECT model, version, corrects, delay_le, count(*), sum(delay) FROM counted_feedback
WHERE seq > ?1 AND seq <= min(?2, (SELECT up_to_id FROM totals_up_to WHERE log = 'feedback')) GROUP BY 1, 2, 3, 4
ON CONFLICT (model, version, corrects, delay_le) DO UPDATE SET feedback = feedback + excluded.feedback, delay = delay + excluded.delay`
)

// fillRows is the number of feedback ids that are filled in between two calls of Watch.Rows.
const fillRows = 20_000

// fillFeedback fills in the values that feedback of version 1 lacks.
func fillFeedback(ctx context.Context, c *file.Connection, w Watch) error {
	if err := c.Exec(moveShipped); err != nil {
		return err
	}
	first, last, err := ends(ctx, c, feedbackEnds)
	if err != nil {
		return err
	}
	for after := first - 1; after < last; after += fillRows {
		upTo := min(after+fillRows, last)
		for _, query := range []string{fillPrediction, fillCorrects, fillDelays} {
			if err := c.Do(query, after, upTo); err != nil {
				return err
			}
		}
		if w.Rows != nil {
			w.Rows(upTo-first+1, last-first+1)
		}
	}
	return nil
}
