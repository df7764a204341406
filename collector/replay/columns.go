package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// columns says where in a CSV what is; -1: nowhere.
type columns struct {
	features                    []featureColumn
	time, score, class, outcome int
}

// featureColumn is a watched feature.
type featureColumn struct {
	name    string
	key     string // as JSON, with the colon
	index   int
	numeric bool
}

// columnsOf finds the watched features and the columns that o names.
func columnsOf(in *rows.CSV, spec *window.Spec, o *CSV) (c columns, err error) {
	for _, named := range []struct {
		index *int
		flag  string
		name  string
	}{
		{&c.time, "--time", o.Time}, {&c.score, "--score", o.Score}, {&c.class, "--class", o.Class}, {&c.outcome, "--outcome", o.Outcome},
	} {
		*named.index = -1
		if named.name == "" {
			continue
		}
		if *named.index, err = in.Column(named.name); err != nil {
			return c, fmt.Errorf("%s: %w", named.flag, err)
		}
	}
	var absent []string
	for _, f := range spec.References[0].Features {
		if len(spec.Features) > 0 && !slices.Contains(spec.Features, f.Name) {
			continue
		}
		i := slices.Index(in.Columns, f.Name)
		if i < 0 {
			absent = append(absent, f.Name)
		}
		c.features = append(c.features, featureColumn{f.Name, quote(f.Name) + ":", i, f.Type == reference.Numeric})
	}
	if len(absent) > 0 {
		return c, fmt.Errorf("there is no column %s, which the reference has: its columns are %s; to watch less, list features in a configuration file",
			strings.Join(absent, ", "), in.Names())
	}
	return c, nil
}

// appendFeatures appends the features of a row as a JSON object.
func (c *columns) appendFeatures(text []byte, cells []string, line int) ([]byte, error) {
	text = append(text, '{')
	for i := range c.features {
		f := &c.features[i]
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, f.key...)
		switch cell := cells[f.index]; {
		case model.Missing(cell):
			text = append(text, "null"...)
		case !f.numeric:
			text = append(text, quote(cell)...)
		default:
			x, ok := model.Number(cell)
			if !ok {
				return nil, fmt.Errorf("line %d, column %q: %q is not a finite number, but the reference has numbers", line, f.name, cell)
			}
			text = strconv.AppendFloat(text, x, 'g', -1, 64)
		}
	}
	return append(text, '}'), nil
}

// quote is a text as JSON.
func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""` // a string always has a JSON form
	}
	return string(b)
}

var errTime = errors.New("a time is RFC 3339, such as 2026-11-01T12:00:00Z, or seconds since 1970")

// parseTime reads RFC 3339, with a T or a space, or seconds since 1970, as
// nanoseconds since 1970.
func parseTime(cell string) (int64, error) {
	cell = strings.TrimSpace(cell)
	if seconds, ok := model.Number(cell); ok {
		if ns := seconds * 1e9; ns >= 0 && ns < math.MaxInt64 {
			return nanoseconds(cell, ns), nil
		}
		return 0, fmt.Errorf("%q is out of range: %w (are these milliseconds?)", cell, errTime)
	}
	if len(cell) > 10 && cell[10] == ' ' {
		cell = cell[:10] + "T" + cell[11:]
	}
	t, err := time.Parse(time.RFC3339Nano, cell)
	if err != nil {
		return 0, fmt.Errorf("%q is no time: %w", cell, errTime)
	}
	if t.Year() < 1970 || t.Year() > 2261 {
		return 0, fmt.Errorf("%q is out of range: the years are 1970 to 2261", cell)
	}
	return t.UnixNano(), nil
}

// nanoseconds reads a plain decimal number of seconds exactly, where a float
// has 100 ns, and returns the float's for others.
func nanoseconds(cell string, float float64) int64 {
	whole, fraction, _ := strings.Cut(cell, ".")
	s, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(fraction) > 9 {
		return int64(float)
	}
	f, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil {
		return int64(float)
	}
	return s*1e9 + f
}
