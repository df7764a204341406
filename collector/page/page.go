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
}

// timeout is how long a page waits for the log and for null distributions. The page says what is
// missing after that.
const timeout = 10 * time.Second

// Handlers returns the handlers by path. Addresses in pages are relative, so they work below any
// prefix.
func Handlers(o Options) map[string]http.Handler {
	s := &server{o}
	return map[string]http.Handler{
		"/drift":                    http.HandlerFunc(s.html),
		"/drift.svg":                http.HandlerFunc(s.picture),
		"/api/v1/drift":             http.HandlerFunc(s.json),
		"/api/v1/drift.schema.json": http.HandlerFunc(serveSchema),
	}
}

type server struct{ Options }

// viewer takes a snapshot and assesses it. Pages show all bins of few features, so they assess
// them when they are shown.
func (s *server) viewer(r *http.Request, assessed func(*snapshot.Snapshot) *assess.Assessment) *viewer {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	now := s.Source.Snapshot(ctx)
	return newViewer(now, assessed(now), s.Judgement, s.Span)
}

func newViewer(s *snapshot.Snapshot, a *assess.Assessment, j assess.Judgement, span time.Duration) *viewer {
	return &viewer{a: a, all: watchedOf(s, a), judgement: j, span: span}
}
