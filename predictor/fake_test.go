package predictor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// clock is where the tests' time begins.
var clock = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// memory is a log in memory, with the promises of the real one that the
// predictor builds on.
type memory struct {
	mu       sync.Mutex
	err      error // What every write and Ready answer when it is set.
	rows     []predictionlog.Prediction
	records  []predictionlog.Record
	byID     map[string]int
	feedback []predictionlog.Feedback
	refused  []string
	block    chan struct{} // Append waits for it when it is set.
	waiting  chan struct{} // Append says here that it waits.
	panics   bool
}

func (m *memory) Append(ctx context.Context, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	if m.panics {
		panic("the log panicked")
	}
	if m.block != nil {
		m.waiting <- struct{}{}
		select {
		case <-m.block:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	if m.byID == nil {
		m.byID = map[string]int{}
	}
	answer := make([]predictionlog.Record, len(batch))
	for i, p := range batch {
		if first, ok := m.byID[p.RequestID]; ok {
			answer[i] = m.records[first]
			answer[i].Repeated = true
			continue
		}
		if p.RequestID == "" {
			p.RequestID = predictionlog.OwnRequestID(fakeLogID, int64(len(m.rows)))
		}
		m.byID[p.RequestID] = len(m.rows)
		answer[i] = predictionlog.Record{
			ID: int64(len(m.rows)), Time: clock, RequestID: p.RequestID,
			Model: p.Model, Version: p.Version, Score: p.Score, Class: p.Class,
		}
		m.rows, m.records = append(m.rows, p), append(m.records, answer[i])
	}
	return answer, nil
}

// fakeLogID is the id of the log that memory stands for.
const fakeLogID = "0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e"

func (m *memory) AppendRequest(ctx context.Context, r predictionlog.Request) ([]predictionlog.Record, error) {
	m.mu.Lock()
	known := 0
	for _, id := range r.Others {
		if _, ok := m.byID[id]; ok {
			known = -1
		}
	}
	for i, p := range r.Predictions {
		if first, ok := m.byID[p.RequestID]; ok && known >= 0 {
			if known++; !r.Same(i, m.rows[first].Features) {
				known = -1
			}
		}
	}
	m.mu.Unlock()
	if known != 0 && known != len(r.Predictions) {
		return nil, fmt.Errorf("fake: %w", predictionlog.ErrReused)
	}
	return m.Append(ctx, r.Predictions)
}

func (m *memory) AppendOutcomes(_ context.Context, batch []predictionlog.Feedback) ([]predictionlog.Accepted, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	var refused predictionlog.RefusedOutcomes
	accepted := make([]predictionlog.Accepted, len(batch))
	for i, f := range batch {
		id := -1
		if f.RequestID != "" {
			if found, ok := m.byID[f.RequestID]; ok {
				id = found
			}
		} else if *f.PredictionID < int64(len(m.rows)) {
			id = int(*f.PredictionID)
		}
		if id < 0 {
			refused = append(refused, predictionlog.RefusedOutcome{Index: i, Err: fmt.Errorf("fake: %w", predictionlog.ErrNotFound)})
			continue
		}
		accepted[i] = predictionlog.Accepted{PredictionID: int64(id), Outcome: f.Outcome, Class: m.rows[id].Class}
	}
	if refused != nil {
		return nil, refused
	}
	m.feedback = append(m.feedback, batch...)
	return accepted, nil
}

func (m *memory) Refuse(_, _, reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused = append(m.refused, reason)
}

func (m *memory) Ready() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// fail makes the log unavailable, or available with nil.
func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// errDisk is how a log fails whose disk is full.
var errDisk = fmt.Errorf("append: %w: %w", predictionlog.ErrUnavailable, errors.New("database or disk is full"))

// toy is a model of two numbers and a category. The average row, with income 50,
// age 40 and any unknown grade, is even.
func toy() *model.Model {
	return &model.Model{
		Name: "toy", Version: "v1", Threshold: 0.5,
		Features: []model.Feature{
			{Name: "income", Type: model.Numeric, Mean: 50, SD: 10, Coefficient: 1},
			{Name: "grade", Type: model.Categorical, Categories: []model.Category{{Value: "A", Coefficient: 1}, {Value: "30", Coefficient: -1}}},
			{Name: "age", Type: model.Numeric, Mean: 40, SD: 5, Coefficient: -0.5},
		},
	}
}

// zeroAndOne are the classes of a model that names none.
var zeroAndOne = []value.Class{{Text: "0"}, {Text: "1"}}

// newServer returns a server of the toy model on a log in memory.
func newServer(t testing.TB, change func(*Options)) (*Server, *memory) {
	t.Helper()
	log := &memory{}
	o := Options{Model: toy(), Log: log, Now: func() time.Time { return clock }}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, log
}

// answer is what a request got.
type answer struct {
	code   int
	header http.Header
	body   string
}

// ask sends one request to the handler. Headers are "Name: value".
func ask(t testing.TB, h http.Handler, method, path, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{w.Code, w.Result().Header, string(got)}
}

// into decodes the answer, which must have no member that v has not.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("answer %s: %v", a.body, err)
	}
}

// predicted is an answer of /predict.
type predicted struct {
	PredictionID *int64   `json:"prediction_id"`
	RequestID    string   `json:"request_id"`
	Prediction   int      `json:"prediction"`
	Probability  *float64 `json:"probability"`
	Model        string   `json:"model"`
	ModelVersion string   `json:"model_version"`
	Logged       *bool    `json:"logged"`
}

// names lists what the faults name, in the form "index.field reason".
func names(faults []fault) []string {
	all := make(map[string]bool, len(faults))
	for _, f := range faults {
		name := f.Field + " " + f.Reason
		if f.Index != nil {
			name = fmt.Sprintf("%d.%s", *f.Index, name)
		}
		all[name] = true
	}
	return slices.Sorted(maps.Keys(all))
}
