package predictor

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// A random share is answered with the other class. The log has the model's class, what was
// answered and with which probability; the same request again gets the same answer.
func TestARandomShareIsExplored(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, func(o *RunOptions) { o.Explore = .25 })
	explored := 0
	const n = 2000
	body := "[" + strings.Repeat(goodRow+",", n/10-1) + goodRow + "]"
	var first string
	for i := range 10 {
		answer := r.must(200, "/predict", body, fmt.Sprintf("batch-%d", i)).body
		explored += strings.Count(answer, `,"explored":true`)
		if i == 0 {
			first = answer
		}
	}
	if again := r.must(200, "/predict", body, "batch-0").body; again != first {
		t.Error("the same request has another answer")
	}
	if explored < 400 || explored > 600 { // 5 standard deviations
		t.Errorf("%d of %d explored", explored, n)
	}
	r.end()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var rows, other int
	var probability float64
	err = db.QueryRowContext(t.Context(), "SELECT count(*), sum(answered <> class), min(probability) FROM explorations JOIN predictions ON id = prediction_id").Scan(&rows, &other, &probability)
	if err != nil || rows != explored || other != rows || probability != .25 {
		t.Errorf("%d of %d rows, probability %v, %v", other, rows, probability, err)
	}
}

func TestNothingIsExploredByDefault(t *testing.T) {
	t.Parallel()
	r := start(t, filepath.Join(t.TempDir(), "predictions.db"), nil)
	if answer := r.must(200, "/predict", "["+strings.Repeat(goodRow+",", 99)+goodRow+"]", "").body; strings.Contains(answer, "explored") {
		t.Error(answer)
	}
	r.end()
}

// An answer that cannot be logged is the model's: nobody would know that it was another one.
func TestAnUnloggedAnswerIsNotExplored(t *testing.T) {
	t.Parallel()
	log := &memory{err: predictionlog.ErrUnavailable}
	s, err := New(Options{Model: toy(), Log: log, LogFailure: LogFailureServe, Explore: .5, Random: func() float64 { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s.Handler(), http.MethodPost, "/predict", goodRow); got.code != 200 || strings.Contains(got.body, "explored") {
		t.Errorf("%d %s", got.code, got.body)
	}
}

func TestTheShareToExploreIsChecked(t *testing.T) {
	t.Parallel()
	for _, p := range []float64{-.1, .51, 2} {
		if _, err := New(Options{Model: toy(), Log: &memory{}, Explore: p}); err == nil || !strings.Contains(err.Error(), "must be a number from 0 to 0.5") {
			t.Errorf("%v: %v", p, err)
		}
	}
	many := toy()
	many.Type, many.Labels = value.Multiclass, []string{"a", "b", "c"}
	if _, err := New(Options{Model: many, Log: &memory{}, Explore: .1}); err == nil || !strings.Contains(err.Error(), "only one of two classes has another one") {
		t.Errorf("a multiclass model: %v", err)
	}
}
