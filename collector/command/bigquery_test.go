package command

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
)

// execute runs a command line in a build without BigQuery.
func execute(ctx context.Context, args ...string) error {
	app := kingpin.New("test", "")
	app.Terminate(nil)
	commands := Add(app, &Environment{Stdout: io.Discard, Stderr: io.Discard, Logger: slog.New(slog.DiscardHandler)})
	selected, err := app.Parse(args)
	if err != nil {
		return err
	}
	return commands[selected](ctx)
}

// rowsFile is a CSV that a reference can be built from.
func rowsFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte("age,paid\n"+strings.Repeat("30,1\n41,0\n52,1\n63,0\n", 60)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestABuildWithoutBigQueryRefusesEachFlagOfIt(t *testing.T) {
	t.Parallel()
	rows := rowsFile(t)
	output := "--reference.output=" + filepath.Join(t.TempDir(), "reference.json")
	for _, line := range [][]string{
		{"exporter", "--config.check", "--bigquery.project=p"},
		{"exporter", "--config.check", "--bigquery.dataset=d"},
		{"exporter", "--config.check", "--bigquery.table=t"},
		{"exporter", "--config.check", "--bigquery.location=EU"},
		{"exporter", "--config.check", "--bigquery.maximum-bytes-billed=1GiB"},
		{"train", "--csv=" + rows, "--outcome=paid", "--bigquery.project=p", output},
		{"train", "--bigquery.table=t", "--outcome=paid", output},
		{"reference", "--csv=" + rows, "--bigquery.location=EU", output},
		{"reference", "--bigquery.table=t", output},
	} {
		flag := ""
		for _, word := range line {
			if strings.HasPrefix(word, "--bigquery.") {
				flag, _, _ = strings.Cut(word, "=")
			}
		}
		err := execute(t.Context(), line...)
		if !errors.Is(err, errNoBigQuery) || !strings.HasPrefix(err.Error(), flag+":") {
			t.Errorf("%v: got %v, want an error that names %s", line, err, flag)
		}
	}
	if err := execute(t.Context(), "ship", "--once"); !errors.Is(err, errNoBigQuery) {
		t.Errorf("ship: got %v", err)
	}
}

func TestABuildWithoutBigQueryNeedsNoneOfItsFlags(t *testing.T) {
	t.Setenv("GOOGLE_CLOUD_PROJECT", "a-project") // for other programs, too
	t.Setenv("BIGQUERY_DATASET", "d")
	if err := execute(t.Context(), "exporter", "--config.check"); err != nil {
		t.Error(err)
	}
	if err := execute(t.Context(), "reference", "--csv="+rowsFile(t), "--reference.output="+filepath.Join(t.TempDir(), "reference.json")); err != nil {
		t.Error(err)
	}
	t.Setenv("BIGQUERY_TABLE", "t")
	if err := execute(t.Context(), "exporter", "--config.check"); !errors.Is(err, errNoBigQuery) || !strings.HasPrefix(err.Error(), "BIGQUERY_TABLE=t:") {
		t.Errorf("with a table in the environment: got %v", err)
	}
}

func TestABuildWithoutBigQueryRefusesAConfigurationThatNeedsIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "drift.yml")
	const text = "models:\n  - name: m\n    prediction: {type: binary}\n    reference: {bigquery: {project: p, dataset: d, table: t}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	err := execute(t.Context(), "exporter", "--config.check", "--config.file="+path)
	if err == nil || !strings.Contains(err.Error(), "a reference from BigQuery is for the exporter only, in a build with BigQuery") {
		t.Errorf("got %v", err)
	}
}
