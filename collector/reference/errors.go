package reference

import (
	"errors"
	"fmt"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
)

// Errors are the errors of a regression for held-out rows with an outcome: predicted value minus
// outcome. The slices but Quantiles are in the order of the fine bins of the predicted value.
type Errors struct {
	// Labelled is the number of rows with an outcome. Sum, Absolute and Squares are the sums of
	// their errors, of the absolute errors and of the squared errors.
	Labelled               []int64
	Sum, Absolute, Squares []float64
	// Quantiles are the quantiles 0, .01, .02 to 1 of the absolute errors, over all bins. It is nil
	// if unknown.
	Quantiles []float64
}

// quantiles is the length of Errors.Quantiles.
const quantiles = 101

// Scale is the size of an error from which it counts as a whole one: the 99 % quantile of the
// absolute errors, 0 if unknown.
func (e *Errors) Scale() float64 {
	if e == nil || e.Quantiles == nil {
		return 0
	}
	return e.Quantiles[quantiles-2]
}

// Rows returns the number of rows with an outcome.
func (e *Errors) Rows() int64 {
	rows := int64(0)
	for _, n := range e.Labelled {
		rows += n
	}
	return rows
}

// MeanAbsolute returns the mean absolute error over all bins. It is NaN without outcomes.
func (e *Errors) MeanAbsolute() float64 {
	sum := 0.
	for _, x := range e.Absolute {
		sum += x
	}
	return sum / float64(e.Rows())
}

// SetErrors sets the errors of a regression, and changes the hash accordingly.
func (r *Reference) SetErrors(e *Errors) (err error) {
	r.Errors = e
	if err = r.check(); err == nil {
		r.Hash, err = r.hash()
	}
	return err
}

func parseErrors(v any) (*Errors, error) {
	f := strictjson.Read(v, "labelled", "sum", "absolute", "sum_of_squares", "quantiles")
	f.Require("labelled", "sum", "absolute", "sum_of_squares")
	return &Errors{
		Labelled: f.Counts("labelled"), Sum: f.Numbers("sum"), Absolute: f.Numbers("absolute"),
		Squares: f.Numbers("sum_of_squares"), Quantiles: f.Numbers("quantiles"),
	}, f.Err
}

// tolerance is how far sums of floating-point numbers may be apart, relative to their size.
const tolerance = 1e-6

func (e *Errors) check(score *Feature) error {
	bins := len(score.Count)
	for _, l := range []struct {
		key string
		n   int
	}{{"labelled", len(e.Labelled)}, {"sum", len(e.Sum)}, {"absolute", len(e.Absolute)}, {"sum_of_squares", len(e.Squares)}} {
		if l.n != bins {
			return fmt.Errorf("%s has %d numbers, and the score has %d bins: write one for each bin", l.key, l.n, bins)
		}
	}
	for b, n := range e.Labelled {
		sum, absolute, squares := e.Sum[b], e.Absolute[b], e.Squares[b]
		switch {
		case n > score.Count[b]:
			return fmt.Errorf("bin %d: labelled (%d) must not exceed the count of the score (%d)", b, n, score.Count[b])
		case math.IsNaN(sum-sum) || math.IsNaN(absolute-absolute) || math.IsNaN(squares-squares):
			return fmt.Errorf("bin %d: sum (%v), absolute (%v) and sum_of_squares (%v) must be finite", b, sum, absolute, squares)
		case n == 0 && (sum != 0 || absolute != 0 || squares != 0):
			return fmt.Errorf("bin %d: labelled is 0, but its sums are not", b)
		case absolute < 0 || math.Abs(sum) > absolute*(1+tolerance):
			return fmt.Errorf("bin %d: absolute (%v) must be at least the magnitude of sum (%v)", b, absolute, sum)
		case absolute*absolute > squares*float64(n)*(1+tolerance):
			return fmt.Errorf("bin %d: sum_of_squares (%v) is less than absolute (%v) and labelled (%d) allow", b, squares, absolute, n)
		}
	}
	if e.Rows() == 0 {
		return errors.New("labelled counts no rows: leave errors out when the outcomes are unknown")
	}
	return e.checkQuantiles()
}

func (e *Errors) checkQuantiles() error {
	if e.Quantiles == nil {
		return nil
	}
	if len(e.Quantiles) != quantiles {
		return fmt.Errorf("quantiles has %d numbers: write the %d from the quantile 0 to the quantile 1 in steps of .01", len(e.Quantiles), quantiles)
	}
	for i, x := range e.Quantiles {
		if math.IsNaN(x-x) || x < 0 || i > 0 && x < e.Quantiles[i-1] {
			return fmt.Errorf("quantiles[%d] is %v: quantiles of absolute errors are at least 0 and ascend", i, x)
		}
	}
	return nil
}
