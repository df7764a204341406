package simulate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// unknown is the outcome of a row without an outcome.
const unknown = -1

// source makes the rows that are sent.
type source interface {
	// next appends the JSON of the next row and returns its outcome: 1, 0 or unknown. After the
	// last row it returns io.EOF.
	next(body []byte) (row []byte, outcome int, err error)
	// rows returns the number of rows, or 0 if there is no end.
	rows() int
	close() error
}

// loans is the source that draws loans.
type loans struct {
	generator *Generator
	keys      []string // `"name":` of each feature that the model takes
	index     []int    // of each in Features
	shifts    []shifted
}

func newLoans(seed uint64, shifts []string, features []wanted) (*loans, error) {
	s := &loans{generator: New(seed)}
	names := Names()
	var strange []string
	for _, f := range features {
		i := slices.Index(names, f.name)
		if i < 0 {
			strange = append(strange, f.name)
			continue
		}
		s.keys = append(s.keys, key(f.name))
		s.index = append(s.index, i)
	}
	if len(strange) > 0 {
		return nil, fmt.Errorf("the predictor's model takes %s, which made-up loans do not have: send rows that have with --csv", strings.Join(strange, ", "))
	}
	var err error
	s.shifts, err = shiftsOf(shifts, names,
		func(i int) float64 { return Features[i].SD }, func(i int) float64 { return Features[i].Step })
	return s, err
}

func (s *loans) next(body []byte) ([]byte, int, error) {
	loan := s.generator.Next()
	body = append(body, '{')
	for k, i := range s.index {
		if k > 0 {
			body = append(body, ',')
		}
		body = append(body, s.keys[k]...)
		body = strconv.AppendFloat(body, s.shifts[i].apply(loan.Values[i]), 'f', -1, 64)
	}
	return append(body, '}'), loan.Outcome, nil
}

func (s *loans) rows() int    { return 0 }
func (s *loans) close() error { return nil }

// key returns a feature's name as JSON, with the colon.
func key(name string) string { return value.JSON(name) + ":" }
