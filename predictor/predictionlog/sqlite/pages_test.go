package sqlite

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/google/uuid"
)

// framesOf returns how many pages the write-ahead log of a log has taken: a frame
// is a page and its header of 24 bytes, behind a header of 32 (SQLite's "Database
// File Format", section 4).
func framesOf(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return (info.Size() - 32) / (4096 + 24)
}

// pagesOfCommits appends batches of n rows and returns the pages that each commit
// wrote, on average, and those that the rows alone fill.
func pagesOfCommits(t testing.TB, n int, requestIDs bool) (pages, rows float64) {
	t.Helper()
	path := t.TempDir() + "/" + logName
	w := newWriter(t, path, WriterOptions{})
	batch := make([]predictionlog.Prediction, n)
	commits := max(8, 512/n)
	one := func() {
		for i := range batch {
			if batch[i] = prediction(i); requestIDs {
				batch[i].RequestID = uuid.NewString()
			} else {
				batch[i].RequestID = ""
			}
		}
		if _, err := w.Append(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
	}
	one()
	c := foreign(t, path)
	before, used := framesOf(t, path), number(t, c, "SELECT page_count FROM pragma_page_count")
	for range commits {
		one()
	}
	filled := number(t, c, "SELECT page_count FROM pragma_page_count") - used
	return float64(framesOf(t, path)-before) / float64(commits), float64(filled) / float64(commits)
}

// A commit writes the pages that its rows fill, and the last one of the commit before
// once more; when the file grows also its first page, which has its size, and the page
// above the rows'. Nothing that keeps ids from being used again is written. Before,
// sqlite_sequence and the index of request ids came on top: 3.3, 7.5, 13.4 and 32.1
// pages for 1, 16, 64 and 256 rows.
func TestACommitWritesTheRowsOwnPages(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 16, 64, 256} {
		pages, rows := pagesOfCommits(t, n, false)
		if floor := rows + 1 + 2*min(1, rows); pages > floor+0.05 {
			t.Errorf("%d rows: a commit writes %.2f pages, and its rows fill %.2f: %.2f are needed", n, pages, rows, floor)
		}
	}
}

// BenchmarkPages reports the pages that one commit writes.
func BenchmarkPages(b *testing.B) {
	for _, ids := range []bool{false, true} {
		for _, n := range []int{1, 16, 64, 256} {
			b.Run(fmt.Sprintf("rows=%d/request_ids=%t", n, ids), func(b *testing.B) {
				for b.Loop() {
					pages, rows := pagesOfCommits(b, n, ids)
					b.ReportMetric(pages, "pages/commit")
					b.ReportMetric(rows, "rows'_pages/commit")
				}
			})
		}
	}
}
