package review

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// noteBytes is the maximum length of a note.
const noteBytes = 2000

// refusal is an answer that cannot be taken. It says why, and what to do.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// say adds what a person says about a prediction to the log. given says that the queue gave them
// the prediction. It returns the number of the review, 0 if the person has said just that before.
func (d *desk) say(ctx context.Context, who person, id int64, outcome, note string, given bool) (seq int64, it *item, err error) {
	if it = d.queue.items[id]; it == nil {
		it = d.newItem(id)
		if err := d.look(ctx, id, it); err != nil { // if it is not there, the log says why
			return 0, nil, err
		}
	}
	given = it.probability > 0 && (given || d.queue.held[id].reviewer == who.name)
	if it.of(who.name) == outcome && (!given || !it.suits(who.name)) {
		d.queue.release(who.name)
		return 0, it, nil
	}
	row, err := d.append(ctx, who, it, outcome, note, given)
	if err != nil {
		if len(it.said) == 0 && it.probability == 0 {
			d.queue.remove(id)
		}
		return 0, nil, err
	}
	d.last = row.Time
	it.hear(who.name, outcome, row.Time, given)
	d.queue.place(it)
	d.queue.release(who.name)
	recent := d.recent[who.name]
	d.recent[who.name] = append(recent[max(0, len(recent)-100):], answer{id: id, outcome: outcome, at: time.Unix(0, row.Time)})
	return row.Seq, it, nil
}

// takeBack withdraws the last answer of a reviewer and gives them the prediction again.
func (d *desk) takeBack(ctx context.Context, who person) error {
	recent := d.recent[who.name]
	if len(recent) == 0 {
		return refusal("There is nothing to undo.")
	}
	last := recent[len(recent)-1]
	if d.now().Sub(last.at) > d.undo {
		return refusal(fmt.Sprintf("Your last answer is older than %s, so it cannot be undone.", d.undo))
	}
	it := d.queue.items[last.id]
	if it == nil || it.of(who.name) != last.outcome {
		d.recent[who.name] = recent[:len(recent)-1]
		return refusal("There is nothing to undo.")
	}
	row, err := d.append(ctx, who, it, "", "", it.probability > 0)
	if err != nil {
		return err
	}
	it.hear(who.name, "", row.Time, false)
	d.queue.place(it)
	d.queue.give(it, who.name, d.now())
	d.recent[who.name] = recent[:len(recent)-1]
	return nil
}

// append writes a review to the log. A prediction that is no longer there leaves the queue.
func (d *desk) append(ctx context.Context, who person, it *item, outcome, note string, given bool) (predictionlog.ReviewRow, error) {
	note = strings.ToValidUTF8(strings.ReplaceAll(note, "\x00", "\uFFFD"), "\uFFFD")
	if len(note) > noteBytes {
		return predictionlog.ReviewRow{}, refusal(fmt.Sprintf("The note is longer than %d bytes. Shorten it.", noteBytes))
	}
	review := predictionlog.Review{PredictionID: it.id, Reviewer: who.name, Outcome: outcome, Note: note}
	if given {
		review.Probability = it.probability
	}
	row, err := d.sink.Log().AppendReview(ctx, review)
	if errors.Is(err, predictionlog.ErrNotFound) || errors.Is(err, predictionlog.ErrPruned) {
		d.queue.remove(it.id)
	}
	return row, err
}

// undoSlack is how much longer than the time for undoing an answer waits before it counts.
const undoSlack = time.Second

// settle turns reviews that can no longer be undone into outcomes. Those of an uncertain queue do
// not become outcomes, because only weighted counts of them are unbiased.
func (d *desk) settle(ctx context.Context, s *Source) error {
	for {
		var batch outcomes.Batch
		last, more := d.settled, false
		err := s.use(func(d *desk) (err error) {
			batch, last, more, err = d.unsettled(ctx)
			return err
		})
		if err != nil || last == d.settled {
			return err
		}
		batch.Cursors = map[string]string{partSettled: fmt.Sprint(last)}
		if err := d.sink.Put(ctx, batch); err != nil {
			return err
		}
		d.settled = last
		if !more {
			return nil
		}
	}
}

var errEnough = errors.New("enough")

// unsettled returns the next outcomes, and the last of the reviews that they include.
func (d *desk) unsettled(ctx context.Context) (batch outcomes.Batch, last int64, more bool, err error) {
	before := d.now().Add(-d.undo - undoSlack).UnixNano()
	last = d.settled
	var ids []int64
	rows := 0
	err = d.reader.Reviews(ctx, d.settled, math.MaxInt64, func(r *predictionlog.ReviewRow) error {
		if more = rows == outcomes.BatchRecords; more || r.Time > before {
			return errEnough
		}
		rows++
		last = r.Seq
		if !slices.Contains(ids, r.PredictionID) {
			ids = append(ids, r.PredictionID)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return batch, last, false, err
	}
	for _, id := range ids {
		it := d.queue.items[id]
		if it == nil || it.outcome() == "" || it.weighted && it.probability > 0 {
			continue
		}
		row, err := d.read(ctx, id)
		if err != nil {
			return batch, last, false, err
		}
		if row == nil { // it has been erased or is too old
			continue
		}
		batch.Records = append(batch.Records, outcomes.Record{
			Value: map[string]any{"prediction_id": id, "outcome": d.word(it.outcome())}, ObservedAt: time.Unix(0, it.observed()).UTC(),
		})
	}
	return batch, last, more, nil
}
