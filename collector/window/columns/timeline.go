// Package columns holds the newest rows of a window as columns of one-byte codes, with
// the id and the time of each, and counts the codes of a range of them as it moves.
package columns

import "sort"

// Timeline holds the id and the time of every row of one model and version since
// the anchor. Rows are numbered from 0 in the order they came, and first .. next-1
// are held. Whole runs of them are packed: ids without gaps take nothing, times
// about 4 bytes at a hundred rows a second, 5 at one a second.
type Timeline struct {
	first, next int64
	packed      []packedRun // whole runs, from that of row first on
	ids, times  [RunLength]int64
}

// RunLength is the number of rows in a run.
const RunLength = 128

// packedRun is what a whole run holds.
type packedRun struct {
	ids   offsets // from the row's place in the run: 1, 2, 3 is three times the same
	times offsets
}

// add appends a row.
func (t *Timeline) add(id, time int64) {
	at := t.next % RunLength
	t.ids[at], t.times[at] = id, time
	if t.next++; t.next%RunLength == 0 {
		ids := t.ids
		for i := range ids {
			ids[i] -= int64(i)
		}
		t.packed = append(t.packed, packedRun{packOffsets(&ids), packOffsets(&t.times)})
	}
}

// First is the number of the oldest row since the anchor.
func (t *Timeline) First() int64 { return t.first }

// Next is the number that the next row gets.
func (t *Timeline) Next() int64 { return t.next }

// packedAt returns the run of row i, nil when that is not whole, and the row's
// place in it.
func (t *Timeline) packedAt(i int64) (run *packedRun, at int64) {
	if n := i/RunLength - t.first/RunLength; n < int64(len(t.packed)) {
		return &t.packed[n], i % RunLength
	}
	return nil, i % RunLength
}

// ID returns the id of the held row i.
func (t *Timeline) ID(i int64) int64 {
	run, at := t.packedAt(i)
	if run == nil {
		return t.ids[at]
	}
	return run.ids.at(at) + at
}

// Time returns the time of the held row i.
func (t *Timeline) Time(i int64) int64 {
	run, at := t.packedAt(i)
	if run == nil {
		return t.times[at]
	}
	return run.times.at(at)
}

// Search returns the number of the first row from number from on whose id is at
// least id; next when there is none.
func (t *Timeline) Search(from, id int64) int64 {
	return from + int64(sort.Search(int(t.next-from), func(i int) bool { return t.ID(from+int64(i)) >= id }))
}

// DropBefore drops the rows before number first.
func (t *Timeline) DropBefore(first int64) {
	runs := first/RunLength - t.first/RunLength
	t.packed = append(t.packed[:0], t.packed[runs:]...)
	clear(t.packed[len(t.packed):cap(t.packed)]) // their memory
	t.first = first
}

// offsets are integers as what each is above the least, in as few bytes as the
// greatest takes.
type offsets struct {
	least int64
	bytes []byte // as many for each; none when all are the same
}

func packOffsets(values *[RunLength]int64) offsets {
	least, greatest := values[0], values[0]
	for _, v := range values {
		least, greatest = min(least, v), max(greatest, v)
	}
	width := 0
	for span := uint64(greatest) - uint64(least); span > 0; span >>= 8 { // #nosec G115 -- the difference is right whatever the signs
		width++
	}
	o := offsets{least: least, bytes: make([]byte, 0, width*RunLength)}
	for _, v := range values {
		x := uint64(v) - uint64(least) // #nosec G115 -- likewise
		for range width {
			o.bytes = append(o.bytes, byte(x))
			x >>= 8
		}
	}
	return o
}

// at returns the i-th integer.
func (o *offsets) at(i int64) int64 {
	width := int64(len(o.bytes)) / RunLength
	x := uint64(0)
	for at := (i+1)*width - 1; at >= i*width; at-- {
		x = x<<8 | uint64(o.bytes[at])
	}
	return o.least + int64(x) // #nosec G115 -- likewise
}
