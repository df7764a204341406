package predictor

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// What a second request with a known id is answered, on a real log.
func TestRequestIDNamesOneRequest(t *testing.T) {
	t.Parallel()
	const (
		row   = `{"income":60,"grade":"A","age":40}`
		other = `{"income":61,"grade":"A","age":40}`
	)
	tests := []struct {
		name, first, second string
		code                int
	}{
		{"the same bytes", row, row, 200},
		{"another order, white space and spelling of numbers", row, "{ \"age\":4e1,\n\"grade\":\"\\u0041\", \"income\": 60.0}", 200},
		{"minus zero", `{"income":0,"grade":"A","age":0}`, `{"income":-0.0,"grade":"A","age":-0}`, 200},
		{"a category as a number", `{"income":60,"grade":30,"age":40}`, `{"income":60,"grade":"30","age":40}`, 200},
		{"a category in capitals", `{"income":60,"grade":true,"age":40}`, `{"income":60,"grade":"TRUE","age":40}`, 200},
		{"an empty category", `{"income":60,"grade":"","age":40}`, `{"income":60,"grade":null,"age":40}`, 200},
		{"digits beyond a float64", `{"income":60,"grade":12345678901234567890,"age":40}`, `{"income":60,"grade":12345678901234567891,"age":40}`, 422},
		{"missing values", `{"income":null,"grade":null,"age":40}`, `{"age":40,"grade":null,"income":null}`, 200},
		{"another value", row, other, 422},
		{"a value in the last place", row, `{"income":60.00000000000001,"grade":"A","age":40}`, 422},
		{"another category", row, `{"income":60,"grade":"a","age":40}`, 422},
		{"a value that was missing", `{"income":null,"grade":"A","age":40}`, row, 422},
		{"zero that was missing", `{"income":null,"grade":"A","age":40}`, `{"income":0,"grade":"A","age":40}`, 422},
		{"the same array", "[" + row + "," + other + "]", "[" + row + ", " + other + "]", 200},
		{"an array in another order", "[" + row + "," + other + "]", "[" + other + "," + row + "]", 422},
		{"another last row", "[" + row + "," + row + "]", "[" + row + "," + other + "]", 422},
		{"a longer array", "[" + row + "]", "[" + row + "," + row + "]", 422},
		{"a shorter array", "[" + row + "," + row + "]", "[" + row + "]", 422},
		{"an empty array after rows", "[" + row + "]", "[]", 422},
		{"an empty array after an object", row, "[]", 422},
		{"an array after an object", row, "[" + row + "]", 422},
		{"an object after an array", "[" + row + "]", row, 422},
	}
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	want := 0
	for i, tt := range tests {
		id := fmt.Sprintf("case %d", i)
		first := r.must(200, "/predict", tt.first, id)
		want += strings.Count(first.body, `"prediction_id"`)
		for range 2 {
			second := r.must(tt.code, "/predict", tt.second, id)
			if tt.code == 200 && second.body != first.body {
				t.Errorf("%s: answered %s, first %s", tt.name, second.body, first.body)
			}
			if tt.code == 422 && (second.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(second.body, "send the same id only to repeat the same request")) {
				t.Errorf("%s: answered %s", tt.name, second.body)
			}
		}
		if again := r.must(200, "/predict", tt.first, id); again.body != first.body {
			t.Errorf("%s: the first request again is answered %s, first %s", tt.name, again.body, first.body)
		}
	}
	page := r.get("/metrics").body
	for _, line := range []string{
		"\npredictor_requests_refused_total{handler=\"/predict\",reason=\"request_id_reused\"} 28\n",
		"\npredictor_requests_total{code=\"422\",handler=\"/predict\"} 28\n",
		"\npredictor_repeated_predictions_total 44\n",
	} {
		if !strings.Contains(page, line) {
			t.Errorf("the predictor's page has no line %s", line)
		}
	}
	r.end()
	if rows, _, _ := logged(t, path); len(rows) != want {
		t.Errorf("%d rows in the log, want %d", len(rows), want)
	}
}

func TestRequestIDHoldsAcrossARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	first := r.must(200, "/predict", "["+goodRow+","+goodRow+"]", "batch")
	r.end()
	r = start(t, path, nil)
	if again := r.must(200, "/predict", "["+goodRow+","+goodRow+"]", "batch"); again.body != first.body {
		t.Errorf("first %s, after a restart %s", first.body, again.body)
	}
	r.must(422, "/predict", "["+goodRow+"]", "batch")
	r.end()
}

// Foreign writers spell a row in their way.
func TestRequestIDOfAForeignWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for i, tt := range []struct {
		name, features string
		code           int
	}{
		{"another spelling", `{"age": 40.0, "grade": "A", "income": 6e1}`, 200},
		{"the category as a number", `{"age":40,"grade":30,"income":60}`, 422},
		{"numbers in quotes", `{"age":"40.0","grade":"A","income":" 60 "}`, 200},
		{"a number that is none", `{"age":"forty","grade":"A","income":60}`, 422},
		{"another value", `{"age":41,"grade":"A","income":60}`, 422},
		{"a feature less", `{"age":40,"grade":"A"}`, 422},
		{"a feature more", `{"age":40,"grade":"A","income":60,"zip":"00501"}`, 422},
		{"not JSON", `{"age":40,`, 422},
		{"an array", `[{"age":40,"grade":"A","income":60}]`, 422},
		{"empty", ``, 422},
	} {
		id := fmt.Sprintf("foreign %d", i)
		if _, err := db.ExecContext(t.Context(), `INSERT INTO predictions (model, version, request_id, features, score, class) VALUES ('theirs', '9', ?, ?, NULL, 'yes')`, id, tt.features); err != nil {
			t.Fatal(err)
		}
		got := r.must(tt.code, "/predict", `{"income":60,"grade":"A","age":40}`, id)
		if tt.code == 200 && !strings.Contains(got.body, `"prediction":"yes","probability":null,"model":"theirs","model_version":"9"`) {
			t.Errorf("%s: answered %s, want the foreign writer's answer", tt.name, got.body)
		}
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO predictions (model, request_id, features, class) VALUES ('theirs', 'null', '{"grade":"A","age":40}', '1')`); err != nil {
		t.Fatal(err)
	}
	r.must(200, "/predict", `{"income":null,"grade":"A","age":40}`, "null") // Left out there, null here: missing.
	r.end()
}

// Of many requests with one id that are under way at once, those that ask for the
// same are answered alike, and the others refused.
func TestRequestIDHoldsForRequestsUnderWay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	bodies := []string{goodRow, `{"income":1,"grade":"A","age":40}`, "[" + goodRow + "]", "[" + goodRow + "," + goodRow + "]"}
	for round := range 20 {
		var (
			group   sync.WaitGroup
			answers [4]sync.Map // By body: the distinct answers.
			refused atomic.Int64
		)
		for c := range 64 {
			group.Go(func() {
				got, err := r.post("/predict", bodies[c%4], fmt.Sprintf("round %d", round))
				switch {
				case err != nil:
					t.Error(err)
				case got.code == 422:
					refused.Add(1)
				case got.code == 200:
					answers[c%4].Store(got.body, true)
				default:
					t.Errorf("got %d %s", got.code, got.body)
				}
			})
		}
		group.Wait()
		distinct := 0
		for i := range answers {
			for range answers[i].Range {
				distinct++
			}
		}
		if distinct != 1 || refused.Load() != 48 {
			t.Errorf("round %d: %d different answers and %d requests refused, want 1 and 48", round, distinct, refused.Load())
		}
	}
	r.end()
}
