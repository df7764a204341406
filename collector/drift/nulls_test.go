package drift

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

const testSamples = 499

// open starts Nulls that the test closes.
func open(t *testing.T, workers int) *Nulls {
	t.Helper()
	n := NewNulls(testSamples, workers)
	t.Cleanup(n.Close)
	return n
}

func get(t *testing.T, n *Nulls, key string, reference []int64, size, full int64) *Null {
	t.Helper()
	null, err := n.Get(t.Context(), key, reference, Novelty{}, size, full)
	if err != nil {
		t.Fatal(err)
	}
	return null
}

var five = []int64{50_000, 20_000, 10_000, 10_000, 10_000}

func TestGetDrawsOnceAndServesTheGrid(t *testing.T) {
	t.Parallel()
	n := open(t, 2)
	for _, c := range []struct{ size, full, want int64 }{
		{1000, 1000, 1000}, {50, 1000, 50}, {51, 1000, 50}, {52, 1000, 53}, {970, 1000, 981}, {995, 1000, 1000},
		{999, 0, 981}, {1010, 0, 1030}, {50, 50, 50}, {123_457, 0, 122_817},
	} {
		null := get(t, n, "income", five, c.size, c.full)
		if null.Size() != c.want {
			t.Errorf("a window of %d of %d gets the null of %d, want %d", c.size, c.full, null.Size(), c.want)
		}
		if get(t, n, "income", five, c.size, c.full) != null {
			t.Errorf("the null of %d was drawn twice", c.size)
		}
		if !n.Cached("income", c.size, c.full) {
			t.Errorf("the null of %d is not cached", c.size)
		}
	}
}

func TestGridIsWithinHalfAStep(t *testing.T) {
	t.Parallel()
	for size := int64(MinPredictions); size < 100_000_000; size += 1 + size/997 {
		// Rounding of the sizes adds up to 1/100 at 50.
		if got := nullSize(size, 0); ratio(got, size) > 1.025+0.5/float64(size) {
			t.Fatalf("a window of %d gets the null of %d", size, got)
		}
		if got := nullSize(size, size); got != size {
			t.Fatalf("a full window of %d gets the null of %d", size, got)
		}
	}
}

func TestSmallWindowsAreNotTested(t *testing.T) {
	t.Parallel()
	n := open(t, 1)
	if null, err := n.Get(t.Context(), "income", five, Novelty{}, 49, 1000); null != nil || !errors.Is(err, ErrFew) {
		t.Errorf("%v, %v", null, err)
	}
	if n.Cached("income", 49, 1000) || n.Cached("income", 50, 1000) {
		t.Error("cached before anything was drawn")
	}
}

func TestGetAtOnceByManyDrawsOnce(t *testing.T) {
	t.Parallel()
	n := open(t, 4)
	nulls := make([]*Null, 50)
	var wg sync.WaitGroup
	for i := range nulls {
		wg.Go(func() {
			nulls[i], _ = n.Get(t.Context(), "income", five, Novelty{}, 1000, 1000)
		})
	}
	wg.Wait()
	for _, null := range nulls {
		if null == nil || null != nulls[0] {
			t.Fatal("not all got the same null")
		}
	}
}

func TestGetReturnsWithItsContextAndTheDrawingGoesOn(t *testing.T) {
	t.Parallel()
	n := NewNulls(20_000, 1)
	t.Cleanup(n.Close)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if null, err := n.Get(ctx, "income", five, Novelty{}, 1000, 1000); null != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", null, err)
	}
	null := get(t, n, "income", five, 1000, 1000)
	// What is there is given out, whatever the context.
	if again, err := n.Get(ctx, "income", five, Novelty{}, 1000, 1000); again != null || err != nil {
		t.Errorf("%v, %v", again, err)
	}
}

func TestCloseEndsWaiting(t *testing.T) {
	t.Parallel()
	n := NewNulls(50_000, 1)
	const waiting = 20
	results := make(chan error, waiting)
	for i := range waiting {
		go func() {
			_, err := n.Get(context.WithoutCancel(t.Context()), fmt.Sprint(i), five, Novelty{}, 1000, 1000)
			results <- err
		}()
	}
	n.Close()
	n.Close()
	for range waiting {
		if err := <-results; err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
	if _, err := n.Get(t.Context(), "late", five, Novelty{}, 1000, 1000); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	n.Warm("late", five, Novelty{}, 1000)
}

func TestWarmDrawsWhatAFillingWindowNeeds(t *testing.T) {
	t.Parallel()
	for _, full := range []int64{1000, 0, 1_000_000} {
		n := open(t, 2)
		n.Warm("income", five, Novelty{}, full)
		n.Warm("income", five, Novelty{}, full)
		n.settle()
		for _, size := range []int64{50, 77, 300, 640, 1000} {
			if !n.Cached("income", size, full) {
				t.Errorf("full %d: the null of %d is not there", full, size)
			}
		}
		if full >= MinPredictions && !n.Cached("income", full, full) {
			t.Errorf("the null of a full window of %d is not there", full)
		}
		if got := len(n.features["income"].builds); got > keptNulls {
			t.Errorf("full %d: %d nulls", full, got)
		}
	}
}

func TestWarmFullDrawsFullWindowsOnly(t *testing.T) {
	t.Parallel()
	n := open(t, 1)
	n.WarmFull("income", five, Novelty{}, 1000)
	n.settle()
	if got := len(n.features["income"].builds); got != 1 || !n.Cached("income", 1000, 1000) {
		t.Errorf("%d nulls, want that of 1000", got)
	}
}

// settle waits until nothing is left to draw.
func (n *Nulls) settle() {
	for {
		n.mu.Lock()
		var pending *build
		for _, f := range n.features {
			for _, b := range f.builds {
				if b.null == nil && b.asked != never {
					pending = b
				}
			}
		}
		n.mu.Unlock()
		if pending == nil {
			return
		}
		<-pending.done
	}
}

func TestWindowsTooSmallToTestNeedNoNulls(t *testing.T) {
	t.Parallel()
	n := open(t, 1)
	n.Warm("income", five, Novelty{}, MinPredictions-1)
	n.settle()
	if got := len(n.features["income"].builds); got != 0 {
		t.Errorf("%d nulls", got)
	}
}

func TestWarmGoesByUrgencyThenSize(t *testing.T) {
	t.Parallel()
	var n Nulls // no workers
	n.wake.L = &n.mu
	n.features = map[string]*feature{}
	n.Warm("a", five, Novelty{}, 200)
	n.Warm("b", five, Novelty{}, 100)
	n.push(n.feature("c", five, Novelty{}).build(500), waitedFor)
	n.push(n.feature("b", five, Novelty{}).build(80), waitedFor)
	var order []string
	last := request{urgency: waitedFor}
	for len(n.queue) > 0 {
		r := n.pop()
		if r.urgency < last.urgency || r.urgency == last.urgency && last.build != nil && r.size < last.size {
			t.Errorf("%v of %d came after %v of %d", r.urgency, r.size, last.urgency, last.size)
		}
		last = r
		if len(order) < 4 {
			order = append(order, fmt.Sprint(r.size))
		}
	}
	if got := fmt.Sprint(order); got != "[80 500 100 200]" {
		t.Errorf("order %s", got)
	}
}

func TestANewReferenceReplacesTheOld(t *testing.T) {
	t.Parallel()
	n := open(t, 1)
	old := get(t, n, "income", five, 1000, 1000)
	recounted := get(t, n, "income", []int64{20_000, 50_000, 30_000}, 1000, 1000)
	if old == recounted {
		t.Error("another reference got the same null")
	}
	if got := len(n.features); got != 1 {
		t.Errorf("%d references are kept under one key", got)
	}
	again := get(t, n, "income", five, 1000, 1000)
	if again == old || again.Mean() != old.Mean() || again.PValue(0.003) != old.PValue(0.003) {
		t.Error("drawn again, a null must say the same")
	}
}

func TestCallersMayReuseTheReference(t *testing.T) {
	t.Parallel()
	n := open(t, 1)
	want := get(t, n, "income", five, 300, 300).Mean()
	m := open(t, 1)
	reference := append([]int64(nil), five...)
	m.Warm("income", reference, Novelty{}, 300)
	clear(reference)
	if got := get(t, m, "income", five, 300, 300).Mean(); got != want {
		t.Errorf("noise floor %v, want %v", got, want)
	}
}

func TestTheLeastUsedNullsAreForgotten(t *testing.T) {
	t.Parallel()
	n := open(t, 2)
	used := get(t, n, "income", five, 50, 0)
	for j := range 3 * keptNulls {
		get(t, n, "income", five, gridSize(j), 0)
		if get(t, n, "income", five, 50, 0) != used {
			t.Fatalf("the null in use was forgotten at %d others", j)
		}
	}
	if got := len(n.features["income"].builds); got > keptNulls {
		t.Errorf("%d nulls are kept", got)
	}
	if n.Cached("income", gridSize(1), 0) {
		t.Error("the oldest null is still there")
	}
}

// Cached reports whether Get with this key, size and full window, and the
// reference last given for the key, returns at once.
func (n *Nulls) Cached(key string, size, full int64) bool {
	if size < MinPredictions {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	f, ok := n.features[key]
	if !ok {
		return false
	}
	b, ok := f.builds[f.size(size, full)]
	return ok && b.null != nil
}
