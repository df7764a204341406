package ticks

import (
	"context"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// reach is how old the prediction of an outcome may be that another log than its own has taken.
const reach = 90 * 24 * time.Hour

// waits is how long an outcome may wait for its prediction: that long after it, the log of the
// prediction may ship what it has. askAgain is the time between two searches for one that is missing.
const (
	waits    = 24 * time.Hour
	askAgain = 10 * time.Minute
)

// manyNamed is the number of predictions of such outcomes that are remembered.
const manyNamed = 10_000

// stated is an outcome that a log took of a prediction that it does not have.
type stated struct {
	tick.Outcome

	effective int64
}

// named is the prediction of a request id, as its row in the dataset.
type named struct {
	logID     string
	row       predictionlog.Row
	explored  float64
	effective int64 // the tick to which it counts
}

// elsewhere yields the outcomes of a range that logs took of predictions that they do not have, with
// what their rows in the dataset say. An outcome counts by the rules of a log, after all that was
// said before about its prediction; what the prediction's own log took counts in any case. It counts
// to its own tick, or to the later one to which its prediction counts. One whose prediction is not in
// the dataset does not count.
func (r *Reader) elsewhere(ctx context.Context, from, until int64, yield func(*tick.Outcome) error) error {
	if r.options.Coder == nil {
		return nil
	}
	all, err := r.statedOf(ctx, from-int64(waits), until)
	if err != nil || len(all) == 0 {
		return err
	}
	since := time.Unix(0, from).Add(-waits - reach).UTC()
	if err := r.find(ctx, since, all); err != nil {
		return err
	}
	said, err := r.saidOf(ctx, since, all)
	if err != nil {
		return err
	}
	var missing int64
	for i := range all {
		o := &all[i]
		p := r.namedBy(o.RequestID)
		if p == nil {
			missing++
			continue
		}
		at := max(o.effective, p.effective)
		if at < from || at >= until {
			continue
		}
		corrects, ok := said.judge(predictionlog.OwnRequestID(p.logID, p.row.ID), o)
		if !ok || o.ObservedAt < p.row.Time {
			continue
		}
		o.Corrects, o.Closed = corrects, max(o.Closed, at)
		joined := r.join(&o.Outcome, p)
		if joined.Effective(r.options.Lateness) != at { // The clock of the prediction is ahead.
			missing++
			continue
		}
		if err := yield(joined); err != nil {
			return err
		}
	}
	if missing > 0 {
		r.options.Logger.Warn("outcomes do not count: no shipped row is their prediction; it may come, if ship --ship.rows is on", "outcomes", missing)
	}
	return nil
}

// join fills in what is known of the prediction.
func (r *Reader) join(o *tick.Outcome, p *named) *tick.Outcome {
	row := &p.row
	coder := r.options.Coder(predictionlog.Key{Model: row.Model, Version: row.Version})
	o.Model, o.Version, o.Scheme = row.Model, row.Version, tick.Scheme(coder.Scheme())
	o.PredictionLog, o.PredictionID, o.PredictedAt = p.logID, row.ID, row.Time
	o.Class, o.Score, o.HasScore, o.Explored = row.Class, row.Score, row.HasScore, p.explored
	if counted, ok := coder.Row(row); ok && len(counted.Codes) > 0 {
		o.Codes = append([]byte(nil), counted.Codes...)
	} else if !ok && len(coder.Columns()) == 0 {
		o.PredictedAt = -1
	}
	return o
}

func (r *Reader) statedOf(ctx context.Context, from, until int64) (all []stated, err error) {
	err = r.ask(ctx, "elsewhere", r.span(from, until), func(f *fields) error {
		o := stated{Outcome: tick.Outcome{LogID: f.text(), Sequence: f.integer(), ShippedAt: f.time(), Closed: f.time(), Time: f.integer(), ObservedAt: f.integer()}}
		o.PredictionLog, o.PredictionID, o.RequestID = f.text(), f.integer(), f.text()
		o.Outcome.Outcome, o.Source, o.Confidence, o.effective = f.text(), f.text(), value[float64](f), f.time()
		all = append(all, o)
		return nil
	})
	return all, err
}

// keys returns the parameters that name the predictions of outcomes, without those that skip names.
func (r *Reader) keys(since time.Time, all []stated, skip func(requestID string) bool) (parameters []bigquery.QueryParameter, n int) {
	requests, own := []string{}, []string{}
	for i := range all {
		id := all[i].RequestID
		if skip(id) {
			continue
		}
		requests = append(requests, id)
		if _, _, ok := predictionlog.ParseOwnRequestID(id); ok {
			own = append(own, id)
		}
	}
	return []bigquery.QueryParameter{
		{Name: "predicted_from", Value: since}, {Name: "request_ids", Value: requests}, {Name: "own_ids", Value: own},
		{Name: "lateness", Value: r.options.Lateness.Microseconds()},
	}, len(requests)
}

// find looks for predictions that are not remembered.
func (r *Reader) find(ctx context.Context, since time.Time, all []stated) error {
	parameters, n := r.keys(since, all, r.known)
	if n == 0 {
		return nil
	}
	if there, err := r.hasRows(ctx); err != nil || !there {
		return err
	}
	return r.ask(ctx, "predictions", parameters, func(f *fields) error {
		p := &named{logID: f.text()}
		p.row.ID = f.integer()
		requestID := f.text()
		p.row.Time, p.row.Model, p.row.Version, p.row.Class, p.row.HasScore = f.time(), f.text(), f.text(), f.text(), f.known()
		p.row.Score, p.row.Features, p.row.Latency = value[float64](f), []byte(f.text()), -1
		p.explored, p.effective = value[float64](f), f.time()
		if f.err != nil {
			return nil
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.named) >= manyNamed {
			clear(r.named)
		}
		own := predictionlog.OwnRequestID(p.logID, p.row.ID)
		r.named[own] = p
		if requestID != "" {
			r.named[requestID] = p
		}
		return nil
	})
}

// known reports whether a prediction is remembered, or was missing a short time ago. If not, it is
// noted as searched for now.
func (r *Reader) known(requestID string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.named[requestID] != nil || time.Since(r.asked[requestID]) < askAgain {
		return true
	}
	if len(r.asked) >= manyNamed {
		clear(r.asked)
	}
	r.asked[requestID] = time.Now()
	return false
}

func (r *Reader) namedBy(requestID string) *named {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.named[requestID]
}

// said is what was said about predictions, by their own request id, in order.
type said map[string][]stated

func (r *Reader) saidOf(ctx context.Context, since time.Time, all []stated) (said, error) {
	// What logs said about their own predictions names these by log and number.
	by := make([]stated, 0, len(all))
	for i := range all {
		if p := r.namedBy(all[i].RequestID); p != nil {
			by = append(by, all[i], stated{Outcome: tick.Outcome{RequestID: predictionlog.OwnRequestID(p.logID, p.row.ID)}})
		}
	}
	parameters, n := r.keys(since, by, func(string) bool { return false })
	if n == 0 {
		return nil, nil
	}
	s := said{}
	err := r.ask(ctx, "said", parameters, func(f *fields) error {
		o := stated{Outcome: tick.Outcome{PredictionLog: f.text(), PredictionID: f.integer(), RequestID: f.text(), LogID: f.text(), Sequence: f.integer(), Time: f.integer()}}
		o.Outcome.Outcome, o.Source, o.Confidence = f.text(), f.text(), value[float64](f)
		own := predictionlog.OwnRequestID(o.PredictionLog, o.PredictionID)
		if p := r.namedBy(o.RequestID); o.RequestID != "" && p != nil {
			own = predictionlog.OwnRequestID(p.logID, p.row.ID)
		}
		s[own] = append(s[own], o)
		return nil
	})
	return s, err
}

// judge applies the rules of a log to an outcome: it is refused if its source has said the same last,
// or if another outcome is surer. Else it says why it replaces a different one.
func (s said) judge(own string, o *stated) (corrects string, ok bool) {
	var last, lastOfSource *stated
	surest := 0.0
	for i := range s[own] {
		before := &s[own][i]
		if before.LogID == o.LogID && before.Sequence == o.Sequence && before.RequestID == o.RequestID {
			break
		}
		if last != nil && before.Confidence < surest && before.Outcome.Outcome != last.Outcome.Outcome && before.RequestID != "" {
			continue // It was refused itself.
		}
		last, surest = before, max(surest, before.Confidence)
		if before.Source == o.Source {
			lastOfSource = before
		}
	}
	switch {
	case last == nil:
		return "", true
	case lastOfSource != nil && lastOfSource.Outcome.Outcome == o.Outcome.Outcome && lastOfSource.Confidence >= o.Confidence:
		return "", false
	case o.Outcome.Outcome == last.Outcome.Outcome:
		return "", true
	case o.Confidence < surest:
		return "", false
	case lastOfSource != nil && lastOfSource.Outcome.Outcome != o.Outcome.Outcome:
		return predictionlog.Corrections[0], true
	case o.Confidence > surest:
		return predictionlog.Corrections[1], true
	}
	return predictionlog.Corrections[2], true
}
