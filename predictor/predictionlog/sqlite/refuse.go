package sqlite

import "sync"

// Refuse counts a refused request. It never blocks: the row is written with the
// next transaction, or within a second.
func (w *Writer) Refuse(model, version, reason string) {
	w.refused.add(refusal{model: model, version: version, reason: reason})
}

type refusal struct{ model, version, reason string }

// refusals are the refused requests that are not in the log yet, by kind: a
// flood of them takes no memory. The predictor has one model and a fixed list of
// reasons; past refusalKinds, new kinds are not counted.
type refusals struct {
	mu    sync.Mutex
	kinds map[refusal]int64
	total int64
}

const (
	refusalKinds = 1024
	// refusalRows is how many of them one transaction takes.
	refusalRows = 1000
)

func (r *refusals) add(kind refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		r.kinds = map[refusal]int64{}
	}
	if _, known := r.kinds[kind]; !known && len(r.kinds) >= refusalKinds {
		return
	}
	r.kinds[kind]++
	r.total++
}

func (r *refusals) any() bool { return r.count() > 0 }

func (r *refusals) count() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// some returns at most refusalRows of them and leaves them there.
func (r *refusals) some() map[refusal]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.total == 0 {
		return nil
	}
	chosen, room := map[refusal]int64{}, int64(refusalRows)
	for kind, n := range r.kinds {
		if n = min(n, room); n > 0 {
			chosen[kind] = n
			room -= n
		}
	}
	return chosen
}

// written takes away what some returned, once it is on disk.
func (r *refusals) written(chosen map[refusal]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for kind, n := range chosen {
		r.total -= n
		if r.kinds[kind] -= n; r.kinds[kind] == 0 {
			delete(r.kinds, kind)
		}
	}
}
