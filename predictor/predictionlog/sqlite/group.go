package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// task is what one caller wants to write: predictions, all or none of them, or other rows by
// work, which returns the number of rows it added. The caller must not read it before its group
// is done, and the goroutine must not read it after that.
type task struct {
	predictions []predictionlog.Prediction
	records     []predictionlog.Record
	request     *predictionlog.Request // whose rows the predictions are; nil: each is for itself
	work        func(*transaction) (rows int, err error)
	size        int // how many rows work adds at most; 0 is 1
	err         error
}

// group is what one transaction writes.
type group struct {
	tasks []*task
	rows  int
	done  chan struct{}
}

const (
	// groupRows is the maximum number of rows in a group, so that one transaction stays short.
	groupRows = 1024
	// queueRows is the maximum number of rows in the queue, so that the memory stays limited if
	// the log hangs: 64 MiB at 1 KiB a row.
	queueRows = 64 * 1024
	// idle is the time without writes after which the write-ahead log is emptied.
	idle = 5 * time.Second
)

// submit passes a task to the goroutine and waits until it is on disk. If the context ends first,
// the task is withdrawn. If it is being written at that moment, submit waits for the result.
func (w *Writer) submit(ctx context.Context, t *task) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g, err := w.join(t)
	if err != nil {
		return err
	}
	select {
	case <-g.done:
	case <-ctx.Done():
		if w.withdraw(g, t) {
			return fmt.Errorf("wait for the prediction log: %w", context.Cause(ctx))
		}
		<-g.done
	}
	return t.err
}

// withdraw removes a task from its group, if the group is still in the queue.
func (w *Writer) withdraw(g *group, t *task) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.queue, g) {
		return false
	}
	g.tasks = slices.DeleteFunc(g.tasks, func(other *task) bool { return other == t })
	g.rows -= t.rows()
	w.queued -= t.rows()
	return true
}

// rows returns how many rows of the queue the task uses.
func (t *task) rows() int { return max(1, len(t.predictions), t.size) }

// join adds a task to the group that is being collected.
func (w *Writer) join(t *task) (*group, error) {
	rows := t.rows()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return nil, errClosed
	case w.queued > 0 && w.queued+rows > queueRows:
		return nil, fmt.Errorf("%w: %d rows are waiting for its disk", predictionlog.ErrUnavailable, w.queued)
	}
	var g *group
	if n := len(w.queue); n > 0 && w.queue[n-1].rows < groupRows {
		g = w.queue[n-1]
	} else {
		g = &group{done: make(chan struct{})}
		w.queue = append(w.queue, g)
	}
	g.tasks = append(g.tasks, t)
	g.rows += rows
	w.queued += rows
	w.signal()
	return g, nil
}

func (w *Writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it knows
	}
}

// take removes the oldest group from the queue. It returns nil if there is none.
func (w *Writer) take() (g *group, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		g = w.queue[0]
		w.queue[0] = nil
		w.queue = w.queue[1:]
		w.queued -= g.rows
	}
	return g, w.closed
}

// run writes one group after the other until the Writer is closed and everything is written.
func (w *Writer) run() {
	defer close(w.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		g, closed := w.take()
		switch {
		case g != nil:
			_ = w.commit(g) // every task has it
			close(g.done)
			continue
		case closed:
			w.flush()
			return
		}
		select {
		case <-w.wake:
		case <-tick.C:
			w.rest()
		}
	}
}

// rest does the work that waits until there are no tasks.
func (w *Writer) rest() {
	again := w.Ready() != nil || w.prune.enabled()
	for again || w.refused.any() {
		if w.commit(&group{}) != nil || w.waiting() {
			return
		}
		again = false
	}
	if w.dirty && w.conn != nil && time.Since(w.last) > idle && w.checkpoint() == nil {
		w.dirty = false
	}
}

// waiting reports whether a group is in the queue.
func (w *Writer) waiting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue) > 0
}

// flush writes the remaining refusals.
func (w *Writer) flush() {
	for w.refused.any() {
		if w.commit(&group{}) != nil {
			w.options.Logger.Error("refused requests could not be logged", "count", w.refused.count())
			return
		}
	}
}
