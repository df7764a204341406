package sorted

import (
	"iter"
	"maps"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// textCost is the memory that a text needs in addition to its bytes.
const textCost = 100

// Texts counts the texts of a column. Its methods must not be called concurrently.
type Texts struct {
	most, bytes int
	known       map[string]*counts
	runs        runs
}

// NewTexts returns a count that uses up to "memory" bytes, and then the space.
func NewTexts(s *Space, memory int) *Texts {
	return &Texts{most: memory, known: map[string]*counts{}, runs: runs{space: s, texts: true}}
}

// Add adds a text. It does not keep the slice.
func (t *Texts) Add(text []byte, m Mark) {
	c := t.known[string(text)]
	if c == nil {
		if t.bytes += len(text) + textCost; t.bytes > t.most && len(t.known) > 0 {
			cells := t.cells()
			t.runs.spill(func(yield func(*cell) bool) error { return merge([]reader{&memory{left: cells}}, yield) })
			clear(t.known)
			t.bytes = len(text) + textCost
		}
		c = &counts{}
		t.known[string(text)] = c
	}
	c.add(m.counts(1))
}

// cells returns the cells in memory, in ascending order.
func (t *Texts) cells() []cell {
	all := make([]cell, 0, len(t.known))
	for _, text := range slices.Sorted(maps.Keys(t.known)) {
		all = append(all, cell{prefix([]byte(text)), []byte(text), *t.known[text]})
	}
	return all
}

// Ascending returns the texts in ascending order, each once. It can be called any number of
// times. No text may be added afterwards. Err returns its error.
func (t *Texts) Ascending() iter.Seq[reference.Cell] {
	return func(yield func(reference.Cell) bool) {
		readers := []reader{&memory{left: t.cells()}}
		err := merge(append(readers, t.runs.all()...), func(c *cell) bool {
			return yield(reference.Cell{Text: string(c.text), Rows: c.rows, Labelled: c.labelled, Correct: c.correct})
		})
		t.runs.fail(err)
	}
}

// Err returns what went wrong.
func (t *Texts) Err() error { return t.runs.err }
