package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"github.com/drift-exporter/drift_exporter/predictor/value"
	"github.com/parquet-go/parquet-go/format"
)

// parquetMagic is the text at the start and at the end of a Parquet file.
const parquetMagic = "PAR1"

// parquetTable is a Parquet file.
type parquetTable struct {
	file   *parquet.File
	header Header
	leaves []leaf
}

// NewParquetTable reads the schema of a Parquet file of size bytes. A column that is nested, or
// whose type is not supported, is an error only when it is read.
func NewParquetTable(file io.ReaderAt, size int64) (Table, error) {
	var magic [4]byte
	if _, err := file.ReadAt(magic[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch string(magic[:]) {
	case parquetMagic:
	case "PARE":
		return nil, errors.New("the Parquet file is encrypted: write it without encryption")
	default:
		return nil, errors.New("is not a Parquet file: if it is a CSV, name it as one")
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("read Parquet: %w", err)
	}
	if err := checkWidth(len(f.Root().Columns())); err != nil {
		return nil, err
	}
	t := &parquetTable{file: f}
	seen := map[string]int{}
	for i, c := range f.Root().Columns() {
		name := value.Name(c.Name())
		if first, ok := seen[name]; ok {
			return nil, fmt.Errorf("columns %d and %d are both named %s: rename one", first+1, i+1, quoted(name))
		}
		if name == "" || !utf8.ValidString(name) {
			return nil, fmt.Errorf("column %d has no name in UTF-8: name it", i+1)
		}
		seen[name] = i
		t.header, t.leaves = append(t.header, name), append(t.leaves, leafOf(name, c, f.Metadata().Schema))
	}
	if len(t.header) == 0 {
		return nil, errors.New("the Parquet file has no columns")
	}
	return t, nil
}

// Header implements Table.
func (t *parquetTable) Header() Header { return t.header }

// Scan implements Table. It reads one row group after the other. In each group it first reads the
// columns that are needed side by side, and then the others one by one. So only a few pages are
// in memory at a time.
func (t *parquetTable) Scan(ctx context.Context, p *Pass) error {
	for _, columns := range [][]int{p.Together, p.Each} {
		for _, i := range columns {
			if err := t.readable(i); err != nil {
				return err
			}
		}
	}
	first := int64(0)
	for _, group := range t.file.RowGroups() {
		if err := t.group(ctx, group, p, first); err != nil {
			return err
		}
		first += group.NumRows()
	}
	return nil
}

// readable returns why a column cannot be read, or nil if it can. LZ4 is refused: if a page has
// exactly the announced size, the library can return wrong bytes (parquet-go 0.32.0,
// Column.decompress after lz4.Codec.Decode made a larger buffer).
func (t *parquetTable) readable(i int) error {
	l := &t.leaves[i]
	if l.refused != nil {
		return l.refused
	}
	for _, group := range t.file.Metadata().RowGroups {
		switch codec := group.Columns[l.index].MetaData.Codec; codec {
		case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd:
		default:
			return fmt.Errorf("column %q is compressed with %s, which is not read: write it with snappy, zstd or gzip", l.name, codec)
		}
	}
	return nil
}

// pieceRows is the number of rows in a piece.
const pieceRows = 1 << 11

// group reads a row group. first is the number of its first row in the table.
func (t *parquetTable) group(ctx context.Context, group parquet.RowGroup, p *Pass, first int64) error {
	var pieces []Piece
	for at := int64(0); at < group.NumRows(); at += pieceRows {
		start := first + at
		pieces = append(pieces, Piece{
			First: start, Rows: int(min(pieceRows, group.NumRows()-at)),
			place: func(row int) string { return fmt.Sprintf("row %d", start+int64(row)+1) },
		})
	}
	if err := t.together(ctx, group, p, pieces); err != nil {
		return err
	}
	if p.Column == nil {
		return nil
	}
	return eachColumn(p, func(i int) (err error) {
		c := newCursor(&t.leaves[p.Each[i]], group)
		defer func() { err = errors.Join(err, c.close()) }()
		var cells parquetCells
		for at := range pieces {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := c.read(&cells, &pieces[at]); err != nil {
				return err
			}
			if err := p.Column(i, &cells, &pieces[at]); err != nil {
				return err
			}
		}
		return nil
	})
}

// together does the part of a pass that needs whole rows. It reads all columns of some pieces on
// all cores. Then it calls Rows for all of these pieces, and Then for one after the other.
func (t *parquetTable) together(ctx context.Context, group parquet.RowGroup, p *Pass, pieces []Piece) (err error) {
	cursors := make([]*cursor, len(p.Together))
	for i, column := range p.Together {
		cursors[i] = newCursor(&t.leaves[column], group)
	}
	defer func() {
		for _, c := range cursors {
			err = errors.Join(err, c.close())
		}
	}()
	most := 2 * cores()
	room := make([][]parquetCells, len(cursors)) // by column and piece
	for i := range room {
		room[i] = make([]parquetCells, most)
	}
	wrong := make([]error, max(len(cursors), most))
	for ; len(pieces) > 0; pieces = pieces[min(most, len(pieces)):] {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		some := pieces[:min(most, len(pieces))]
		clear(wrong)
		each(len(cursors), func(i int) {
			for at := range some {
				if wrong[i] = cursors[i].read(&room[i][at], &some[at]); wrong[i] != nil {
					return
				}
			}
		})
		if err := errors.Join(wrong...); err != nil {
			return err
		}
		each(len(some), func(at int) {
			for i := range cursors {
				some[at].together = append(some[at].together, &room[i][at])
			}
			if p.Rows != nil {
				wrong[at] = p.Rows(&some[at])
			}
		})
		for at := range some {
			if wrong[at] != nil {
				return wrong[at]
			}
			if p.Then != nil {
				if err := p.Then(&some[at]); err != nil {
					return err
				}
			}
			some[at].together, some[at].Made = nil, nil
		}
	}
	return nil
}
