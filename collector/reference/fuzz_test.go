package reference

import (
	"bytes"
	"io"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// FuzzParse parses anything. A file that passes can be binned, shown and written, and gives the
// same reference when it is read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(smallest))
	f.Add([]byte(featureFile(`"type": "categorical", "categories": ["a", "__other__"], "count": [1, 2], "other": 4, "missing": 5`)))
	f.Add([]byte(featureFile(`"type": "numeric", "values": [15, 20], "count": [1, 2], "correct": [1, 1], "labelled": [1, 2]`)))
	f.Add([]byte(`{"schema":1,"features":[{"name":"a","type":"numeric","edges":[],"count":[1],"min":-1e308,"max":1e308,"sum":[0]}],"score":{"edges":[0.5],"count":[1,1]},"classes":[{"class":"1","count":2}]}`))
	for _, c := range badFiles {
		if len(c.text) < 1000 {
			f.Add([]byte(c.text))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data, "fuzz")
		if err != nil {
			return
		}
		for _, o := range []drift.BinOptions{{}, {Count: 3, Method: drift.Uniform}} {
			for i := range r.Features {
				b, err := r.Features[i].Binning(o)
				if err != nil {
					t.Fatalf("cannot be binned: %v", err)
				}
				rows := int64(0)
				for _, n := range b.Reference() {
					rows += n
				}
				if rows != r.Features[i].Rows() {
					t.Fatalf("%d rows in cells, %d in the feature", rows, r.Features[i].Rows())
				}
			}
		}
		if _, err := r.ClassBinning(); err != nil {
			t.Fatal(err)
		}
		if err := r.Show(io.Discard); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := r.Encode(&file); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(file.Bytes(), "fuzz")
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, file.Bytes())
		}
		if again.Hash != r.Hash {
			t.Fatalf("hash %s became %s", r.Hash, again.Hash)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse(embedded, "embedded"); err != nil {
			b.Fatal(err)
		}
	}
}
