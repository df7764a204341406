package predictionlog

// Table is one of the log's three tables of rows.
type Table string

// The tables. Predictions are numbered by their id, the others by their seq.
const (
	TablePredictions Table = "predictions"
	TableFeedback    Table = "feedback"
	TableErrors      Table = "errors"
)

// Tables are all of them.
var Tables = []Table{TablePredictions, TableFeedback, TableErrors}

// UpTo is one id for each of the log's three tables; -1 means none.
type UpTo struct{ Predictions, Feedback, Errors int64 }

// Of returns the id that belongs to a table.
func (u UpTo) Of(t Table) int64 {
	switch t {
	case TablePredictions:
		return u.Predictions
	case TableFeedback:
		return u.Feedback
	}
	return u.Errors
}
