package history

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// sink writes the records of one file into a log.
type sink struct {
	conn          *file.Connection
	name, sum, of string // of is the model and its version

	next, last int64 // the next id, and the newest time
	before     bool  // the log had rows before this file
	rows, had  int64
	from, to   int64
	outcomes   []outcome
}

// key is the file's in the table meta: by its content, for one model.
func (s *sink) key() string { return "imported " + s.sum + " " + s.of }

// known says what the log knows of the file, "" if it was not imported.
func (s *sink) known(ctx context.Context) (string, error) {
	row, err := s.conn.First(ctx, `SELECT value FROM meta WHERE key = ?`, s.key())
	if err != nil || row == nil {
		return "", err
	}
	f := file.Fields{Row: row}
	text := f.Text(0)
	return text, f.Err
}

// write writes all records, in the transaction that is open.
func (s *sink) write(ctx context.Context, from source) error {
	row, err := s.conn.First(ctx, `SELECT
		max(coalesce((SELECT max(id) FROM predictions), -1), (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions')) + 1,
		coalesce((SELECT time FROM predictions ORDER BY id DESC LIMIT 1), -1)`)
	if err != nil {
		return err
	}
	f := file.Fields{Row: row}
	if s.next, s.last = f.Integer(0), f.Integer(1); f.Err != nil {
		return f.Err
	}
	s.before = s.last >= 0
	if err := from.each(ctx, s.add); err != nil {
		return err
	}
	if s.rows+s.had == 0 {
		return fmt.Errorf("has no predictions: %s", strings.Join(append(from.notes(), "there is nothing to import"), "; "))
	}
	byTime(s.outcomes)
	for _, o := range s.outcomes {
		if err := s.conn.Do(`INSERT INTO feedback (prediction_id, time, observed_at, outcome, source) VALUES (?, ?, ?, ?, 'import')`, o.id, o.time, o.time, o.text); err != nil {
			return fmt.Errorf("write the outcome of prediction %d: %w", o.id, err)
		}
	}
	said := fmt.Sprintf("%d predictions, %d outcomes", s.rows, len(s.outcomes))
	return s.conn.Do(`INSERT INTO meta (key, value) VALUES (?, ?)`, s.key(), said)
}

// add writes one record.
func (s *sink) add(r *record) error {
	if r.RequestID != "" {
		row, err := s.conn.First(context.Background(), `SELECT id FROM predictions WHERE request_id = ? AND shadow_of IS NULL`, r.RequestID)
		if err != nil {
			return err
		}
		if row != nil {
			s.had++
			return nil
		}
	}
	if r.time < s.last-sqlite.Backwards {
		if s.rows == 0 && s.before {
			return fmt.Errorf("%s: begins at %s, and the log has predictions until %s: import files in the order of their times, and history into a log of its own", r.place(), stamp(r.time), stamp(s.last))
		}
		return fmt.Errorf("%s: its time %s is before that of the prediction above, %s: sort the file by time", r.place(), stamp(r.time), stamp(s.last))
	}
	s.last = max(s.last, r.time)
	var requestID, score, latency any
	if r.RequestID != "" {
		requestID = r.RequestID
	}
	if !math.IsNaN(r.Score) {
		score = r.Score
	}
	if r.Latency >= 0 {
		latency = int64(r.Latency)
	}
	err := s.conn.Do(`INSERT INTO predictions (id, time, model, version, request_id, features, score, class, latency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.next, s.last, r.Model, r.Version, requestID, string(r.Features), score, r.Class, latency)
	if err != nil {
		return fmt.Errorf("%s: %w", r.place(), err)
	}
	if r.outcome != "" {
		at := max(s.last, r.outcomeTime)
		s.outcomes = append(s.outcomes, outcome{s.next, at, r.outcome})
	}
	if s.rows == 0 {
		s.from = s.last
	}
	s.to = s.last
	s.next++
	s.rows++
	return nil
}

// report says what was done.
func (s *sink) report(notes []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d predictions", s.name, s.rows)
	if s.rows > 0 {
		fmt.Fprintf(&b, " from %s to %s", stamp(s.from), stamp(s.to))
	}
	fmt.Fprintf(&b, ", %d outcomes", len(s.outcomes))
	if s.had > 0 {
		fmt.Fprintf(&b, "; %d were there already, by their request ids", s.had)
	}
	b.WriteByte('\n')
	for _, n := range notes {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	return b.String()
}
