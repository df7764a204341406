package window

import (
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/features"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// code writes the code of every column of a row into codes, and the numbers of the row
// into last. It reports false, and changes nothing, when the row's features are not a JSON
// object.
func (l *layout) code(row *predictionlog.Row, codes []uint8, last []float64, lastAt []int64) bool {
	values, ok := l.reader.Read(row.Features)
	if !ok {
		return false
	}
	for i := range l.features {
		c, v := &l.columns[i], &values[i]
		codes[i] = c.code(v)
		if c.numeric && v.Kind == value.Known {
			last[i], lastAt[i] = v.Number, row.ID
		}
	}
	if l.score >= 0 {
		b := l.columns[l.score].binning
		codes[l.score] = b.Missing()
		if row.HasScore {
			codes[l.score] = b.Number(row.Score)
		}
	}
	if l.class >= 0 {
		codes[l.class] = l.columns[l.class].binning.Category([]byte(l.classes.Predicted(row.Class)))
	}
	return true
}

// code returns the fine code of one value of the column.
func (c *column) code(v *features.Value) uint8 {
	switch {
	case v.Kind == value.Missing:
		return c.binning.Missing()
	case v.Kind == value.Invalid:
		return c.binning.Invalid()
	case c.numeric:
		return c.binning.Number(v.Number)
	default:
		return c.binning.Category(v.Text)
	}
}
