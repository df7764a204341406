package rows

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// writeParquet writes files with pandas and pyarrow. It writes one table in every form, with the
// expected texts of its cells, and one table with every column that is refused.
const writeParquet = `
import sys, json, decimal, datetime, uuid
import numpy, pandas, pyarrow as pa, pyarrow.parquet as pq
n = 5000
some = lambda make: [None if i % 7 == 3 else make(i) for i in range(n)]
day = datetime.date(2026, 1, 1)
columns = {
    "double": (pa.array([i / 8 - 300 for i in range(n)], pa.float64()), lambda i: ("%.3f" % (i / 8 - 300)).rstrip("0").rstrip(".") if i != 2400 else "0"),
    "double null": (pa.array(some(lambda i: i + .5), pa.float64()), lambda i: "%d.5" % i),
    "double few": (pa.array(some(lambda i: float(i % 3)), pa.float64()), lambda i: str(i % 3)),
    "float": (pa.array(some(lambda i: i / 10), pa.float32()), lambda i: ("%.1f" % (i / 10)).removesuffix(".0")),
    "half": (pa.array(some(lambda i: numpy.float16(i % 100 + .5)), pa.float16()), lambda i: "%d.5" % (i % 100)),
    "int64": (pa.array(some(lambda i: 2**60 - i), pa.int64()), lambda i: str(2**60 - i)),
    "int32": (pa.array([i - 9 for i in range(n)], pa.int32()), lambda i: str(i - 9)),
    "int8": (pa.array(some(lambda i: i % 200 - 100), pa.int8()), lambda i: str(i % 200 - 100)),
    "uint32": (pa.array(some(lambda i: 2**32 - 1 - i), pa.uint32()), lambda i: str(2**32 - 1 - i)),
    "uint64": (pa.array(some(lambda i: 2**64 - 1 - i), pa.uint64()), lambda i: str(2**64 - 1 - i)),
    "bool": (pa.array(some(lambda i: i % 3 == 0)), lambda i: "true" if i % 3 == 0 else "false"),
    "text": (pa.array(some(lambda i: "été %d" % i)), lambda i: "été %d" % i),
    "text few": (pa.array(some(lambda i: "ab, \"c"[i % 5:])), lambda i: "ab, \"c"[i % 5:]),
    "large text": (pa.array(some(lambda i: "x" * (i % 50)), pa.large_string()), lambda i: "x" * (i % 50)),
    "binary": (pa.array(some(lambda i: b"b%d" % (i % 9)), pa.binary()), lambda i: "b%d" % (i % 9)),
    "dictionary": (pa.array(some(lambda i: "state %d" % (i % 50))).dictionary_encode(), lambda i: "state %d" % (i % 50)),
    "decimal": (pa.array(some(lambda i: decimal.Decimal(i - 2000).scaleb(-2)), pa.decimal128(12, 2)), lambda i: "%.2f" % ((i - 2000) / 100)),
    "decimal wide": (pa.array(some(lambda i: decimal.Decimal(-10**30 - i)), pa.decimal128(38, 0)), lambda i: str(-10**30 - i)),
    "date": (pa.array(some(lambda i: day + datetime.timedelta(i)), pa.date32()), lambda i: str(day + datetime.timedelta(i))),
    "time": (pa.array(some(lambda i: datetime.time(i % 24, i % 60, 7)), pa.time64("us")), lambda i: "%02d:%02d:07" % (i % 24, i % 60)),
    "timestamp ms": (pa.array(some(lambda i: datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=i)), pa.timestamp("ms")),
        lambda i: (datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=i)).isoformat() + "Z"),
    "timestamp ns": (pa.array(some(lambda i: 10**9 * i + 1), pa.timestamp("ns", "UTC")),
        lambda i: (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=i)).isoformat() + ".000000001Z"),
    "nothing": (pa.nulls(n), lambda i: ""),
}
table = pa.table({k: v[0] for k, v in columns.items()})
cells = [["" if not v[0][i].is_valid else v[1](i) for v in columns.values()] for i in range(n)]
json.dump(cells, open(sys.argv[1] + "/cells.json", "w"))
for compression in ["none", "snappy", "gzip", "zstd", "brotli"]:
    for version in ["1.0", "2.0"]:
        pq.write_table(table, "%s/%s %s.parquet" % (sys.argv[1], compression, version), compression=compression, data_page_version=version,
            use_dictionary=version == "1.0", row_group_size=1700, data_page_size=4000)
pq.write_table(table, sys.argv[1] + "/lz4", compression="lz4")
pq.write_table(table, sys.argv[1] + "/delta.parquet", use_dictionary=False, column_encoding={"int64": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY", "large text": "DELTA_LENGTH_BYTE_ARRAY", "double": "BYTE_STREAM_SPLIT"})
pq.write_table(table.drop(["timestamp ns"]), sys.argv[1] + "/old.parquet", version="1.0", use_deprecated_int96_timestamps=True)
pq.write_table(pa.table({"a": [1, 2], "list": [[1], [2, 3]], "struct": [{"x": 1}, {"x": 2}], "bytes": pa.array([b"ab", b"cd"], pa.binary(2)),
    "latin": pa.array([b"a", b"\xe9"], pa.binary())}), sys.argv[1] + "/refused")
frame = pandas.DataFrame({"x": [1.5, None], "kind": pandas.Categorical(["a", None]), "flag": pandas.array([True, None], "boolean"), "n": pandas.array([1, None], "Int64")}, index=[5, 9])
frame.to_parquet(sys.argv[1] + "/frame")
`

var pandas = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parquet-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("python3", "-c", writeParquet, dir).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return dir, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, _ := made(); dir != "" {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// made is the folder with the files of pandas. It is empty until a test needs them.
var (
	asked bool
	made  = func() (string, error) {
		if !asked {
			return "", nil
		}
		return pandas()
	}
)

// files returns the folder with the files of pandas.
func files(t *testing.T) string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import pandas, pyarrow").CombinedOutput(); err != nil {
		t.Skipf("python3 cannot import pandas and pyarrow: %v%.0s", err, out)
	}
	asked = true
	dir, err := pandas()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// cellsOf reads all cells of the given columns, side by side and one by one.
func cellsOf(t *testing.T, what string, table Table, columns []int) (together, each [][]string) {
	t.Helper()
	byColumn := make([][]string, len(columns))
	err := table.Scan(t.Context(), &Pass{
		Together: columns, Each: columns,
		Then: func(p *Piece) error {
			if p.First != int64(len(together)) {
				t.Errorf("row %d comes as %d", len(together), p.First)
			}
			for row := range p.Rows {
				var cells []string
				for i := range columns {
					cells = append(cells, p.Cells(i).Text(row))
				}
				together = append(together, cells)
			}
			return nil
		},
		Column: func(i int, cells Cells, p *Piece) error {
			for row := range p.Rows {
				byColumn[i] = append(byColumn[i], cells.Text(row))
			}
			return nil
		},
	})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for row := range together {
		var cells []string
		for i := range columns {
			cells = append(cells, byColumn[i][row])
		}
		each = append(each, cells)
	}
	return together, each
}

func openParquet(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(t.Context(), path, FormatParquet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestFilesOfPyarrowAreReadInEveryForm(t *testing.T) {
	dir := files(t)
	var want [][]string
	text, err := os.ReadFile(filepath.Join(dir, "cells.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(paths) != 12 {
		t.Fatalf("%q, %v", paths, err)
	}
	for _, path := range paths {
		table := openParquet(t, path)
		var columns []int
		for i := range table.Header() {
			columns = append(columns, i)
		}
		together, each := cellsOf(t, filepath.Base(path), table, columns)
		for how, got := range map[string][][]string{"together": together, "each": each} {
			if len(got) != len(want) {
				t.Fatalf("%s: %d rows, want %d", filepath.Base(path), len(got), len(want))
			}
		compare:
			for row := range got {
				at := 0
				for i, name := range table.Header() {
					if name == "nothing" && len(columns) < len(want[row]) {
						at++ // behind a column that the file does not have
					}
					if got[row][i] != want[row][at] {
						t.Errorf("%s, %s: row %d, column %q is %q, want %q", filepath.Base(path), how, row, name, got[row][i], want[row][at])
						break compare
					}
					at++
				}
			}
		}
	}
}

func TestADataFrameIsReadWithItsIndexAndWithoutValues(t *testing.T) {
	table := openParquet(t, filepath.Join(files(t), "frame"))
	got, _ := cellsOf(t, "frame", table, []int{0, 1, 2, 3, 4})
	if fmt.Sprintf("%q %q", []string(table.Header()), got) != `["x" "kind" "flag" "n" "__index_level_0__"] [["1.5" "a" "true" "1" "5"] ["" "" "" "" "9"]]` {
		t.Errorf("%q %q", table.Header(), got)
	}
}

func TestColumnsOfParquetThatAreNoValuesAreRefusedByName(t *testing.T) {
	table := openParquet(t, filepath.Join(files(t), "refused"))
	for i, want := range []string{
		"", `column "list" is nested`, `column "struct" is nested`, `column "bytes" is of type`, `row 2, column "latin": "\xe9" is not UTF-8`,
	} {
		err := table.Scan(t.Context(), &Pass{Each: []int{i}, Column: func(int, Cells, *Piece) error { return nil }})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", table.Header()[i], err, want)
		}
	}
}

func TestLZ4IsRefused(t *testing.T) {
	table := openParquet(t, filepath.Join(files(t), "lz4"))
	err := table.Scan(t.Context(), &Pass{Together: []int{0}})
	if err == nil || !strings.Contains(err.Error(), `column "double" is compressed with LZ4_RAW`) {
		t.Errorf("error %v", err)
	}
}

func TestABrokenParquetFileIsAnError(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(files(t), "snappy 1.0.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"empty": nil, "magic alone": []byte("PAR1"), "cut off": whole[:len(whole)-9], "CSV": []byte("a,b\n1,2\n"), "encrypted": []byte("PARE1234PARE"),
	} {
		if _, err := NewParquetTable(bytes.NewReader(text), int64(len(text))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewCSV(bytes.NewReader(whole)); err == nil || !strings.Contains(err.Error(), "name it with --parquet") {
		t.Errorf("as a CSV: %v", err)
	}
	broken := bytes.Clone(whole)
	for i := 4; i < len(broken)/2; i++ {
		broken[i] ^= byte(i)
	}
	table, err := NewParquetTable(bytes.NewReader(broken), int64(len(broken)))
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Scan(t.Context(), &Pass{Each: []int{0}, Column: func(int, Cells, *Piece) error { return nil }}); err == nil {
		t.Error("broken pages: no error")
	}
}
