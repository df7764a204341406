package drift

import (
	"container/heap"
	"context"
	"errors"
	"slices"
	"sync"
)

var (
	// ErrFew is the answer for windows of fewer than MinPredictions.
	ErrFew = errors.New("fewer than 50 predictions: too few to test")
	// ErrClosed is the answer after Close.
	ErrClosed = errors.New("null distributions are closed")
)

// keptNulls is the number of nulls kept for one key, the least recently used
// going first: the grid from 50 up to a window of 1000 has 62.
const keptNulls = 64

// Nulls draws nulls when they are first asked for, or ahead of that, and keeps
// them. Each is drawn once however many ask at the same time. Safe for
// concurrent use.
//
// A null depends on the key, the reference's counts, the size of the window and
// the number of draws alone: two processes get the same one.
type Nulls struct {
	samples int
	stopped chan struct{}
	workers sync.WaitGroup

	mu       sync.Mutex
	wake     sync.Cond
	closed   bool
	features map[string]*feature
	queue    queue
	clock    int64
}

// feature holds the nulls of one key for its present reference.
type feature struct {
	fingerprint uint64
	reference   []int64
	novelty     Novelty
	occupied    []int64
	builds      map[int64]*build
	gone        bool // replaced: only Gets that wait matter
}

// build is one null, drawn or to be drawn.
type build struct {
	of      *feature
	size    int64
	used    int64         // Nulls.clock at the last use
	asked   urgency       // of the most urgent request so far
	started bool          // a worker has it
	done    chan struct{} // closed once null is set
	null    *Null
}

// NewNulls returns an empty set of nulls with the given number of draws each (0:
// DefaultSamples), built by the given number of goroutines (at least 1), which
// run until Close.
func NewNulls(samples, workers int) *Nulls {
	if samples <= 0 {
		samples = DefaultSamples
	}
	n := &Nulls{samples: samples, stopped: make(chan struct{}), features: map[string]*feature{}}
	n.wake.L = &n.mu
	for range max(workers, 1) {
		n.workers.Go(n.work)
	}
	return n
}

// Close stops the workers, waits for the nulls that are being drawn (some ten
// milliseconds), and lets every Get that waits for another return ErrClosed. It
// may be called more than once.
func (n *Nulls) Close() {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.stopped)
	}
	n.wake.Broadcast()
	n.mu.Unlock()
	n.workers.Wait()
}

// Get returns the null distribution for a window of size predictions compared with reference. v
// says how well the reference determines the share of new values. full is the size of a full
// window, 0 if there is none. At full, the null distribution is drawn for exactly this size.
// Otherwise it is drawn for the nearest size out of full and the grid round(50 * 1.05^j), and
// [Null.Test] corrects for the difference. key names the subject of the reference and how it is
// binned. Under one key, only the null distributions of the last reference are kept.
//
// If two to four cells of the reference are occupied, a null distribution is used only for its
// own size. It is drawn for every size up to windows of 500, and for larger ones while the rarest
// cell is expected to have fewer than 10 rows. So for such a feature, a window that fills, or
// that is limited by time, needs a new null distribution at each scrape. It is a small one: with
// two cells it takes 20 to 200 us, with three or four 4 to 5 ms. A dozen such features take 60 ms
// of one processor a scrape, .4 % of it every 15 s.
//
// A null distribution that does not exist yet is drawn next, before those that Warm asked for.
// Get waits for it. If the context ends first, Get returns its error, and the drawing continues.
// Below MinPredictions the error is ErrFew, after Close ErrClosed. It takes 0.3 us if the null
// distribution exists.
func (n *Nulls) Get(ctx context.Context, key string, reference []int64, v Novelty, size, full int64) (*Null, error) {
	if size < MinPredictions {
		return nil, ErrFew
	}
	b := n.want(key, reference, v, size, full)
	if b == nil {
		return nil, ErrClosed
	}
	select {
	case <-b.done:
		return b.null, nil
	default:
	}
	select {
	case <-b.done:
		return b.null, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-n.stopped:
		return nil, ErrClosed
	}
}

// Warm asks for the nulls a window needs while it fills: that of a full window
// first, then the grid from 50 upwards, at most as many as are kept. All full
// windows come before all of the grid, and the grid goes by size, whatever the
// order of the calls. It returns at once; after Close it does nothing.
func (n *Nulls) Warm(key string, reference []int64, v Novelty, full int64) {
	n.ahead(key, reference, v, full, true)
}

// WarmFull is Warm without the grid, for windows that are looked at once.
func (n *Nulls) WarmFull(key string, reference []int64, v Novelty, full int64) {
	n.ahead(key, reference, v, full, false)
}

func (n *Nulls) ahead(key string, reference []int64, v Novelty, full int64, grid bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	f := n.feature(key, reference, v)
	if full >= MinPredictions {
		n.push(f.build(full), fullWindow)
	}
	if grid {
		n.pushGrid(f, full)
	}
	n.wake.Broadcast()
}

// pushGrid queues the sizes of the grid below a full window.
func (n *Nulls) pushGrid(f *feature, full int64) {
	for j := range keptNulls - 1 {
		size := gridSize(j)
		if full > 0 && size >= full {
			return
		}
		if !lumpy(f.occupied, size) {
			n.push(f.build(size), onGrid)
		}
	}
}

// want finds or queues a null; nil after Close.
func (n *Nulls) want(key string, reference []int64, v Novelty, size, full int64) *build {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.feature(key, reference, v)
	b := f.build(f.size(size, full))
	n.clock++
	b.used = n.clock
	if b.null == nil {
		if n.closed {
			return nil
		}
		n.push(b, waitedFor)
		n.wake.Signal()
	}
	return b
}

// feature finds the nulls of a key, emptied when its reference has changed.
func (n *Nulls) feature(key string, reference []int64, v Novelty) *feature {
	f, ok := n.features[key]
	if ok && slices.Equal(f.reference, reference) && f.novelty == v {
		return f
	}
	if ok {
		f.gone = true
	}
	f = &feature{
		fingerprint: fingerprint(key, reference), reference: slices.Clone(reference), novelty: v,
		occupied: occupiedOf(reference), builds: map[int64]*build{},
	}
	n.features[key] = f
	return f
}

// size is the size of the null that serves a window.
func (f *feature) size(size, full int64) int64 {
	if lumpy(f.occupied, size) {
		return size
	}
	return nullSize(size, full)
}

func (f *feature) build(size int64) *build {
	b, ok := f.builds[size]
	if !ok {
		b = &build{of: f, size: size, asked: never, done: make(chan struct{})}
		f.builds[size] = b
		f.evict()
	}
	return b
}

// evict forgets the finished null that was not used for the longest time, when
// there are too many.
func (f *feature) evict() {
	if len(f.builds) <= keptNulls {
		return
	}
	var oldest *build
	for _, b := range f.builds {
		if b.null != nil && (oldest == nil || b.used < oldest.used) {
			oldest = b
		}
	}
	if oldest != nil {
		delete(f.builds, oldest.size)
	}
}

func (n *Nulls) push(b *build, u urgency) {
	if !b.started && u < b.asked {
		b.asked = u
		heap.Push(&n.queue, request{b, u})
	}
}

func (n *Nulls) pop() request { return heap.Pop(&n.queue).(request) }

// work draws nulls until Close.
func (n *Nulls) work() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		for len(n.queue) == 0 && !n.closed {
			n.wake.Wait()
		}
		if n.closed {
			return
		}
		r := n.pop()
		b := r.build
		if b.started || b.of.gone && r.urgency != waitedFor {
			continue
		}
		b.started = true
		n.mu.Unlock()
		null := b.of.novelty.NewNull(b.of.reference, b.size, n.samples, seed(b.of.fingerprint, b.size))
		n.mu.Lock()
		b.null = null
		close(b.done)
	}
}
