package codes

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// A block ends at blockRows rows, or when their features have blockBytes. What a start
// must parse again after a block that differs is one block.
const (
	blockRows  = 256
	blockBytes = 1 << 20
)

// block is rows that follow each other.
type block struct {
	ids    []int64
	hashes []uint64 // of their features
	codes  []uint8  // of their features, row by row
	// last are the newest numbers by column behind the last row, lastAt the ids of
	// their rows.
	last   []float64
	lastAt []int64
}

// headSize is what stands before the body of a block: its checksum and its length.
const headSize = 8 + 4

func (b *block) reset() { b.ids, b.hashes, b.codes = b.ids[:0], b.hashes[:0], b.codes[:0] }

func (b *block) add(id int64, hash uint64, codes []uint8) {
	b.ids, b.hashes, b.codes = append(b.ids, id), append(b.hashes, hash), append(b.codes, codes...)
}

// bodySize is the length of the body of a block.
func bodySize(rows, columns int) int { return 4 + 8 + rows*(4+8+columns) + columns*(8+8) }

// encode returns the block as it stands in a file.
func (b *block) encode(seed uint64) []byte {
	size := bodySize(len(b.ids), len(b.last))
	data := make([]byte, 8, headSize+size)
	data = binary.LittleEndian.AppendUint32(data, uint32(size))       // #nosec G115 -- see blockRows
	data = binary.LittleEndian.AppendUint32(data, uint32(len(b.ids))) // #nosec G115 -- likewise
	data = binary.LittleEndian.AppendUint64(data, uint64(b.ids[0]))   // #nosec G115 -- ids are not negative
	for _, id := range b.ids {
		data = binary.LittleEndian.AppendUint32(data, uint32(id-b.ids[0])) // #nosec G115 -- see fits
	}
	for _, hash := range b.hashes {
		data = binary.LittleEndian.AppendUint64(data, hash)
	}
	data = append(data, b.codes...)
	for _, x := range b.last {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
	}
	for _, id := range b.lastAt {
		data = binary.LittleEndian.AppendUint64(data, uint64(id)) // #nosec G115 -- the same bits
	}
	binary.LittleEndian.PutUint64(data, checksum(seed, data[8:]))
	return data
}

// fits reports whether a row's id can follow in the block.
func (b *block) fits(id int64) bool { return len(b.ids) == 0 || id-b.ids[0] <= math.MaxUint32 }

func checksum(seed uint64, data []byte) uint64 {
	d := xxhash.NewWithSeed(seed)
	_, _ = d.Write(data) // never fails
	return d.Sum64()
}

// decode reads the block of a file. It reports false when that is not as it was written.
func (b *block) decode(data []byte, columns int, seed uint64) bool {
	if checksum(seed, data[8:]) != binary.LittleEndian.Uint64(data) {
		return false
	}
	body := data[headSize:]
	rows := int(binary.LittleEndian.Uint32(body))
	if rows < 1 || rows > blockRows || len(body) != bodySize(rows, columns) {
		return false
	}
	first := int64(binary.LittleEndian.Uint64(body[4:])) // #nosec G115 -- as it was encoded
	body = body[12:]
	b.ids, b.hashes = slices.Grow(b.ids[:0], rows)[:rows], slices.Grow(b.hashes[:0], rows)[:rows]
	for i := range rows {
		b.ids[i] = first + int64(binary.LittleEndian.Uint32(body[4*i:]))
		b.hashes[i] = binary.LittleEndian.Uint64(body[4*rows+8*i:])
	}
	body = body[12*rows:]
	b.codes = append(b.codes[:0], body[:rows*columns]...)
	body = body[rows*columns:]
	for i := range columns {
		b.last[i] = math.Float64frombits(binary.LittleEndian.Uint64(body[8*i:]))
		b.lastAt[i] = int64(binary.LittleEndian.Uint64(body[8*(columns+i):])) // #nosec G115 -- as it was encoded
	}
	return true
}
