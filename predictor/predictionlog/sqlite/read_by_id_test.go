package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestPredictionsByIDAreThoseOfTheRows(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 250)
	must(t, foreign(t, path), "DELETE FROM predictions WHERE id IN (17, 120)")
	r := newReader(t, path)
	want := map[int64]string{}
	for _, row := range rowsOf(t, r) {
		want[row.ID] = fmt.Sprintf("%+v", row)
	}
	ids := []int64{0, 17, 18, 249, 250, -1, 120, 3}
	for id := range int64(220) {
		ids = append(ids, id)
	}
	n := 0
	err := r.PredictionsByID(t.Context(), ids, func(row *predictionlog.Row) error {
		if got := fmt.Sprintf("%+v", *row); got != want[row.ID] {
			t.Errorf("%s, want %s", got, want[row.ID])
		}
		n++
		return nil
	})
	if err != nil || n != 4+218 {
		t.Errorf("%d rows, %v", n, err)
	}
	stop := errors.New("stop")
	if err := r.PredictionsByID(t.Context(), ids, func(*predictionlog.Row) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}
