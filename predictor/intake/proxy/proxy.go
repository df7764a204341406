package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
)

// PredictionID is the header with the ids of an answer's predictions in the log: one id,
// or FIRST-LAST for the rows of a batch, which have consecutive ids.
const PredictionID = "X-Prediction-ID"

// idle is how many connections to the model are kept. Clients wait for one another at the
// model, not here.
const idle = 256

// Requests above largeBody, and those that do not say how large they are, are under way
// mostLarge at once, so that their bodies take a bounded memory.
const (
	largeBody = 64 << 10
	mostLarge = 64
)

// readTime is how long a client may take to send its request and to read the answer,
// besides the model's time.
const readTime = 90 * time.Second

// Options are what a Proxy needs. All but Timeout, MaxRequests, Serve and Unlogged are
// required.
type Options struct {
	// URL is where the model is; its path comes before that of a request.
	URL *url.URL
	// Protocol is how clients speak with the model. Config says how that is read.
	Protocol intake.Protocol
	Config   *intake.Config
	// Recorder writes the log.
	Recorder *record.Recorder
	// Serve answers also when the log cannot be written; otherwise 503.
	Serve bool
	// Unlogged counts the predictions that were answered without a record.
	Unlogged func(rows int)
	// Timeout is how long the model may take for an answer; 0: no limit.
	Timeout time.Duration
	// MaxRequests is the number of requests that the model answers at once; 0: no limit.
	MaxRequests int64
	// Registry gets the proxy's metrics, Logger what an operator must know.
	Registry prometheus.Registerer
	Logger   *slog.Logger
}

// Proxy is an http.Handler.
type Proxy struct {
	Options

	reverse  *httputil.ReverseProxy
	flying   atomic.Int64
	large    chan struct{} // the slots of large requests
	duration prometheus.Histogram
}

// New returns a Proxy.
func New(o Options) (*Proxy, error) {
	if o.URL.Scheme != "http" && o.URL.Scheme != "https" || o.URL.Host == "" {
		return nil, fmt.Errorf("--upstream.url=%s: write an address such as http://127.0.0.1:8080", o.URL)
	}
	if o.URL.RawQuery != "" || o.URL.Fragment != "" || o.URL.User != nil {
		return nil, fmt.Errorf("--upstream.url=%s: takes host and path only", o.URL.Redacted())
	}
	p := &Proxy{Options: o, large: make(chan struct{}, mostLarge), duration: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "predictor_upstream_duration_seconds",
		Help:    "Seconds from forwarding a request for predictions to the end of the model's answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		// As the predictor's other histograms.
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	})}
	if err := o.Registry.Register(p.duration); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	p.reverse = &httputil.ReverseProxy{
		Rewrite: p.rewrite,
		Transport: &http.Transport{
			DialContext:         dialer.DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConns:        idle, MaxIdleConnsPerHost: idle, IdleConnTimeout: time.Minute,
			// Otherwise the transport would ask for gzip on its own, and unpack the answer.
			DisableCompression: true,
		},
		ModifyResponse: p.answered,
		ErrorHandler:   p.failed,
		ErrorLog:       slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
		BufferPool:     newBuffers(),
	}
	return p, nil
}

// rewrite makes the request to the model of that of the client.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.SetURL(p.URL)
	// Path and query as they came, also where Go would write them in another way.
	path, _, _ := strings.Cut(r.In.RequestURI, "?")
	if path = strings.TrimSuffix(p.URL.EscapedPath(), "/") + path; strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		r.Out.URL.Opaque = path
	}
	r.Out.URL.RawQuery = r.In.URL.RawQuery
	r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
	r.SetXForwarded()
	r.Out.Header.Del("Expect") // a client that waits for 100 Continue has got it from here
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refused := unserved(r); refused != nil {
		refused.write(w)
		return
	}
	// The server adds none of these to an answer that has none.
	w.Header()["Content-Type"], w.Header()["Date"] = nil, nil
	// The server's own bound on an answer does not know how long the model may take.
	deadline := time.Time{}
	if p.Timeout > 0 {
		deadline = time.Now().Add(p.Timeout + readTime)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(deadline) // not every connection can
	if p.Timeout > 0 {
		ctx, cancel := context.WithTimeoutCause(r.Context(), p.Timeout, errSlow)
		defer cancel()
		r = r.WithContext(ctx)
	}
	model, version, ok := p.Protocol.Match(r.Method, r.URL.EscapedPath())
	if !ok {
		p.reverse.ServeHTTP(w, r)
		return
	}
	p.predict(w, r, model, version)
}

// predict forwards a request for predictions.
func (p *Proxy) predict(w http.ResponseWriter, r *http.Request, model, version string) {
	if !p.Serve {
		if err := p.Recorder.Ready(); err != nil {
			unlogged(err).write(w)
			return
		}
	}
	e := &exchange{proxy: p, start: time.Now(), id: requestID(r), Exchange: intake.Exchange{Protocol: p.Protocol, Model: model, Version: version}}
	if r.ContentLength < 0 || r.ContentLength > largeBody {
		// It waits for a slot before it takes memory.
		select {
		case p.large <- struct{}{}:
			defer func() { <-p.large }()
		case <-r.Context().Done():
			p.failed(w, r, context.Cause(r.Context()))
			return
		}
	}
	if err := e.read(r); err != nil {
		unread(err).write(w)
		return
	}
	if n := p.flying.Add(1); p.MaxRequests > 0 && n > p.MaxRequests {
		p.flying.Add(-1)
		crowded(p.MaxRequests).write(w)
		return
	}
	defer p.flying.Add(-1)
	e.forwarded = time.Now()
	p.reverse.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, e)))
}

// requestID returns the caller's id of the request, or "".
func requestID(r *http.Request) string {
	for _, name := range []string{"X-Request-Id", "X-Amzn-Sagemaker-Inference-Id"} {
		if all := r.Header[name]; len(all) == 1 {
			return all[0]
		}
	}
	return ""
}

// failed answers a request that the model did not, or whose answer is not passed on.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	e, _ := r.Context().Value(key{}).(*exchange)
	refused, ok := errors.AsType[*problem](err)
	if !ok {
		if r.Context().Err() != nil && !errors.Is(context.Cause(r.Context()), errSlow) {
			panic(http.ErrAbortHandler) // the client has disconnected
		}
		refused = unreached(p.URL, err, context.Cause(r.Context()))
		if e != nil {
			e.unmapped(intake.ReasonUnreached, refused.Detail)
			e.refuse()
		}
	}
	refused.write(w)
}
