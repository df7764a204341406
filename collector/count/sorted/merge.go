package sorted

import "bytes"

// reader returns cells in ascending order.
type reader interface {
	// next puts the next cell in the same place. It reports false after the last cell.
	next() (bool, error)
	at() *cell
}

func (r *runReader) at() *cell { return &r.cell }

// memory reads cells that are in memory.
type memory struct {
	left []cell
	cell cell
}

func (m *memory) next() (bool, error) {
	if len(m.left) == 0 {
		return false, nil
	}
	m.cell, m.left = m.left[0], m.left[1:]
	return true, nil
}

func (m *memory) at() *cell { return &m.cell }

// head is a reader with the key of its cell, because the key is enough for most comparisons.
type head struct {
	key    uint64
	cell   *cell
	reader reader
}

func (h *head) before(o *head) bool {
	return h.key < o.key || h.key == o.key && bytes.Compare(h.cell.text, o.cell.text) < 0
}

// merge calls yield with the cells of all readers in ascending order, once for each value, until
// yield returns false. A cell is valid until yield returns.
func merge(readers []reader, yield func(*cell) bool) error {
	heap := make([]head, 0, len(readers))
	for _, r := range readers {
		ok, err := r.next()
		if err != nil {
			return err
		}
		if ok {
			heap = append(heap, head{r.at().key, r.at(), r})
		}
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sift(heap, i)
	}
	var next cell
	var text []byte
	for held := false; len(heap) > 0; {
		top := &heap[0]
		if held && next.key == top.key && bytes.Equal(next.text, top.cell.text) {
			next.add(top.cell.counts)
		} else {
			if held && !yield(&next) {
				return nil
			}
			held, text = true, append(text[:0], top.cell.text...)
			next.key, next.text, next.counts = top.key, text, top.cell.counts
		}
		ok, err := top.reader.next()
		switch {
		case err != nil:
			return err
		case ok:
			top.key = top.cell.key
		default:
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		switch len(heap) {
		case 0:
			yield(&next)
		case 1:
			if next.key != heap[0].key || !bytes.Equal(next.text, heap[0].cell.text) {
				if !yield(&next) {
					return nil
				}
				return drain(&heap[0], yield)
			}
		default:
			sift(heap, 0)
		}
	}
	return nil
}

// drain passes on the cells of the only reader that is left.
func drain(h *head, yield func(*cell) bool) error {
	for yield(h.cell) {
		if ok, err := h.reader.next(); !ok || err != nil {
			return err
		}
	}
	return nil
}

// sift moves the head at i down to its place.
func sift(heap []head, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if right := child + 1; right < len(heap) && heap[right].before(&heap[child]) {
			child = right
		}
		if !heap[child].before(&heap[i]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
