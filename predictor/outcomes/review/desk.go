package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// desk is where reviews are made: the queue, and the log that they go to.
type desk struct {
	*config
	now    func() time.Time
	sink   *outcomes.Sink
	reader *sqlite.Reader
	queue  *queue
	draws  *draws

	logID    string
	last     int64 // when somebody has reviewed last
	followed int64 // predictions up to this one have been looked at
	settled  int64 // reviews up to this one have become outcomes
	expired  time.Time
	looked   time.Time           // when erased reviews were last counted
	erased   int64               // how many there were at the beginning
	recent   map[string][]answer // what each reviewer has answered lately, the last one last
	wrong    string              // what was wrong with the requests to review more, last
}

// answer is what a reviewer has said, and can take back for a while.
type answer struct {
	id      int64
	outcome string
	at      time.Time
}

// begin reads the reviews, and draws the predictions that are young enough.
func (d *desk) begin(ctx context.Context) error {
	state, err := d.reader.State(ctx)
	if err != nil {
		return err
	}
	if err := d.readCursors(ctx, state); err != nil {
		return err
	}
	d.logID, d.followed, d.looked = state.LogID, state.HighWater.Predictions, d.now()
	if d.erased, err = d.reader.CountErasedReviews(ctx); err != nil {
		return err
	}
	first, err := d.reader.FirstSince(ctx, d.oldest())
	if err != nil {
		return err
	}
	all := map[int64]*item{}
	err = d.reader.Reviews(ctx, -1, math.MaxInt64, func(r *predictionlog.ReviewRow) error {
		d.last = max(d.last, r.Time)
		if r.Reviewer == "" || first < 0 || r.PredictionID < first && r.Seq <= d.settled {
			return nil
		}
		it := all[r.PredictionID]
		if it == nil {
			it = d.newItem(r.PredictionID)
			all[r.PredictionID] = it
		}
		it.hear(r.Reviewer, r.Outcome, r.Time, r.Probability > 0)
		d.remember(r)
		return nil
	})
	if err != nil {
		return err
	}
	for id, it := range all {
		if err := d.look(ctx, id, it); err != nil {
			return err
		}
	}
	if first < 0 {
		return nil
	}
	return d.draw(ctx, first, d.followed)
}

// remember keeps answers that can still be taken back.
func (d *desk) remember(r *predictionlog.ReviewRow) {
	at := time.Unix(0, r.Time)
	if d.now().Sub(at) > d.undo {
		return
	}
	list := d.recent[r.Reviewer]
	if r.Outcome == "" && len(list) > 0 {
		d.recent[r.Reviewer] = list[:len(list)-1]
		return
	}
	d.recent[r.Reviewer] = append(list, answer{id: r.PredictionID, outcome: r.Outcome, at: at})
}

// oldest returns the time from which predictions are in the queue.
func (d *desk) oldest() int64 { return d.now().Add(-d.expire).UnixNano() }

// readCursors reads how far the reviews are, and begins an epoch if predictions are drawn in
// another way from now on.
func (d *desk) readCursors(ctx context.Context, state predictionlog.State) error {
	cursors, err := d.sink.Cursors(ctx)
	if err != nil {
		return err
	}
	d.settled = -1
	if text := cursors[partSettled]; text != "" {
		if d.settled, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("read the cursor %q: %w", text, err)
		}
	}
	var epochs []epoch
	if text := cursors[partDraws]; text != "" {
		if err := json.Unmarshal([]byte(text), &epochs); err != nil {
			return fmt.Errorf("read the cursor %q: %w", text, err)
		}
	}
	d.draws = newDraws(state.LogID, d.second, epochs)
	after := int64(-1)
	if len(epochs) > 0 {
		after = state.HighWater.Predictions
	}
	return d.beginEpoch(ctx, after)
}

// follow draws among the predictions that have been added, and removes those that are too old.
func (d *desk) follow(ctx context.Context) error {
	state, err := d.reader.State(ctx)
	if err != nil {
		return err
	}
	if state.LogID != d.logID {
		return errors.New("the log has been replaced by another one")
	}
	if err := d.beginEpoch(ctx, d.followed); err != nil {
		return err
	}
	if err := d.draw(ctx, d.followed+1, state.HighWater.Predictions); err != nil {
		return err
	}
	d.followed = max(d.followed, state.HighWater.Predictions)
	if now := d.now(); now.Sub(d.expired) > expireEvery {
		d.queue.expire(d.oldest())
		d.expired = now
	}
	return nil
}

// draw adds the predictions from one id to another that are drawn.
func (d *desk) draw(ctx context.Context, from, to int64) error {
	for id := from; id <= to; id++ {
		if d.queue.items[id] != nil || !d.draws.may(id) {
			continue
		}
		if err := d.look(ctx, id, nil); err != nil {
			return err
		}
	}
	return nil
}

// look reads a prediction and adds it if it is drawn, or if it is given. It leaves out predictions
// that are no longer there, of other models, and those that are shadows.
func (d *desk) look(ctx context.Context, id int64, it *item) error {
	row, err := d.read(ctx, id)
	if err != nil || row == nil {
		return err
	}
	probability, key := 0.0, 0.0
	if !row.Shadow && (d.model == "" || row.Model == d.model) {
		probability, key = d.draws.draw(&row.Row)
	}
	if it == nil && probability == 0 {
		return nil
	}
	if it == nil {
		it = d.newItem(id)
	}
	it.time, it.probability, it.key = row.Time, probability, key
	it.weighted, it.twice = d.draws.of(id).Uncertain, probability > 0 && d.draws.twice(id)
	it.class, it.score, it.hasScore = row.Class, row.Score, row.HasScore
	d.queue.add(it)
	return nil
}

// read returns a prediction, or nil if it is not in the log.
func (d *desk) read(ctx context.Context, id int64) (row *predictionlog.WholeRow, err error) {
	err = d.reader.WholePredictions(ctx, id-1, id, func(r *predictionlog.WholeRow) error {
		copied := *r
		copied.Features = append([]byte(nil), r.Features...)
		row = &copied
		return nil
	})
	return row, err
}
