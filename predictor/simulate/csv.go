package simulate

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// csvSource sends the rows of a CSV in order. It keeps one row in memory at a time.
type csvSource struct {
	file    *os.File
	csv     *rows.CSV
	columns []column // one a feature of the model, in its order
	outcome int      // index of the outcome column; -1: none
	coding  value.Coding
	count   int
}

// column is the position of a feature in the CSV.
type column struct {
	wanted

	key   string
	index int
	reads value.Column // of a number
	shift shifted
}

// newCSVSource reads the whole file once, so that errors in it are reported before anything is
// sent: a missing feature, a numeric feature with more than one in ten cells that are not a
// number, or an outcome column that does not have exactly two values.
func newCSVSource(o Options, features []wanted) (*csvSource, error) {
	s := &csvSource{outcome: -1}
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

func (s *csvSource) open(path string) error {
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
func (s *csvSource) survey(o Options, features []wanted) ([]moments, error) {
	var absent []string
	missing := value.NewMissingTexts(o.Missing)
	for _, f := range features {
		i := slices.Index(s.csv.Columns, f.name)
		if i < 0 {
			absent = append(absent, f.name)
		}
		s.columns = append(s.columns, column{wanted: f, key: key(f.name), index: i, reads: value.Column{Type: value.Numeric, Missing: missing}})
	}
	if len(absent) > 0 {
		return nil, fmt.Errorf("has no column %s, which the predictor's model takes: its columns are %s",
			strings.Join(absent, ", "), s.csv.Columns.String())
	}
	if o.Outcomes {
		i, err := s.csv.Columns.Column(o.Outcome)
		if err != nil {
			return nil, fmt.Errorf("outcome: %w", err)
		}
		s.outcome = i
	}
	seen := make([]moments, len(s.columns))
	wrong := make([]wrongCells, len(s.columns))
	outcomes := value.Outcomes{Missing: missing}
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
			cell := cells[s.columns[i].index]
			switch v := s.columns[i].reads.Read(cell); v.Kind {
			case value.Known:
				seen[i].add(v.Number)
			case value.Invalid:
				wrong[i].add(s.csv.Line(), cell)
			}
		}
		if s.outcome >= 0 {
			outcomes.Add(cells[s.outcome])
		}
	}
	if s.count == 0 {
		return nil, errors.New("has a header but no rows")
	}
	for i, w := range wrong {
		if n := int(seen[i].n); w.count > 0 && !value.Most(n, n+w.count) {
			return nil, fmt.Errorf("line %d, column %q: %q is not a number, but the predictor's model needs one; such cells in the column: %d",
				w.line, s.columns[i].name, w.cell, w.count)
		}
	}
	if s.outcome >= 0 {
		var err error
		if s.coding, err = outcomes.Coding(o.Positive); err != nil {
			return nil, fmt.Errorf("outcome column %q %w", o.Outcome, err)
		}
	}
	return seen, nil
}

func (s *csvSource) next(body []byte) ([]byte, int, error) {
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
		body = c.append(body, cells[c.index])
	}
	body = append(body, '}')
	if s.outcome >= 0 {
		switch s.coding.Class(cells[s.outcome]) {
		case "1":
			return body, 1, nil
		case "0":
			return body, 0, nil
		}
	}
	return body, unknown, nil
}

func (s *csvSource) rows() int    { return s.count }
func (s *csvSource) close() error { return s.file.Close() }

// append appends a cell as JSON. This is a number if the model needs one and the cell contains
// one, null for a blank cell, and otherwise the text. The predictor knows which texts stand for a
// missing value. A number that stands for a missing value, such as -999, is not shifted.
func (c *column) append(body []byte, cell string) []byte {
	if strings.TrimSpace(cell) == "" {
		return append(body, "null"...)
	}
	if !c.text {
		x, kind := value.Number(cell)
		if kind == value.Known && c.reads.KindOf(x) == value.Known {
			x = c.shift.apply(x)
		}
		switch kind {
		case value.Known:
			return strconv.AppendFloat(body, x, 'g', -1, 64)
		case value.Missing:
			return append(body, "null"...)
		}
	}
	return append(body, value.JSON(cell)...)
}

// wrongCells counts the cells of a numeric column that are not numbers, and keeps the first. A
// few of them are sent unchanged, and the predictor refuses them.
type wrongCells struct {
	count, line int
	cell        string
}

func (w *wrongCells) add(line int, cell string) {
	if w.count == 0 {
		w.line, w.cell = line, strings.ToValidUTF8(cell[:min(len(cell), 40)], "")
	}
	w.count++
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

// sd returns the population standard deviation, or 0 without values.
func (m *moments) sd() float64 {
	if m.n == 0 {
		return 0
	}
	return math.Sqrt(m.squares / m.n)
}
