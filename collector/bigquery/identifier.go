package bigquery

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// Bounds of the names, in bytes: those of BigQuery's documentation, "Introduction
// to datasets" and "Create and use tables", and 300 for columns.
const (
	longestProject = 128
	longestDataset = 1024
	longestTable   = 1024
	longestColumn  = 300
)

// checkTable refuses names that cannot be those of a table. What passes can be
// quoted: it has neither backtick nor backslash.
func checkTable(t reference.Table) error {
	for _, n := range []struct {
		what, flag, name string
		longest          int
		more             string
	}{
		{"project", "--bigquery.project", t.Project, longestProject, "-.:"},
		{"dataset", "--bigquery.dataset", t.Dataset, longestDataset, "_"},
		{"table", "--bigquery.table", t.Name, longestTable, "_- "},
	} {
		if n.name == "" {
			return fmt.Errorf("no %s: name it with %s, or in the configuration file", n.what, n.flag)
		}
		allowed := func(r rune) bool {
			return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune(n.more, r)
		}
		if len(n.name) > n.longest || !utf8.ValidString(n.name) || strings.ContainsFunc(n.name, func(r rune) bool { return !allowed(r) }) {
			return fmt.Errorf("%s %q is not a name in BigQuery: write the bare name, of letters, digits and any of %q, at most %d bytes", n.what, n.name, n.more, n.longest)
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
