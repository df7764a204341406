package codes

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
)

// Folder is where files of codes lie. Its methods may be called concurrently.
type Folder struct {
	path   string
	build  string
	logger *slog.Logger
	found  atomic.Int64

	mu     sync.Mutex
	more   sync.Cond // jobs, or closed
	jobs   []job
	bytes  int // in jobs
	closed bool
	done   chan struct{}
}

// queueBytes bounds what waits for a disk that hangs.
const queueBytes = 64 << 20

// Open returns the folder at path, which it makes when missing. The logger receives
// what an operator should know; nil discards it.
func Open(path string, logger *slog.Logger) (*Folder, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	build, ok := build()
	if !ok {
		return nil, fmt.Errorf("keep codes in %s: this build of the program has no build id, which its files need; build it without -buildid=", path)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("keep codes: %w; name a folder that can be written, or none", err)
	}
	f := &Folder{path: path, build: build, logger: logger, done: make(chan struct{})}
	f.more.L = &f.mu
	go f.run()
	return f, nil
}

// Close writes what is left. Series of the folder must not be used any more.
func (f *Folder) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.more.Signal()
	<-f.done
}

// Found is how many rows have been found so far, by whole blocks.
func (f *Folder) Found() int64 { return f.found.Load() }

// job is something to do with a file: write data at an offset, after cutting off what
// is there, or close it.
type job struct {
	file       *file
	data       []byte
	offset     int64
	cut, close bool
}

// queue hands over a job. It reports false when too much is waiting.
func (f *Folder) queue(j job) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || len(j.data) > 0 && f.bytes+len(j.data) > queueBytes {
		return false
	}
	f.jobs, f.bytes = append(f.jobs, j), f.bytes+len(j.data)
	f.more.Signal()
	return true
}

// run does job after job until the folder is closed.
func (f *Folder) run() {
	defer close(f.done)
	for {
		f.mu.Lock()
		for len(f.jobs) == 0 && !f.closed {
			f.more.Wait()
		}
		jobs := f.jobs
		f.jobs, f.bytes = nil, 0
		f.mu.Unlock()
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			if err := j.file.do(&j, f); err != nil && !j.file.failed.Swap(true) {
				f.logger.Warn("codes of rows cannot be kept: the next start will parse them again; make room in --window.cache-dir", "path", j.file.path, "err", err)
			}
		}
	}
}
