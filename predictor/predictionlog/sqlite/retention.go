package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// pruner deletes the oldest rows, a few at a time inside the transactions of others. Deleting
// half a million rows at once blocked the writer for 350 ms. The schema's triggers add deleted
// rows to the log's sums. Feedback and errors are deleted by their own age, because feedback has
// a copy of what it needs from its prediction. Rows that have not been shipped to every
// destination of the log stay, unless the log is too large.
type pruner struct {
	age      time.Duration // 0: any
	size     int64         // bytes; 0: any
	lookback int64         // newest rows that age alone does not delete
	logger   *slog.Logger

	warned  int64 // when it was last said that size deletes inside the look-back
	waited  int64 // when it was last said that rows wait to be shipped
	forced  int64 // when it was last said that size deletes what has not been shipped
	lost    int64 // rows deleted in this transaction that had not been shipped
	blocked int64 // when rows dated in the future were last looked past
	rested  int64 // when there was last nothing to delete
	ahead   int64 // rows before this id are expired, whatever their dates say

	evidenceState evidencePruner
}

const (
	// retainEvery is the number of rows that are written between two deletions. With a smaller
	// number, the longest transaction is closer to the others.
	retainEvery = 16
	// rest is the time without a new search, in nanoseconds, after nothing was found to delete.
	rest = int64(time.Second)
	// restRows is the number of rows that are deleted when there is nothing else to do.
	restRows = 1000
)

func (p *pruner) enabled() bool { return p.age > 0 || p.size > 0 }

// retain deletes old rows inside the transaction when it is time to do so. It deletes at least
// twice as many as were written since the last time.
func (w *Writer) retain(tx *transaction, rows int) error {
	if !w.prune.enabled() {
		return nil
	}
	w.fresh += rows
	limit := int64(2 * w.fresh)
	switch {
	case rows == 0:
		limit = restRows
	case w.fresh < retainEvery:
		return nil
	}
	w.fresh = 0
	if since := tx.now - w.prune.rested; since >= 0 && since < rest && rows > 0 {
		return nil
	}
	deleted, err := w.prune.step(tx, limit)
	if deleted == 0 {
		w.prune.rested = tx.now
	}
	return err
}

// step deletes at most limit rows of each table and returns their number. Its statements use
// LIMIT ? + 0, because SQLite plans a statement with LIMIT ? again for every value: 70 us in a
// commit of 16 rows.
func (p *pruner) step(tx *transaction, limit int64) (int64, error) {
	var deleted int64
	cutoff, forced := int64(0), false
	h, err := tx.shipped()
	if err != nil {
		return 0, err
	}
	if p.age > 0 {
		cutoff = tx.now - int64(p.age)
		n, err := p.predictions(tx, cutoff, limit, h)
		if err != nil {
			return 0, err
		}
		deleted += n
	}
	if p.size > 0 {
		n, reached, err := p.shrink(tx, limit, h)
		if err != nil {
			return 0, err
		}
		deleted += n
		if reached > 0 {
			cutoff, forced = max(cutoff, reached), true
		}
	}
	if cutoff > 0 {
		n, err := p.byAge(tx, cutoff, limit, h, forced)
		if err != nil {
			return 0, err
		}
		deleted += n
	}
	n, err := p.evidence(tx, cutoff, limit, h, forced)
	return deleted + n, err
}

// byAge deletes feedback and errors from before cutoff. A forced deletion includes rows that were
// not shipped.
func (p *pruner) byAge(tx *transaction, cutoff, limit int64, h held, forced bool) (deleted int64, err error) {
	for _, t := range []struct {
		table    predictionlog.Table
		lookback int64
	}{{predictionlog.TableFeedback, p.lookback}, {predictionlog.TableErrors, 0}} {
		name := string(t.table)
		old, err := tx.expired("SELECT time FROM "+name+" ORDER BY seq LIMIT ? + 0", cutoff, limit)
		if err != nil {
			return deleted, err
		}
		if !old {
			continue
		}
		keep := h.of(t.table)
		if forced {
			keep = math.MaxInt64
		}
		n, err := p.delete(tx, h.of(t.table), "DELETE FROM "+name+" WHERE seq <= (SELECT max(seq) FROM (SELECT seq, time FROM "+name+
			" WHERE seq <= min((SELECT max(seq) FROM "+name+") - ?3, ?4) ORDER BY seq LIMIT ?2 + 0) WHERE time < ?1) RETURNING seq", cutoff, limit, t.lookback, keep)
		if err != nil {
			return deleted, err
		}
		deleted += n
	}
	return deleted, nil
}

// expired reports whether one of the times that the query finds, those of the oldest rows, is
// before cutoff. It takes microseconds. A DELETE that finds nothing takes 230, because its
// subquery is stored in a temporary table. With nothing to delete, that was a sixth of the
// predictor's time.
func (tx *transaction) expired(oldest string, cutoff, limit int64) (found bool, err error) {
	err = tx.conn.Query(context.Background(), oldest, func(row []driver.Value) error {
		f := file.Fields{Row: row}
		if found = f.Integer(0) < cutoff && f.Err == nil; found {
			return file.ErrEnough
		}
		return f.Err
	}, limit)
	if errors.Is(err, file.ErrEnough) {
		err = nil
	}
	return found, err
}

// delete runs a statement that returns the ids of the deleted rows, and returns their number.
// Rows above shipped are counted as lost.
func (p *pruner) delete(tx *transaction, shipped int64, query string, args ...driver.Value) (n int64, err error) {
	err = tx.conn.Query(context.Background(), query, func(row []driver.Value) error {
		n++
		if id, _ := row[0].(int64); id > shipped {
			p.lost++
		}
		return nil
	}, args...)
	return n, err
}

// wait logs, at most once an hour, that old rows are kept because they have not been shipped.
func (p *pruner) wait(tx *transaction, oldest rowTime, h held) {
	if tx.now-p.waited < int64(time.Hour) {
		return
	}
	p.waited = tx.now
	p.logger.Warn("retention keeps predictions past their age, because they have not been shipped; if the destination is gone, `drift_exporter log forget` lets them go",
		"destination", h.destination, "shipped_up_to_id", h.of(predictionlog.TablePredictions), "oldest_id", oldest.id, "age", time.Duration(tx.now-oldest.time).Round(time.Minute))
}

// predictions deletes the oldest rows whose time is before cutoff and that have been shipped.
func (p *pruner) predictions(tx *transaction, cutoff, limit int64, h held) (int64, error) {
	newest := tx.next - 1 - p.lookback // that may go
	oldest, err := tx.oldest()
	if err != nil || oldest.id < 0 || oldest.id > newest {
		return 0, err
	}
	future := oldest.time > tx.now+Backwards
	if oldest.time >= cutoff && !future {
		return 0, nil
	}
	if newest = min(newest, h.of(predictionlog.TablePredictions)); oldest.id > newest {
		p.wait(tx, oldest, h)
		return 0, nil
	}
	// Rows whose time is in the future, from a wrong clock, are deleted with the rows that follow
	// them. This needs a search only if there are many of them.
	if future && oldest.id >= p.ahead && tx.now-p.blocked > Backwards {
		p.blocked = tx.now
		row, err := tx.conn.First(context.Background(),
			"SELECT id FROM predictions WHERE id <= ? AND time < ? ORDER BY id LIMIT 1", newest, cutoff)
		if err != nil {
			return 0, err
		}
		if row != nil {
			f := file.Fields{Row: row}
			p.ahead = f.Integer(0)
		}
	}
	return p.delete(tx, h.of(predictionlog.TablePredictions), `DELETE FROM predictions WHERE id <= (SELECT max(id) FROM
		(SELECT id, time FROM predictions WHERE id <= ?3 ORDER BY id LIMIT ?2 + 0) WHERE time < ?1 OR id < ?4)
		RETURNING id`, cutoff, limit, newest, p.ahead)
}

// shrink deletes the oldest rows while the log is larger than its maximum size, even if they have
// not been shipped. It returns the time of the newest deleted row.
func (p *pruner) shrink(tx *transaction, limit int64, h held) (deleted, reached int64, err error) {
	used, err := tx.used()
	if err != nil || used <= p.size {
		return 0, 0, err
	}
	// After a commit of many refusals, many rows may be deleted, but no more than necessary.
	oldest, err := tx.oldest()
	if err != nil {
		return 0, 0, err
	}
	if share := float64(used-p.size) / float64(used); oldest.id >= 0 {
		limit = min(limit, retainEvery+int64(share*float64(tx.next-oldest.id)))
	}
	row, err := tx.conn.First(context.Background(),
		"SELECT id, time FROM (SELECT id, time FROM predictions ORDER BY id LIMIT ? + 0) ORDER BY id DESC LIMIT 1", limit)
	if err != nil {
		return 0, 0, err
	}
	if row == nil {
		return 0, tx.now, nil // only feedback and errors are left
	}
	f := file.Fields{Row: row}
	id, reached := f.Integer(0), f.Integer(1)
	if f.Err != nil {
		return 0, 0, f.Err
	}
	if id > tx.next-1-p.lookback && tx.now-p.warned > Backwards {
		p.warned = tx.now
		p.logger.Warn("retention by size deletes rows inside the look-back; monitoring will see shorter windows after a restart",
			"size", used, "limit", p.size, "lookback", p.lookback, "up_to_id", id)
	}
	if id > h.of(predictionlog.TablePredictions) && tx.now-p.forced > Backwards {
		p.forced = tx.now
		p.logger.Error("retention by size deletes predictions that have not been shipped: they will be missing there; raise --predictions.retention.size or see why shipping lags",
			"destination", h.destination, "size", used, "limit", p.size, "shipped_up_to_id", h.of(predictionlog.TablePredictions), "up_to_id", id)
	}
	deleted, err = p.delete(tx, h.of(predictionlog.TablePredictions), "DELETE FROM predictions WHERE id <= ? RETURNING id", id)
	return deleted, reached, err
}

// used returns how many bytes of the file are in use.
func (tx *transaction) used() (int64, error) {
	var n [3]int64
	for i, name := range []string{"page_count", "freelist_count", "page_size"} {
		var err error
		if n[i], err = tx.conn.Pragma(context.Background(), name); err != nil {
			return 0, err
		}
	}
	return (n[0] - n[1]) * n[2], nil
}

// rowTime is the id and time of a prediction.
type rowTime struct{ id, time int64 }

// oldest returns the prediction with the smallest id. The id is -1 if there is none.
func (tx *transaction) oldest() (rowTime, error) {
	row, err := tx.conn.First(context.Background(), "SELECT id, time FROM predictions ORDER BY id LIMIT 1")
	if err != nil || row == nil {
		return rowTime{id: -1}, err
	}
	f := file.Fields{Row: row}
	return rowTime{id: f.Integer(0), time: f.Integer(1)}, f.Err
}
