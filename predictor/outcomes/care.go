package outcomes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// written formats a time for the lists.
func written(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// ListRejected writes the records that were set aside, one JSON object a line. It lists one
// source, or all sources if source is empty.
func ListRejected(ctx context.Context, path, source string, w io.Writer) (err error) {
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	lines := json.NewEncoder(w)
	return reader.RejectedRecords(ctx, source, func(r predictionlog.Rejected) error {
		return lines.Encode(struct {
			Seq    int64  `json:"seq"`
			Time   string `json:"time"`
			Source string `json:"source"`
			Reason string `json:"reason"`
			Says   string `json:"says"`
			Record string `json:"record"`
		}{r.Seq, written(r.ReceivedAt), r.Source, r.Reason, Explain(r.Reason), r.Record})
	})
}

// ListPending writes the outcomes that wait for their prediction, one JSON object a line. It
// lists one source, or all sources if source is empty.
func ListPending(ctx context.Context, path, source string, w io.Writer) (err error) {
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	lines := json.NewEncoder(w)
	return reader.PendingOutcomes(ctx, source, func(p predictionlog.Waiting) error {
		return lines.Encode(struct {
			Seq          int64   `json:"seq"`
			Time         string  `json:"time"`
			Source       string  `json:"source"`
			PredictionID *int64  `json:"prediction_id,omitempty"`
			RequestID    string  `json:"request_id,omitempty"`
			Outcome      string  `json:"outcome"`
			Confidence   float64 `json:"confidence"`
		}{p.Seq, written(p.ReceivedAt), p.Source, p.PredictionID, p.RequestID, p.Outcome, p.Confidence})
	})
}

// RetryPending adds the waiting outcomes whose prediction has arrived, and writes how many there
// were. The running process does the same within seconds.
func RetryPending(ctx context.Context, path string, c *Config, w io.Writer) (err error) {
	log, err := sqlite.NewEvidence(path, sqlite.EvidenceOptions{Agreement: c.Agreement, PendingLimit: c.Pending.Limit})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	settled := 0
	for after := int64(-1); ; {
		received, next, err := log.Match(ctx, after)
		if err != nil {
			return err
		}
		for _, r := range received {
			settled += r.Accepted + r.Unchanged + r.Overruled
		}
		if next < 0 {
			break
		}
		after = next
	}
	_, err = fmt.Fprintf(w, "%d outcomes have found their prediction\n", settled)
	return err
}

// RetryRejected reads the records that were set aside again, with the current configuration. It
// does so for one source, or for all sources if source is empty. A record that is now understood
// leaves the list in the same transaction that adds its outcome.
func RetryRejected(ctx context.Context, path, source string, c *Config, w io.Writer) (err error) {
	mappings := map[string]*Mapping{}
	for i := range c.Sources {
		mappings[c.Sources[i].Name] = &c.Sources[i].Mapping
	}
	if source != "" && mappings[source] == nil {
		return fmt.Errorf("the configuration has no source %s", quote(source))
	}
	log, err := sqlite.NewEvidence(path, sqlite.EvidenceOptions{Agreement: c.Agreement, PendingLimit: c.Pending.Limit})
	if err != nil {
		return err
	}
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, log.Close(), reader.Close()) }()
	understood, left := 0, 0
	err = reader.RejectedRecords(ctx, source, func(r predictionlog.Rejected) error {
		m := mappings[r.Source]
		if m == nil {
			left++
			return nil
		}
		done, err := retry(ctx, log, m, &r)
		if err != nil {
			return err
		}
		if done {
			understood++
		} else {
			left++
		}
		return nil
	})
	_, said := fmt.Fprintf(w, "%d records are understood now, %d stay set aside\n", understood, left)
	return errors.Join(err, said)
}

// retry reads one record again.
func retry(ctx context.Context, log *sqlite.Evidence, m *Mapping, r *predictionlog.Rejected) (understood bool, err error) {
	record := ParseJSON([]byte(r.Record))
	f, rejected := m.Read(&record)
	if rejected != "" {
		return false, nil
	}
	received, err := log.Append(ctx, predictionlog.Evidence{
		Source: r.Source, Retried: r.Seq, Outcomes: []predictionlog.Stated{{Feedback: f, Record: record.text}},
	})
	if errors.Is(err, sqlite.ErrGone) {
		return false, nil
	}
	return len(received.Rejected) == 0 && err == nil, err
}
