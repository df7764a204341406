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

// submit gives a task to whoever writes and waits until it is on disk: to the caller
// itself while nobody does. A context that ends first takes the task back, unless it
// is being written at that very moment: then submit waits for what becomes of it.
func (w *Writer) submit(ctx context.Context, t *task) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g, mine, err := w.join(t)
	if err != nil {
		return err
	}
	if mine {
		w.lead(g)
		return t.err
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

// lead writes a group in the caller's goroutine, which saves one that is alone from
// waking another and being woken by it. What gathers meanwhile goes to run: the
// caller has an answer to give.
func (w *Writer) lead(g *group) {
	defer func() {
		if problem := recover(); problem != nil {
			// Who serves requests would catch it, and the log would never be let go.
			go panic(problem)
			select {}
		}
	}()
	_ = w.commit(g) // its task has it
	w.mu.Lock()
	w.busy = false
	waiting := len(w.queue) > 0 || w.due || w.closed
	w.mu.Unlock()
	if waiting {
		w.signal()
	}
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

// join adds a task to the group that gathers. When nobody writes and none gathers,
// the task is a group of its own, and the caller's to write: mine.
func (w *Writer) join(t *task) (g *group, mine bool, err error) {
	rows := t.rows()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return nil, false, errClosed
	case w.queued > 0 && w.queued+rows > queueRows:
		return nil, false, fmt.Errorf("%w: %d rows are waiting for its disk", predictionlog.ErrUnavailable, w.queued)
	case !w.busy && len(w.queue) == 0:
		w.busy = true
		return &group{tasks: []*task{t}, rows: rows}, true, nil
	}
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
	return g, false, nil
}

func (w *Writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it knows
	}
}

// take removes the oldest group from the queue for run to write; nil when there is
// none, or somebody leads: who then wakes run. run is busy until take says that
// there is none.
func (w *Writer) take(running bool) (g *group, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy && !running {
		return nil, false
	}
	w.busy = len(w.queue) > 0
	if w.busy {
		g = w.queue[0]
		w.queue[0] = nil
		w.queue = w.queue[1:]
		w.queued -= g.rows
	}
	return g, w.closed
}

// turn makes run busy, when nobody is; otherwise whoever is wakes run afterwards.
func (w *Writer) turn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = w.busy
	w.busy = true
	return !w.due
}

// run writes what has gathered while somebody led, until the Writer is closed and
// all is written.
func (w *Writer) run() {
	defer close(w.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for running, due := false, false; ; {
		g, closed := w.take(running)
		running = g != nil
		switch {
		case g != nil:
			_ = w.commit(g) // every task has it
			close(g.done)
			continue
		case closed:
			w.flush()
			return
		case due && w.turn():
			w.rest()
			running, due = true, false
			continue
		}
		select {
		case <-w.wake:
		case <-tick.C:
			due = true
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
