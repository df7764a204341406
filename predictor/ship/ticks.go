package ship

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Ticks say where the counts of a log go, and how rows are counted.
type Ticks struct {
	// Name and OutcomesName name the two destinations, in the log and in messages.
	Name, OutcomesName string
	// Counts receives the counts by tick, Outcomes the outcomes that count.
	Counts   Counter
	Outcomes Resumer
	// Coder returns what codes the rows of a model and version.
	Coder func(predictionlog.Key) tick.Coder
	// Now is the clock of the log's writer; nil: that of this machine.
	Now func() time.Time
	// BatchRows is the maximum number of rows that are counted into one batch; 0: 20,000.
	BatchRows int
}

const (
	// commitTime is how long after its time a row may still be on its way into the log.
	commitTime = 5 * time.Second
	// firstReach says which rows are counted by tick when a log is shipped for the first time:
	// those that are not older. Of the others only the counters are known.
	firstReach  = 2 * time.Minute
	countedRows = 20_000
	// recordBytes is the maximum size of the records of a batch.
	recordBytes = 4 << 20
	// clockEvery is the time between two looks at the clock of the destination; from clockOff on a
	// difference is a warning.
	clockEvery = time.Hour
	clockOff   = 5 * time.Second
)

var (
	countedTables = []predictionlog.Table{predictionlog.TablePredictions, predictionlog.TableFeedback, predictionlog.TableErrors}
	outcomeTables = []predictionlog.Table{predictionlog.TableFeedback, predictionlog.TableOutcomes, predictionlog.TableErasures}
)

// counting ships the counts of a log and the outcomes that count.
type counting struct {
	ticks            *Ticks
	counts, outcomes *shipper
	sums             *tick.Counts
	logger           *slog.Logger
	metrics          *metrics
	once             bool

	looked time.Time     // when the clocks were compared
	ahead  time.Duration // of the destination's clock
	at     int64         // time of this pass by the destination's clock
	now    int64         // by the writer's
	// until is the start of the tick that is open: rows from then on wait. closed is what the last
	// heartbeat said, 0 before the first of this process.
	until, closed int64
	// sent is when the last heartbeat was sent, 0 before the first.
	sent int64
}

func newCounting(t *Ticks, counts, outcomes *shipper, once bool) *counting {
	k := &counting{ticks: t, counts: counts, outcomes: outcomes, sums: tick.NewCounts(t.Coder), logger: counts.logger, metrics: counts.metrics, once: once}
	if t.Now == nil {
		t.Now = time.Now
	}
	counts.name, counts.destination, counts.tables, counts.next = t.Name, t.Counts, countedTables, k.nextRecords
	counts.label = func(predictionlog.Table) string { return "ticks" }
	counts.rows = cmp.Or(t.BatchRows, countedRows)
	outcomes.name, outcomes.destination, outcomes.tables, outcomes.next = t.OutcomesName, t.Outcomes, outcomeTables, k.nextOutcomes
	outcomes.label = func(predictionlog.Table) string { return "tick_outcomes" }
	return k
}

func (k *counting) moved() bool { return k.counts.moved || k.outcomes.moved }

func (k *counting) close() error {
	return errors.Join(k.outcomes.close(), k.counts.close(), k.outcomes.reader.Close(), k.counts.reader.Close())
}

// pass counts the ticks that have ended since, and says how far it has come.
func (k *counting) pass(ctx context.Context) error {
	k.counts.moved, k.outcomes.moved = false, false
	if err := k.look(ctx); err != nil {
		return err
	}
	now := k.ticks.Now()
	k.now, k.at = now.UnixNano(), now.Add(k.ahead).UnixMicro()*1000
	k.until = max(tick.Start(now.Add(-commitTime).UnixNano()), k.closed)
	if err := k.outcomes.pass(ctx); err != nil {
		return err
	}
	if err := k.counts.pass(ctx); err != nil {
		return err
	}
	k.closed, k.sent = k.until, k.at // Even if the heartbeat fails: it may have arrived.
	if err := k.ticks.Counts.Heartbeat(ctx, &tick.Record{LogID: k.counts.logID, ShippedAt: k.at, Through: k.until, Tick: k.until}); err != nil {
		return fmt.Errorf("ship a heartbeat to %s: %w", k.ticks.Name, err)
	}
	k.metrics.counted(k.until, k.ahead)
	return nil
}

// look compares the clocks.
func (k *counting) look(ctx context.Context) error {
	before := k.ticks.Now()
	if !k.looked.IsZero() && before.Sub(k.looked) < clockEvery {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	there, err := k.ticks.Counts.Now(ctx)
	if err != nil {
		return fmt.Errorf("ask %s for its time: %w", k.ticks.Name, err)
	}
	after := k.ticks.Now()
	// The answer was made between the two looks at our clock.
	k.looked = after
	k.ahead = there.Sub(before.Add(after.Sub(before) / 2))
	if k.ahead.Abs() > clockOff {
		k.logger.Warn("the clock of this machine is wrong: it differs from that of the destination; set it, or rows count at other times than those of other replicas",
			"destination", k.ticks.Name, "behind", k.ahead.Round(time.Millisecond))
	}
	return nil
}

// isOpen reports whether a row of that time waits for the end of its tick. A row from far ahead of
// the clock does not.
func (k *counting) isOpen(t int64) bool {
	return !k.once && t >= k.until && t <= k.now+int64(tick.Ahead)
}

// errOpen stops the reading at a row whose tick has not ended.
var errOpen = errors.New("the tick is open")

// nextRecords is next of the shipper of counts.
func (k *counting) nextRecords(ctx context.Context, c *cursor, upTo int64) (*Batch, error) {
	b := &Batch{LogID: k.counts.logID, Table: c.table, After: c.progress.UpTo, UpTo: c.progress.UpTo, First: k.at, Last: k.at}
	if c.progress.UpTo < 0 && c.progress.AttemptUpTo < 0 {
		resumed, err := k.resume(ctx, k.ticks.Counts, b, upTo)
		if err == nil && !resumed {
			err = k.past(ctx, b, upTo)
		}
		if err != nil || b.UpTo >= 0 {
			return b, err
		}
	}
	stopped, err := k.count(ctx, b, upTo, c.limit)
	if err != nil {
		return nil, &Failure{Reason: LogFailed, Temporary: true, Err: err}
	}
	if b.Counted == 0 && !stopped {
		b.UpTo = upTo
	}
	b.Records = k.sums.Records()
	k.stamp(b)
	return b, nil
}

// count counts rows up to an id. It reports whether it stopped before.
func (k *counting) count(ctx context.Context, b *Batch, upTo int64, limit int) (stopped bool, err error) {
	add := func(id, time int64, count func()) error {
		if k.isOpen(time) {
			return errOpen
		}
		count()
		b.Counted++
		if b.UpTo = id; b.Counted >= limit || k.sums.Size() >= recordBytes {
			return errFull
		}
		return nil
	}
	switch b.Table {
	case predictionlog.TablePredictions:
		err = k.counts.reader.Predictions(ctx, b.After, upTo, func(row *predictionlog.Row) error {
			return add(row.ID, row.Time, func() { k.sums.Prediction(row) })
		})
	case predictionlog.TableFeedback:
		err = k.counts.reader.Feedback(ctx, b.After, upTo, func(row *predictionlog.FeedbackRow) error {
			return add(row.Seq, row.Time, func() { k.sums.Feedback(row) })
		})
	case predictionlog.TableErrors:
		err = k.counts.reader.Errors(ctx, b.After, upTo, func(row *predictionlog.ErrorRow) error {
			return add(row.Seq, row.Time, func() { k.sums.Error(row) })
		})
	}
	if errors.Is(err, errFull) || errors.Is(err, errOpen) {
		return true, nil
	}
	if err != nil {
		k.sums.Records() // What was counted is read again.
	}
	return false, err
}

// stamp says in the records of a batch whence they are, and when they were made.
func (k *counting) stamp(b *Batch) {
	for i := range b.Records {
		r := &b.Records[i]
		r.LogID, r.After, r.Sequence, r.ShippedAt, r.Closed = b.LogID, b.After, b.UpTo, k.at, k.closedAt()
	}
}

// closedAt returns what was said to be closed, but not a time that is in the future. After a start
// or a silence others have gone on without this log: then it is the present, so that what was
// logged meanwhile counts now, and changes nothing that they have counted.
func (k *counting) closedAt() int64 {
	if k.sent == 0 || k.at-k.sent > int64(firstReach) {
		return k.at
	}
	return min(k.closed, tick.Start(k.at))
}

// resume goes on behind what a destination has of a log that does not know it: the log has forgotten
// it. What was counted once is not counted again.
func (k *counting) resume(ctx context.Context, to Resumer, b *Batch, upTo int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	last, err := to.Last(ctx, b.LogID, b.Table)
	switch {
	case err != nil:
		return false, fmt.Errorf("find out what has been shipped of %s: %w", b.Table, err)
	case last > upTo:
		return false, &Failure{Reason: Conflict, Err: fmt.Errorf("the destination has counts of %s up to %d of this log, which has had %d: it was restored from an older copy, or a copy of it is shipped, too; "+
			"give this log an id of its own (UPDATE meta SET value = 'a new UUID' WHERE key = 'log_id')", b.Table, last, upTo)}
	case last < 0:
		return false, nil
	}
	k.logger.Info("the destination has counts of this log: shipping goes on behind them", "table", string(b.Table), "up_to_"+b.Table.Number(), last)
	b.UpTo = last
	return true, nil
}

// past makes the first batch of a table, of the rows that are too old for their ticks: only their
// counters are known.
func (k *counting) past(ctx context.Context, b *Batch, upTo int64) error {
	id, err := k.counts.reader.Before(ctx, b.Table, k.now-int64(firstReach), upTo)
	if err != nil || id < 0 {
		return logFailed(err)
	}
	at := predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}
	switch b.Table {
	case predictionlog.TablePredictions:
		at.Predictions = id
	case predictionlog.TableFeedback:
		at.Feedback = id
	default:
		at.Errors = id
	}
	totals, err := k.counts.reader.TotalsAt(ctx, at)
	if err != nil {
		return logFailed(err)
	}
	k.logger.Info("rows that were logged before ticks are shipped add to the counters only", "table", string(b.Table), "up_to_"+b.Table.Number(), id)
	b.UpTo, b.Counted = id, 1
	b.Records = tick.OfCounters(totals.Counters, tick.Start(k.at))
	k.stamp(b)
	return nil
}

func logFailed(err error) error {
	if err == nil {
		return nil
	}
	return &Failure{Reason: LogFailed, Temporary: true, Err: err}
}
