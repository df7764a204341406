package files

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// Formats of files. Auto detects the format from the name and the first bytes.
const (
	Auto      = "auto"
	CSV       = "csv"
	JSONLines = "jsonl"
	Parquet   = "parquet"
)

// Formats lists all formats.
var Formats = []string{Auto, CSV, JSONLines, Parquet}

// Source reads the files of a Store.
type Source struct {
	// Open opens the store.
	Open func(ctx context.Context) (Store, error)
	// Format is one of Formats.
	Format string
	// Schedule says when to look for files.
	Schedule outcomes.Schedule
	// Settle is how long a file must have been unchanged before its last record is read without a
	// line end, and before a compressed or Parquet file is read.
	Settle time.Duration
}

// Kind is the kind of source with the key "files", for files on this machine.
var Kind = NewKind(nil)

// NewKind returns the same kind, which can also read buckets with these schemes of URLs.
func NewKind(openers map[string]Opener) outcomes.Kind {
	return outcomes.Kind{Name: "files", Parse: func(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) { return parse(d, n, openers) }}
}

func parse(d strictyaml.Decoder, n *yaml.Node, openers map[string]Opener) (outcomes.Source, error) {
	m := d.Map(n, "files", append([]string{"path", "format", "settle"}, outcomes.ScheduleKeys...)...)
	m.Require("path", "write a folder, or a pattern such as /data/outcomes/*.csv")
	s := &Source{
		Format:   m.OneOf("format", Formats...),
		Settle:   m.Duration("settle", 10*time.Second, 0, time.Hour),
		Schedule: outcomes.ParseSchedule(m, time.Minute),
	}
	path := m.Text("path", "")
	switch {
	case m.Err != nil:
	case path == "":
		m.Wrong("path", "path is empty; write a folder or a pattern of files")
	case strings.Contains(path, "://"):
		var err error
		if s.Open, err = parseBucket(path, openers); err != nil {
			m.Wrong("path", "%w", err)
		}
	default:
		if _, err := filepath.Match(path, ""); err != nil {
			m.Wrong("path", "path %q is not a pattern: %w", path, err)
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(d.Path), path)
		}
		s.Open = func(context.Context) (Store, error) { return folder(path), nil }
	}
	return s, m.Err
}

// Run implements outcomes.Source.
func (s *Source) Run(ctx context.Context, sink *outcomes.Sink) (err error) {
	store, err := s.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return s.Schedule.Passes(ctx, sink, func(ctx context.Context) error { return s.pass(ctx, store, sink) })
}

// pass reads what is new. A file that cannot be read does not delay the others.
func (s *Source) pass(ctx context.Context, store Store, sink *outcomes.Sink) error {
	objects, err := store.List(ctx)
	if err != nil {
		return err
	}
	texts, err := sink.Cursors(ctx)
	if err != nil {
		return err
	}
	cursors, err := parseCursors(texts)
	if err != nil {
		return err
	}
	var failed []error
	for _, o := range objects {
		if c := cursors[part(o.Name)]; o.Err == nil && o.Size == 0 || c != nil && c.Done && c.Name == o.Name && c.Size == o.Size && c.Modified.Equal(o.Modified) {
			continue
		}
		f := &reading{source: s, store: store, sink: sink, object: o, cursors: cursors}
		err := f.safely(ctx)
		if lost, ok := errors.AsType[*logError](err); ok {
			return lost
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", o.Name, err))
		}
	}
	if err := forget(ctx, sink, objects, cursors); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// remembered is the number of deleted files whose content is still recognised.
const remembered = 10_000

// forget removes the cursors of the oldest deleted files.
func forget(ctx context.Context, sink *outcomes.Sink, objects []Object, cursors map[string]*cursor) error {
	gone := maps.Clone(cursors)
	for _, o := range objects {
		delete(gone, part(o.Name))
	}
	if len(gone) <= remembered {
		return nil
	}
	oldest := slices.SortedFunc(maps.Keys(gone), func(a, b string) int { return gone[a].Modified.Compare(gone[b].Modified) })
	remove := map[string]string{}
	for _, key := range oldest[:len(gone)-remembered] {
		remove[key] = ""
	}
	return sink.Put(ctx, outcomes.Batch{Cursors: remove})
}

// Once returns a source that reads the files once, in their order.
func Once(names []string, format string) *Source {
	return &Source{Open: func(context.Context) (Store, error) { return Paths(names), nil }, Format: format, Schedule: outcomes.Unlimited}
}
