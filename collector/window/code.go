package window

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
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
	l.numbers.Codes(values.Numbers, codes)
	for i, kind := range values.Kinds {
		switch c := &l.codings[i]; {
		case kind == value.Known && c.numeric:
			last[i], lastAt[i] = values.Numbers[i], row.ID
		case kind == value.Known:
			codes[i] = c.binning.Category(values.Texts[i])
		default:
			codes[i] = c.none(kind)
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
	if l.byClass != nil {
		codes[len(l.columns)] = l.classCode(codes)
	}
}

// none returns the code of a value that is not known.
func (c *coding) none(kind value.Kind) uint8 {
	if kind == value.Missing {
		return c.binning.Missing()
	}
	return c.binning.Invalid()
}
