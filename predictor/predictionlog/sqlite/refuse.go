package sqlite

import "sync"

// Refuse counts a refused request. It never blocks: the row is written with the
// next transaction, or within a second.
func (w *Writer) Refuse(model, version, reason string) {
	w.refused.add(refusal{model: model, version: version, reason: reason})
}

type refusal struct{ model, version, reason string }

// refusals counts the refused requests that are not in the log yet. Equal refusals share a
// counter, so a flood of them takes no memory. The predictor has one model and a fixed list
// of reasons; beyond maxRefusals different ones, new ones are not counted.
type refusals struct {
	mu     sync.Mutex
	counts map[refusal]int64
	total  int64
}

const (
	maxRefusals = 1024
	// refusalRows is the maximum number of refusals in one transaction.
	refusalRows = 1000
)

func (r *refusals) add(one refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[refusal]int64{}
	}
	if _, known := r.counts[one]; !known && len(r.counts) >= maxRefusals {
		return
	}
	r.counts[one]++
	r.total++
}

func (r *refusals) any() bool { return r.count() > 0 }

func (r *refusals) count() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// some returns at most refusalRows refusals, and does not remove them.
func (r *refusals) some() map[refusal]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.total == 0 {
		return nil
	}
	chosen, room := map[refusal]int64{}, int64(refusalRows)
	for one, n := range r.counts {
		if n = min(n, room); n > 0 {
			chosen[one] = n
			room -= n
		}
	}
	return chosen
}

// written removes the refusals that some returned, once they are on disk.
func (r *refusals) written(chosen map[refusal]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for one, n := range chosen {
		r.total -= n
		if r.counts[one] -= n; r.counts[one] == 0 {
			delete(r.counts, one)
		}
	}
}
