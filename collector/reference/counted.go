package reference

import (
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Table says where rows are that are counted in place instead of being read, and what their
// columns mean.
type Table struct {
	// Project, Dataset and Name identify the table or view.
	Project, Dataset, Name string
	// Where is a condition in the SQL of the database, "" for all rows.
	Where string
	// Type says what the model predicts. If it is empty, it is the type of Base, or multiclass for
	// a column Prediction with more than two classes, or binary.
	Type value.Prediction
	// Score, Prediction and Outcome are the columns with the score (see value.Prediction), the
	// predicted class and the outcome. A name is "" if there is no such column.
	Score, Prediction, Outcome string
	// Positive is the class whose probability the score is, "" for "1".
	Positive string
	// Threshold is the score at or above which the positive class is predicted. It is used if
	// there is no column Prediction. 0 means the threshold of Base, or .5.
	Threshold float64
	// Missing lists texts that stand for a missing value. nil means the texts of Base.
	Missing []string
	// Numeric and Categorical are columns whose type is not guessed. Columns in Ignore are no
	// features.
	Numeric, Categorical, Ignore []string
	// Features are the columns to count. nil means the features of Base, or every possible column
	// if there is no Base.
	Features []string
	// Base provides the model, the version and the types of the features. It also provides the
	// score and the classes if the table has no column for them. It may be nil.
	Base *Reference
	// Model and Version say what the reference is for if there is no Base.
	Model, Version string
}

// Counted is a reference made from a Table, and how it was made.
type Counted struct {
	Reference *Reference
	// Table is the full name of the table. Job is the id of the query that counted it. At is the
	// time.
	Table, Job string
	At         time.Time
	// Bytes is the number of bytes that all queries processed.
	Bytes int64
	// Notes say what a person should know about how the columns were read.
	Notes []string
	// State identifies the table's content. It is "" if metadata do not show changes, so that the
	// table must be counted again to find them.
	State string
}
