package review

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/review/raise"
)

// makeFolder makes the folder of the requests to review more.
func (c *config) makeFolder() error {
	if c.raise == "" {
		return nil
	}
	if err := os.MkdirAll(c.raise, 0o750); err != nil {
		return fmt.Errorf("make the folder of requests to review more: %w", err)
	}
	return nil
}

// raised returns the models of which more is drawn now, and their probabilities. A request that is
// wrong does not keep people from reviewing.
func (d *desk) raised() map[string]float64 {
	if d.raise == "" {
		return nil
	}
	all, err := raise.Read(d.raise, d.now())
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != d.wrong {
		d.sink.Logger.Error("a request to review more cannot be followed", "err", err)
	}
	d.wrong = text
	var raised map[string]float64
	for _, r := range all {
		sample := min(r.Sample, d.raiseMost)
		if sample <= max(d.sample, raised[r.Model]) || d.model != "" && d.model != r.Model {
			continue
		}
		if raised == nil {
			raised = map[string]float64{}
		}
		raised[r.Model] = sample
	}
	return raised
}

// beginEpoch begins an epoch after an id if predictions are drawn in another way from now on.
func (d *desk) beginEpoch(ctx context.Context, after int64) error {
	next := epoch{After: after, Sample: d.sample, Uncertain: d.uncertain, Raised: d.raised()}
	epochs := d.draws.epochs
	if n := len(epochs); n > 0 && next.same(epochs[n-1]) {
		return nil
	}
	epochs = append(append([]epoch(nil), epochs...), next)
	epochs = epochs[max(0, len(epochs)-mostEpochs):]
	text, err := json.Marshal(epochs)
	if err != nil {
		return err
	}
	if err := d.sink.Put(ctx, outcomes.Batch{Cursors: map[string]string{partDraws: string(text)}}); err != nil {
		return err
	}
	d.draws.epochs = epochs
	if len(epochs) > 1 {
		d.sink.Logger.Info("predictions are drawn in another way from now on", "after", after, "sample", d.sample, "uncertain", d.uncertain, "raised", next.Raised)
	}
	return nil
}
