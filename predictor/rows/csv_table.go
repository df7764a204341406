package rows

import (
	"context"
	"errors"
	"io"
	"sync"
)

// csvTable is a CSV, plain or gzip, that can be read several times.
type csvTable struct {
	file   io.ReaderAt
	size   int64
	header Header
}

// NewCSVTable reads the header of a CSV of size bytes, as [NewCSV] does.
func NewCSVTable(file io.ReaderAt, size int64) (Table, error) {
	t := &csvTable{file: file, size: size}
	in, err := t.open()
	if err != nil {
		return nil, err
	}
	t.header = in.Columns
	return t, nil
}

func (t *csvTable) open() (*CSV, error) { return NewCSV(io.NewSectionReader(t.file, 0, t.size)) }

// Header implements Table.
func (t *csvTable) Header() Header { return t.header }

// Scan implements Table. While some blocks are processed, the same number is read ahead. This
// needs 2 MB for each core.
func (t *csvTable) Scan(ctx context.Context, p *Pass) error {
	in, err := t.open()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	read := prefetch(ctx, in, 4*cores())
	defer read.wait()
	defer cancel()
	first := int64(0)
	for {
		blocks, err := read.some(2 * cores())
		if len(blocks) > 0 {
			rows, err := t.round(blocks, p, first)
			if err != nil {
				return err
			}
			first += rows
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		read.free(blocks)
	}
}

// round processes some blocks. first is the number of the first row.
func (t *csvTable) round(blocks []*Block, p *Pass, first int64) (rows int64, err error) {
	pieces := make([]Piece, len(blocks))
	wrong, behind := make([]error, len(blocks)), make([]error, len(blocks))
	each(len(blocks), func(i int) {
		b := blocks[i]
		behind[i] = b.cut(t.header)
		pieces[i] = Piece{Rows: b.Rows(), place: b.Place}
		for _, column := range p.Together {
			pieces[i].together = append(pieces[i].together, csvCells{b, column})
		}
		if p.Rows != nil {
			wrong[i] = p.Rows(&pieces[i])
		}
	})
	for i := range pieces {
		if wrong[i] != nil {
			return 0, wrong[i]
		}
		pieces[i].First = first + rows
		if p.Then != nil {
			if err := p.Then(&pieces[i]); err != nil {
				return 0, err
			}
		}
		if behind[i] != nil {
			return 0, behind[i]
		}
		rows += int64(pieces[i].Rows)
	}
	return rows, eachColumn(p, func(i int) error {
		for at := range pieces {
			if err := p.Column(i, csvCells{blocks[at], p.Each[i]}, &pieces[at]); err != nil {
				return err
			}
		}
		return nil
	})
}

// reading reads blocks ahead.
type reading struct {
	ctx         context.Context
	full, empty chan *Block
	err         error // behind the last full one
	done        sync.WaitGroup
}

// prefetch starts to read a CSV, up to a number of blocks ahead.
func prefetch(ctx context.Context, in *CSV, ahead int) *reading {
	r := &reading{ctx: ctx, full: make(chan *Block, ahead), empty: make(chan *Block, ahead)}
	for range ahead {
		r.empty <- &Block{}
	}
	r.done.Go(func() {
		defer close(r.full)
		for {
			select {
			case <-ctx.Done():
				r.err = context.Cause(ctx)
				return
			case b := <-r.empty:
				if r.err = in.next(b); r.err != nil {
					return
				}
				r.full <- b // has room for every block
			}
		}
	})
	return r
}

// some returns up to "most" of the next blocks, and the error that follows them.
func (r *reading) some(most int) (blocks []*Block, err error) {
	for len(blocks) < most {
		b, ok := <-r.full
		if !ok {
			return blocks, r.err
		}
		blocks = append(blocks, b)
	}
	if r.ctx.Err() != nil {
		return nil, context.Cause(r.ctx)
	}
	return blocks, nil
}

// free returns blocks for reuse.
func (r *reading) free(blocks []*Block) {
	for _, b := range blocks {
		r.empty <- b
	}
}

func (r *reading) wait() { r.done.Wait() }
