package tick

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Coder counts the rows of one model and version.
type Coder interface {
	// Row says what is counted of a row. It reports false when the features are not a JSON object.
	Row(row *predictionlog.Row) (Counted, bool)
	// Columns are the numbers of codes of each column; nil without a reference.
	Columns() []int
	// Scheme says how values become codes; nil without a reference. See Scheme.
	Scheme() []string
}

// Counted is what is counted of one row. The slices are valid until the next row.
type Counted struct {
	// Codes are the codes of the features, the score and the class, and for a multiclass model of
	// class and score together. There are none without a reference.
	Codes []uint8
	// Numbers are the values of the features, NaN where there is no number.
	Numbers []float64
	// Kind is the number of the class in the reference, -1 if it is none of these.
	Kind int
	// Confidence is the model's confidence in its class, Variance that confidence times the rest
	// to 1, both in units of 1e-9. They mean nothing unless Scored.
	Confidence, Variance int64
	Scored               bool
	// Positive says that the class is the one whose probability the score is.
	Positive bool
}

// coding is the version of the codes: it rises when the same values get other codes.
const coding = "1"

// Scheme identifies how values become codes. Counts of the same scheme add up. It is empty without
// parts.
func Scheme(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	text, err := json.Marshal(append([]string{coding}, parts...))
	if err != nil { // Lists of strings are always JSON.
		panic(err)
	}
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:8])
}
