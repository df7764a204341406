package review

import (
	"cmp"
	"slices"
	"time"
)

// queue holds the predictions that people review. It does no IO and is not safe for concurrent
// use.
type queue struct {
	limit       int64
	reservation time.Duration

	items map[int64]*item // drawn or reviewed
	fresh []*item         // drawn and not reviewed yet, by key
	again []*item         // another person must review them
	held  map[int64]hold  // the predictions that somebody looks at

	skipped map[string][]int64 // what each reviewer has skipped, the last one last
	skips   int64
}

// hold keeps a prediction for a reviewer.
type hold struct {
	reviewer string
	until    time.Time
}

func newQueue(c *config) *queue {
	return &queue{limit: c.limit, reservation: c.reservation, items: map[int64]*item{}, held: map[int64]hold{}, skipped: map[string][]int64{}}
}

func byKey(a, b *item) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return cmp.Compare(a.id, b.id)
}

// add adds a prediction that is not there yet. Above the limit, those with the largest keys leave
// the queue.
func (q *queue) add(it *item) {
	q.items[it.id] = it
	q.place(it)
	for int64(len(q.fresh)) > q.limit {
		last := q.fresh[len(q.fresh)-1]
		q.fresh = q.fresh[:len(q.fresh)-1]
		delete(q.items, last.id)
		delete(q.held, last.id)
	}
}

// place puts a prediction where it belongs, after it was added or reviewed.
func (q *queue) place(it *item) {
	at, isFresh := slices.BinarySearchFunc(q.fresh, it, byKey)
	if is := it.probability > 0 && len(it.reviews()) == 0; is != isFresh {
		if is {
			q.fresh = slices.Insert(q.fresh, at, it)
		} else {
			q.fresh = slices.Delete(q.fresh, at, at+1)
		}
	}
	isAgain := slices.Index(q.again, it)
	if is := len(it.reviews()) > 0 && it.open(); is != (isAgain >= 0) {
		if is {
			q.again = append(q.again, it)
		} else {
			q.again = slices.Delete(q.again, isAgain, isAgain+1)
		}
	}
}

// remove removes a prediction that is no longer in the log, or too old.
func (q *queue) remove(id int64) {
	it := q.items[id]
	if it == nil {
		return
	}
	if at, found := slices.BinarySearchFunc(q.fresh, it, byKey); found {
		q.fresh = slices.Delete(q.fresh, at, at+1)
	}
	if at := slices.Index(q.again, it); at >= 0 {
		q.again = slices.Delete(q.again, at, at+1)
	}
	delete(q.items, id)
	delete(q.held, id)
}

// expire removes the predictions that were made before a time.
func (q *queue) expire(before int64) {
	old := func(it *item) bool { return it.time < before }
	q.fresh, q.again = slices.DeleteFunc(q.fresh, old), slices.DeleteFunc(q.again, old)
	for id, it := range q.items {
		if old(it) {
			delete(q.items, id)
			delete(q.held, id)
		}
	}
}

// next reserves the prediction that a reviewer should look at next, and returns it. It returns
// nil if there is none. First come those that another person has reviewed, then the others by
// their keys, and at last those that the reviewer has skipped.
func (q *queue) next(reviewer string, now time.Time) *item {
	for id, h := range q.held {
		if !now.Before(h.until) {
			delete(q.held, id)
			continue
		}
		if h.reviewer == reviewer {
			if it := q.items[id]; it != nil && it.suits(reviewer) {
				return q.hold(it, reviewer, now)
			}
			delete(q.held, id)
		}
	}
	for _, list := range [][]*item{q.again, q.fresh} {
		for _, it := range list {
			if q.suits(it, reviewer) && !slices.Contains(q.skipped[reviewer], it.id) {
				return q.hold(it, reviewer, now)
			}
		}
	}
	for i, id := range q.skipped[reviewer] {
		if it := q.items[id]; it != nil && q.suits(it, reviewer) {
			q.skipped[reviewer] = slices.Delete(q.skipped[reviewer], i, i+1)
			return q.hold(it, reviewer, now)
		}
	}
	return nil
}

// suits reports whether a reviewer can review a prediction now.
func (q *queue) suits(it *item, reviewer string) bool {
	_, held := q.held[it.id]
	return !held && it.suits(reviewer)
}

func (q *queue) hold(it *item, reviewer string, now time.Time) *item {
	q.held[it.id] = hold{reviewer, now.Add(q.reservation)}
	return it
}

// give reserves a certain prediction for a reviewer, and releases what they looked at.
func (q *queue) give(it *item, reviewer string, now time.Time) {
	q.release(reviewer)
	q.hold(it, reviewer, now)
}

// release ends the reservations of a reviewer.
func (q *queue) release(reviewer string) {
	for id, h := range q.held {
		if h.reviewer == reviewer {
			delete(q.held, id)
		}
	}
}

// skip puts a prediction behind all others, for this reviewer.
func (q *queue) skip(id int64, reviewer string) {
	if q.items[id] == nil || q.held[id].reviewer != reviewer {
		return
	}
	delete(q.held, id)
	q.skips++
	q.skipped[reviewer] = append(slices.DeleteFunc(q.skipped[reviewer], func(other int64) bool { return other == id }), id)
}

// lengths returns how many predictions wait for a first, a second and a third person.
func (q *queue) lengths() (first, second, third int) {
	for _, it := range q.again {
		if it.disputed() {
			third++
		} else {
			second++
		}
	}
	return len(q.fresh), second, third
}

// waiting returns how many predictions a reviewer could review, and how many of them others look
// at.
func (q *queue) waiting(reviewer string) (all, elsewhere int) {
	all = len(q.fresh)
	for _, it := range q.again {
		if it.suits(reviewer) {
			all++
		}
	}
	for id, h := range q.held {
		if it := q.items[id]; it != nil && h.reviewer != reviewer && it.suits(reviewer) {
			elsewhere++
		}
	}
	return all, elsewhere
}
