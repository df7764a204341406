package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// CSV says how the rows of a CSV with a header (plain or gzip) are predictions.
// The names in the comments are the flags that set them.
type CSV struct {
	// Path is --csv.
	Path string
	// Time is --time, the column with the row's time; rows must be in its order.
	// Without it rows come Rate (--rate) a second, from Start (--start) on.
	Time  string
	Rate  float64
	Start time.Time
	// Score is --score, the column with the probability of the positive class;
	// Class is --class, that with the predicted class. Without it the class is the
	// positive one from a score of Threshold (--threshold) on; 0 is the reference's
	// threshold, or 0.5. What the rows do not have is not watched.
	Score, Class string
	Threshold    float64
	// Outcome is --outcome, the column with what became of the row, known at
	// once; Positive is --positive, its value that is the positive class.
	Outcome, Positive string
	// Missing is --missing, texts that stand for a missing value in addition to those of the
	// reference.
	Missing []string
}

// csv is the history of a CSV.
type csv struct {
	CSV
	is      about
	columns columns
	key     predictionlog.Key
	scores  scores
	answers answers
	// lastFeedback is the id of the last row with an outcome, -1 without one.
	lastFeedback int64
}

// watched returns specs as the rows of the CSV can be held against them: those
// of one model and one reference, without what the rows do not have.
func (c *CSV) watched(specs []window.Spec) (window.Spec, error) {
	if len(specs) != 1 || len(specs[0].References) != 1 {
		return window.Spec{}, errors.New("the rows of a CSV belong to one model: name what is normal for it with --reference.file, or in a configuration file with one model and one reference")
	}
	spec, r := specs[0], *specs[0].References[0]
	if c.Score == "" {
		r.Score = nil
	}
	if c.Score == "" && c.Class == "" {
		r.Classes = nil
	}
	spec.References = []*reference.Reference{&r}
	return spec, nil
}

// openCSV reads the whole file once, so that whatever is wrong with it is said
// before anything is replayed.
func openCSV(ctx context.Context, o CSV, spec *window.Spec) (_ *csv, err error) {
	r := spec.References[0]
	c := &csv{
		CSV: o, is: about{name: filepath.Base(o.Path)},
		key:     predictionlog.Key{Model: spec.Name, Version: r.Version},
		answers: newAnswers(r, &o), lastFeedback: -1,
	}
	if c.Time == "" && !(c.Rate > 0 && c.Rate <= 1e9) {
		return nil, fmt.Errorf("--rate=%v: must be above 0 rows a second, such as 1", c.Rate)
	}
	if c.Outcome != "" && c.Score == "" && c.Class == "" {
		return nil, errors.New("--outcome needs --score or --class: without a prediction there is nothing to compare it with")
	}
	rows, err := c.rows()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.file.Close()) }()
	if c.columns, err = columnsOf(rows.csv, spec, &c.CSV); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Path, err)
	}
	if err := c.survey(ctx, rows); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Path, err)
	}
	return c, nil
}

// survey checks every row and learns what is known beforehand.
func (c *csv) survey(ctx context.Context, rows *csvRows) error {
	outcomes := map[string]int64{} // the last row of each
	var entry entry[predictionlog.Row]
	for ; ; c.is.rows++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cells, err := rows.next(&entry, entry.row.Features[:0])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if i := c.columns.outcome; i >= 0 {
			if _, ok := outcomes[cells[i]]; ok || len(outcomes) < mostOutcomes {
				outcomes[strings.Clone(cells[i])] = entry.id
			}
		}
		c.scores.add(&entry.row)
		c.is.last = time.Unix(0, entry.time).UTC()
		if c.is.rows == 0 {
			c.is.first = c.is.last
		}
	}
	if c.is.rows == 0 {
		return errors.New("has a header but no rows: there is nothing to replay")
	}
	if err := c.scores.check(c.Score); err != nil || c.Outcome == "" {
		return err
	}
	if err := c.answers.learn(outcomes, c.Positive); err != nil {
		return fmt.Errorf("outcome column %q %w", c.Outcome, err)
	}
	for cell, id := range outcomes {
		if c.answers.outcome(cell) != "" {
			c.lastFeedback = max(c.lastFeedback, id)
		}
	}
	return nil
}

func (c *csv) about() about { return c.is }

func (c *csv) open() (*source, error) {
	rows, err := c.rows()
	if err != nil {
		return nil, err
	}
	var known []entry[predictionlog.FeedbackRow] // that is not handed on yet
	return &source{
		predictions: func(_ context.Context, entries []entry[predictionlog.Row]) ([]entry[predictionlog.Row], bool, error) {
			text := make([]byte, 0, rows.size)
			for n := range chunk {
				var e entry[predictionlog.Row]
				cells, err := rows.next(&e, text)
				if errors.Is(err, io.EOF) {
					return entries, n > 0, nil
				}
				if err != nil {
					return entries, false, fmt.Errorf("%s changed while it was read: %w", c.Path, err)
				}
				text = e.row.Features
				e.row.Features = e.row.Features[rows.begin:len(text):len(text)]
				entries = append(entries, e)
				if f, ok := c.feedback(&e, cells); ok {
					known = append(known, f)
				}
			}
			rows.size = max(rows.size, len(text)+1<<10)
			return entries, true, nil
		},
		feedback: func(_ context.Context, entries []entry[predictionlog.FeedbackRow]) ([]entry[predictionlog.FeedbackRow], bool, error) {
			n := len(known)
			entries, known = append(entries, known...), known[:0]
			return entries, n > 0, nil
		},
		errors: func(_ context.Context, entries []entry[predictionlog.ErrorRow]) ([]entry[predictionlog.ErrorRow], bool, error) {
			return entries, false, nil
		},
		totals: func(_ context.Context, upTo predictionlog.UpTo) (predictionlog.Totals, error) {
			return predictionlog.Totals{UpTo: upTo, Counters: map[predictionlog.Key]*predictionlog.Counters{}}, nil
		},
		highWater: predictionlog.UpTo{Predictions: c.is.rows - 1, Feedback: c.lastFeedback, Errors: -1},
		close:     rows.file.Close,
	}, nil
}

// feedback returns the outcome of a row, when it is known.
func (c *csv) feedback(e *entry[predictionlog.Row], cells []string) (f entry[predictionlog.FeedbackRow], ok bool) {
	if c.columns.outcome < 0 {
		return f, false
	}
	outcome := c.answers.outcome(cells[c.columns.outcome])
	if outcome == "" {
		return f, false
	}
	f.id, f.time = e.id, e.time
	f.row = predictionlog.FeedbackRow{
		Seq: e.id, PredictionID: e.id, Time: e.time, ObservedAt: e.time,
		Outcome: outcome, Class: e.row.Class, Model: e.row.Model, Version: e.row.Version, Confidence: 1,
		PredictedAt: e.time, Score: e.row.Score, HasScore: e.row.HasScore,
	}
	return f, true
}

// rows opens the file.
func (c *csv) rows() (*csvRows, error) {
	f, err := os.Open(c.Path)
	if err != nil {
		return nil, fmt.Errorf("open rows to replay: %w", err)
	}
	in, err := rows.NewCSV(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", c.Path, err), f.Close())
	}
	return &csvRows{history: c, file: f, csv: in}, nil
}

// csvRows reads the rows of a CSV as predictions.
type csvRows struct {
	history *csv
	file    *os.File
	csv     *rows.CSV
	id      int64
	time    int64  // of the row before
	cell    string // its time as it is written
	begin   int    // where the features of the last row begin
	size    int    // of the features of a chunk
}

// next reads a row. Its features are appended to text; the cells are valid until
// the next call.
func (r *csvRows) next(e *entry[predictionlog.Row], text []byte) ([]string, error) {
	cells, err := r.csv.Next()
	if err != nil {
		return nil, err
	}
	h := r.history
	e.id, e.row = r.id, predictionlog.Row{ID: r.id, Model: h.key.Model, Version: h.key.Version, Latency: -1}
	if e.time, err = r.timeOf(cells); err != nil {
		return nil, err
	}
	e.row.Time = e.time
	if err := r.predict(&e.row, cells); err != nil {
		return nil, err
	}
	r.begin = len(text)
	e.row.Features = r.history.columns.appendFeatures(text, cells)
	r.id++
	return cells, nil
}

// timeOf returns the time of a row, which is not before that of the last one.
func (r *csvRows) timeOf(cells []string) (int64, error) {
	if r.history.columns.time < 0 {
		return r.history.Start.UnixNano() + int64(float64(r.id)/r.history.Rate*1e9), nil
	}
	cell := cells[r.history.columns.time]
	t, err := parseTime(cell)
	if err != nil {
		return 0, fmt.Errorf("line %d, column %q: %w", r.csv.Line(), r.history.Time, err)
	}
	if t < r.time {
		return 0, fmt.Errorf("line %d: its time %s is before that of the row above, %s: sort the rows by %q", r.csv.Line(), cell, r.cell, r.history.Time)
	}
	r.time, r.cell = t, strings.Clone(cell)
	return t, nil
}

// predict fills in score and class.
func (r *csvRows) predict(row *predictionlog.Row, cells []string) error {
	h := r.history
	if i := h.columns.score; i >= 0 {
		switch v := h.answers.column.Read(cells[i]); v.Kind {
		case value.Known:
			row.Score, row.HasScore = v.Number, true
			row.Class = h.answers.of(v.Number)
		case value.Invalid:
			return fmt.Errorf("line %d, column %q: the score %.40q is not a number", r.csv.Line(), h.Score, cells[i])
		}
	}
	if i := h.columns.class; i >= 0 {
		row.Class = h.answers.class(cells[i])
	}
	return nil
}
