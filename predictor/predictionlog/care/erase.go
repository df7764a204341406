package care

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Erased is the result of Erase.
type Erased struct {
	// Rows is the number of rows of the log that were deleted or emptied.
	Rows int64
	// Destinations are the destinations of the log. They also receive the erasure.
	Destinations []string
}

// String returns it as lines of text.
func (e Erased) String() string {
	s := fmt.Sprintf("deleted %d rows\n", e.Rows)
	if len(e.Destinations) > 0 {
		s += fmt.Sprintf("`drift_exporter ship` erases there, too: %s\n", strings.Join(e.Destinations, ", "))
	}
	return s
}

// Erase deletes the prediction with a request id, its shadows, and everything about them in any
// table. It makes sure that no file of the log contains the request id or the features any more.
// For this it overwrites deleted rows with zeros, empties the write-ahead log, and then searches
// the file. If other services have left copies in unused parts of pages, it runs VACUUM. During a
// VACUUM nothing can be written. If the log is shipped, the erasure is shipped too, even if
// retention has already deleted the rows here.
//
// If there is no row, here or elsewhere, the error wraps ErrNotFound. The log's sums contain
// nothing personal and still count the rows. A predictor may be running. If readers block the
// erasure for too long, the error says so, and that it should be run again.
func Erase(ctx context.Context, path, requestID string) (e Erased, err error) {
	if requestID == "" {
		return e, errors.New("erase: the request id is empty")
	}
	err = sqlite.Edit(ctx, path, false, func(c *file.Connection) error {
		if err := c.Exec("PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		traces := [][]byte{[]byte(requestID)}
		err := c.Write(func() error {
			erased, err := e.erase(ctx, c, requestID)
			traces = append(traces, erased...)
			return err
		})
		if err != nil {
			return err
		}
		// This is also done if there was nothing to delete, because an earlier run may have been
		// interrupted.
		if err := scrub(ctx, c, traces); err != nil {
			return fmt.Errorf("the rows are deleted, but the files may still hold their bytes; run it again: %w", err)
		}
		if e.Rows == 0 && len(e.Destinations) == 0 {
			return fmt.Errorf("erase request id %q: %w", requestID, predictionlog.ErrNotFound)
		}
		return nil
	})
	return e, err
}

// The rows of a person: the ids of the answered prediction and of its shadows. ?1 is the request
// id. ?2 is the id in it if the log made the request id, and -1 otherwise.
const selectErased = `WITH answered (id) AS (
  SELECT id FROM predictions WHERE request_id = ?1 AND shadow_of IS NULL
  UNION SELECT id FROM predictions WHERE id = ?2
    AND (request_id IS NULL OR NOT EXISTS (SELECT 1 FROM predictions WHERE request_id = ?1))
)
SELECT id, CAST(features AS BLOB) FROM predictions
WHERE id IN answered OR shadow_of IN (SELECT id FROM answered)`

// The rows that are deleted: rows of the prediction with the id ?1, and rows with the request id
// ?1. The hashes of reviews stay, because the following rows contain them.
var (
	eraseByID = []string{
		"DELETE FROM feedback WHERE prediction_id = ? RETURNING 1",
		"DELETE FROM explorations WHERE prediction_id = ? RETURNING 1",
		"DELETE FROM outcomes WHERE prediction_id = ? RETURNING 1",
		"DELETE FROM outcomes_pending WHERE prediction_id = ? RETURNING 1",
		"UPDATE reviews SET reviewer = '', outcome = '', note = '' WHERE prediction_id = ? AND reviewer || outcome || note <> '' RETURNING 1",
		"DELETE FROM predictions WHERE id = ? RETURNING 1",
	}
	eraseByRequestID = []string{
		"DELETE FROM outcomes WHERE request_id = ? RETURNING 1",
		"DELETE FROM outcomes_pending WHERE request_id = ? RETURNING 1",
	}
)

// erase deletes the rows, notes the erasure for the destinations, and returns the features and the
// records that were set aside.
func (e *Erased) erase(ctx context.Context, c *file.Connection, requestID string) (erased [][]byte, err error) {
	row, err := c.First(ctx, "SELECT value FROM meta WHERE key = 'log_id'")
	if err != nil {
		return nil, err
	}
	f := file.Fields{Row: row}
	own, logID := int64(-1), f.Text(0)
	if of, id, ok := predictionlog.ParseOwnRequestID(requestID); ok && of == logID {
		own = id
	}
	var ids []int64
	err = c.Query(ctx, selectErased, func(row []driver.Value) error {
		f := file.Fields{Row: row}
		ids, erased = append(ids, f.Integer(0)), append(erased, f.Bytes(1))
		return f.Err
	}, requestID, own)
	if err != nil {
		return nil, err
	}
	slices.Reverse(ids) // shadows first
	gone, err := deleted(ctx, c, requestID, own, ids)
	if err != nil {
		return nil, err
	}
	ids = append(ids, gone...)
	for _, id := range ids {
		err = errors.Join(err, e.remove(c, eraseByID, id), e.remove(c, eraseByRequestID, predictionlog.OwnRequestID(logID, id)))
	}
	err = errors.Join(err, e.remove(c, eraseByRequestID, requestID))
	if err != nil {
		return nil, err
	}
	records, err := e.setAside(ctx, c, newPerson(requestID, logID, ids))
	return append(erased, records...), errors.Join(err, e.forDestinations(ctx, c, requestID, ids))
}

// deleted returns predictions of the request id that retention has deleted. own is the id in the
// request id, evidence knows others. Reviews of them are still there.
func deleted(ctx context.Context, c *file.Connection, requestID string, own int64, found []int64) (ids []int64, err error) {
	err = c.Query(ctx, `SELECT DISTINCT prediction_id FROM outcomes WHERE request_id = ?1 AND prediction_id IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM predictions WHERE id = prediction_id)`, func(row []driver.Value) error {
		f := file.Fields{Row: row}
		ids = append(ids, f.Integer(0))
		return f.Err
	}, requestID)
	if own >= 0 && len(found) == 0 && !slices.Contains(ids, own) {
		ids = append(ids, own)
	}
	return ids, err
}

// setAside deletes the records that were set aside and name the person, and returns them. It also
// takes the person out of the cursors of sources.
func (e *Erased) setAside(ctx context.Context, c *file.Connection, p *person) (records [][]byte, err error) {
	var seqs []int64
	err = c.Query(ctx, "SELECT seq, record FROM outcomes_rejected", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		if seq, record := f.Integer(0), f.Text(1); p.in(record) {
			seqs, records = append(seqs, seq), append(records, []byte(record))
		}
		return f.Err
	})
	for _, seq := range seqs {
		err = errors.Join(err, e.remove(c, []string{"DELETE FROM outcomes_rejected WHERE seq = ? RETURNING 1"}, seq))
	}
	cursors := map[string]string{}
	err = errors.Join(err, c.Query(ctx, "SELECT source, cursor FROM outcome_sources", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		if text := f.Text(1); p.without(text) != text {
			cursors[f.Text(0)] = p.without(text)
		}
		return f.Err
	}))
	for source, text := range cursors {
		err = errors.Join(err, c.Do("UPDATE outcome_sources SET cursor = ? WHERE source = ?", text, source))
	}
	return records, err
}

// remove runs statements that delete rows, and counts the rows.
func (e *Erased) remove(c *file.Connection, queries []string, what driver.Value) error {
	for _, query := range queries {
		n, err := count(c, query, what)
		if e.Rows += n; err != nil {
			return err
		}
	}
	return nil
}

// forDestinations notes the erasure for the destinations of the log.
func (e *Erased) forDestinations(ctx context.Context, c *file.Connection, requestID string, ids []int64) error {
	err := c.Query(ctx, "SELECT DISTINCT destination FROM shipped ORDER BY destination", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		e.Destinations = append(e.Destinations, f.Text(0))
		return f.Err
	})
	if err != nil || len(e.Destinations) == 0 {
		return err
	}
	sum := sha256.Sum256([]byte(requestID))
	hash := hex.EncodeToString(sum[:])
	if len(ids) == 0 {
		return c.Do("INSERT INTO erasures (request_hash) VALUES (?)", hash)
	}
	for _, id := range ids {
		if err := c.Do("INSERT INTO erasures (prediction_id, request_hash) VALUES (?, ?)", id, hash); err != nil {
			return err
		}
	}
	return nil
}

// count runs a statement and returns its number of rows.
func count(c *file.Connection, query string, args ...driver.Value) (n int64, err error) {
	err = c.Query(context.Background(), query, func([]driver.Value) error {
		n++
		return nil
	}, args...)
	return n, err
}
