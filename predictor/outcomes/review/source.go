package review

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// Source is a source of outcomes that people fill. It serves HTTP while it runs.
type Source struct {
	config
	now func() time.Time

	mu   sync.Mutex
	desk *desk // nil: it does not run
}

// The parts of the source's cursor.
const (
	partSettled = "settled" // reviews up to this one have become outcomes
	partDraws   = "draws"   // how predictions were drawn, by epochs
)

const (
	// followEvery is the time between two looks at the log.
	followEvery = time.Second
	// expireEvery is the time between two searches for predictions that are too old.
	expireEvery = time.Minute
	// mostEpochs is how many changes of the way to draw are remembered.
	mostEpochs = 1000
)

// Run implements outcomes.Source.
func (s *Source) Run(ctx context.Context, sink *outcomes.Sink) error {
	reader := sqlite.NewReader(sink.Log().Path())
	defer func() { _ = reader.Close() }() // it was only read
	if err := s.makeFolder(); err != nil {
		return err
	}
	d, err := s.open(ctx, sink, reader)
	if err != nil {
		return err
	}
	s.set(d)
	defer s.set(nil)
	ticks := time.NewTicker(followEvery)
	defer ticks.Stop()
	for {
		began := s.now()
		if err := s.use(func(d *desk) error { return d.follow(ctx) }); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		err := d.settle(ctx, s)
		if err == nil {
			d, err = s.renew(ctx, d)
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if _, err := sink.Current(began); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// open returns a desk with what the log has.
func (s *Source) open(ctx context.Context, sink *outcomes.Sink, reader *sqlite.Reader) (*desk, error) {
	d := &desk{config: &s.config, now: s.now, sink: sink, reader: reader, queue: newQueue(&s.config), recent: map[string][]answer{}}
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// set makes a desk the one that people use.
func (s *Source) set(d *desk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.desk = d
}

// renew returns a new desk if reviews have been erased since this one was opened, so that nothing
// of them is kept or counted. It looks once a minute.
func (s *Source) renew(ctx context.Context, d *desk) (*desk, error) {
	if d.now().Sub(d.looked) < expireEvery {
		return d, nil
	}
	d.looked = d.now()
	n, err := d.reader.CountErasedReviews(ctx)
	if err != nil || n == d.erased {
		return d, err
	}
	s.mu.Lock() // nobody reviews meanwhile
	defer s.mu.Unlock()
	next, err := s.open(ctx, d.sink, d.reader)
	if err != nil {
		return d, err
	}
	next.queue.held, next.queue.skipped, next.queue.skips = d.queue.held, d.queue.skipped, d.queue.skips
	s.desk = next
	return next, nil
}

var errClosed = errors.New("the reviews are not open: the process starts or stops, or the log cannot be read; try again in a moment")

// use calls f while nothing else uses the desk.
func (s *Source) use(f func(d *desk) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.desk == nil {
		return errClosed
	}
	return f(s.desk)
}
