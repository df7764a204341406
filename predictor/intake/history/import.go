package history

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Formats of files.
const (
	CSV       = "csv"
	JSONLines = "jsonl"
	Parquet   = "parquet"
	SageMaker = "sagemaker-capture"
	KServe    = "kserve-events"
)

// Formats lists all formats.
var Formats = []string{CSV, JSONLines, Parquet, SageMaker, KServe}

// Options say what is imported.
type Options struct {
	// LogPath is the log; it is created when missing.
	LogPath string
	// Files are read in this order.
	Files []string
	// Format is one of Formats.
	Format string
	// Columns say what the columns of CSV, Parquet and JSON lines are.
	Columns Columns
	// Config says how captured requests and answers are read.
	Config *intake.Config
}

// Check refuses options that do not go together.
func (o *Options) Check() error {
	if o.Format != SageMaker && o.Format != KServe {
		return o.Columns.check()
	}
	if o.Config == nil {
		return fmt.Errorf("--format=%s needs --upstream.config=FILE, which says what the model answers", o.Format)
	}
	return nil
}

// Import imports the files, and reports what happened to each. The options must be
// checked.
func Import(ctx context.Context, o Options, w io.Writer) error {
	path, err := file.Resolve(o.LogPath)
	if err != nil {
		return err
	}
	if err := file.RefuseNetwork(path); err != nil {
		return err
	}
	lock, err := file.TakeLock(path)
	if err != nil {
		return fmt.Errorf("%w; history is imported without a predictor, or into a log of its own", err)
	}
	defer func() { _ = lock.Close() }() // the process ends
	for _, name := range o.Files {
		report, err := o.one(ctx, path, name)
		if err != nil {
			return fmt.Errorf("%s: %w; nothing of this file was imported", name, err)
		}
		if _, err := fmt.Fprint(w, report); err != nil {
			return err
		}
	}
	return nil
}

// one imports a file.
func (o *Options) one(ctx context.Context, path, name string) (report string, err error) {
	sum, err := sumOf(name)
	if err != nil {
		return "", err
	}
	err = sqlite.Edit(ctx, path, true, func(c *file.Connection) (err error) {
		s := sink{conn: c, name: name, sum: sum, of: strings.TrimSpace(o.Columns.Model + " " + o.Columns.Version)}
		known, err := s.known(ctx)
		if err != nil || known != "" {
			report = fmt.Sprintf("%s: imported before (%s), nothing is changed\n", name, known)
			return err
		}
		from, err := o.open(ctx, name)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, from.close()) }()
		if err := c.Write(func() error { return s.write(ctx, from) }); err != nil {
			return err
		}
		report = s.report(from.notes())
		return nil
	})
	return report, err
}

// open reads a file so far that its records can be listed.
func (o *Options) open(ctx context.Context, name string) (source, error) {
	switch o.Format {
	case CSV, Parquet:
		return openTable(ctx, name, o.Format, o.Columns)
	case JSONLines:
		return openLines(name, o.Columns)
	case SageMaker:
		return openCapture(name, o.Config)
	case KServe:
		return openEvents(name, o.Config)
	}
	return nil, fmt.Errorf("format %q is none of %s", o.Format, strings.Join(Formats, ", "))
}

// sumOf returns the SHA-256 of a file, by which it is known.
func sumOf(name string) (string, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errors.New("is not a regular file: save it as one, so that it is imported once")
	case info.Size() == 0:
		return "", errors.New("is empty: there is nothing to import")
	}
	f, err := os.Open(name) // #nosec G304 -- the operator names the file
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// outcome is one to write.
type outcome struct {
	id, time int64
	text     string
}

// byTime sorts outcomes by their times.
func byTime(all []outcome) {
	slices.SortStableFunc(all, func(a, b outcome) int { return int(min(max(a.time-b.time, -1), 1)) })
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }
