package care

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// recordOf returns a record that was set aside, in one of the forms in which sources name a
// prediction.
func recordOf(form int, id int64, requestID string) string {
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	padding := strings.Repeat("x", predictionlog.RecordBytes)
	switch form {
	case 0:
		return fmt.Sprintf(`{"loan": %d, "state": "late"}`, id)
	case 1:
		return fmt.Sprintf(`{"loan": "%d", "state": "late"}`, id)
	case 2:
		return fmt.Sprintf(`{"a": {"b": [1, {"c": %d.0}]}}`, id)
	case 3:
		return fmt.Sprintf(`{"loan": " %.6e "}`, float64(id))
	case 4:
		return fmt.Sprintf(`{"prediction_id": %d, "outcome": 7}`, id)
	case 5:
		return text(map[string]any{"reference": requestID})
	case 6:
		return text(map[string]any{"link": "https://bureau.example/" + requestID + "?x=1"})
	case 7:
		return text(map[string]any{requestID: "late"})
	case 8:
		return fmt.Sprintf("%d;late;2026-11-29", id)
	case 9:
		return fmt.Sprintf("late,\"%d\"", id)
	case 10:
		return `a line with "` + requestID + `" in it`
	case 11: // cut behind the id
		return (text(map[string]any{"a": requestID})[:len(text(map[string]any{"a": requestID}))-1] + `, "b": "` + padding)[:predictionlog.RecordBytes]
	case 12: // cut within the request id
		return padding[:predictionlog.RecordBytes-20] + requestID[:20]
	case 13:
		return fmt.Sprintf(`{"outcome": {"loan": %d}}`, id)
	default:
		return fmt.Sprintf(`{"loan": %d} {"more": 1}`, id)
	}
}

const forms = 15

// texts returns all texts in all tables of a log.
func texts(t *testing.T, c *file.Connection) (all []string) {
	t.Helper()
	var tables []string
	err := c.Query(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", func(row []driver.Value) error {
		tables = append(tables, row[0].(string))
		return nil
	})
	for _, table := range tables {
		if err == nil {
			err = c.Query(t.Context(), "SELECT * FROM "+table, func(row []driver.Value) error {
				for _, v := range row {
					all = append(all, fmt.Sprintf("%s: %v", table, v))
				}
				return nil
			})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAfterAnErasureNothingNamesThePerson erases persons whose ids came in many forms, and looks
// for them in all tables and in the bytes of the file.
func TestAfterAnErasureNothingNamesThePerson(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 14))
		path := newPath(t)
		w := newWriter(t, path, sqlite.WriterOptions{})
		c := foreign(t, path)
		if _, err := w.Append(t.Context(), []predictionlog.Prediction{secret(0)}); err != nil {
			t.Fatal(err)
		}
		// The ids have seven digits, so that they are found in the bytes.
		first := 7_000_000 + random.Int64N(1_000_000)
		must(t, c, "INSERT INTO predictions (id, model, features, class) VALUES (?, 'm', '{}', '1')", first-1)
		var persons []predictionlog.Prediction
		for i := range 6 {
			p := secret(i)
			if i%2 == 1 { // such as JSON escapes them
				p.RequestID = `<"` + p.RequestID[:30] + `\&>`
			}
			shadow := p
			shadow.ShadowOf = new(first + 2*int64(i))
			persons = append(persons, p)
			if _, err := w.Append(t.Context(), []predictionlog.Prediction{p, shadow}); err != nil {
				t.Fatal(err)
			}
		}
		for i, p := range persons {
			id := first + 2*int64(i)
			for form := range forms {
				for _, named := range []int64{id, id + 1} {
					must(t, c, "INSERT INTO outcomes_rejected (received_at, source, reason, record) VALUES (1, 's', 'unmapped', ?)", recordOf(form, named, p.RequestID))
				}
			}
			must(t, c, "INSERT INTO outcomes (received_at, prediction_id, request_id, outcome, accepted) VALUES (1, ?, ?, '1', 1)", id, p.RequestID)
			must(t, c, "INSERT INTO outcomes_pending (received_at, prediction_id, source, outcome, confidence) VALUES (1, ?, 's', '1', 1.0)", id+1)
			must(t, c, "INSERT INTO feedback (prediction_id, outcome) VALUES (?, '1')", id)
			must(t, c, "INSERT INTO explorations VALUES (?, '0', 0.1)", id)
			review(t, c, id, "1", "note about "+p.RequestID)
			must(t, c, "INSERT INTO outcome_sources VALUES (?, ?, 1)", fmt.Sprint("s/", i), fmt.Sprintf(`{"kind":"rabbitmq","at":["other",%q,"%d"]}`, p.RequestID, id))
		}
		// The first person's prediction was deleted for its age.
		must(t, c, "DELETE FROM predictions WHERE id IN (?, ?)", first, first+1)
		for i, p := range persons {
			id := first + 2*int64(i)
			if _, err := Erase(t.Context(), path, p.RequestID); err != nil {
				t.Fatal(err)
			}
			inJSON, _ := json.Marshal(p.RequestID)
			traces := []string{p.RequestID, strings.Trim(string(inJSON), `"`), p.RequestID[:20]}
			if i > 0 { // nobody knows the shadows of the deleted one
				traces = append(traces, fmt.Sprint(id+1))
			}
			for _, name := range []string{path, path + "-wal"} {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, trace := range append(traces, fmt.Sprint(id)) {
					if at := bytes.Index(b, []byte(trace)); at >= 0 {
						t.Errorf("%s holds %q of person %d: %q", name, trace, i, b[max(0, at-100):min(at+100, len(b))])
					}
				}
			}
			for _, text := range texts(t, c) {
				if strings.Contains(text, p.RequestID) || strings.HasPrefix(text, "outcome") && strings.Contains(text, fmt.Sprint(id)) {
					t.Errorf("a table holds %q of person %d", text, i)
				}
			}
			// The reviews keep the number, on which their hashes depend.
			if n := number(t, c, fmt.Sprintf("SELECT count(*) FROM reviews WHERE prediction_id = %d AND reviewer || outcome || note = ''", id)); n != 1 {
				t.Errorf("the review of person %d is not empty", i)
			}
			rest := int64(len(persons) - 1 - i)
			if n := number(t, c, "SELECT count(*) FROM outcomes_rejected WHERE record NOT LIKE '%late%'"); n < rest*2*7 {
				t.Errorf("%d records are left of %d persons", n, rest)
			}
			if n := number(t, c, "SELECT count(*) FROM outcomes"); n != rest {
				t.Errorf("%d rows of evidence are left of %d persons", n, rest)
			}
		}
	}
}

func TestAPersonIsNotFoundWhereItIsNot(t *testing.T) {
	t.Parallel()
	p := newPerson("req-1", "log", []int64{1, 29})
	for _, record := range []string{
		`{"loan": 10, "outcome": 1}`, `{"loan": "1a", "confidence": 1.0}`, `{"at": "2026-11-29T01:29:01Z"}`, `{"reference": "req-10"}`,
		`{"reference": "xreq-1"}`, "req-12;late", "290;2026-11-29", `{"loan": 1.5}`, `{"validated_outcome": "29"}`,
	} {
		if p.in(record) {
			t.Errorf("%s", record)
		}
	}
	for _, record := range []string{`{"reference": "req-1"}`, `{"x": "a req-1 b"}`, "req-1;late", "late;29", `{"loan": 29e0}`, `{"loan": log-29`} {
		if !p.in(record) {
			t.Errorf("not found: %s", record)
		}
	}
}

func FuzzPersonIn(f *testing.F) {
	f.Add(`{"loan": 29}`, "req-1")
	f.Fuzz(func(t *testing.T, record, requestID string) {
		p := newPerson(requestID+"\x00", "log", []int64{29})
		p.in(record)
		if once := p.without(record); p.without(once) != once {
			t.Errorf("%q: %q", record, once)
		}
	})
}
