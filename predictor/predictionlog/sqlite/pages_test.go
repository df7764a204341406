package sqlite

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/google/uuid"
)

// framesOf returns how many pages have been written to the write-ahead log. A frame is a page and
// its header of 24 bytes. The frames follow a header of 32 bytes (SQLite's "Database File
// Format", section 4).
func framesOf(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return (info.Size() - 32) / (4096 + 24)
}

// pagesOfCommits appends batches of n rows. It returns the average number of pages that a commit
// wrote, and of pages that the rows alone fill.
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

// A commit writes the pages that its rows fill, and again the last page of the commit before. If
// the file grows, it also writes the first page, which contains the file's size, and the parent
// page of the rows. It writes nothing else to prevent that ids are used again. Earlier,
// sqlite_sequence and the index of request ids were added to that: 3.3, 7.5, 13.4 and 32.1 pages
// for 1, 16, 64 and 256 rows.
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
