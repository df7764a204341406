package drift

import "fmt"

const (
	// MaxFine is the largest number of fine bins of one feature. With the codes
	// that follow them, a code fits one byte.
	MaxFine = 200
	// Quantile and Uniform are the methods of BinOptions.
	Quantile = "quantile"
	Uniform  = "uniform"
)

// BinOptions says how fine bins are merged to the exported bins of numbers.
type BinOptions struct {
	// Count is the number of exported bins aimed at, 1 to 200; 0 is 10. Ties and
	// rare bins make it fewer; a value that holds more than 1 in 2 Count of the
	// reference has a bin of its own, which makes it more.
	Count int
	// Method is "quantile" (bins of equal mass in the reference) or "uniform"
	// (of equal width); empty is "quantile". Quantile bins have the same power
	// whatever the shape of the feature; uniform ones go blind on skewed
	// amounts, and are better only for far outliers.
	Method string
}

// WithDefaults returns o with zero values replaced, or an error that names the
// option that cannot be used.
func (o BinOptions) WithDefaults() (BinOptions, error) {
	if o.Count == 0 {
		o.Count = 10
	}
	if o.Method == "" {
		o.Method = Quantile
	}
	if o.Count < 1 || o.Count > MaxFine {
		return o, fmt.Errorf("%d bins: choose 1 to %d", o.Count, MaxFine)
	}
	if o.Method != Quantile && o.Method != Uniform {
		return o, fmt.Errorf("binning method %q: choose %q or %q", o.Method, Quantile, Uniform)
	}
	return o, nil
}
