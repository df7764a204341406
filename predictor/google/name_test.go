package google_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/google"
)

func TestNamesAreThoseThatBigQueryAllows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what  string
		check func(string) error
		good  []string
		bad   []string
	}{
		{"project", google.CheckProject, []string{"test", "my-project", "example.com:my-project", "p123-4"}, []string{"", "My-Project", "a", "my-", "9lives", "my_project", "p`x", "p\\x", strings.Repeat("p", 129)}},
		{"dataset", google.CheckDataset, []string{"d", "Lending_2026", strings.Repeat("d", 1024)}, []string{"", "a-b", "a b", "d`", "ä", strings.Repeat("d", 1025)}},
		{"table", google.CheckTable, []string{"loans", "Kredite-2026 neu", "収入", strings.Repeat("t", 1024)}, []string{"", "d.loans", "t`", "t\\", "\xff", "t\n", strings.Repeat("t", 1025)}},
	} {
		for _, name := range test.good {
			if err := test.check(name); err != nil {
				t.Errorf("%s %q: %v", test.what, name, err)
			}
		}
		for _, name := range test.bad {
			if err := test.check(name); err == nil || !strings.Contains(err.Error(), "--bigquery."+test.what) {
				t.Errorf("%s %q: error %v, want one that names the flag", test.what, name, err)
			}
		}
	}
}

func TestOneOfTwoEmulatorVariablesIsAnError(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	for _, test := range []struct {
		rest, storage string
		fails         bool
		options       int
	}{{"", "", false, 0}, {"localhost:1", "", true, 0}, {"", "localhost:2", true, 0}, {"http://localhost:1/", "localhost:2", false, 3}} {
		t.Setenv(google.RESTEmulator, test.rest)
		t.Setenv(google.StorageEmulator, test.storage)
		options, err := google.Storage(logger)
		if (err != nil) != test.fails || len(options) != test.options {
			t.Errorf("%+v: %d options, %v", test, len(options), err)
		}
		if got := len(google.REST(logger)) > 0; got != (test.rest != "") {
			t.Errorf("%+v: options for REST: %t", test, got)
		}
	}
}
