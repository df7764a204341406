package reference

import "time"

// Table says where rows lie that are not read but counted where they are, and
// what their columns mean.
type Table struct {
	// Project, Dataset and Name are those of the table or view.
	Project, Dataset, Name string
	// Where is a condition in the SQL of the place, "" for all rows.
	Where string
	// Score, Prediction and Outcome are columns: the probability of the positive
	// class, the predicted class, what became of the row; "" without one.
	Score, Prediction, Outcome string
	// Positive is the class whose probability the score is, "" for "1".
	Positive string
	// Threshold is the score from which on the positive class is predicted where there is
	// no column Prediction, 0 for that of Base, or .5.
	Threshold float64
	// Missing lists texts that stand for a missing value; nil: those of Base.
	Missing []string
	// Numeric, Categorical and Ignore are columns whose type is not to be guessed, or
	// that are no features.
	Numeric, Categorical, Ignore []string
	// Features are the columns to count; nil: those of Base, or without it every
	// column that can be one.
	Features []string
	// Base gives model, version and types of the features, and score and classes
	// where the table has no column for them; nil without one.
	Base *Reference
	// Model and Version name what the reference serves when there is no Base.
	Model, Version string
}

// Counted is a reference made from a Table, and how it was made.
type Counted struct {
	Reference *Reference
	// Table is the full name of the table, Job the id of the query that counted
	// it, At when.
	Table, Job string
	At         time.Time
	// Bytes is what all queries for it processed.
	Bytes int64
	// Notes say what a person should know about how the columns were read.
	Notes []string
	// State identifies the table's content; "" when metadata do not show it, and
	// only counting does.
	State string
}
