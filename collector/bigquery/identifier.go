package bigquery

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/google"
)

// longestColumn is the maximum length of a column name in bytes.
const longestColumn = 300

// checkTable refuses invalid names of tables. A name that passes can be quoted, because it
// contains neither a backtick nor a backslash.
func checkTable(t reference.Table) error {
	for _, err := range []error{google.CheckProject(t.Project), google.CheckDataset(t.Dataset), google.CheckTable(t.Name)} {
		if err != nil {
			return fmt.Errorf("%w, or in the configuration file", err)
		}
	}
	return nil
}

// checkColumn refuses names that BigQuery does not allow for columns. Most important, it refuses
// names that would end a quoted identifier.
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
