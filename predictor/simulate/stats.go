package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// stats counts what has happened so far. Its methods are safe for concurrent use.
type stats struct {
	mu        sync.Mutex
	start     time.Time
	end       time.Time // zero: not yet
	total     int       // predictions to send; 0: no end
	accepted  int
	refused   int
	retries   int
	answers   map[int]int     // predictions by status
	latencies *load.Latencies // of predictions, from when they were due to their answer

	outcomes outcomeCounts
	refusal  string // the first one, in words
}

// outcomeCounts counts what happened to the outcomes.
type outcomeCounts struct{ waiting, accepted, refused, correct int }

// givingUp is the number of refusals, without a single accepted prediction, after which the run
// stops.
const givingUp = 100

// predicted notes an answer to /predict. It returns an error if there were only refusals.
func (s *stats) predicted(status int, answer []byte, took time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[status]++
	s.latencies.Add(took)
	if status == 200 {
		s.accepted++
		return nil
	}
	s.refused++
	s.refuse(status, answer)
	if s.refused >= givingUp {
		return s.useless()
	}
	return nil
}

func (s *stats) refuse(status int, answer []byte) {
	if s.refusal == "" {
		s.refusal = fmt.Sprintf("status %d: %s", status, problemOf(answer))
	}
}

// useless returns an error if predictions were refused and none was accepted.
func (s *stats) useless() error {
	if s.accepted > 0 || s.refused == 0 {
		return nil
	}
	return fmt.Errorf("the predictor refused every one of %d predictions, the first with %s", s.refused, s.refusal)
}

func (s *stats) retried() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retries++
}

func (s *stats) waits() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes.waiting++
}

// fedBack notes an answer to /feedback.
func (s *stats) fedBack(status int, answer []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes.waiting--
	if status != 200 {
		s.outcomes.refused++
		s.refuse(status, answer)
		return
	}
	s.outcomes.accepted++
	var a struct {
		Correct bool `json:"correct"`
	}
	if json.Unmarshal(answer, &a) == nil && a.Correct {
		s.outcomes.correct++
	}
}

func (s *stats) elapsed() time.Duration {
	if s.end.IsZero() {
		return time.Since(s.start)
	}
	return s.end.Sub(s.start)
}

// line describes the current state in one line.
func (s *stats) line() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	sent := s.accepted + s.refused
	fmt.Fprintf(&b, "%d", sent)
	if s.total > 0 {
		fmt.Fprintf(&b, " of %d", s.total)
	}
	fmt.Fprintf(&b, " predictions, %.1f a second, p99 %s", float64(sent)/s.elapsed().Seconds(), short(s.latencies.Quantile(.99)))
	if n := s.outcomes.accepted + s.outcomes.refused; n > 0 || s.outcomes.waiting > 0 {
		fmt.Fprintf(&b, ", %d outcomes, %d waiting", n, s.outcomes.waiting)
	}
	if s.refused > 0 {
		fmt.Fprintf(&b, ", %d refused", s.refused)
	}
	if s.retries > 0 {
		fmt.Fprintf(&b, ", %d retries", s.retries)
	}
	return b.String()
}

// print writes the summary.
func (s *stats) print(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	sent := s.accepted + s.refused
	took := s.elapsed()
	fmt.Fprintf(&b, "predictions    %d accepted, %d refused, %d retries in %s (%.1f a second)\n",
		s.accepted, s.refused, s.retries, took.Round(time.Millisecond), float64(sent)/took.Seconds())
	if sent > 0 {
		var answers []string
		for _, status := range slices.Sorted(maps.Keys(s.answers)) {
			answers = append(answers, fmt.Sprintf("%d: %d", status, s.answers[status]))
		}
		l := s.latencies
		fmt.Fprintf(&b, "status         %s\n", strings.Join(answers, ", "))
		fmt.Fprintf(&b, "latency        p50 %s, p90 %s, p99 %s, p99.9 %s, longest %s\n",
			short(l.Quantile(.5)), short(l.Quantile(.9)), short(l.Quantile(.99)), short(l.Quantile(.999)), short(l.Max()))
	}
	if o := s.outcomes; o != (outcomeCounts{}) {
		fmt.Fprintf(&b, "outcomes       %d accepted, %d refused, %d not sent", o.accepted, o.refused, o.waiting)
		if o.accepted > 0 {
			fmt.Fprintf(&b, "; %.1f %% of the predictions were correct", 100*float64(o.correct)/float64(o.accepted))
		}
		b.WriteByte('\n')
	}
	if s.refusal != "" {
		fmt.Fprintf(&b, "first refusal  %s\n", s.refusal)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// short formats a duration with three digits.
func short(d time.Duration) string {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit).String()
		}
	}
}

// problemOf returns the reason in an error answer. This is the detail of a problem (RFC 9457), or
// otherwise the beginning of the text.
func problemOf(answer []byte) string {
	var p struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(answer, &p) == nil && p.Detail != "" {
		return p.Detail
	}
	return fmt.Sprintf("%.300q", strings.TrimSpace(string(answer)))
}
