package codes

import (
	"errors"

	"github.com/cespare/xxhash/v2"
)

// Series is the codes of the rows of one model and version, in the order of their ids.
// First it finds those of a file, then it adds to it. Its methods must not be called
// concurrently.
type Series struct {
	folder   *Folder
	place    place
	lookback int64
	seed     uint64 // of checksums: a block is of no use elsewhere
	columns  int
	last     []float64
	lastAt   []int64
	reread   func(id int64, features []byte)

	file    *file // nil: none yet
	off     bool  // there is no file to be had, until the next anchor
	reading bool  // rows may be found
	begun   bool  // a row was added behind the anchor
	cut     bool  // what the file has from offset on is worthless
	offset  int64 // behind the blocks that agree with the log

	stored block // the one of the file that is read
	next   int   // its row that is expected next
	end    int64 // offset behind it
	buf    []byte

	fresh  block  // rows that are in no block before offset
	size   int    // bytes of their features
	newest int64  // id of the row that was added last
	hash   uint64 // of the features of the row that was last looked for
	found  found
}

// found are rows that were found since last and lastAt were set.
type found struct {
	ids   []int64
	ends  []int // of their features in texts
	texts []byte
}

func (f *found) reset() { f.ids, f.ends, f.texts = f.ids[:0], f.ends[:0], f.texts[:0] }

// Series returns what keeps the codes of rows with a key. last are the newest numbers by
// column, lastAt the ids of their rows: Series sets them behind rows that were found, as
// they were when the block was written, and reads them when it writes one. Where it cannot, it calls reread with
// rows that were found, in order, and that sets last and lastAt.
func (f *Folder) Series(k Key, last []float64, lastAt []int64, reread func(id int64, features []byte)) *Series {
	s := &Series{
		folder: f, place: place{k.series(), k.coding(f.build), -1}, lookback: k.Lookback, columns: len(last), last: last, lastAt: lastAt, reread: reread,
		stored: block{last: make([]float64, len(last)), lastAt: make([]int64, len(last))},
		fresh:  block{last: last, lastAt: lastAt},
	}
	s.seed = xxhash.Sum64String(s.place.series + s.place.coding)
	return s
}

// Find returns the codes that a row's features had, valid until the next call, and false
// when they must be parsed: then rows that were found before were reread where needed.
// With check set the caller must compare the codes, and call Reject when they differ.
// Rows must come in the order of their ids; the same row may come again.
func (s *Series) Find(id int64, features []byte) (codes []uint8, check, ok bool) {
	if span := id / s.lookback; span != s.place.span {
		s.leave()
		s.enter(span)
	}
	if s.off {
		return nil, false, false
	}
	s.hash = xxhash.Sum64(features)
	if s.expects(id) {
		if s.stored.hashes[s.next] == s.hash {
			return s.stored.codes[s.next*s.columns:][:s.columns], s.next == 0 || !s.begun, true
		}
		s.differ()
	}
	s.Settle()
	return nil, false, false
}

// expects reports whether the next row of the file is that with an id. A row before it
// was none of the window when the file was written, and should not be now: see Add.
func (s *Series) expects(id int64) bool {
	for s.reading && (s.next < len(s.stored.ids) || s.load()) {
		switch at := s.stored.ids[s.next]; {
		case at >= id:
			return at == id
		case s.begun:
			s.differ()
		default: // Rows at the beginning of the log may have been deleted.
			s.next++
		}
	}
	return false
}

// Reject says that the codes that Find has returned are wrong.
func (s *Series) Reject() {
	s.folder.logger.Error("kept codes of a row are wrong, please report it; the file is written anew", "path", s.file.path)
	s.differ()
	s.Settle()
}

// differ ends finding: from the present block on the file is not what the log is.
func (s *Series) differ() { s.reading, s.cut = false, true }

// load reads the next block, and reports whether there is one.
func (s *Series) load() bool {
	s.offset, s.next = s.end, 0
	s.stored.reset()
	var err error
	if s.buf, err = s.file.read(s.offset, s.columns, s.buf); err == nil && s.buf == nil {
		s.reading = false
		return false
	}
	if err == nil && (!s.stored.decode(s.buf, s.columns, s.seed) || s.stored.ids[0] <= s.newest) {
		err = errDamaged
	}
	if err != nil {
		s.folder.logger.Warn("kept codes of rows are damaged: the rows are parsed, and the file is written anew from there", "path", s.file.path, "offset", s.offset)
		s.stored.reset()
		s.differ()
		return false
	}
	s.end += int64(len(s.buf))
	return true
}

// Add adds the row that Find was asked for last, with its codes. found says that they
// are what Find returned.
func (s *Series) Add(id int64, features []byte, codes []uint8, found bool) {
	if s.off {
		return
	}
	s.begun = true
	if !found && s.reading {
		s.differ()
	}
	if !found && !s.fresh.fits(id) {
		s.write()
	}
	s.fresh.add(id, s.hash, codes)
	s.size, s.newest = s.size+len(features), id
	if found {
		f := &s.found
		f.texts = append(f.texts, features...)
		f.ids, f.ends = append(f.ids, id), append(f.ends, len(f.texts))
		if s.next++; s.next == len(s.stored.ids) {
			copy(s.last, s.stored.last)
			copy(s.lastAt, s.stored.lastAt)
			s.folder.found.Add(int64(len(s.fresh.ids)))
			s.clear()
		}
		return
	}
	if len(s.fresh.ids) >= blockRows || s.size >= blockBytes {
		s.write()
	}
}

// Settle brings last and lastAt up to the row that was added last.
func (s *Series) Settle() {
	from := 0
	for i, end := range s.found.ends {
		s.reread(s.found.ids[i], s.found.texts[from:end])
		from = end
	}
	s.found.reset()
}

// clear lets go of the rows of fresh: a block has them.
func (s *Series) clear() {
	s.fresh.reset()
	s.found.reset()
	s.size = 0
}

// write makes a block of the rows of fresh.
func (s *Series) write() {
	if s.file == nil {
		s.file, s.offset = &file{place: s.place, path: s.place.path(s.folder.path)}, int64(len(magic))
	}
	data := s.fresh.encode(s.seed)
	if s.file.failed.Load() || !s.folder.queue(job{file: s.file, data: data, offset: s.offset, cut: s.cut}) {
		s.off = true
	}
	s.offset, s.cut = s.offset+int64(len(data)), false
	s.clear()
}

// enter begins with the rows behind an anchor.
func (s *Series) enter(span int64) {
	s.place.span = span
	s.file, s.off, s.reading, s.begun, s.cut = nil, false, false, false, false
	s.offset, s.end, s.next, s.newest = int64(len(magic)), int64(len(magic)), 0, -1
	s.stored.reset()
	var err error
	switch s.file, err = begin(s.folder.path, s.place); {
	case errors.Is(err, errDamaged):
		s.folder.logger.Warn("kept codes of rows are damaged: the rows are parsed, and the file is written anew", "path", s.file.path)
		s.cut = true
	case err != nil:
		if !errors.Is(err, errHeld) {
			s.folder.logger.Warn("kept codes of rows cannot be read: the rows are parsed", "err", err)
		}
		s.off = true
	default:
		s.reading = s.file != nil
	}
}

// leave ends with the rows behind an anchor.
func (s *Series) leave() {
	s.Settle()
	if !s.off && !s.reading && len(s.fresh.ids) > 0 && s.file != nil {
		s.write()
	}
	s.clear()
	if s.file != nil {
		s.folder.queue(job{file: s.file, close: true})
	}
	s.file, s.off, s.place.span = nil, true, -1
}

// Close writes what is left.
func (s *Series) Close() { s.leave() }
