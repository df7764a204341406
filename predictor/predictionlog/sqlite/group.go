package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// task is what one caller wants written: predictions, all or none of them, or
// something else by work, which returns the rows it added. The caller must not
// look at it before its group is done, nor the goroutine after.
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
	// groupRows is where a group is full, so that one transaction stays short.
	groupRows = 1024
	// queueRows is where the queue is full, so that a log that hangs does not
	// fill the memory: 64 MiB at 1 KiB a row.
	queueRows = 64 * 1024
	// idle is how long nothing must have been written before the write-ahead log is emptied.
	idle = 5 * time.Second
)

// submit hands a task to the goroutine and waits until it is on disk. A context
// that ends first takes the task back, unless it is being written at that very
// moment: then submit waits for what becomes of it.
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

// withdraw takes a task out of its group, if the group is still in the queue.
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

// rows is what the task counts as in the queue.
func (t *task) rows() int { return max(1, len(t.predictions), t.size) }

// join adds a task to the group that gathers.
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

// take removes the oldest group from the queue, nil when there is none.
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

// run writes group after group until the Writer is closed and all is written.
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

// rest does what there is to do when there are no tasks.
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

// flush writes the refusals that are left.
func (w *Writer) flush() {
	for w.refused.any() {
		if w.commit(&group{}) != nil {
			w.options.Logger.Error("refused requests could not be logged", "count", w.refused.count())
			return
		}
	}
}
