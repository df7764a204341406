package files_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

func TestLinksThatCannotBeFollowedHoldUpNoOtherFile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 10)
	for name, to := range map[string]string{"loop.csv": "loop.csv", "nothing.csv": "nowhere", "zero.csv": "/dev/zero", "folder.csv": "."} {
		if err := os.Symlink(to, filepath.Join(p.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	p.write(t, "real.csv", "prediction_id,outcome\n0,1\n")
	got, err := p.pass(t, "")
	if err == nil || !strings.Contains(err.Error(), "loop.csv") || strings.Contains(err.Error(), "nothing.csv") {
		t.Errorf("%v, want an error that names the link to itself", err)
	}
	if !strings.HasPrefix(got, "1 records: 1 accepted") {
		t.Errorf("%q", got)
	}
}

func TestRowsBetweenTwoStrayQuotesCount(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 10)
	p.write(t, "a.csv", "prediction_id,outcome\n0,\"unclosed\n1,1\n2,0\n3,1\n4,\"unclosed\n5,1\n")
	p.says(t, ", outcome: {classes: [\"0\", \"1\"]}", "6 records: 4 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 2 set aside")
}

func TestALineWithoutEndIsSetAsideInLittleMemory(t *testing.T) {
	t.Parallel()
	const size = 200 << 20
	p := newPlace(t, 10)
	head, tail := "prediction_id,outcome\n0,1\n1,\"open\n", "\n2,1\n"
	path := filepath.Join(p.folder, "a.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(head); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(tail), size); err != nil { // zeros before it
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "prediction_id,outcome\n")
	if _, err := io.CopyN(z, zeros{}, size); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(z, "\n3,1\n")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	p.write(t, "b.csv.gz", packed.String())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.says(t, ", outcome: {classes: [\"0\", \"1\"]}", "6 records: 3 accepted, 1 unchanged, 0 overruled, 0 wait for their prediction, 2 set aside")
	p.aged(t, "a.csv", 60e9)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > size/2 {
		t.Errorf("%d bytes were allocated for lines of %d", used, size)
	}
	// The line stays read, and what is added behind it is read on.
	f, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("4,1\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p.says(t, "", "1 records: 1 accepted")
}

// zeros is a text of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// swapping is a folder in which another file takes the name of a listed one.
type swapping struct {
	files.Store
	swap func()
}

func (s *swapping) List(ctx context.Context) ([]files.Object, error) {
	objects, err := s.Store.List(ctx)
	if s.swap != nil {
		s.swap()
		s.swap = nil
	}
	return objects, err
}

// TestAFileThatTakesTheNameOfAListedOneIsReadWhole lists a file that is shorter than the one that
// has its name when it is opened. A row that is cut at the length of the former would be the outcome
// of another prediction.
func TestAFileThatTakesTheNameOfAListedOneIsReadWhole(t *testing.T) {
	t.Parallel()
	p := newPlace(t, 30)
	p.write(t, "a.csv", "outcome,prediction_id\n1,2\n1,2\n")
	p.write(t, ".next", "outcome,prediction_id\n1,10\n0,20\n")
	kind := files.Kind
	kind.Parse = func(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
		parsed, err := files.Kind.Parse(d, n)
		if err != nil {
			return nil, err
		}
		s, ok := parsed.(*files.Source)
		if !ok {
			t.Fatalf("%T", parsed)
		}
		open := s.Open
		s.Open = func(ctx context.Context) (files.Store, error) {
			store, err := open(ctx)
			return &swapping{store, func() {
				if err := os.Rename(filepath.Join(p.folder, ".next"), filepath.Join(p.folder, "a.csv")); err != nil {
					t.Error(err)
				}
			}}, err
		}
		return s, nil
	}
	got, err := sourcetest.Reading{Log: p.log, Kind: kind, Config: "sources: [{name: nightly, files: {path: \"" + p.folder + "/*\", settle: 0s}}]"}.Run(t)
	if err != nil || !strings.HasPrefix(got, "2 records: 2 accepted") {
		t.Fatalf("%q, %v", got, err)
	}
	p.says(t, "", "0 records")
}
