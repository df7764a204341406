package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
)

// Path is where events are sent to.
const Path = "/events"

const (
	// maxBody is the largest body, in bytes.
	maxBody = 8 << 20
	// maxFlying is how many requests are answered at once; more get 503.
	maxFlying = 256
	// teeTimeout is how long the receiver of passed-on events may take.
	teeTimeout = 10 * time.Second
)

// Handler takes events. It is an http.Handler.
type Handler struct {
	Options

	spool  *spool
	flying chan struct{}
	client *http.Client
	stop   func()
	once   sync.Once
}

// New returns a Handler. It must be closed.
func New(ctx context.Context, o Options) (*Handler, error) {
	h := &Handler{Options: o, flying: make(chan struct{}, maxFlying), client: &http.Client{Timeout: teeTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if err := h.register(); err != nil {
		return nil, err
	}
	var err error
	if h.spool, err = openSpool(ctx, &h.Options); err != nil {
		return nil, err
	}
	h.metrics.waiting.Set(float64(h.spool.waiting))
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	go h.spool.run(running)
	return h, nil
}

// Close writes what was taken, and ends.
func (h *Handler) Close() {
	h.once.Do(h.stop)
	<-h.spool.closed
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case h.flying <- struct{}{}:
		defer func() { <-h.flying }()
	default:
		h.refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d events are being taken, which is the limit; send it again later", maxFlying))
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, http.StatusMethodNotAllowed, "events are sent with POST")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		h.refuse(w, http.StatusRequestTimeout, "the body did not arrive in time; send it again")
		return
	case err != nil:
		h.refuse(w, http.StatusBadRequest, "the body ended before its announced length; send it again")
		return
	case len(body) > maxBody:
		h.refuse(w, http.StatusRequestEntityTooLarge, "the body is larger than "+strconv.Itoa(maxBody)+" bytes: let the model answer fewer rows at once")
		return
	}
	all, err := intake.ParseEvents(r.Header, body)
	if err != nil {
		h.refuse(w, http.StatusBadRequest, "the event "+err.Error())
		return
	}
	for i := range all {
		if err := h.take(r.Context(), &all[i]); err != nil {
			h.refuse(w, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	if h.Tee != nil {
		if err := h.pass(r, body); err != nil {
			h.metrics.tee.Inc()
			problem(w, http.StatusBadGateway, "the event is taken, and --events.tee did not take it: "+err.Error()+"; send it again, which adds nothing here")
			return
		}
	}
	w.WriteHeader(http.StatusOK)
}

// take puts an event on disk, or with its partner into the log.
func (h *Handler) take(ctx context.Context, e *intake.Event) error {
	p := &put{event: e}
	if err := h.spool.put(ctx, p); err != nil {
		return fmt.Errorf("the event cannot be kept: %w", err)
	}
	switch p.fate {
	case full:
		return fmt.Errorf("%d events or %d bytes wait for their partners already; send it again later, and see whether requests and responses are both sent", h.Waiting, h.Bytes)
	case again:
		h.metrics.received.WithLabelValues("repeated").Inc()
		return nil
	case kept:
		h.metrics.received.WithLabelValues("waiting").Inc()
		return nil
	case paired:
	}
	request, answer := e, p.partner
	if e.Answer {
		request, answer = p.partner, e
	}
	if err := h.log(ctx, request, answer); err != nil {
		return fmt.Errorf("the prediction log cannot be written; send it again later, and see /-/ready for the reason: %w", err)
	}
	h.metrics.received.WithLabelValues("paired").Inc()
	// If this is lost, the pair is logged again under the same id, and so once.
	return h.spool.put(ctx, &put{done: keyOf(e)})
}

// log logs an exchange. What cannot be mapped is counted.
func (h *Handler) log(ctx context.Context, request, answer *intake.Event) error {
	exchange, latency, err := intake.Pair(request, answer)
	if err == nil {
		batch, unmapped := h.Config.Predictions(&exchange)
		if err = unmapped; err == nil {
			for i := range batch {
				batch[i].Latency = latency
			}
			_, err = h.Recorder.Record(ctx, record.Events, request.ID, batch)
			return err
		}
	}
	h.Recorder.Unmapped(record.Events, err)
	return nil
}

// pass sends the events on as they came.
func (h *Handler) pass(r *http.Request, body []byte) error {
	on, err := http.NewRequestWithContext(r.Context(), http.MethodPost, h.Tee.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	on.Header = r.Header.Clone()
	on.Header.Del("Connection")
	a, err := h.client.Do(on)
	if err != nil {
		return errors.New("it cannot be reached")
	}
	defer func() { _ = a.Body.Close() }() // only its status counts
	if a.StatusCode >= 300 {
		return fmt.Errorf("it answered with status %d", a.StatusCode)
	}
	return nil
}

// refuse answers an event that is not taken.
func (h *Handler) refuse(w http.ResponseWriter, status int, detail string) {
	result := "refused"
	if status == http.StatusServiceUnavailable {
		result = "unavailable"
		w.Header().Set("Retry-After", "1")
	}
	h.metrics.received.WithLabelValues(result).Inc()
	problem(w, status, detail)
}

// problem answers application/problem+json (RFC 9457).
func problem(w http.ResponseWriter, status int, detail string) {
	body, err := json.Marshal(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
	if err != nil {
		body = nil // Strings and integers always encode.
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) //nolint:gosec // G705: never HTML, as the header says. No error: the client may be gone.
}
