package sorted

import (
	"errors"
	"slices"
)

// mostRuns is the number of runs of about the same size that are merged into one. The final merge
// then needs a buffer for at most this many runs at each level, and the number of levels is
// logarithmic.
const mostRuns = 64

// runs are the runs of one column, by how often they were merged.
type runs struct {
	space  *Space
	texts  bool
	levels [][]run
	buf    []byte
	err    error // the first of all
}

func (r *runs) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// spill writes ascending cells as a run.
func (r *runs) spill(cells func(yield func(*cell) bool) error) {
	if r.err != nil {
		return
	}
	made, err := r.write(cells)
	for level := 0; err == nil; level++ {
		if level == len(r.levels) {
			r.levels = append(r.levels, nil)
		}
		r.levels[level] = append(r.levels[level], made)
		if len(r.levels[level]) < mostRuns {
			return
		}
		readers := r.readers(r.levels[level])
		made, err = r.write(func(yield func(*cell) bool) error { return merge(readers, yield) })
		r.levels[level] = nil
	}
	r.fail(err)
}

// partSize is the number of bytes of a run that are written at a time.
const partSize = 1 << 18

// write writes a run.
func (r *runs) write(cells func(yield func(*cell) bool) error) (made run, err error) {
	buf := r.buf[:0]
	flush := func() error {
		at, err := r.space.write(buf)
		made = append(made, part{at, int64(len(buf))})
		buf = buf[:0]
		return err
	}
	var failed error
	err = cells(func(c *cell) bool {
		if buf = encode(buf, c, r.texts); len(buf) >= partSize {
			failed = flush()
		}
		return failed == nil
	})
	if err == nil && failed == nil && len(buf) > 0 {
		failed = flush()
	}
	r.buf = buf[:0]
	return made, errors.Join(err, failed)
}

// readers returns readers of some runs.
func (r *runs) readers(of []run) []reader {
	all := make([]reader, len(of))
	for i, one := range of {
		all[i] = &runReader{space: r.space, left: slices.Clone(one), texts: r.texts}
	}
	return all
}

// all returns readers of all runs.
func (r *runs) all() (all []reader) {
	for _, level := range r.levels {
		all = append(all, r.readers(level)...)
	}
	return all
}
