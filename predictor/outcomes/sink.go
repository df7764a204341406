package outcomes

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// Sink writes the records of one source to the log.
type Sink struct {
	// Logger receives what an operator must know.
	Logger *slog.Logger

	name, kind string
	mapping    *Mapping
	log        *sqlite.Evidence
	metrics    *metrics
	moved      bool // something was committed since the last failure
	once       bool // the source is read once and to its end
	total      predictionlog.Received
	records    int
	late       int
	lazy       bool      // something may not be on the disk yet
	synced     time.Time // when everything was, last
}

// syncEvery is the longest time for which committed records may not be on the disk, while more
// are coming.
const syncEvery = time.Second

// importedPart is a prefix of the parts of an imported source. It is needed because the same
// source may also be read in another way.
const importedPart = "import-"

// cursorText is a cursor as it is stored in the log. It contains the kind of its source, so that
// a source of another kind with the same name does not misread it.
type cursorText struct {
	Kind string          `json:"kind"`
	At   json.RawMessage `json:"at"`
}

// Cursors returns how far each part of the source has been read, as it was given to Put.
func (s *Sink) Cursors(ctx context.Context) (map[string]string, error) {
	texts, err := s.log.Cursors(ctx, s.name)
	if err != nil {
		return nil, err
	}
	cursors := make(map[string]string, len(texts))
	for part, text := range texts {
		if strings.HasPrefix(part, importedPart) != s.once {
			continue
		}
		var c cursorText
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return nil, fmt.Errorf("the log's cursor of the source %s is not one that this program wrote: %w", s.name, err)
		}
		if c.Kind != s.kind {
			return nil, fmt.Errorf("the log has read %s as a source of the kind %s, and now it is %s: give the source another name", s.name, c.Kind, s.kind)
		}
		cursors[strings.TrimPrefix(part, importedPart)] = string(c.At)
	}
	return cursors, nil
}

// Put adds a batch to the log. Cursors are JSON.
func (s *Sink) Put(ctx context.Context, b Batch) error { return s.PutAgain(ctx, b, false) }

// PutAgain is Put for records that may have been read before. If late is true, it counts the
// records that are new: they became visible after newer records had been read.
func (s *Sink) PutAgain(ctx context.Context, b Batch, late bool) error {
	cursors := make(map[string]string, len(b.Cursors))
	for part, at := range b.Cursors {
		if s.once {
			part = importedPart + part
		}
		if at == "" {
			cursors[part] = ""
			continue
		}
		text, err := json.Marshal(cursorText{Kind: s.kind, At: json.RawMessage(at)})
		if err != nil {
			return fmt.Errorf("write the cursor of %s: %w", s.name, err)
		}
		cursors[part] = string(text)
	}
	b.Cursors = cursors
	began := time.Now()
	e := s.mapping.evidence(s.name, &b)
	e.Lazy = !b.Durable && began.Sub(s.synced) < syncEvery
	received, err := s.log.Append(ctx, e)
	if err != nil {
		return err
	}
	if s.lazy = e.Lazy; !s.lazy {
		s.synced = began
	}
	s.moved = true
	s.records += len(b.Records)
	s.count(received)
	s.metrics.received.WithLabelValues(s.name).Add(float64(len(b.Records)))
	s.metrics.count(s.name, received)
	if late {
		s.late += len(b.Records) - received.Unchanged
		s.metrics.late.WithLabelValues(s.name).Add(float64(len(b.Records) - received.Unchanged))
	}
	return nil
}

func (s *Sink) count(r predictionlog.Received) {
	s.total.Accepted += r.Accepted
	s.total.Unchanged += r.Unchanged
	s.total.Overruled += r.Overruled
	s.total.Pending += r.Pending
	for reason, n := range r.Rejected {
		if s.total.Rejected == nil {
			s.total.Rejected = map[string]int{}
		}
		s.total.Rejected[reason] += n
	}
}

// Current says that all records have been read that the source had at the given time, and returns
// once they are on the disk. It reports whether the source is only read once and is therefore
// done.
func (s *Sink) Current(at time.Time) (done bool, err error) {
	if s.lazy {
		if err := s.log.Sync(); err != nil {
			return false, err
		}
		s.lazy, s.synced = false, time.Now()
	}
	s.metrics.current(s.name, at)
	return s.once, nil
}

// Behind says how many records of the source have not been read yet.
func (s *Sink) Behind(records int64) { s.metrics.behind.WithLabelValues(s.name).Set(float64(records)) }

// Log is the log that the records are written to.
func (s *Sink) Log() *sqlite.Evidence { return s.log }

// Mapping says how the source reads outcomes.
func (s *Sink) Mapping() *Mapping { return s.mapping }

// Secret reads a file that contains one secret.
func Secret(path string) (string, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("read the secret: %s is empty", path)
	}
	return secret, nil
}

// pause waits for a duration, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// CheckColumns returns an error if one of the columns is missing that every record needs.
func (s *Sink) CheckColumns(columns []string) error { return s.mapping.checkColumns(columns) }

// Columns returns the columns that are read from the records of a table.
func (s *Sink) Columns(columns []string) []string { return s.mapping.columns(columns) }
