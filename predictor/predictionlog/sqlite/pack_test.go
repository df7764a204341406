package sqlite

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// TestPackedRowsAreTheRowsOfTheLog compares chunks with rows that are read one by one, in logs in
// which each unusual value is frequent, rare or absent.
func TestPackedRowsAreTheRowsOfTheLog(t *testing.T) {
	t.Parallel()
	const rows = 3300
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			path := closedLog(t, 0)
			c := foreign(t, path)
			r := rand.New(rand.NewPCG(seed, 1))
			odd := func() bool { return r.Float64() < []float64{0, .0005, .3}[seed%3] }
			pick := func(from ...string) string { return from[r.IntN(len(from))] }
			must(t, c, "BEGIN")
			for range rows {
				model, version, class, features := "m", "1", fmt.Sprint(r.IntN(2)), `{"x":1.5}`
				var score, latency, of any = scoreOfAnySize(r), r.Int64N(1e9), nil
				if seed > 2 {
					model, version = fmt.Sprint("m", r.IntN(3)), fmt.Sprint(r.IntN(2))
				}
				if odd() {
					model, version = pick("m\x1e", "\x1f", "m", "m\x00n", "\xff"), pick("", "1\x1f", "\x1e", strings.Repeat("v", 300))
				}
				if odd() {
					class, features = pick("", "\x1e", "1\x1e\x1e", "\x00", strings.Repeat("c", 257)), pick("", "\x1e", "{\x00}", "\xfe\x1f", strings.Repeat("f", 4096), strings.Repeat("f", 4097))
				}
				if odd() {
					score, latency = nil, nil
				}
				if odd() {
					of = int64(0)
				}
				must(t, c, "INSERT INTO predictions (time, model, version, features, score, class, latency, shadow_of) SELECT ?, ?, ?, ?, ?, ?, ?, CASE WHEN EXISTS (SELECT 1 FROM predictions) THEN ? END",
					r.Int64N(1e18), model, version, features, score, class, latency, of)
				if odd() && seed%2 == 0 {
					must(t, c, "DELETE FROM predictions WHERE id = last_insert_rowid() - 1")
				}
			}
			must(t, c, "COMMIT")
			reader := newReader(t, path)
			high := stateOf(t, reader).HighWater.Predictions
			for _, span := range [][2]int64{{-1, high}, {-1, math.MaxInt64}, {0, 1}, {999, 2100}, {high - 1000, high}, {high, high}} {
				var want, got []predictionlog.Row
				var row predictionlog.Row
				for after := span[0]; after < span[1]; {
					var err error
					if after, err = reader.unpacked(t.Context(), after, span[1], &row, names{}, keepRow(&want)); err != nil {
						t.Fatal(err)
					}
				}
				if err := reader.Predictions(t.Context(), span[0], span[1], keepRow(&got)); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("after %d up to %d: %d rows, want %d, or others", span[0], span[1], len(got), len(want))
				}
			}
		})
	}
}

// scoreOfAnySize is a score of any magnitude.
func scoreOfAnySize(r *rand.Rand) float64 {
	switch r.IntN(500) {
	case 0:
		return 0
	case 1:
		return 1
	case 2:
		return math.Ldexp(1, -r.IntN(1075))
	case 3:
		return math.Ldexp(r.Float64(), -r.IntN(80))
	}
	return r.Float64() * r.Float64()
}

func keepRow(rows *[]predictionlog.Row) func(*predictionlog.Row) error {
	return func(row *predictionlog.Row) error {
		one := *row
		one.Features = append([]byte{}, row.Features...)
		*rows = append(*rows, one)
		return nil
	}
}

func TestOrdinaryChunksArePacked(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 2500)
	r := newReader(t, path)
	for _, span := range [][2]int64{{-1, 2499}, {999, 2499}, {1999, 2499}, {2498, 2499}} {
		p := chunks.Get().(*packed)
		if err := r.pack(context.Background(), span[0], span[1], p); err != nil || !p.usual {
			t.Errorf("after %d: %v", span[0], err)
		}
	}
}

// TestLongRowsEndAChunk checks how much one chunk can contain.
func TestLongRowsEndAChunk(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 0)
	c := foreign(t, path)
	insertAlike(t, c, 12, 1000000)
	r := newReader(t, path)
	var rows int
	after, err := r.unpacked(t.Context(), -1, math.MaxInt64, &predictionlog.Row{}, names{}, func(*predictionlog.Row) error { rows++; return nil })
	if err != nil || rows != 5 || after == math.MaxInt64 {
		t.Errorf("a chunk has %d rows of a megabyte and ends at %d: %v", rows, after, err)
	}
	if all := rowsOf(t, r); len(all) != 12 {
		t.Errorf("%d rows in all chunks", len(all))
	}
}

// insertAlike inserts rows whose only feature is a text of this many characters.
func insertAlike(t *testing.T, c *file.Connection, rows, size int) {
	t.Helper()
	must(t, c, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
		INSERT INTO predictions (model, features, class) SELECT 'm', '{"x":"' || hex(zeroblob(?2 / 2)) || '"}', '1' FROM n`, int64(rows), int64(size))
}

// TestWideRowsComeInSmallerChunks checks that rows with many features are packed too.
func TestWideRowsComeInSmallerChunks(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 0)
	c := foreign(t, path)
	insertAlike(t, c, 600, 40000)
	insertAlike(t, c, 2000, 0)
	r := newReader(t, path)
	p := chunks.Get().(*packed)
	if err := r.pack(t.Context(), -1, 599, p); err != nil || !p.usual || p.last != 61 {
		t.Errorf("a chunk of wide rows ends at %d, packed: %v, %v", p.last, p.usual, err)
	}
	if all := rowsOf(t, r); len(all) != 2600 {
		t.Errorf("%d rows in all chunks", len(all))
	}
	if r.span != chunk {
		t.Errorf("after narrow rows a chunk has %d", r.span)
	}
}

// TestAFileCannotCallPackedRows is needed because the function writes to an address, and a log
// from somebody else could call it in a view or a trigger.
func TestAFileCannotCallPackedRows(t *testing.T) {
	t.Parallel()
	c := foreign(t, closedLog(t, 1))
	const call = `SELECT packed_rows(0, id, time, latency, shadow_of, score, class, model, version, features) FROM predictions`
	must(t, c, `CREATE VIEW trap AS `+call)
	must(t, c, `CREATE TRIGGER trap_too AFTER INSERT ON errors BEGIN `+call+`; END`)
	for _, sprung := range []string{`SELECT * FROM trap`, `INSERT INTO errors (model, reason) VALUES ('m', 'invalid_json')`} {
		if err := c.Do(sprung); err == nil || !strings.Contains(err.Error(), "unsafe use of packed_rows()") {
			t.Errorf("%s: %v", sprung, err)
		}
	}
}
