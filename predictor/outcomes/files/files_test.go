package files_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// place is a folder for files, and a log with n predictions.
type place struct {
	folder, log string
}

func newPlace(t *testing.T, n int) place {
	t.Helper()
	p := place{folder: t.TempDir(), log: filepath.Join(t.TempDir(), "predictions.db")}
	w, err := sqlite.OpenWriter(t.Context(), p.log, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]predictionlog.Prediction, n)
	for i := range batch {
		batch[i] = predictionlog.Prediction{RequestID: fmt.Sprintf("r%d", i), Model: "m", Features: []byte("{}"), Class: "1", Latency: -1}
	}
	if _, err := w.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// write writes a file that was last changed a minute ago.
func (p place) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.aged(t, name, time.Minute)
}

// aged sets the time of the last change of a file.
func (p place) aged(t *testing.T, name string, ago time.Duration) {
	t.Helper()
	at := time.Now().Add(-ago)
	if err := os.Chtimes(filepath.Join(p.folder, name), at, at); err != nil {
		t.Fatal(err)
	}
}

// pass reads the files once with this configuration, and returns the output.
func (p place) pass(t *testing.T, keys string) (string, error) {
	t.Helper()
	text := "sources:\n- {name: nightly, files: {path: \"" + p.folder + "/*\"}" + keys + "}\n"
	return sourcetest.Reading{Log: p.log, Kind: files.Kind, Config: text, Path: filepath.Join(p.folder, "outcomes.yml")}.Run(t)
}

// says fails the test unless the output of a pass contains want.
func (p place) says(t *testing.T, keys, want string) {
	t.Helper()
	got, err := p.pass(t, keys)
	if err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestFilesAreKnownByTheirContent(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 10)
	p.write(t, "a.csv", "prediction_id,outcome\n0,1\n1,0\n")
	p.write(t, "b.jsonl", "{\"prediction_id\": 2, \"outcome\": 1}\n\n{\"prediction_id\": 3, \"outcome\": 0}")
	p.write(t, ".hidden.csv", "prediction_id,outcome\n9,1\n")
	p.says(t, "", "4 records: 4 accepted")
	p.says(t, "", "0 records")
	// The same file has another name, and another file starts with the same content.
	p.write(t, "c.csv", "prediction_id,outcome\n0,1\n1,0\n")
	p.says(t, "", "0 records")
	p.write(t, "d.csv", "prediction_id,outcome\n0,1\n1,0\n4,1\n5,1\n")
	p.says(t, "", "2 records: 2 accepted")
	if err := os.Rename(filepath.Join(p.folder, "d.csv"), filepath.Join(p.folder, "e.csv")); err != nil {
		t.Fatal(err)
	}
	p.says(t, "", "0 records")
	// A replaced file is read from its beginning.
	p.write(t, "a.csv", "outcome,prediction_id\n1,6\n")
	p.says(t, "", "1 records: 1 accepted")
}

func TestAFileIsReadWhileItGrows(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 10)
	for _, step := range []struct{ text, says string }{
		{"prediction_id,outc", "0 records"},
		{"prediction_id,outcome\n", "0 records"},
		{"prediction_id,outcome\n0,1\n1,", "1 records: 1 accepted"},
		{"prediction_id,outcome\n0,1\n1,1", "0 records"},
		{"prediction_id,outcome\n0,1\n1,1\n\"2\",\"0\n", "1 records: 1 accepted"},
		{"prediction_id,outcome\n0,1\n1,1\n\"2\",\"0\n\"\n", "1 records: 1 accepted"},
	} {
		p.write(t, "a.csv", step.text)
		p.aged(t, "a.csv", 0)
		p.says(t, "", step.says)
	}
	p.write(t, "a.csv", "prediction_id,outcome\n0,1\n1,1\n\"2\",\"0\n\"\n3,1")
	p.says(t, "", "1 records: 1 accepted") // nothing more will come
}

func TestBadRowsAreSetAsideAndStopNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 10)
	p.write(t, "a.csv", "prediction_id,outcome\n0,1\n1\n2,\"x\n3,1\n4,\xff\n5,1,1\n6,1\n")
	p.write(t, "b.jsonl", "{\"prediction_id\": 7, \"outcome\": 1}\n{\"prediction_id\"\n[1]\n{\"prediction_id\": 8, \"outcome\": 1}\n"+strings.Repeat("x", 2<<20)+"\n{\"prediction_id\": 9, \"outcome\": 1}\n")
	p.says(t, ", outcome: {classes: [\"0\", \"1\"]}", "13 records: 6 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 7 set aside\n  7 not_parsed")
}

func TestOneBadFileHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 10)
	p.write(t, "a.csv", "id,outcome\n0,1\n")
	p.write(t, "b.csv", "p\x00r\x00")
	p.write(t, "c.txt", "x")
	p.write(t, "d.csv", "prediction_id,outcome\n0,1\n")
	p.write(t, "e.csv.gz", "\x1f\x8bxx")
	p.write(t, "f.csv", "")
	got, err := p.pass(t, "")
	if err == nil || !strings.HasPrefix(got, "1 records: 1 accepted") {
		t.Fatalf("%q, %v", got, err)
	}
	for _, want := range []string{
		"a.csv: there is no column prediction_id with the id of the prediction: the columns are id, outcome",
		"b.csv: line 1: the text is UTF-16", "c.txt: the name does not say of which format", "e.csv.gz: read gzip",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func TestPackedFilesAreReadWhole(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 500)
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	fmt.Fprintln(z, "request_id,outcome")
	for i := range 350 {
		fmt.Fprintf(z, "r%d,1\n", i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	whole := text.String()
	p.write(t, "a.csv.gz", whole[:len(whole)-600]) // still being copied: what can be unpacked is read
	if got, err := p.pass(t, ", match: request_id"); err == nil {
		t.Errorf("a cut file: %s", got)
	}
	p.write(t, "a.csv.gz", whole)
	got, err := p.pass(t, ", match: request_id")
	if err != nil || !strings.HasPrefix(got, "350 records: ") || strings.Contains(got, " 350 unchanged") {
		t.Errorf("%s, %v", got, err)
	}
	p.write(t, "b.csv.gz", whole)
	p.says(t, ", match: request_id", "0 records")
}

func TestParquetFilesAreReadWhole(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 500)
	type row struct {
		ID     int64             `parquet:"prediction_id"`
		Status *string           `parquet:"status,optional"`
		Notes  map[string]string `parquet:"notes"`
	}
	write := func(name string, n int) {
		t.Helper()
		all := make([]row, n)
		for i := range all {
			all[i] = row{ID: int64(i), Notes: map[string]string{"a": "b"}}
			if status := []string{"paid", "default", "current"}[i%3]; i != 7 {
				all[i].Status = &status
			}
		}
		if err := parquet.WriteFile(filepath.Join(p.folder, name), all, parquet.MaxRowsPerRowGroup(64)); err != nil {
			t.Fatal(err)
		}
		p.aged(t, name, time.Minute)
	}
	const keys = ", outcome: {field: status, map: {paid: 1, default: 0}}"
	write("a.parquet", 300)
	got, err := p.pass(t, keys)
	if err != nil || !strings.HasPrefix(got, "300 records: 199 accepted, ") || !strings.Contains(got, "1 no_outcome") || !strings.Contains(got, "100 unmapped") {
		t.Errorf("%s, %v", got, err)
	}
	write("b.parquet", 300) // the same under another name
	p.says(t, keys, "0 records")
	p.write(t, "c.parquet", "PAR1, and then nothing")
	if got, err := p.pass(t, keys); err == nil || !strings.Contains(err.Error(), "c.parquet: read Parquet") {
		t.Errorf("a file that was cut: %s, %v", got, err)
	}
}

func TestPathsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{}":                                  "path is missing; write a folder",
		"{path: \"\"}":                        "path is empty",
		"{path: \"[\"}":                       `path "[" is not a pattern`,
		"{path: \"gs://b/x\"}":                "was built without a client for gs://",
		"{path: \"http://b/x\"}":              "is a URL",
		"{path: x, format: xml}":              `format "xml" is none of auto, csv, jsonl, parquet`,
		"{path: x, schedule: \"99 * * * *\"}": `schedule "99 * * * *" is not one of cron`,
		"{path: x, schedule: \"@daily\", interval: 1h}": "interval and schedule are both there",
		"{path: x, interval: 0s}":                       "write a duration from 1s to",
	} {
		_, err := outcomes.Parse([]byte("sources:\n- name: a\n  files: "+text), "outcomes.yml", []outcomes.Kind{files.Kind})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("prediction_id,outcome\n0,1\n\"1\n\",0\n\"")
	f.Add("a\n\n\n\"\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		rest, err := files.ScanCSV(text, func(outcomes.Record) { n++ })
		if err == nil && rest != 0 {
			t.Errorf("%d bytes were left", rest)
		}
		if n > len(text) {
			t.Errorf("%d records in %d bytes", n, len(text))
		}
	})
}
