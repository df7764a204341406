package sqlite

// #include <stdlib.h>
// #include "pack.h"
import "C"

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/url"
	"runtime"
	"sync"
	"unsafe"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/mattn/go-sqlite3"
)

// selectPacked writes rows to an address, in the order of ids. It fails if they are too many
// bytes, or if a type differs from the schema.
const selectPacked = `SELECT packed_rows(?3, id, time, latency, shadow_of, score, class, model, version, features)
FROM predictions WHERE id > ?1 AND id <= ?2`

// registerPacking adds the function packed_rows to connections that are opened later.
var registerPacking = sync.OnceValue(func() error {
	if code := C.register_packed_rows(); code != 0 {
		return fmt.Errorf("register packed_rows: %w", sqlite3.ErrNo(code))
	}
	return nil
})

// dial opens a file whose connections have packed_rows.
func dial(path, mode string, parameters url.Values) (*file.Connection, error) {
	if err := registerPacking(); err != nil {
		return nil, err
	}
	return file.Dial(path, mode, parameters)
}

// packed is one chunk: the rows with the next ids, up to last. It is usual if it contains rows
// and all of them are in rows. Otherwise they must be read one by one. Its memory is allocated by
// C and reused, so that a scrape allocates none.
type packed struct {
	last  int64
	usual bool
	rows  *C.struct_rows
}

var chunks = sync.Pool{New: func() any {
	p := &packed{rows: (*C.struct_rows)(C.calloc(1, C.sizeof_struct_rows))}
	runtime.AddCleanup(p, func(rows *C.struct_rows) {
		C.free(unsafe.Pointer(rows.bytes))
		C.free(unsafe.Pointer(rows))
	}, p.rows)
	return p
}}

// bytes returns the rows as pack.c wrote them.
func (p *packed) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p.rows.bytes)), p.rows.used)
}

// pack reads a chunk of the rows with ids above after and at most upTo.
func (r *Reader) pack(ctx context.Context, after, upTo int64, p *packed) error {
	err := r.use(ctx, false, func(c *file.Connection) error {
		for {
			p.last = upTo
			if upTo-r.span > after {
				p.last = after + r.span
			}
			err := p.read(c, after)
			if !errors.Is(err, sqlite3.ErrTooBig) {
				return err
			}
			if p.last-after == 1 {
				return nil
			}
			r.span = max(1, min(r.span, p.last-after)/8)
		}
	})
	if err != nil {
		return fmt.Errorf("read prediction after %d: %w", after, err)
	}
	if p.usual && p.rows.used < C.PACKED_BYTES/4 {
		r.span = min(2*r.span, chunk)
	}
	return nil
}

// read reads the rows up to p.last.
func (p *packed) read(c *file.Connection, after int64) error {
	p.usual, p.rows.used = false, 0
	_, err := c.First(context.Background(), selectPacked, after, p.last, int64(uintptr(unsafe.Pointer(p.rows)))) // #nosec G115 -- an address
	var problem sqlite3.Error
	switch {
	case errors.As(err, &problem) && problem.Code == sqlite3.ErrMismatch:
		return nil
	case errors.As(err, &problem) && problem.Code == sqlite3.ErrTooBig:
		return sqlite3.ErrTooBig
	case err != nil:
		return err
	}
	p.usual = p.rows.used > 0
	return nil
}

// each calls yield with every row.
func (p *packed) each(row *predictionlog.Row, names names, yield func(*predictionlog.Row) error) error {
	for rest := p.bytes(); len(rest) > 0; {
		rest = unpack(row, rest, names)
		if err := yield(row); err != nil {
			return err
		}
	}
	return nil
}

// unpack reads a row as pack.c writes it, and returns the bytes after it.
func unpack(row *predictionlog.Row, b []byte, names names) []byte {
	number := func(i int) int64 { return int64(binary.NativeEndian.Uint64(b[8*i:])) } // #nosec G115 -- the same bits
	row.ID, row.Time, row.Latency = number(0), number(1), number(2)
	row.Shadow, row.ShadowOf = number(3) >= 0, max(0, number(3))
	row.Score, row.HasScore = math.Float64frombits(binary.NativeEndian.Uint64(b[32:])), true
	if math.IsNaN(row.Score) {
		row.Score, row.HasScore = 0, false
	}
	size := func(i int) uint32 { return binary.NativeEndian.Uint32(b[40+4*i:]) }
	class, model, version, features := size(0), size(1), size(2), size(3)
	b = b[56:]
	text := func(size uint32, last *string) {
		if string(b[:size]) != *last {
			*last = names.of(b[:size])
		}
		b = b[size:]
	}
	text(class, &row.Class)
	text(model, &row.Model)
	text(version, &row.Version)
	row.Features = b[:features:features]
	return b[features:]
}
