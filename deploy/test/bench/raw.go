package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// raw does the least that a durable log can do. It writes the bytes of each record to a file that
// already has its final size, so that fdatasync writes data and no metadata. One sync serves all
// records that have arrived during the sync before. At the end of the file it starts again at the
// beginning. Nothing can be found in it.
type raw struct {
	discard

	file   *os.File
	offset int64
	next   int64
	buf    []byte

	mu      sync.Mutex
	waiting *gathered
	wake    chan struct{}
	done    chan struct{}
}

// gathered is a group of records that one sync makes durable.
type gathered struct {
	batches [][]predictionlog.Prediction
	first   []int64 // ids of each batch's first
	err     error
	done    chan struct{}
}

const rawSize = 64 << 20

func openRaw(path string) (*raw, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600) // #nosec G304 G703 -- the bench names it
	if err != nil {
		return nil, err
	}
	// The file is written, not only allocated: in an extent that was never written, each sync
	// costs a change of metadata.
	zeros := make([]byte, 1<<20)
	for range rawSize / len(zeros) {
		if _, err := f.Write(zeros); err != nil {
			return nil, err
		}
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	r := &raw{file: f, waiting: newGathered(), wake: make(chan struct{}, 1), done: make(chan struct{})}
	go r.run()
	return r, nil
}

func newGathered() *gathered { return &gathered{done: make(chan struct{})} }

// Append implements predictor.Log.
func (r *raw) Append(_ context.Context, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	r.mu.Lock()
	g, place := r.waiting, len(r.waiting.batches)
	g.batches = append(g.batches, batch)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
	<-g.done
	if g.err != nil {
		return nil, g.err
	}
	return records(batch, g.first[place]), nil
}

// AppendRequest implements predictor.Log. It compares nothing.
func (r *raw) AppendRequest(ctx context.Context, request predictionlog.Request) ([]predictionlog.Record, error) {
	return r.Append(ctx, request.Predictions)
}

// run writes the gathered records until the log is closed.
func (r *raw) run() {
	defer close(r.done)
	for range r.wake {
		r.mu.Lock()
		g := r.waiting
		r.waiting = newGathered()
		r.mu.Unlock()
		if len(g.batches) > 0 {
			g.err = r.write(g)
		}
		close(g.done)
	}
}

// write makes one group durable.
func (r *raw) write(g *gathered) error {
	r.buf = r.buf[:0]
	for _, batch := range g.batches {
		g.first = append(g.first, r.next)
		for i := range batch {
			r.encode(&batch[i])
			r.next++
		}
	}
	if int64(len(r.buf)) > rawSize {
		return fmt.Errorf("%d bytes at once: more than the file has", len(r.buf))
	}
	if r.offset+int64(len(r.buf)) > rawSize {
		r.offset = 0
	}
	if _, err := r.file.WriteAt(r.buf, r.offset); err != nil {
		return err
	}
	r.offset += int64(len(r.buf))
	return unix.Fdatasync(int(r.file.Fd()))
}

// encode appends the same columns that a row of the log has.
func (r *raw) encode(p *predictionlog.Prediction) {
	for _, x := range []uint64{uint64(r.next), 0, math.Float64bits(p.Score), uint64(p.Latency)} {
		r.buf = binary.LittleEndian.AppendUint64(r.buf, x)
	}
	for _, text := range []string{p.Model, p.Version, p.RequestID, p.Class} {
		r.buf = append(binary.AppendUvarint(r.buf, uint64(len(text))), text...)
	}
	r.buf = append(binary.AppendUvarint(r.buf, uint64(len(p.Features))), p.Features...)
}

// close stops the goroutine and closes the file. Append must not be running.
func (r *raw) close() error {
	close(r.wake)
	<-r.done
	return errors.Join(r.file.Close(), os.Remove(r.file.Name())) // #nosec G703 -- the bench names it
}
