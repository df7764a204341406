package simulate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// replay is the source that sends the rows of a CSV, in order, one in memory at
// a time.
type replay struct {
	file     *os.File
	csv      *rows.CSV
	columns  []column // one a feature of the model, in its order
	outcome  int      // index of the outcome column; -1: none
	positive string
	count    int
}

// column is a feature's place in the CSV.
type column struct {
	wanted

	key   string
	index int
	shift shifted
}

// newReplay reads the whole file once, so that whatever is wrong with it is
// said before anything is sent: a feature that no column has, a cell that is no
// number where the model takes one, an outcome column that is none.
func newReplay(o Options, features []wanted) (*replay, error) {
	s := &replay{outcome: -1}
	if err := s.open(o.CSV); err != nil {
		return nil, err
	}
	moments, err := s.survey(o, features)
	if err = errors.Join(err, s.close()); err != nil {
		return nil, fmt.Errorf("%s: %w", o.CSV, err)
	}
	var names []string
	var numeric []int
	for i, c := range s.columns {
		if !c.text {
			names = append(names, c.name)
			numeric = append(numeric, i)
		}
	}
	shifts, err := shiftsOf(o.Shifts, names,
		func(i int) float64 { return moments[numeric[i]].sd() }, func(int) float64 { return 0 })
	if err != nil {
		return nil, err
	}
	for i, c := range numeric {
		s.columns[c].shift = shifts[i]
	}
	return s, s.open(o.CSV)
}

func (s *replay) open(path string) error {
	f, err := os.Open(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("open rows to send: %w", err)
	}
	s.csv, err = rows.NewCSV(f)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	s.file = f
	return nil
}

// survey finds the columns and checks every row.
func (s *replay) survey(o Options, features []wanted) ([]moments, error) {
	var absent []string
	for _, f := range features {
		i := slices.Index(s.csv.Columns, f.name)
		if i < 0 {
			absent = append(absent, f.name)
		}
		s.columns = append(s.columns, column{wanted: f, key: key(f.name), index: i})
	}
	if len(absent) > 0 {
		return nil, fmt.Errorf("has no column %s, which the predictor's model takes: its columns are %s",
			strings.Join(absent, ", "), s.csv.Names())
	}
	if o.Outcomes {
		i, err := s.csv.Column(o.Outcome)
		if err != nil {
			return nil, fmt.Errorf("outcome: %w", err)
		}
		s.outcome = i
	}
	seen := make([]moments, len(s.columns))
	var outcomes model.Outcomes
	for {
		cells, err := s.csv.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		s.count++
		for i := range s.columns {
			if s.columns[i].text {
				continue
			}
			x, err := s.number(&s.columns[i], cells)
			if err != nil {
				return nil, err
			}
			seen[i].add(x)
		}
		if s.outcome >= 0 {
			outcomes.Add(cells[s.outcome])
		}
	}
	if s.count == 0 {
		return nil, errors.New("has a header but no rows")
	}
	if s.outcome >= 0 {
		var err error
		if s.positive, err = outcomes.Positive(o.Positive); err != nil {
			return nil, fmt.Errorf("outcome column %q %w", o.Outcome, err)
		}
	}
	return seen, nil
}

// number reads a numeric cell; NaN stands for a missing one.
func (s *replay) number(c *column, cells []string) (float64, error) {
	cell := cells[c.index]
	if model.Missing(cell) {
		return math.NaN(), nil
	}
	x, ok := model.Number(cell)
	if !ok {
		return 0, fmt.Errorf("line %d, column %q: %q is not a finite number, but the predictor's model takes one", s.csv.Line(), c.name, cell)
	}
	return x, nil
}

func (s *replay) next(body []byte) ([]byte, int, error) {
	cells, err := s.csv.Next()
	if err != nil {
		return body, unknown, err
	}
	body = append(body, '{')
	for i := range s.columns {
		c := &s.columns[i]
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, c.key...)
		switch cell := cells[c.index]; {
		case model.Missing(cell):
			body = append(body, "null"...)
		case c.text:
			body = append(body, quote(cell)...)
		default:
			x, err := s.number(c, cells)
			if err != nil {
				return body, unknown, err
			}
			body = strconv.AppendFloat(body, c.shift.apply(x), 'g', -1, 64)
		}
	}
	body = append(body, '}')
	if s.outcome < 0 || model.Missing(cells[s.outcome]) {
		return body, unknown, nil
	}
	if model.IsPositive(cells[s.outcome], s.positive) {
		return body, 1, nil
	}
	return body, 0, nil
}

func (s *replay) rows() int    { return s.count }
func (s *replay) close() error { return s.file.Close() }

// quote is a text as JSON.
func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""` // a string always has a JSON form
	}
	return string(b)
}

// moments are a running mean and sum of squared deviations (Welford's method).
type moments struct{ n, mean, squares float64 }

// add ignores NaN.
func (m *moments) add(x float64) {
	if math.IsNaN(x) {
		return
	}
	m.n++
	d := x - m.mean
	m.mean += d / m.n
	m.squares += d * (x - m.mean)
}

// sd is the population standard deviation; 0 without values.
func (m *moments) sd() float64 {
	if m.n == 0 {
		return 0
	}
	return math.Sqrt(m.squares / m.n)
}
