package history

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// table is a CSV or a Parquet file.
type table struct {
	Columns

	file     *rows.File
	survey   *survey.Survey
	at       map[string]int // columns by name
	all      []int          // the columns that are read
	place    map[int]int    // where a column is in all
	heads    [][]byte       // of the features, by their place in features
	features []int
	start    int64
}

func openTable(ctx context.Context, name, format string, c Columns) (_ *table, err error) {
	t := &table{Columns: c, at: map[string]int{}, place: map[int]int{}}
	if t.file, err = rows.Open(ctx, name, rows.Format(format)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.file.Close())
		}
	}()
	o := survey.Options{
		Type: c.Type.Or(value.Binary), Score: c.Score, Class: c.Class, Numeric: c.Numeric, Categorical: c.Categorical, Missing: c.Missing,
		Ignore: slices.Clone(c.Ignore),
	}
	others := []struct{ flag, name string }{{"time", c.Time}, {"request-id", c.RequestID}, {"outcome-time", c.OutcomeTime}}
	if c.coded() {
		o.Outcome, o.Positive = c.Outcome, c.Positive
	} else {
		others = append(others, struct{ flag, name string }{"outcome", c.Outcome})
	}
	for _, column := range others {
		if column.name == "" {
			continue
		}
		if _, err := t.file.Header().Column(column.name); err != nil {
			return nil, fmt.Errorf("--%s: %w", column.flag, err)
		}
		o.Ignore = append(o.Ignore, column.name)
	}
	if t.survey, err = survey.Of(ctx, t.file, &o); err != nil {
		return nil, err
	}
	t.choose()
	if t.Time == "" {
		if t.start = t.Start.UnixNano(); t.Start.IsZero() {
			t.start = t.file.Changed.UnixNano() - int64(float64(t.survey.Rows-1)/t.Rate*1e9)
		}
	}
	return t, nil
}

// choose notes which columns are read.
func (t *table) choose() {
	named := []string{t.Time, t.Score, t.Class, t.Outcome, t.OutcomeTime, t.RequestID}
	for i, c := range t.survey.Columns {
		t.at[c.Name] = i
		if c.Role == survey.Feature {
			t.features = append(t.features, i)
			t.heads = append(t.heads, []byte(value.JSON(c.Name)+":"))
		}
		if c.Role == survey.Feature || slices.Contains(named, c.Name) {
			t.place[i] = len(t.all)
			t.all = append(t.all, i)
		}
	}
}

// cells returns the cells of a named column; nil without one.
func (t *table) cells(p *rows.Piece, name string) rows.Cells {
	if name == "" {
		return nil
	}
	return p.Cells(t.place[t.at[name]])
}

func (t *table) close() error    { return t.file.Close() }
func (t *table) notes() []string { return t.survey.Notes }

// each implements source.
func (t *table) each(ctx context.Context, yield func(*record) error) error {
	return t.file.Scan(ctx, &rows.Pass{
		Together: t.all,
		Rows: func(p *rows.Piece) error {
			made, err := t.records(p)
			p.Made = made
			return err
		},
		Then: func(p *rows.Piece) error {
			made := p.Made.([]record)
			for i := range made {
				if t.Time == "" {
					made[i].time = t.start + int64(float64(p.First+int64(i))/t.Rate*1e9)
				}
				made[i].place = func() string { return p.Place(i) }
				if err := yield(&made[i]); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// records reads the rows of a piece.
func (t *table) records(p *rows.Piece) ([]record, error) {
	made := make([]record, p.Rows)
	scores, kinds := make([]float64, p.Rows), make([]value.Kind, p.Rows)
	for i := range scores {
		scores[i] = math.NaN()
	}
	if cells := t.cells(p, t.Score); cells != nil {
		read := value.Column{Type: value.Numeric, Missing: t.survey.Missing}
		cells.Numbers(&read, scores, kinds)
		if err := t.survey.CheckScores(kinds, cells, p); err != nil {
			return nil, err
		}
	}
	for i := range made {
		r := &made[i]
		r.Prediction = predictionlog.Prediction{Model: t.Model, Version: t.Version, Score: scores[i], Latency: -1}
		if err := t.read(r, p, i); err != nil {
			return nil, fmt.Errorf("%s, %w", p.Place(i), err)
		}
		r.Features = t.object(p, i)
	}
	return made, nil
}

// read reads what is not a feature.
func (t *table) read(r *record, p *rows.Piece, i int) (err error) {
	if err := t.score(r.Score); err != nil {
		return err
	}
	r.Class = t.class(r.Score)
	if cells := t.cells(p, t.Class); cells != nil {
		r.Class = value.Category(cells.Text(i))
	}
	if cells := t.cells(p, t.RequestID); cells != nil {
		r.RequestID = value.Category(cells.Text(i))
	}
	if cells := t.cells(p, t.Time); cells != nil {
		if r.time, err = value.Time(cells.Text(i)); err != nil {
			return fmt.Errorf("column %q: %w", t.Time, err)
		}
	}
	if cells := t.cells(p, t.Outcome); cells != nil {
		if t.survey.Coded {
			r.outcome = t.survey.Coding.Class(cells.Text(i))
		} else if r.outcome, err = t.outcome(cells.Text(i)); err != nil {
			return err
		}
	}
	if cells := t.cells(p, t.OutcomeTime); cells != nil && r.outcome != "" {
		if r.outcomeTime, err = value.Time(cells.Text(i)); err != nil {
			return fmt.Errorf("column %q: %w", t.OutcomeTime, err)
		}
	}
	return nil
}

// object returns the features of a row as JSON.
func (t *table) object(p *rows.Piece, i int) []byte {
	to := make([]byte, 0, 32*len(t.features)+2)
	to = append(to, '{')
	for k, column := range t.features {
		if k > 0 {
			to = append(to, ',')
		}
		to = append(to, t.heads[k]...)
		to = p.Cells(t.place[column]).AppendJSON(to, &t.survey.Columns[column].Read, i)
	}
	return append(to, '}')
}
