package retrain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// labelled is a prediction whose outcome is known.
type labelled struct {
	ID       int64           `json:"prediction_id"`
	Features json.RawMessage `json:"features"`
	Score    *float64        `json:"score"`
	Class    string          `json:"class"`
	Outcome  string          `json:"outcome"`
}

// newest returns the newest predictions of a model whose outcome is known, at most limit, in the
// order of their ids. Without a version, those of every version. Outcomes that are none of the
// model are left out, and predictions of a regression without a number. It reads backwards through
// the feedback, so its cost depends on limit and not on the size of the log, as long as this model
// has a fair share of the feedback.
func newest(ctx context.Context, path, model, version string, limit int, read outcomes) (all []labelled, err error) {
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	state, err := reader.State(ctx)
	if err != nil {
		return nil, err
	}
	known, err := newestOutcomes(ctx, reader, state.HighWater.Feedback, model, version, limit, read)
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(maps.Keys(known))
	if len(ids) > limit {
		ids = ids[len(ids)-limit:]
	}
	err = reader.PredictionsByID(ctx, ids, func(row *predictionlog.Row) error {
		l := labelled{ID: row.ID, Features: slices.Clone(row.Features), Class: read.predicted(row.Class), Outcome: known[row.ID]}
		if row.HasScore {
			score := row.Score
			l.Score = &score
		}
		if !json.Valid(l.Features) {
			l.Features = value.FiniteJSON(l.Features)
		}
		if !predictionlog.InvalidFeatures(l.Features) && (l.Score != nil || read.classes != nil) {
			all = append(all, l)
		}
		return nil
	})
	return all, err
}

// newestOutcomes returns the outcomes that count, by prediction: more than limit of them if there
// are as many, from the newest backwards.
func newestOutcomes(ctx context.Context, reader *sqlite.Reader, top int64, model, version string, limit int, read outcomes) (map[int64]string, error) {
	// Feedback is read again from an earlier point until there is enough.
	for span := int64(4 * limit); ; span *= 4 {
		known, from := map[int64]string{}, max(top-span, -1)
		err := reader.Feedback(ctx, from, top, func(f *predictionlog.FeedbackRow) error {
			if f.Model != model || (version != "" && f.Version != version) {
				return nil
			}
			if outcome, ok := read.actual(f.Outcome); ok {
				known[f.PredictionID] = outcome // a later one replaces it
			} else {
				delete(known, f.PredictionID)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read feedback: %w", err)
		}
		if from < 0 || len(known) >= 2*limit {
			return known, nil
		}
	}
}
