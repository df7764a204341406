package replay

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// columns are the columns of a file that are read. The columns that are not features are
// positions in together, or -1 if there is none.
type columns struct {
	together                    []int // by index in the file
	features                    []featureColumn
	time, score, class, outcome int
}

// featureColumn is a watched feature.
type featureColumn struct {
	at     int // place in together
	column value.Column
}

// columnsOf finds the watched features and the columns that o names.
func columnsOf(header rows.Header, spec *window.Spec, o *Rows) (c columns, err error) {
	for _, named := range []struct {
		at   *int
		flag string
		name string
	}{
		{&c.time, "--time", o.Time}, {&c.score, "--score", o.Score}, {&c.class, "--class", o.Class}, {&c.outcome, "--outcome", o.Outcome},
	} {
		*named.at = -1
		if named.name == "" {
			continue
		}
		i, err := header.Column(named.name)
		if err != nil {
			return c, fmt.Errorf("%s: %w", named.flag, err)
		}
		*named.at = len(c.together)
		c.together = append(c.together, i)
	}
	var absent []string
	r := *spec.References[0]
	r.Missing = append(slices.Clone(r.Missing), o.Missing...)
	read := r.Columns()
	for at, f := range r.Features {
		if len(spec.Features) > 0 && !slices.Contains(spec.Features, f.Name) {
			continue
		}
		i := slices.Index(header, f.Name)
		if i < 0 {
			absent = append(absent, f.Name)
		}
		c.features = append(c.features, featureColumn{len(c.together), read[at]})
		c.together = append(c.together, i)
	}
	if len(absent) > 0 {
		return c, fmt.Errorf("there is no column %s, which the reference has: its columns are %s; to watch less, list features in a configuration file",
			strings.Join(absent, ", "), header)
	}
	return c, nil
}

// code returns the features of some rows as codes, and as numbers if they are wanted. Going over
// the rows column by column, without making JSON of them, takes a third of the time.
func (c *columns) code(p *rows.Piece, coder *window.Coder, numbers bool) []predictionlog.Coded {
	features := len(c.features)
	made := make([]predictionlog.Coded, p.Rows)
	codes := make([]uint8, p.Rows*features)
	x, kinds := make([]float64, p.Rows), make([]value.Kind, p.Rows)
	var all []float64
	if numbers {
		all = make([]float64, p.Rows*features)
	}
	for row := range made {
		from, to := row*features, (row+1)*features
		made[row].Codes = codes[from:to:to]
		if numbers {
			made[row].Numbers = all[from:to:to]
		}
	}
	for i := range c.features {
		f := &c.features[i]
		if f.column.Type == value.Numeric {
			p.Cells(f.at).Numbers(&f.column, x, kinds)
			for row, kind := range kinds {
				codes[row*features+i] = coder.Number(i, kind, x[row])
			}
		} else {
			p.Cells(f.at).Texts(&f.column, func(row int, kind value.Kind, text []byte) {
				codes[row*features+i], x[row] = coder.Text(i, kind, text), math.NaN()
			})
		}
		if numbers {
			for row, number := range x {
				all[row*features+i] = number
			}
		}
	}
	return made
}
