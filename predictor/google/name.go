package google

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is how many bytes the names of datasets and tables have at most.
const longest = 1024

var (
	project = regexp.MustCompile(`^[a-z][a-z0-9.:-]{2,126}[a-z0-9]$`)
	dataset = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

// CheckProject returns an error unless name can be the id of a Google Cloud
// project, such as "my-project" or, in a domain, "example.com:my-project". What
// CheckProject, CheckDataset and CheckTable let pass can be quoted in SQL: it has
// neither a backtick nor a backslash.
func CheckProject(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("no project: name it with --bigquery.project or GOOGLE_CLOUD_PROJECT")
	case !project.MatchString(name):
		return fmt.Errorf("%q is not the id of a Google Cloud project (lower-case letters, digits and hyphens): name it with --bigquery.project or GOOGLE_CLOUD_PROJECT", name)
	}
	return nil
}

// CheckDataset returns an error unless name can be that of a dataset. BigQuery
// allows 1024 letters, digits and underscores (documentation, "Create datasets").
func CheckDataset(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("no dataset: name it with --bigquery.dataset or BIGQUERY_DATASET")
	case len(name) > longest || !dataset.MatchString(name):
		return fmt.Errorf("%q is not the name of a dataset (letters, digits and underscores): name it with --bigquery.dataset or BIGQUERY_DATASET", name)
	}
	return nil
}

// CheckTable returns an error unless name can be that of a table. BigQuery allows
// 1024 bytes of letters, marks and digits of any script, underscores, hyphens and
// spaces (documentation, "Create and use tables").
func CheckTable(name string) error {
	refused := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_- ", r)
	}
	switch {
	case name == "":
		return fmt.Errorf("no table: name it with --bigquery.table or BIGQUERY_TABLE")
	case len(name) > longest || !utf8.ValidString(name) || strings.ContainsFunc(name, refused):
		return fmt.Errorf("%q is not the name of a table (letters, digits, underscores, hyphens and spaces, without project and dataset): name it with --bigquery.table or BIGQUERY_TABLE", name)
	}
	return nil
}
