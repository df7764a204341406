// Package page shows people what the metrics show to Prometheus: the models, what has drifted and
// since when, whether it does harm, and what to do. It makes HTML, SVG and JSON from a snapshot
// and its assessment, and from nothing else. If a metric exports a number, the page shows the same
// number, rounded for reading and exact in the markup.
//
// Pages need no script, no second request and no other host.
package page

import (
	"context"
	"net/http"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Source provides snapshots. *monitor.Monitor is a Source.
type Source interface {
	// Snapshot returns the current state. It never returns nil. A failure is in Err.
	Snapshot(ctx context.Context) *snapshot.Snapshot
}

// Options say what to show. Source is required.
type Options struct {
	Source    Source
	Judgement assess.Judgement
	// Span is the length of the history that is drawn, for example a day.
	Span time.Duration
	// LastValues adds the newest value of each feature to the JSON. Such a value comes from a
	// single request.
	LastValues bool
	// Telemetry is the path of the metrics, which pages link to.
	Telemetry string
	// Past returns the state at a past time. It wraps ErrTime for a time that it does not go back
	// to. Nil: there is no past.
	Past func(ctx context.Context, at time.Time) (*snapshot.Snapshot, error)
}

// timeout is how long a page waits for the log and for null distributions. The page says what is
// missing after that.
const timeout = 10 * time.Second

// Handlers returns the handlers by path. Addresses in pages are relative, so they work below any
// prefix.
func Handlers(o Options) map[string]http.Handler {
	s := &server{o, newPasts(o.Past)}
	return map[string]http.Handler{
		"/drift":                    http.HandlerFunc(s.html),
		"/drift.svg":                http.HandlerFunc(s.picture),
		"/api/v1/drift":             http.HandlerFunc(s.json),
		"/api/v1/drift.schema.json": http.HandlerFunc(serveSchema),
	}
}

type server struct {
	Options

	pasts *pasts
}

// viewer takes a snapshot of now, or of the time that is asked for, and assesses it. Pages show
// all bins of few features, so they assess them when they are shown.
func (s *server) viewer(r *http.Request, c choice, assessed func(*snapshot.Snapshot) *assess.Assessment) (*viewer, error) {
	if c.at.IsZero() {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		now := s.Source.Snapshot(ctx)
		v := newViewer(now, assessed(now), s.Judgement, s.Span)
		v.remembers = s.pasts != nil
		return v, nil
	}
	then, err := s.pasts.at(r.Context(), c.at)
	if err != nil {
		return nil, &pastError{err}
	}
	v := newViewer(then, assessed(then), s.Judgement, s.Span)
	v.at, v.remembers = c.asked, true
	return v, nil
}

func newViewer(s *snapshot.Snapshot, a *assess.Assessment, j assess.Judgement, span time.Duration) *viewer {
	return &viewer{a: a, all: watchedOf(s, a), judgement: j, span: span}
}
