package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// commit writes a group in one transaction and gives every task its result.
func (w *Writer) commit(g *group) error {
	began := time.Now()
	rows, err := w.write(g)
	if err != nil {
		err = fmt.Errorf("%w: %w", predictionlog.ErrUnavailable, file.Explain(w.path, err))
		for _, t := range g.tasks {
			t.records, t.err = nil, err
		}
	}
	if now := time.Now(); rows > 0 || err != nil {
		w.last = now
		w.options.OnCommit(rows, now.Sub(began), err)
	}
	w.mu.Lock()
	before := w.state
	w.state = err
	w.mu.Unlock()
	switch {
	case err != nil && before == nil:
		w.options.Logger.Error("prediction log cannot be written", "err", err)
	case err == nil && before != nil:
		w.options.Logger.Info("prediction log can be written again")
	}
	return err
}

// write writes a group in one transaction. It returns an error only if the log cannot be written.
// Then nothing was written.
func (w *Writer) write(g *group) (rows int, err error) {
	if err := w.connect(context.Background()); err != nil {
		return 0, err
	}
	w.prune.lost, w.prune.evidenceState.dropped = 0, 0
	defer func() {
		if err != nil {
			if w.conn != nil {
				w.drop() // rolls back
			}
			rows = 0
		}
	}()
	tx, err := w.begin(g)
	if err != nil {
		return 0, err
	}
	if err := tx.insertAll(g.tasks); err != nil {
		if breaks(err) {
			return 0, err
		}
		// One row was refused, or its request id is known. Find out which task it belongs to.
		if err := w.conn.Rollback(); err != nil {
			return 0, err
		}
		if tx, err = w.begin(g); err != nil {
			return 0, err
		}
		if err := tx.insertEach(g.tasks); err != nil {
			return 0, err
		}
	}
	rows, err = tx.rest(g.tasks)
	if err != nil {
		return 0, err
	}
	refused := w.refused.some()
	for kind, n := range refused {
		if err := tx.insertErrors(kind, n); err != nil {
			return 0, err
		}
		rows += int(n)
	}
	if err := w.retain(tx, rows); err != nil {
		return 0, err
	}
	if rows == 0 && w.Ready() != nil {
		// There is nothing to write. Write something, to see whether writing works again.
		if err := w.conn.Exec("UPDATE totals_up_to SET up_to_id = up_to_id"); err != nil {
			return 0, err
		}
	}
	if err := w.conn.Do("COMMIT"); err != nil {
		return 0, err
	}
	w.refused.written(refused)
	if w.prune.lost > 0 {
		w.options.OnUnshipped(w.prune.lost)
	}
	if dropped := w.prune.evidenceState.dropped; dropped > 0 {
		w.options.OnDropped(dropped)
	}
	w.sums.committed(tx.first, tx.saved, g.tasks)
	w.dirty = w.dirty || rows > 0
	return rows, nil
}

// begin begins the transaction of a group.
func (w *Writer) begin(g *group) (*transaction, error) {
	tx, err := begin(w.conn, w.options.Now)
	if err != nil {
		return nil, err
	}
	tx.classes = w.classes
	if crosses(tx.next, int64(g.rows)) {
		tx.saved, err = w.sums.save(tx)
	}
	return tx, err
}

// rest does the tasks that are not predictions, and counts the rows of all tasks.
func (tx *transaction) rest(tasks []*task) (rows int, err error) {
	for _, t := range tasks {
		if t.work == nil {
			for i := range t.records {
				if !t.records[i].Repeated {
					rows++
				}
			}
			continue
		}
		var added int
		var fatal error
		t.err, fatal = tx.attempt(func() (err error) {
			added, err = t.work(tx)
			return err
		})
		if fatal != nil {
			return 0, fatal
		}
		if t.err == nil {
			rows += added
		}
	}
	return rows, nil
}
