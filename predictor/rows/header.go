package rows

import (
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Header contains the names of the columns of a table.
type Header []string

// Column returns the index of the named column. The error lists the columns of the table.
func (h Header) Column(name string) (int, error) {
	canonical := value.Name(name)
	for i, column := range h {
		if column == canonical {
			return i, nil
		}
	}
	return 0, fmt.Errorf("there is no column %q: the columns are %s", name, h)
}

// mostColumns is the maximum number of columns of a table, as in BigQuery. What is known of the
// texts of a column takes up to 64 KiB, and its row in a reference a few more.
const mostColumns = 10_000

func checkWidth(columns int) error {
	if columns <= mostColumns {
		return nil
	}
	return fmt.Errorf("there are %d columns, and at most %d are read: write one row for each prediction and one column for each feature, and leave out columns that are not features", columns, mostColumns)
}

// mostNames limits the length of an error about a table with many columns.
const mostNames = 50

// String lists the columns for an error: the first 50, each cut to 40 bytes.
func (h Header) String() string {
	var list strings.Builder
	for i, name := range h {
		if i == mostNames {
			fmt.Fprintf(&list, " and %d more", len(h)-i)
			break
		}
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(cut(name))
	}
	return list.String()
}
