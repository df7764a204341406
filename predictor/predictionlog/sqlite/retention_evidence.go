package sqlite

import (
	"context"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// waitingTables contain rows that wait: outcomes that wait for their prediction, and records that
// were not understood and wait for a person.
var waitingTables = []string{"outcomes_pending", "outcomes_rejected"}

// mostWaiting is the maximum number of rows in each of these tables. The newest rows are kept. So
// a source that sends only unusable records cannot fill the disk or make retries slow.
var mostWaiting = map[string]int64{"outcomes_pending": 1_000_000, "outcomes_rejected": 100_000}

// evidencePruner deletes evidence about outcomes. Reviews stay, because they are an audit trail
// and contain no features.
type evidencePruner struct {
	most     map[string]int64 // rows of each waiting table; nil: mostWaiting
	surplus  map[string]int64 // rows above that, when they were last counted
	counted  int64            // when that was
	examined int64            // evidence up to this seq was looked at and stays
	passed   int64            // when all of it had last been looked at
	dropped  int64            // rows deleted in this transaction because there were too many
}

// evidence deletes old rows from the tables of evidence, rows above the limits, and erasures that
// have arrived everywhere. A forced cutoff includes rows that were not shipped.
func (p *pruner) evidence(tx *transaction, cutoff, limit int64, h held, forced bool) (deleted int64, err error) {
	shipped := h.of(predictionlog.TableOutcomes)
	if forced {
		shipped = math.MaxInt64
	}
	if cutoff > 0 {
		if deleted, err = p.outcomes(tx, cutoff, limit, shipped, h); err != nil {
			return deleted, err
		}
	}
	if err := p.countWaiting(tx); err != nil {
		return deleted, err
	}
	for _, table := range waitingTables {
		n, err := p.expireWaiting(tx, table, cutoff, limit)
		if deleted += n; err != nil {
			return deleted, err
		}
	}
	n, err := p.explorations(tx, limit)
	if deleted += n; err != nil {
		return deleted, err
	}
	upTo := min(h.of(predictionlog.TableErasures), math.MaxInt64-1)
	arrived, err := tx.expired("SELECT seq FROM erasures ORDER BY seq LIMIT ? + 0", upTo+1, 1)
	if err != nil || !arrived {
		return deleted, err
	}
	n, err = p.delete(tx, math.MaxInt64, "DELETE FROM erasures WHERE seq IN (SELECT seq FROM erasures WHERE seq <= ?1 ORDER BY seq LIMIT ?2 + 0) RETURNING seq", upTo, limit)
	return deleted + n, err
}

// explorations deletes what was answered to predictions that no longer exist, once their feedback
// does not exist either. It looks at the oldest ones only, so one that stays because of its
// feedback keeps the later ones.
func (p *pruner) explorations(tx *transaction, limit int64) (int64, error) {
	first, err := tx.conn.First(context.Background(), "SELECT prediction_id FROM explorations ORDER BY prediction_id LIMIT ? + 0", int64(1))
	if err != nil || first == nil {
		return 0, err
	}
	return p.delete(tx, math.MaxInt64, `DELETE FROM explorations WHERE prediction_id < (SELECT coalesce(min(x.prediction_id), 9223372036854775807) FROM
		(SELECT prediction_id FROM explorations ORDER BY prediction_id LIMIT ?1 + 0) AS x
		WHERE x.prediction_id >= coalesce((SELECT min(id) FROM predictions), 9223372036854775807)
		   OR EXISTS (SELECT 1 FROM feedback WHERE prediction_id = x.prediction_id))
		AND prediction_id <= (SELECT max(prediction_id) FROM (SELECT prediction_id FROM explorations ORDER BY prediction_id LIMIT ?1 + 0))
		RETURNING prediction_id`, limit)
}

// outcomes deletes evidence that is older than cutoff, once its prediction no longer exists. It
// checks a few rows at a time, beginning with the oldest. If rows stay because their prediction
// still exists, it starts again after a minute.
func (p *pruner) outcomes(tx *transaction, cutoff, limit, shipped int64, h held) (int64, error) {
	e := &p.evidenceState
	if e.examined == 0 && tx.now-e.passed < Backwards && tx.now >= e.passed {
		return 0, nil
	}
	row, err := tx.conn.First(context.Background(), `SELECT coalesce(max(seq), 0), count(*), coalesce(max(received_at), 0) FROM
		(SELECT seq, received_at FROM outcomes WHERE seq > ?1 ORDER BY seq LIMIT ?2 + 0)`, e.examined, limit)
	if err != nil {
		return 0, err
	}
	f := file.Fields{Row: row}
	last, rows, newest := f.Integer(0), f.Integer(1), f.Integer(2)
	if f.Err != nil {
		return 0, f.Err
	}
	oldest, err := tx.oldest()
	if err != nil {
		return 0, err
	}
	first := oldest.id
	if first < 0 {
		first = math.MaxInt64
	}
	n, err := p.delete(tx, h.of(predictionlog.TableOutcomes), `DELETE FROM outcomes WHERE seq > ?1 AND seq <= min(?2, ?3) AND received_at < ?4
		AND (prediction_id IS NULL OR prediction_id < ?5) RETURNING seq`, e.examined, last, shipped, cutoff, first)
	e.examined = last
	if rows < limit || newest >= cutoff {
		e.examined, e.passed = 0, tx.now
	}
	if n > 0 {
		e.passed = 0 // there may be more
	}
	return n, err
}

// countWaiting counts how many waiting rows are above the limits, at most once a minute.
func (p *pruner) countWaiting(tx *transaction) error {
	e := &p.evidenceState
	if since := tx.now - e.counted; since >= 0 && since < Backwards {
		return nil
	}
	e.counted = tx.now
	most := e.most
	if most == nil {
		most = mostWaiting
	}
	e.surplus = map[string]int64{}
	for _, table := range waitingTables {
		row, err := tx.conn.First(context.Background(), "SELECT count(*) FROM "+table)
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		if e.surplus[table] = max(0, f.Integer(0)-most[table]); f.Err != nil {
			return f.Err
		}
		if e.surplus[table] > 0 {
			p.logger.Warn("retention deletes the oldest of what waits, because there is too much of it; `drift_exporter outcomes` says what its sources send",
				"table", table, "rows", f.Integer(0), "limit", most[table])
		}
	}
	return nil
}

// expireWaiting deletes the oldest rows of a waiting table: those above the limit, and those from
// before cutoff.
func (p *pruner) expireWaiting(tx *transaction, table string, cutoff, limit int64) (n int64, err error) {
	e := &p.evidenceState
	if surplus := min(e.surplus[table], limit); surplus > 0 {
		n, err = p.delete(tx, math.MaxInt64, "DELETE FROM "+table+" WHERE seq IN (SELECT seq FROM "+table+" ORDER BY seq LIMIT ? + 0) RETURNING seq", surplus)
		e.surplus[table] -= surplus
		e.dropped += n
		if err != nil {
			return n, err
		}
	}
	old, err := tx.expired("SELECT received_at FROM "+table+" ORDER BY seq LIMIT ? + 0", cutoff, limit)
	if err != nil || !old {
		return n, err
	}
	var expired int64
	expired, err = p.delete(tx, math.MaxInt64, "DELETE FROM "+table+" WHERE seq IN (SELECT seq FROM "+table+" ORDER BY seq LIMIT ?2 + 0) AND received_at < ?1 RETURNING seq",
		cutoff, limit)
	return n + expired, err
}
