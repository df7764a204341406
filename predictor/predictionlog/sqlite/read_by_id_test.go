package sqlite

import (
	"errors"
	"fmt"
	"reflect"
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

func TestFeedbackOfPredictionsIsThatOfTheLog(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 250)
	for i := range 600 {
		id := int64(i * 7 % 200)
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &id, Outcome: fmt.Sprint(i % 2), Source: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	r := newReader(t, path)
	want := map[int64][]string{}
	err := r.Feedback(t.Context(), 99, 500, func(f *predictionlog.FeedbackRow) error {
		want[f.PredictionID] = append(want[f.PredictionID], fmt.Sprintf("%+v", *f))
		return nil
	})
	if err != nil || len(want) < 150 {
		t.Fatalf("%d predictions, %v", len(want), err)
	}
	var ids []int64
	for id := range int64(251) { // the last one does not exist
		ids = append(ids, 250-id)
	}
	got := map[int64][]string{}
	err = r.FeedbackOf(t.Context(), ids, 99, 500, func(f *predictionlog.FeedbackRow) error {
		got[f.PredictionID] = append(got[f.PredictionID], fmt.Sprintf("%+v", *f))
		return nil
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v, %v", got, want, err)
	}
	stop := errors.New("stop")
	if err := r.FeedbackOf(t.Context(), ids, -1, 500, func(*predictionlog.FeedbackRow) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}
