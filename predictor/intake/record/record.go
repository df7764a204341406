// Package record puts predictions that were made elsewhere into the log, and counts what
// became of them.
package record

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// The sources of predictions.
const (
	Proxy  = "proxy"
	Events = "events"
)

// timeout is how long a record may wait for the log. A commit takes a millisecond; only a
// disk that hangs takes this long.
const timeout = 10 * time.Second

// maxRequestID is the longest request id, in bytes.
const maxRequestID = 128

// Log is where predictions go. *sqlite.Writer implements it and documents the methods.
type Log interface {
	Append(ctx context.Context, batch []predictionlog.Prediction) ([]predictionlog.Record, error)
	AppendRequest(ctx context.Context, r predictionlog.Request) ([]predictionlog.Record, error)
	Refuse(model, version, reason string)
	Ready() error
}

// Recorder records predictions. It is safe for concurrent use.
type Recorder struct {
	log     Log
	logger  *slog.Logger
	failing atomic.Bool
	said    sync.Map // of source and reason

	predictions *prometheus.CounterVec
	repeated    *prometheus.CounterVec
	unmapped    *prometheus.CounterVec
}

// New returns a Recorder whose metrics are in a registry.
func New(log Log, registry prometheus.Registerer, logger *slog.Logger) (*Recorder, error) {
	r := &Recorder{
		log: log, logger: logger,
		predictions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "predictor_intake_predictions_total",
			Help: "Predictions of models that run elsewhere in the log, by source: proxy (--upstream.url) or events (POST /events).",
		}, []string{"source"}),
		repeated: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "predictor_intake_repeated_total",
			Help: "Predictions of models that run elsewhere that the log had already under the same request id, by source.",
		}, []string{"source"}),
		unmapped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "predictor_intake_unmapped_total",
			Help: "Requests to models that run elsewhere that are not in the log as predictions, by source and reason. They were answered all the same.",
		}, []string{"source", "reason"}),
	}
	for _, source := range []string{Proxy, Events} {
		r.predictions.WithLabelValues(source)
		r.repeated.WithLabelValues(source)
		for _, reason := range intake.Reasons {
			r.unmapped.WithLabelValues(source, reason)
		}
	}
	for _, c := range []prometheus.Collector{r.predictions, r.repeated, r.unmapped} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Ready returns nil if the log can be written.
func (r *Recorder) Ready() error { return r.log.Ready() }

// Refuse records that a model did not answer a request.
func (r *Recorder) Refuse(model, version string) { r.log.Refuse(model, version, "upstream_error") }

// Unmapped counts an exchange that is not logged. The reason is written to the log stream
// once.
func (r *Recorder) Unmapped(source string, err error) {
	u, ok := errors.AsType[*intake.Unmapped](err)
	if !ok {
		return
	}
	r.unmapped.WithLabelValues(source, u.Reason).Inc()
	if _, before := r.said.LoadOrStore(source+" "+u.Reason, true); !before {
		r.logger.Warn("a request is not logged as predictions; later ones for this reason are only counted", "source", source, "reason", u.Reason, "detail", u.Detail)
	}
}

// Record writes the predictions of one request in one transaction, all or none, and returns
// once they are on disk. An id makes them those of a request with this id, which is in the
// log once; empty: none.
func (r *Recorder) Record(ctx context.Context, source, id string, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	records, err := r.write(ctx, source, id, batch)
	if err != nil {
		if !r.failing.Swap(true) {
			r.logger.Error("predictions are not recorded", "source", source, "err", err)
		}
		return nil, err
	}
	if r.failing.Load() && r.failing.Swap(false) {
		r.logger.Info("predictions are recorded again")
	}
	if records[0].Repeated {
		r.repeated.WithLabelValues(source).Add(float64(len(batch)))
	} else {
		r.predictions.WithLabelValues(source).Add(float64(len(batch)))
	}
	return records, nil
}

func (r *Recorder) write(ctx context.Context, source, id string, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	if id == "" || !valid(id, len(batch)) {
		return r.log.Append(ctx, batch)
	}
	request := predictionlog.Request{
		Predictions: batch,
		Same:        func(i int, features []byte) bool { return bytes.Equal(batch[i].Features, features) },
	}
	if len(batch) == 1 {
		batch[0].RequestID = id
		request.Others = []string{rowID(id, 0)}
	} else {
		for i := range batch {
			batch[i].RequestID = rowID(id, i)
		}
		request.Others = []string{id, rowID(id, len(batch))}
	}
	records, err := r.log.AppendRequest(ctx, request)
	if !errors.Is(err, predictionlog.ErrReused) {
		return records, err
	}
	r.Unmapped(source, &intake.Unmapped{Reason: intake.ReasonReused, Detail: "a request id was used before for a request with other features: its predictions are logged without it; give every request an id of its own"})
	for i := range batch {
		batch[i].RequestID = ""
	}
	return r.log.Append(ctx, batch)
}

// rowID returns the request id of a row of a batch.
func rowID(id string, row int) string { return id + "/" + strconv.Itoa(row) }

// valid reports whether a request id, and those of its rows, are at most 128 printable
// ASCII bytes.
func valid(id string, rows int) bool {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return len(id) <= maxRequestID && (rows == 1 || len(rowID(id, rows)) <= maxRequestID)
}
