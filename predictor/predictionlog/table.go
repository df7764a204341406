package predictionlog

// Table is one of the log's tables of rows that are shipped.
type Table string

// The tables. Predictions are numbered by their id, the others by their seq.
const (
	TablePredictions Table = "predictions"
	TableFeedback    Table = "feedback"
	TableErrors      Table = "errors"
	TableOutcomes    Table = "outcomes" // all evidence, whether it counts or not
	TableReviews     Table = "reviews"
	TableErasures    Table = "erasures"
)

// Tables are all of them, in the order in which they are shipped. Erasures are the
// last: what they erase has arrived before them, or never will.
var Tables = []Table{TablePredictions, TableFeedback, TableErrors, TableOutcomes, TableReviews, TableErasures}

// Number names the column that numbers the rows of a table.
func (t Table) Number() string {
	if t == TablePredictions {
		return "id"
	}
	return "seq"
}

// UpTo is one id for each of the log's tables that are counted; -1 means none.
type UpTo struct{ Predictions, Feedback, Errors int64 }
