package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Rows says how the rows of a file become predictions. The comments name the flags that set the
// fields.
type Rows struct {
	// Path is --csv or --parquet. Format says which of them.
	Path   string
	Format rows.Format
	// Time is --time, the column with the row's time. Rows must be sorted by it. Without it there
	// are Rate (--rate) rows a second, beginning at Start (--start).
	Time  string
	Rate  float64
	Start time.Time
	// Score is --score, the column with the probability of the positive class, of the predicted
	// class, or the predicted value, by the type of the model. Class is --class,
	// the column with the predicted class. Without Class, the positive class is predicted for a
	// score at or above Threshold (--threshold). 0 is the reference's threshold, or 0.5. What the
	// rows do not contain is not monitored.
	Score, Class string
	Threshold    float64
	// Outcome is --outcome, the column with the outcome of the row. It is known at once. Positive
	// is --positive, the value of the column for the positive class.
	Outcome, Positive string
	// Missing is --missing, texts that stand for a missing value in addition to those of the
	// reference.
	Missing []string
}

// watched returns the specs that apply to the rows of the file: those of one model and one
// reference, without what the rows do not contain.
func (c *Rows) watched(specs []window.Spec) (window.Spec, error) {
	if len(specs) != 1 || len(specs[0].References) != 1 {
		return window.Spec{}, errors.New("the rows of a file belong to one model: name what is normal for it with --reference.file, or in a configuration file with one model and one reference")
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

// fileRows is the history of a file of rows.
type fileRows struct {
	Rows
	file    *rows.File
	is      about
	columns columns
	key     predictionlog.Key
	answers answers
	// lastFeedback is the id of the last row with an outcome, or -1 if there is none.
	lastFeedback int64
}

// openRows reads the whole file once, so that every error in it is reported before anything is
// replayed.
func openRows(ctx context.Context, o Rows, spec *window.Spec) (_ *fileRows, err error) {
	r := spec.References[0]
	h := &fileRows{
		Rows: o, is: about{name: filepath.Base(o.Path)},
		key:     predictionlog.Key{Model: spec.Name, Version: r.Version},
		answers: newAnswers(r, &o), lastFeedback: -1,
	}
	if h.Time == "" && !(h.Rate > 0 && h.Rate <= 1e9) {
		return nil, fmt.Errorf("--rate=%v: must be above 0 rows a second, such as 1", h.Rate)
	}
	if h.Outcome != "" && h.Score == "" && h.Class == "" {
		return nil, errors.New("--outcome needs --score or --class: without a prediction there is nothing to compare it with")
	}
	switch {
	case h.answers.number && h.Class != "":
		return nil, errors.New("--class: the model is a regression, which predicts no class; name the predicted value with --score")
	case r.Type == value.Multiclass && h.Score != "" && h.Class == "":
		return nil, errors.New("--score: the model has many classes; name the column with the predicted class with --class, too")
	}
	if h.file, err = rows.Open(ctx, o.Path, o.Format); err != nil {
		return nil, fmt.Errorf("open rows: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", o.Path, err), h.file.Close())
		}
	}()
	if h.columns, err = columnsOf(h.file.Header(), spec, &h.Rows); err != nil {
		return nil, err
	}
	return h, h.survey(ctx)
}

func (h *fileRows) about() about { return h.is }

func (h *fileRows) close() error { return h.file.Close() }

// survey checks every row and learns what must be known in advance.
func (h *fileRows) survey(ctx context.Context) error {
	outcomes, classes := map[string]int64{}, map[string]int64{} // the last row of each
	scores := scores{low: math.Inf(1), high: math.Inf(-1)}
	var last moment
	err := h.file.Scan(ctx, &rows.Pass{
		Together: h.columns.together, Rows: h.check,
		Then: func(p *rows.Piece) error {
			if p.Rows == 0 {
				return nil
			}
			made := p.Made.(*checked)
			first := h.timeAt(p, made, 0)
			if h.columns.time >= 0 && first < last.time {
				return h.backwards(p, 0, last)
			}
			if h.is.rows == 0 {
				h.is.first = time.Unix(0, first).UTC()
			}
			last = h.momentAt(p, made, p.Rows-1)
			h.is.rows += int64(p.Rows)
			scores.low, scores.high = min(scores.low, made.scores.low), max(scores.high, made.scores.high)
			if i := h.columns.outcome; i >= 0 {
				h.noteOutcomes(outcomes, p.Cells(i), p)
			}
			if i := h.columns.class; i >= 0 {
				h.noteOutcomes(classes, p.Cells(i), p)
			}
			return nil
		},
	})
	switch {
	case err != nil:
		return err
	case h.is.rows == 0:
		return errors.New("has a header but no rows: there is nothing to replay")
	}
	h.is.last = time.Unix(0, last.time).UTC()
	if err := scores.check(h.Score, &h.answers); err != nil {
		return err
	}
	if h.Outcome != "" {
		if err := h.answers.learn(outcomes, h.Positive); err != nil {
			return fmt.Errorf("outcome column %q %w", h.Outcome, err)
		}
	}
	if err := h.answers.learnClasses(classes, h.Positive); err != nil {
		return fmt.Errorf("class column %q %w", h.Class, err)
	}
	for cell, id := range outcomes {
		if h.answers.outcome(cell) != "" {
			h.lastFeedback = max(h.lastFeedback, id)
		}
	}
	return nil
}

// noteOutcomes notes the last row of each text of a column of outcomes or classes.
func (h *fileRows) noteOutcomes(outcomes map[string]int64, cells rows.Cells, p *rows.Piece) {
	for row := range p.Rows {
		cell := cells.Text(row)
		if h.answers.number { // there are as many as rows
			if h.answers.outcome(cell) == "" {
				continue
			}
			cell = "0"
		}
		if _, ok := outcomes[cell]; ok || len(outcomes) < mostOutcomes {
			outcomes[strings.Clone(cell)] = p.First + int64(row)
		}
	}
}

// checked is what is known about some rows: their times (nil without such a column) and their
// scores (NaN if there is none).
type checked struct {
	times  []int64
	score  []float64
	kinds  []value.Kind
	scores scores
}

// moment is the time of a row and its text.
type moment struct {
	time int64
	cell string
}

// check reads the times and scores of some rows.
func (h *fileRows) check(p *rows.Piece) error {
	made := &checked{scores: scores{low: math.Inf(1), high: math.Inf(-1)}}
	p.Made = made
	wrong, at := error(nil), p.Rows // the first row that is wrong
	if i := h.columns.time; i >= 0 {
		cells := p.Cells(i)
		made.times = make([]int64, p.Rows)
		for row := range p.Rows {
			t, err := value.Time(cells.Text(row))
			if err != nil {
				wrong, at = fmt.Errorf("%s, column %q: %w", p.Place(row), h.Time, err), row
				break
			}
			if made.times[row] = t; row > 0 && t < made.times[row-1] {
				wrong, at = h.backwards(p, row, h.momentAt(p, made, row-1)), row
				break
			}
		}
	}
	if i := h.columns.score; i >= 0 {
		cells := p.Cells(i)
		made.score, made.kinds = make([]float64, p.Rows), make([]value.Kind, p.Rows)
		cells.Numbers(&h.answers.column, made.score, made.kinds)
		for row, kind := range made.kinds[:at] {
			switch kind {
			case value.Known:
				made.scores.add(made.score[row])
			case value.Invalid:
				return fmt.Errorf("%s, column %q: the score %.40q is not a number", p.Place(row), h.Score, cells.Text(row))
			}
		}
	}
	return wrong
}

// timeAt returns the time of a row. Without a column of times, only Pass.Then knows it.
func (h *fileRows) timeAt(p *rows.Piece, made *checked, row int) int64 {
	if made.times != nil {
		return made.times[row]
	}
	return h.Start.UnixNano() + int64(float64(p.First+int64(row))/h.Rate*1e9)
}

func (h *fileRows) momentAt(p *rows.Piece, made *checked, row int) moment {
	m := moment{time: h.timeAt(p, made, row)}
	if made.times != nil {
		m.cell = p.Cells(h.columns.time).Text(row)
	}
	return m
}

// backwards returns the error for a row whose time is before that of the row above.
func (h *fileRows) backwards(p *rows.Piece, row int, above moment) error {
	return fmt.Errorf("%s: its time %s is before that of the row above, %s: sort the rows by %q", p.Place(row), p.Cells(h.columns.time).Text(row), above.cell, h.Time)
}
