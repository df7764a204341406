package sorted

import (
	"encoding/binary"
	"iter"
	"slices"
	"sync"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// Mark is what is known about a row.
type Mark uint8

// Marks of rows.
const (
	Unknown Mark = iota // its outcome
	Wrong               // the model was
	Right
	marks
)

func (m Mark) counts(rows int64) counts {
	switch m {
	case Wrong:
		return counts{rows, rows, 0}
	case Right:
		return counts{rows, rows, rows}
	}
	return counts{rows: rows}
}

// Numbers counts the numbers of a column. It first writes numbers to the space unsorted. When
// there are as many as can be sorted in memory, it makes a sorted run of them. Its methods must
// not be called concurrently.
type Numbers struct {
	most, chunk int             // keys that wait, and that are sorted at a time
	waiting     [marks][]uint64 // by what is known of their rows
	raw         [marks]run      // keys in the space, most in each part
	unsorted    int             // of these
	keys        [marks][]uint64 // of both, sorted; while somebody goes over them
	runs        runs
}

// NewNumbers returns a count that uses up to "memory" bytes, and then the space. It sorts up to
// "chunk" keys at a time.
func NewNumbers(s *Space, memory, chunk int) *Numbers {
	most := max(memory/8, 100)
	return &Numbers{most: most, chunk: max(chunk, 2*most), runs: runs{space: s}}
}

// Add adds a finite number.
func (n *Numbers) Add(x float64, m Mark) {
	n.waiting[m] = append(n.waiting[m], keyOf(x))
	if len(n.waiting[m]) == n.most {
		n.flush(m)
	}
}

// flush writes the keys in memory, and makes a run if there are many.
func (n *Numbers) flush(m Mark) {
	text := n.runs.buf[:0]
	for _, k := range n.waiting[m] {
		text = binary.LittleEndian.AppendUint64(text, k)
	}
	at, err := n.runs.space.write(text)
	n.runs.buf, n.waiting[m] = text, n.waiting[m][:0]
	n.runs.fail(err)
	n.raw[m] = append(n.raw[m], part{at, int64(len(text))})
	if n.unsorted += n.most; n.unsorted < n.chunk {
		return
	}
	n.sort()
	readers := n.readers()
	n.runs.spill(func(yield func(*cell) bool) error { return merge(readers, yield) })
	n.Release()
	for m := range n.raw {
		for _, part := range n.raw[m] {
			n.runs.space.free(part)
		}
		n.raw[m], n.waiting[m] = nil, n.waiting[m][:0]
	}
	n.unsorted = 0
}

var rooms = sync.Pool{New: func() any { return new([]uint64) }}

// sort sorts the keys that are not in a run yet.
func (n *Numbers) sort() {
	room := rooms.Get().(*[]uint64)
	defer rooms.Put(room)
	for m := range n.keys {
		keys := *rooms.Get().(*[]uint64)
		keys = append(keys[:0], n.waiting[m]...)
		for _, part := range n.raw[m] {
			text := slices.Grow(n.runs.buf[:0], int(part.size))[:part.size]
			n.runs.fail(n.runs.space.read(text, part.at))
			for ; len(text) > 0; text = text[8:] {
				keys = append(keys, binary.LittleEndian.Uint64(text))
			}
		}
		*room = slices.Grow((*room)[:0], len(keys))
		sortKeys(keys, (*room)[:len(keys)])
		n.keys[m] = keys
	}
}

// Release releases the memory that reading the numbers needs.
func (n *Numbers) Release() {
	for m, keys := range n.keys {
		if keys != nil {
			rooms.Put(&keys)
		}
		n.keys[m] = nil
	}
}

// readers returns readers of the sorted keys.
func (n *Numbers) readers() (all []reader) {
	for m, keys := range n.keys {
		all = append(all, &keyReader{keys: keys, mark: Mark(m)})
	}
	return all
}

// Ascending returns the numbers in ascending order, each once. It can be called any number of
// times until Release. No number may be added afterwards. Err returns its error.
func (n *Numbers) Ascending() iter.Seq[reference.Cell] {
	return func(yield func(reference.Cell) bool) {
		if n.keys[0] == nil {
			n.sort()
		}
		err := merge(append(n.readers(), n.runs.all()...), func(c *cell) bool {
			return yield(reference.Cell{Number: numberOf(c.key), Rows: c.rows, Labelled: c.labelled, Correct: c.correct})
		})
		n.runs.fail(err)
	}
}

// Err returns what went wrong.
func (n *Numbers) Err() error { return n.runs.err }

// keyReader makes cells from sorted keys.
type keyReader struct {
	keys []uint64
	mark Mark
	cell cell
}

func (r *keyReader) next() (bool, error) {
	if len(r.keys) == 0 {
		return false, nil
	}
	rows := 1
	for rows < len(r.keys) && r.keys[rows] == r.keys[0] {
		rows++
	}
	r.cell = cell{key: r.keys[0], counts: r.mark.counts(int64(rows))}
	r.keys = r.keys[rows:]
	return true, nil
}

func (r *keyReader) at() *cell { return &r.cell }
