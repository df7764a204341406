package review

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
	"github.com/drift-exporter/drift_exporter/predictor/weighted"
)

// ServeHTTP implements http.Handler. Requests from other sites do not arrive here.
func (s *Source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path == "/validate":
		s.validate(w, r)
	case r.Method == http.MethodPost:
		s.post(w, r)
	default:
		s.get(w, r)
	}
}

// statusOf returns the status of an error.
func statusOf(err error) int {
	_, refused := errors.AsType[refusal](err)
	switch {
	case errors.Is(err, errNobody):
		return http.StatusUnprocessableEntity
	case errors.Is(err, errDenied):
		return http.StatusForbidden
	case refused:
		return http.StatusConflict
	case errors.Is(err, predictionlog.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, predictionlog.ErrPruned):
		return http.StatusGone
	}
	return http.StatusServiceUnavailable
}

// outcome reads what a person says really happened: one of the answers, or a text of outcome.map.
func (d *desk) outcome(id int64, text any) (string, error) {
	f, rejected := d.sink.Mapping().Read(&outcomes.Record{Value: map[string]any{"prediction_id": id, "outcome": text}})
	if rejected == "" && d.number {
		if _, kind := value.Number(f.Outcome); kind == value.Known {
			return f.Outcome, nil
		}
	}
	for _, a := range d.sink.Mapping().Answers() {
		if rejected == "" && !d.number && a.Outcome == f.Outcome {
			return f.Outcome, nil
		}
	}
	if d.number {
		return "", fmt.Errorf("%.40q is not a number", fmt.Sprint(text))
	}
	return "", fmt.Errorf("%.40q is not one of %s", fmt.Sprint(text), strings.Join(d.words(), ", "))
}

// words returns the outcomes that people can choose from.
func (d *desk) words() (all []string) {
	for _, a := range d.sink.Mapping().Answers() {
		all = append(all, a.Word)
	}
	return all
}

// parseID reads the id of a prediction.
func parseID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, fmt.Errorf("prediction_id is %.40q, but must be a whole number from 0", text)
	}
	return id, nil
}

// Reviews implements outcomes.Reviewed.
func (s *Source) Reviews() (state outcomes.ReviewState, ok bool) {
	err := s.use(func(d *desk) error {
		first, second, third := d.queue.lengths()
		state = outcomes.ReviewState{
			Waiting: map[string]int{"first": first, "second": second, "third": third}, Skips: d.queue.skips, Open: d.identity.header == "", Last: d.last,
		}
		if n := len(d.draws.epochs); n > 0 {
			state.Sample, state.Raised = d.draws.epochs[n-1].Sample, d.draws.epochs[n-1].Raised
		}
		state.Agree, state.Both = d.queue.agreement()
		if d.number {
			state.Numbers = d.queue.numbers()
			return nil
		}
		all, byClass := d.queue.accuracy(d.sink.Mapping().Classes(), d.sink.Mapping().Answers())
		state.Accuracy = estimate(&all)
		state.ByClass = map[string]outcomes.Estimate{}
		for class, e := range byClass {
			state.ByClass[class] = estimate(e)
		}
		return nil
	})
	return state, err == nil
}

// estimate returns an estimate as the metrics have it.
func estimate(s *weighted.Share) outcomes.Estimate {
	share, lower, upper, _ := s.Estimate()
	return outcomes.Estimate{Value: share, Lower: lower, Upper: upper, Samples: int(s.Samples)}
}
