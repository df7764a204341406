package sqlite

import "github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"

// A commit that makes the write-ahead log longer waits for two writes, one after the other: its
// page, and the new length in the journal of the file system. A commit into bytes that are there
// already waits for its page alone. On ext4 the median of 2,500 commits in turn with and without
// room was 444 and 708 us, where one fdatasync of a page took 317.
const (
	// leastRoom and mostRoom are by how many bytes the write-ahead log grows in advance: it
	// doubles, up to 250 pages at once.
	leastRoom = 64 << 10
	mostRoom  = 1 << 20
)

// makeRoom makes the write-ahead log longer, if the last transactions have used it up.
func (w *Writer) makeRoom() {
	size := file.WALSize(w.path)
	if size <= w.room || w.conn == nil {
		w.room = size
		return
	}
	w.room = size + min(max(size, leastRoom), mostRoom)
	err := w.conn.Write(func() error { return file.GrowWAL(w.path, w.files[w.path+"-wal"], w.room) })
	if err != nil {
		// What prevents this may prevent the next commit too, which says so.
		w.options.Logger.Debug("the write-ahead log does not grow in advance", "path", w.path, "err", err)
	}
}
