package predictor

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
)

// Metrics are the predictor's own metrics: how fast and how well it serves. Its predictions
// are in the log, and on the exporter's page.
type Metrics struct {
	registry *prometheus.Registry

	duration    *prometheus.HistogramVec
	requests    *prometheus.CounterVec
	refused     *prometheus.CounterVec
	unlogged    prometheus.Counter
	repeated    prometheus.Counter
	commitTime  prometheus.Histogram
	commitRows  prometheus.Histogram
	commitFails prometheus.Counter
	unshipped   prometheus.Counter
	dropped     prometheus.Counter
}

// codes are the status codes whose counters exist from the start.
var codes = []int{
	http.StatusOK, http.StatusAccepted, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
	http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest, http.StatusUnprocessableEntity,
	http.StatusTooManyRequests, statusClientClosed, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// NewMetrics returns the metrics in a registry of their own, with those of the
// Go runtime, the process and the build.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(native(prometheus.HistogramOpts{
			Name:    "predictor_request_duration_seconds",
			Help:    "Seconds from reading a request's header to the end of its answer, by handler.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}), []string{"handler"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "predictor_requests_total",
			Help: "Answered requests by handler and HTTP status; 499 is a client that disconnected before its answer.",
		}, []string{"handler", "code"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "predictor_requests_refused_total",
			Help: "Refused requests by handler and reason; a request with several faults counts under the first.",
		}, []string{"handler", "reason"}),
		unlogged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "predictor_unlogged_predictions_total",
			Help: "Predictions answered without a record because the log could not be written (--predictions.log-failure=serve).",
		}),
		repeated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "predictor_repeated_predictions_total",
			Help: "Predictions answered from the log because the same request with the same X-Request-ID had been answered before.",
		}),
		commitTime: prometheus.NewHistogram(native(prometheus.HistogramOpts{
			Name:    "predictor_commit_duration_seconds",
			Help:    "Seconds that one commit to the prediction log took, to the end of its fsync.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		})),
		commitRows: prometheus.NewHistogram(native(prometheus.HistogramOpts{
			Name:    "predictor_commit_rows",
			Help:    "Rows in one successful commit to the prediction log.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 12),
		})),
		commitFails: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "predictor_commit_failures_total",
			Help: "Failed commits to the prediction log; their rows were refused.",
		}),
		unshipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "predictor_unshipped_rows_deleted_total",
			Help: "Rows that --predictions.retention.size deleted before they were shipped to every destination.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "predictor_waiting_outcomes_deleted_total",
			Help: "Deleted outcomes without a prediction beyond a million, and deleted records of outcomes that were not understood beyond 100,000.",
		}),
	}
	m.registry.MustRegister(
		m.duration, m.requests, m.refused, m.unlogged, m.repeated, m.commitTime, m.commitRows, m.commitFails, m.unshipped, m.dropped,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		version.NewCollector("drift_exporter"),
	)
	return m
}

// native makes a histogram native as well, with a growth factor of at most 1.1
// between buckets and at most 160 of them; the classic buckets remain for the
// text format.
func native(o prometheus.HistogramOpts) prometheus.HistogramOpts {
	o.NativeHistogramBucketFactor = 1.1
	o.NativeHistogramMaxBucketNumber = 160
	o.NativeHistogramMinResetDuration = time.Hour
	return o
}

// Commit records one commit to the log; it is what WriterOptions.OnCommit wants.
func (m *Metrics) Commit(rows int, took time.Duration, err error) {
	m.commitTime.Observe(took.Seconds())
	if err != nil {
		m.commitFails.Inc()
		return
	}
	m.commitRows.Observe(float64(rows))
}

// Unlogged counts predictions that were answered without a record.
func (m *Metrics) Unlogged(rows int) { m.unlogged.Add(float64(rows)) }

// Registry is where further metrics go.
func (m *Metrics) Registry() prometheus.Registerer { return m.registry }

// Unshipped counts rows that retention deleted before they were shipped; it is
// what WriterOptions.OnUnshipped wants.
func (m *Metrics) Unshipped(rows int64) { m.unshipped.Add(float64(rows)) }

// Dropped counts rows that retention deleted because there were too many; it is
// what WriterOptions.OnDropped wants.
func (m *Metrics) Dropped(rows int64) { m.dropped.Add(float64(rows)) }

// handlerMetrics are the metrics of one handler.
type handlerMetrics struct {
	duration prometheus.Observer
	answered map[int]prometheus.Counter
	requests *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

// handler returns the metrics of one handler, with every counter at 0.
func (m *Metrics) handler(name string) *handlerMetrics {
	label := prometheus.Labels{"handler": name}
	h := &handlerMetrics{
		duration: m.duration.With(label),
		answered: make(map[int]prometheus.Counter, len(codes)),
		requests: m.requests.MustCurryWith(label),
		refused:  m.refused.MustCurryWith(label),
	}
	for _, code := range codes {
		h.answered[code] = h.requests.WithLabelValues(strconv.Itoa(code))
	}
	for _, reason := range reasons {
		h.refused.WithLabelValues(reason)
	}
	return h
}

// done records one request.
func (h *handlerMetrics) done(code int, took time.Duration) {
	h.duration.Observe(took.Seconds())
	if counter, ok := h.answered[code]; ok {
		counter.Inc()
		return
	}
	h.requests.WithLabelValues(strconv.Itoa(code)).Inc()
}
