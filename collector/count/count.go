// Package count counts the rows of a file into a reference, in bounded memory.
package count

import (
	"context"
	"errors"
	"runtime"

	"github.com/drift-exporter/drift_exporter/collector/count/sorted"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Options say what the columns are and how they are counted.
type Options struct {
	survey.Options
	// Threshold is the score at or above which the positive class is predicted. It is used if
	// there is no column of classes.
	Threshold float64
	// Folder is the folder for a temporary file, empty for the system's folder. Memory is the
	// approximate number of bytes of values that are kept in memory before they are moved to this
	// file. 0 is 6 MB. Sorting needs the same amount again.
	Folder string
	Memory int
}

// defaultMemory is the default of Options.Memory.
const defaultMemory = 6 << 20

// Rows reads a table once or twice (see early) and returns the same reference as [reference.Build] for its rows. The
// notes say what a person should know about how the columns were read.
func Rows(ctx context.Context, t rows.Table, o Options, b reference.BuildOptions) (_ *reference.Reference, notes []string, err error) {
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	space := sorted.NewSpace(o.Folder)
	defer func() { err = errors.Join(err, space.Close()) }()
	if o.Score == "" && o.Class == "" && o.Type == "" {
		o.Type = value.Binary // there is nothing that the outcomes would belong to
	}
	first := newEarly(t, &o, space)
	s, err := survey.With(ctx, t, &o.Options, first.add)
	if err != nil {
		return nil, nil, err
	}
	b.Missing = s.Missing.Texts()
	j, err := newJudge(ctx, t, s, &o, &b)
	if err != nil {
		return nil, s.Notes, err
	}
	c := newCounting(s, j, first, space, o.Memory)
	if err := c.scan(ctx, t); err != nil {
		return nil, s.Notes, err
	}
	r, err := c.reference(b)
	if err == nil {
		err = j.byScore(ctx, t, r)
	}
	return r, s.Notes, err
}

// counting contains the columns of a table while they are counted.
type counting struct {
	survey  *survey.Survey
	judge   *judge
	each    []int // columns that are counted
	columns []column
	later   []int // those of them that the first reading has not counted
	rows    int
}

func newCounting(s *survey.Survey, j *judge, first *early, space *sorted.Space, memory int) *counting {
	c := &counting{survey: s, judge: j}
	for i := range s.Columns {
		if role := s.Columns[i].Role; role == survey.Feature || role == survey.Score {
			c.each = append(c.each, i)
		}
	}
	for at, i := range c.each {
		of := &s.Columns[i]
		if done := first.column(i, of); done != nil {
			c.columns = append(c.columns, *done)
			continue
		}
		c.columns = append(c.columns, newColumn(of, space, memory/len(c.each), memory/12/runtime.GOMAXPROCS(0)))
		c.later = append(c.later, at)
	}
	return c
}

// scan counts the columns that are not counted yet, and the answers.
func (c *counting) scan(ctx context.Context, t rows.Table) error {
	if len(c.later) == 0 && len(c.judge.columns) == 0 {
		c.rows = c.survey.Rows
		return nil
	}
	pass := rows.Pass{
		Together: c.judge.columns, Rows: c.judge.mark,
		Then: func(p *rows.Piece) error {
			c.rows += p.Rows
			c.judge.count(p)
			return nil
		},
		Column: func(at int, cells rows.Cells, p *rows.Piece) error { return c.columns[c.later[at]].add(cells, p) },
	}
	for _, at := range c.later {
		pass.Each = append(pass.Each, c.each[at])
	}
	if len(pass.Together) == 0 {
		pass.Rows = nil
	}
	if err := t.Scan(ctx, &pass); err != nil {
		return err
	}
	if c.rows != c.survey.Rows {
		return rows.ErrChanged
	}
	return nil
}

// reference makes the reference from the counts.
func (c *counting) reference(b reference.BuildOptions) (*reference.Reference, error) {
	labels, judged := c.judge.labels()
	tallies := make([]reference.Tally, 0, len(c.columns))
	var score *reference.Tally
	for i := range c.columns {
		t := c.columns[i].tally(c.rows, judged)
		if c.columns[i].of.Role != survey.Score {
			tallies = append(tallies, t)
		} else if c.judge.held > 0 {
			t.Name, t.Missing = "score", c.columns[i].missing
			score = &t
		}
	}
	r, err := reference.BuildTallies(int64(c.rows), tallies, score, labels, b)
	for i := range c.columns {
		err = errors.Join(c.columns[i].err(), err)
	}
	return r, err
}

// column counts one column.
type column struct {
	of               *survey.Column
	numbers          *sorted.Numbers // nil: texts
	texts            *sorted.Texts
	missing, invalid int64

	x     []float64 // scratch
	kinds []value.Kind
}

// newColumn returns an empty column. It uses this much memory and sorts chunk numbers at a time.
func newColumn(of *survey.Column, space *sorted.Space, memory, chunk int) column {
	if of.Read.Type == value.Numeric {
		return column{of: of, numbers: sorted.NewNumbers(space, memory, chunk)}
	}
	return column{of: of, texts: sorted.NewTexts(space, memory)}
}

// add counts some rows.
func (c *column) add(cells rows.Cells, p *rows.Piece) error {
	mark := func(int) sorted.Mark { return sorted.Unknown }
	if p.Marks != nil {
		mark = func(row int) sorted.Mark { return sorted.Mark(p.Marks[row] &^ heldOut) }
	}
	if c.numbers == nil {
		cells.Texts(&c.of.Read, func(row int, kind value.Kind, text []byte) {
			switch kind {
			case value.Known:
				c.texts.Add(text, mark(row))
			case value.Invalid:
				c.invalid++
			case value.Missing:
				c.missing++
			}
		})
		return c.texts.Err()
	}
	x, kinds := c.scratch(p.Rows)
	cells.Numbers(&c.of.Read, x, kinds)
	for row, kind := range kinds {
		switch {
		case c.of.Role == survey.Score && p.Marks[row]&heldOut == 0:
		case kind == value.Known:
			c.numbers.Add(x[row], mark(row))
		case kind == value.Invalid:
			c.invalid++
		default:
			c.missing++
		}
	}
	return c.numbers.Err()
}

// scratch returns room for the numbers of some rows.
func (c *column) scratch(rows int) ([]float64, []value.Kind) {
	if cap(c.x) < rows {
		c.x, c.kinds = make([]float64, rows), make([]value.Kind, rows)
	}
	return c.x[:rows], c.kinds[:rows]
}

// tally returns the counts.
func (c *column) tally(rows int, judged bool) reference.Tally {
	t := reference.Tally{Name: c.of.Name, Type: c.of.Read.Type, Missing: c.missing, Invalid: c.invalid, Ranges: c.of.Asked == value.Numeric, HasOutcomes: judged}
	if c.numbers != nil {
		t.Sorted, t.Done = c.numbers.Ascending(), c.numbers.Release
	} else {
		t.Sorted = c.texts.Ascending()
	}
	return t
}

func (c *column) err() error {
	if c.numbers != nil {
		return c.numbers.Err()
	}
	return c.texts.Err()
}
