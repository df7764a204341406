package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// ErrTime is the error of a Past for a time that it does not go back to.
var ErrTime = errors.New("there is nothing to see at that time")

var errBusy = errors.New("another page of the past is being made; try again")

const (
	// pastTimeout is how long a page of the past may take. It is below the time that the exporter
	// has to answer.
	pastTimeout = 25 * time.Second
	// mostKept snapshots of the past stay for keptFor, so that a reader can go from page to page.
	mostKept = 4
	keptFor  = time.Minute
)

// pasts makes snapshots of the past, one at a time: each reads as many rows as a start does.
type pasts struct {
	look  func(context.Context, time.Time) (*snapshot.Snapshot, error)
	token chan struct{}

	mu   sync.Mutex
	kept []kept // the newest last
}

type kept struct {
	at, made time.Time
	*snapshot.Snapshot
}

func newPasts(look func(context.Context, time.Time) (*snapshot.Snapshot, error)) *pasts {
	if look == nil {
		return nil
	}
	return &pasts{look: look, token: make(chan struct{}, 1)}
}

// at returns the snapshot of a time.
func (p *pasts) at(ctx context.Context, at time.Time) (*snapshot.Snapshot, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: this page knows no past", ErrTime)
	}
	ctx, cancel := context.WithTimeout(ctx, pastTimeout)
	defer cancel()
	if s := p.find(at); s != nil {
		return s, nil
	}
	select {
	case p.token <- struct{}{}:
		defer func() { <-p.token }()
	case <-ctx.Done():
		return nil, errBusy
	}
	if s := p.find(at); s != nil {
		return s, nil
	}
	s, err := p.look(ctx, at)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("it takes longer than %v to read so much of the log; drift_exporter report --to=%s has the time", pastTimeout, at.Format(time.RFC3339))
	}
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = append(p.kept[max(0, len(p.kept)-mostKept+1):], kept{at, time.Now(), s})
	return s, nil
}

// find returns the snapshot of a time if it is kept.
func (p *pasts) find(at time.Time) *snapshot.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = slices.DeleteFunc(p.kept, func(k kept) bool { return time.Since(k.made) > keptFor })
	for _, k := range p.kept {
		if k.at.Equal(at) {
			return k.Snapshot
		}
	}
	return nil
}

// parseTime reads the parameter "at": RFC 3339, or seconds or milliseconds since 1970.
func parseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.Unix() > 0 { // the zero time would mean now
		return t.UTC(), nil
	}
	const milliseconds = 1e11 // seconds until the year 5138
	if x, err := strconv.ParseFloat(text, 64); err == nil && x > 0 && x < 1000*milliseconds {
		if x >= milliseconds {
			x /= 1000
		}
		return time.UnixMilli(int64(x * 1000)).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%w: at=%q is not a time: write it as 2026-11-29T03:12:00Z, or as seconds since 1970", errQuery, text)
}

// pastError is the error of a page of the past.
type pastError struct{ error }

func (e *pastError) Unwrap() error { return e.error }

// status returns the HTTP status: the time is wrong, or the log could not be read.
func (e *pastError) status() int {
	if errors.Is(e, ErrTime) {
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}
