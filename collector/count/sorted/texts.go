package sorted

import (
	"iter"
	"maps"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// textCost is what a text takes in memory beside its bytes.
const textCost = 100

// Texts counts the texts of a column. Its methods must not be called concurrently.
type Texts struct {
	most, bytes int
	known       map[string]*counts
	runs        runs
}

// NewTexts returns a count that takes some memory, in bytes, and then the space.
func NewTexts(s *Space, memory int) *Texts {
	return &Texts{most: memory, known: map[string]*counts{}, runs: runs{space: s, texts: true}}
}

// Add adds a text, which it does not keep.
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

// cells are those in memory, in ascending order.
func (t *Texts) cells() []cell {
	all := make([]cell, 0, len(t.known))
	for _, text := range slices.Sorted(maps.Keys(t.known)) {
		all = append(all, cell{prefix([]byte(text)), []byte(text), *t.known[text]})
	}
	return all
}

// Ascending returns the texts, each once, as often as one likes; none may be added
// afterwards. An error is that of Err.
func (t *Texts) Ascending() iter.Seq[reference.Cell] {
	return func(yield func(reference.Cell) bool) {
		readers := []reader{&memory{left: t.cells()}}
		err := merge(append(readers, t.runs.all()...), func(c *cell) bool {
			return yield(reference.Cell{Text: string(c.text), Rows: c.rows, Labelled: c.labelled, Correct: c.correct})
		})
		t.runs.fail(err)
	}
}

// Err is what went wrong.
func (t *Texts) Err() error { return t.runs.err }
