package bigquery

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/google"
)

// longestColumn is how many bytes the name of a column has at most.
const longestColumn = 300

// checkTable refuses names that cannot be those of a table. What passes can be
// quoted: it has neither backtick nor backslash.
func checkTable(t reference.Table) error {
	for _, err := range []error{google.CheckProject(t.Project), google.CheckDataset(t.Dataset), google.CheckTable(t.Name)} {
		if err != nil {
			return fmt.Errorf("%w, or in the configuration file", err)
		}
	}
	return nil
}

// checkColumn refuses names that BigQuery does not allow in any column, above all
// those that would end a quoted identifier.
func checkColumn(name string) error {
	if name == "" || len(name) > longestColumn || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune("`\\!\"$()*,./;?@[]^{}~", r) }) {
		return fmt.Errorf("column %q has a name that BigQuery does not allow: write the bare name of a column at the table's top level", name)
	}
	return nil
}

// quote returns a checked name as an identifier in SQL.
func quote(name string) string { return "`" + name + "`" }

func fullName(t reference.Table) string { return t.Project + "." + t.Dataset + "." + t.Name }
