// Package page shows people what the metrics show to Prometheus: the models, what has
// drifted and since when, whether it hurts, and what to do. It makes HTML, SVG and JSON
// of a snapshot and its assessment, as functions of these alone. A number that a metric
// exports is that metric's, rounded for reading and exact in the markup.
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

// Source is where snapshots come from. *monitor.Monitor is one.
type Source interface {
	// Snapshot returns what is known now. It never returns nil; a failure is its Err.
	Snapshot(ctx context.Context) *snapshot.Snapshot
}

// Options say what to show. Source is required.
type Options struct {
	Source    Source
	Judgement assess.Judgement
	// Span is the time that courses show, such as a day.
	Span time.Duration
	// LastValues puts the newest value of each feature, which is of a single request, into
	// the JSON.
	LastValues bool
	// Telemetry is the path of the metrics, for a link.
	Telemetry string
}

// timeout is how long a page waits for the log and for nulls. What is missing then is
// said to be.
const timeout = 10 * time.Second

// Handlers returns what is served, by path. Addresses in pages are relative, so they
// hold below any prefix.
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

// viewer takes a snapshot and assesses it.
func (s *server) viewer(r *http.Request) *viewer {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	return newViewer(s.Source.Snapshot(ctx), s.Judgement, s.Span)
}

func newViewer(s *snapshot.Snapshot, j assess.Judgement, span time.Duration) *viewer {
	a := j.Of(s)
	return &viewer{a: a, all: watchedOf(s, a), judgement: j, span: span}
}
