package reference

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// stored is a Counted as it is stored in a file.
type stored struct {
	Schema    int             `json:"schema"`
	Table     string          `json:"table"`
	Job       string          `json:"job"`
	At        time.Time       `json:"time"`
	Rows      int64           `json:"rows"`
	Bytes     int64           `json:"bytes"`
	State     string          `json:"state,omitempty"`
	Hash      string          `json:"hash"`
	Reference json.RawMessage `json:"reference"`
}

// LoadCounted reads a file of StoreCounted. If the file does not exist, it returns nil without an
// error. If the hash shows that the content was changed, it returns an error.
func LoadCounted(path string) (*Counted, error) {
	data, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read cached reference: %w", err)
	}
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read cached reference %s: %w; delete the file: it will be counted again", path, err)
	}
	if s.Schema != 1 {
		return nil, fmt.Errorf("read cached reference %s: its schema is %d, this version reads 1; delete the file: it will be counted again", path, s.Schema)
	}
	r, err := Parse(s.Reference, path)
	if err != nil {
		return nil, fmt.Errorf("read cached %w; delete the file: it will be counted again", err)
	}
	if r.Hash != s.Hash || r.Rows != s.Rows {
		return nil, fmt.Errorf("read cached reference %s: its hash is %s, not %s as when it was written; delete the file: it will be counted again", path, r.Hash, s.Hash)
	}
	r.Source = "bigquery:" + s.Table
	return &Counted{Reference: r, Table: s.Table, Job: s.Job, At: s.At, Bytes: s.Bytes, State: s.State}, nil
}

// StoreCounted writes a reference, and how it was made, into a file, whole or not at all. It
// makes the folder if it does not exist.
func StoreCounted(path string, c *Counted) error {
	var content bytes.Buffer
	if err := c.Reference.Encode(&content); err != nil {
		return err
	}
	data, err := json.MarshalIndent(stored{
		Schema: 1, Table: c.Table, Job: c.Job, At: c.At, Rows: c.Reference.Rows, Bytes: c.Bytes, State: c.State,
		Hash: c.Reference.Hash, Reference: content.Bytes(),
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return rows.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
