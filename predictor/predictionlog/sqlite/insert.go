package sqlite

// #include <stdlib.h>
// #include "pack.h"
import "C"

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

const insertPrediction = `INSERT INTO predictions (id, time, model, version, request_id, features, score, class, latency, shadow_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// insert adds rows with the ids that follow. It fails when one of them is refused, and
// has then added some of the others.
func (tx *transaction) insert(rows []*predictionlog.Prediction) error {
	if _, err := tx.conn.Prepare(insertPrediction); err != nil {
		return err
	}
	p := chunks.Get().(*packed)
	defer chunks.Put(p)
	for len(rows) > 0 {
		n := p.fit(rows)
		if err := p.reserve(rows[:n]); err != nil {
			return err
		}
		for _, row := range rows[:n] {
			p.put(row, tx.next, tx.now)
			tx.next++
		}
		address := int64(uintptr(unsafe.Pointer(p.rows))) // #nosec G115 -- an address
		if _, err := tx.conn.First(context.Background(), "SELECT insert_rows(?, ?)", address, insertPrediction); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// headOfInsert is the size of struct head of insert.c.
const headOfInsert = 64

// insertSize is how much memory a row takes.
func insertSize(p *predictionlog.Prediction) int {
	return headOfInsert + len(p.Model) + len(p.Version) + len(p.RequestID) + len(p.Features) + len(p.Class)
}

// fit returns how many of the rows go into memory at once: one at least.
func (p *packed) fit(rows []*predictionlog.Prediction) int {
	size := 0
	for i, row := range rows {
		if size += insertSize(row); size > C.PACKED_BYTES && i > 0 {
			return i
		}
	}
	return len(rows)
}

// reserve makes room for rows.
func (p *packed) reserve(rows []*predictionlog.Prediction) error {
	size := 0
	for _, row := range rows {
		size += insertSize(row)
	}
	p.rows.used = 0
	switch room := int(p.rows.room); {
	case size > math.MaxInt32/2:
		return errTooLong
	case size > room:
		size = max(size, 2*room, 1<<16)
		bytes := C.realloc(unsafe.Pointer(p.rows.bytes), C.size_t(size))
		if bytes == nil {
			return errNoMemory
		}
		p.rows.bytes, p.rows.room = (*C.char)(bytes), C.int(size) // #nosec G115 -- see above
	}
	return nil
}

// Why there is no room for a row.
var (
	errTooLong  = errors.New("a row has more than a gigabyte")
	errNoMemory = errors.New("there is no memory for a row")
)

// put appends a row as insert.c reads it. There must be room.
func (p *packed) put(row *predictionlog.Prediction, id, time int64) {
	all := unsafe.Slice((*byte)(unsafe.Pointer(p.rows.bytes)), p.rows.room)
	b := all[p.rows.used:p.rows.used]
	latency, shadow := int64(math.MinInt64), int64(math.MinInt64)
	if row.Latency >= 0 {
		latency = int64(row.Latency)
	}
	if row.ShadowOf != nil {
		shadow = *row.ShadowOf
	}
	for _, n := range [...]int64{id, time, latency, shadow} {
		b = binary.NativeEndian.AppendUint64(b, uint64(n)) // #nosec G115 -- the same bits
	}
	b = binary.NativeEndian.AppendUint64(b, math.Float64bits(row.Score))
	for _, n := range [...]int{len(row.Model), len(row.Version), len(row.RequestID), len(row.Features), len(row.Class), 0} {
		b = binary.NativeEndian.AppendUint32(b, uint32(n)) // #nosec G115 -- see reserve
	}
	b = append(append(append(b, row.Model...), row.Version...), row.RequestID...)
	b = append(append(b, row.Features...), row.Class...)
	p.rows.used += C.int(len(b)) // #nosec G115 -- likewise
}
