package window

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/features"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// coding is what the code of one feature's value takes, apart from all else that is
// known of the column: a row of a thousand values looks at every one.
type coding struct {
	binning *drift.Binning
	numeric bool
}

// code writes the code of every column of a row into codes, and the numbers of the row
// into last. It reports false, and changes nothing, when the row's features are not a JSON
// object.
func (l *layout) code(row *predictionlog.Row, codes []uint8, last []float64, lastAt []int64) bool {
	if c := row.Coded; c != nil {
		copy(codes, c.Codes)
		for i, x := range c.Numbers {
			if !math.IsNaN(x) {
				last[i], lastAt[i] = x, row.ID
			}
		}
		l.answer(row, codes)
		return true
	}
	values, ok := l.reader.Read(row.Features)
	if !ok {
		return false
	}
	for i := range l.codings {
		codes[i] = l.codings[i].code(values, i)
		if l.codings[i].numeric && values.Kinds[i] == value.Known {
			last[i], lastAt[i] = values.Numbers[i], row.ID
		}
	}
	l.answer(row, codes)
	return true
}

// answer writes the codes of the score and the class of a row.
func (l *layout) answer(row *predictionlog.Row, codes []uint8) {
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
}

// code returns the fine code of the i-th value of a row.
func (c *coding) code(values *features.Values, i int) uint8 {
	switch kind := values.Kinds[i]; {
	case kind != value.Known:
		return c.none(kind)
	case c.numeric:
		return c.binning.Number(values.Numbers[i])
	default:
		return c.binning.Category(values.Texts[i])
	}
}

// none returns the code of a value that is not known.
func (c *coding) none(kind value.Kind) uint8 {
	if kind == value.Missing {
		return c.binning.Missing()
	}
	return c.binning.Invalid()
}
