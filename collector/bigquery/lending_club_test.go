package bigquery

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
)

const project = "test"

var lendingClub struct {
	once sync.Once
	data *model.Dataset
	err  error
}

// loans returns the rows of LendingClub, as the command reference reads them from the CSV.
func loans(t *testing.T) *model.Dataset {
	t.Helper()
	lendingClub.once.Do(func() {
		var f *os.File
		if f, lendingClub.err = os.Open("../../testdata/lending_club.csv.gz"); lendingClub.err == nil {
			lendingClub.data, lendingClub.err = model.ReadCSV(f, survey.Options{Outcome: "Class", Positive: "good"})
			_ = f.Close()
		}
	})
	if lendingClub.err != nil {
		t.Fatal(lendingClub.err)
	}
	return lendingClub.data
}

func columnsOf(d *model.Dataset) []reference.Column {
	var all []reference.Column
	for _, c := range d.Columns {
		all = append(all, reference.Column(c))
	}
	return all
}

// admin returns Google's client for the emulator, with an empty dataset.
func admin(t *testing.T, dataset string) (*bigquery.Client, *emulator.Emulator) {
	t.Helper()
	e := emulator.Shared(t)
	client, err := bigquery.NewClient(t.Context(), project, e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Dataset(dataset).Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return client, e
}

// upload copies the CSV of LendingClub into a table.
func upload(t *testing.T, client *bigquery.Client, dataset, table string) {
	t.Helper()
	f, err := os.Open("../../testdata/lending_club.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	source := bigquery.NewReaderSource(bytes.NewReader(data))
	source.SkipLeadingRows = 1
	source.SourceFormat = bigquery.CSV
	for _, c := range loans(t).Columns {
		kind := bigquery.StringFieldType
		if c.Type == model.Numeric {
			kind = bigquery.FloatFieldType
		}
		source.Schema = append(source.Schema, &bigquery.FieldSchema{Name: c.Name, Type: kind})
	}
	source.Schema = append(source.Schema, &bigquery.FieldSchema{Name: "Class", Type: bigquery.StringFieldType})
	job, err := client.Dataset(dataset).Table(table).LoaderFrom(source).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, err := job.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := status.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestCountsAreThoseOfTheCSV(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "lending_club")
	upload(t, client, "lending_club", "loans")
	want, err := reference.Build(columnsOf(loans(t)), nil, reference.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
	table := reference.Table{Dataset: "lending_club", Name: "loans", Features: names(want)}

	t.Run("with the CSV's edges", func(t *testing.T) {
		t.Parallel()
		got, err := c.Count(t.Context(), table, &reference.Counted{Reference: want})
		if err != nil {
			t.Fatal(err)
		}
		same(t, got.Reference, want)
	})
	t.Run("with edges of its own", func(t *testing.T) {
		t.Parallel()
		got, err := c.Count(t.Context(), table, nil)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got.Reference, want)
	})
}

// equal compares the files, except for the origin of the rows and the time.
func equal(t *testing.T, got, want *reference.Reference) {
	t.Helper()
	same(t, got, want)
	if got.Hash != want.Hash {
		t.Errorf("hash %s, want %s", got.Hash, want.Hash)
	}
	of := func(r reference.Reference) string {
		r.Created, r.Origin = want.Created, want.Origin
		var file bytes.Buffer
		if err := r.Encode(&file); err != nil {
			t.Fatal(err)
		}
		return file.String()
	}
	if a, b := strings.Split(of(*got), "\n"), strings.Split(of(*want), "\n"); !slices.Equal(a, b) {
		for i := range a {
			if i >= len(b) || a[i] != b[i] {
				t.Fatalf("line %d of the file is\n%.300s\nwant\n%.300s", i+1, a[i], strings.Join(b[min(i, len(b)):min(i+1, len(b))], ""))
			}
		}
		t.Fatalf("the file has %d lines, want %d", len(a), len(b))
	}
}

func names(r *reference.Reference) []string {
	var all []string
	for i := range r.Features {
		all = append(all, r.Features[i].Name)
	}
	return all
}

// same compares everything that is counted exactly, and the sums to 1e-12.
func same(t *testing.T, got, want *reference.Reference) {
	t.Helper()
	if got.Rows != want.Rows || len(got.Features) != len(want.Features) {
		t.Fatalf("%d rows of %d features, want %d of %d", got.Rows, len(got.Features), want.Rows, len(want.Features))
	}
	for i := range want.Features {
		sameFeature(t, &got.Features[i], &want.Features[i])
	}
	if (got.Score == nil) != (want.Score == nil) {
		t.Fatalf("score is %v, want %v", got.Score, want.Score)
	}
	if want.Score != nil {
		sameFeature(t, got.Score, want.Score)
	}
	if !reflect.DeepEqual(got.Classes, want.Classes) {
		t.Errorf("classes are %v, want %v", got.Classes, want.Classes)
	}
}

func sameFeature(t *testing.T, got, want *reference.Feature) {
	t.Helper()
	if got.Name != want.Name || got.Type != want.Type || !slices.Equal(got.Edges, want.Edges) || !slices.Equal(got.Values, want.Values) || !slices.Equal(got.Categories, want.Categories) {
		t.Fatalf("%s is binned by %v %v %q, want %s by %v %v %q", got.Name, got.Edges, got.Values, got.Categories, want.Name, want.Edges, want.Values, want.Categories)
	}
	equal := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
	if !slices.Equal(got.Count, want.Count) || got.Unlisted() != want.Unlisted() || got.Missing != want.Missing || !equal(got.Min, want.Min) || !equal(got.Max, want.Max) ||
		!slices.Equal(got.Labelled, want.Labelled) || !slices.Equal(got.Correct, want.Correct) {
		t.Errorf("%s is counted as %+v, want %+v", got.Name, got, want)
	}
	for b := range want.Sum {
		if !close(got.Sum[b], want.Sum[b]) || !close(got.SumOfSquares[b], want.SumOfSquares[b]) {
			t.Errorf("%s, bin %d: sums are %v and %v, want %v and %v", got.Name, b, got.Sum[b], got.SumOfSquares[b], want.Sum[b], want.SumOfSquares[b])
		}
	}
	if (got.Sum == nil) != (want.Sum == nil) {
		t.Errorf("%s: sums are %v, want %v", got.Name, got.Sum, want.Sum)
	}
}

func close(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b)) }
