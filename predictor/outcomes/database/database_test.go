package database

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
)

// place is a log with predictions, and the configuration of a source for it.
type place struct{ log, config string }

func newPlace(t *testing.T, s *server, keys string) place {
	t.Helper()
	dir := t.TempDir()
	p := place{log: sourcetest.Log(t, 500, sourcetest.March)}
	dsn := filepath.Join(dir, "dsn")
	if err := os.WriteFile(dsn, []byte(s.dsn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config = "sources:\n- name: loans\n  outcome: {field: status, map: {paid: 1, default: 0}}\n  record: {prediction_id: loan}\n" +
		"  sql: {driver: " + s.driver + ", dsn_file: " + dsn + ", " + keys + "}\n"
	return p
}

// pass reads the source once.
func (p place) pass(t *testing.T) (string, error) {
	t.Helper()
	return sourcetest.Reading{Log: p.log, Kind: Kind, Config: p.config}.Run(t)
}

func (p place) says(t *testing.T, want string) {
	t.Helper()
	got, err := p.pass(t)
	if err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

const byTime = `query: "SELECT loan, status, updated_at FROM loans WHERE updated_at >= :since ORDER BY updated_at"`

// at formats a time for SQL.
func at(minutes int) string {
	return time.Date(2026, 4, 1, 0, minutes, 0, 0, time.UTC).Format("2006-01-02 15:04:05")
}

func TestChangedRowsAreReadOnceAndLateOnesFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		start   func(*testing.T) *server
		columns string
		insert  string
	}{
		{startSQLite, "loan INTEGER, status TEXT, updated_at TEXT", "INSERT INTO loans VALUES (?, ?, ?)"},
		{startPostgres, "loan bigint, status text, updated_at timestamptz", "INSERT INTO loans VALUES ($1, $2, $3::text::timestamp AT TIME ZONE 'UTC')"},
		{startMariaDB, "loan BIGINT, status VARCHAR(20), updated_at DATETIME", "INSERT INTO loans VALUES (?, ?, ?)"},
	} {
		s := test.start(t)
		t.Run(s.driver, func(t *testing.T) {
			s.exec(t, "CREATE TABLE loans ("+test.columns+")")
			p := newPlace(t, s, byTime)
			p.says(t, "0 records")
			s.exec(t, test.insert, 1, "paid", at(0))
			s.exec(t, test.insert, 2, "default", at(30))
			s.exec(t, test.insert, 3, "current", at(30))
			p.says(t, "3 records: 2 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 1 set aside")
			p.says(t, "2 records: 0 accepted, 2 unchanged") // in the overlap, by a new process
			s.exec(t, test.insert, 4, "paid", at(25))       // it became visible late
			s.exec(t, test.insert, 5, "paid", at(15))       // later than the overlap finds
			s.exec(t, test.insert, 2, "paid", at(40))
			p.says(t, "4 records: 2 accepted, 2 unchanged, 0 overruled, 0 wait for their prediction, 1 came late, 0 set aside")
			for i := range 250 { // many with one time
				s.exec(t, test.insert, 100+i, "paid", at(60))
			}
			p.says(t, "253 records: 250 accepted, 3 unchanged")
			p.says(t, "250 records: 0 accepted, 250 unchanged")
			for query, want := range map[string]string{
				"SELECT loan, status FROM loans WHERE updated_at >= :since":                                           `the query has no column "updated_at", the watermark`,
				"SELECT loan, updated_at FROM loans WHERE updated_at >= :since ORDER BY updated_at":                   "there is no column status with the outcome",
				"SELECT loan, status, updated_at FROM loans WHERE updated_at >= :since ORDER BY updated_at DESC":      "",
				"SELECT nothing FROM loans WHERE updated_at >= :since":                                                "run the query: ",
				"SELECT loan, status, status AS updated_at FROM loans WHERE updated_at >= :since ORDER BY updated_at": "which is no time",
				"SELECT loan, status, NULL AS updated_at FROM loans WHERE status >= 'a' OR updated_at >= :since":      "a row has no value in the watermark",
			} {
				if want == "" {
					want = "the rows are not in the order of updated_at; end the query with ORDER BY"
				}
				_, err := newPlace(t, s, `query: "`+query+`"`).pass(t)
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: error %v, want %q", query, err, want)
				}
			}
		})
	}
}

// A transaction that begins first and commits last is not skipped.
func TestPostgresIsReadBelowTheOldestTransaction(t *testing.T) {
	t.Parallel()
	s := startPostgres(t)
	s.exec(t, "CREATE TABLE loans (loan bigint, status text, tx bigint DEFAULT pg_current_xact_id()::text::bigint)")
	p := newPlace(t, s, `watermark: tx, watermark_type: number, query: "SELECT loan, status, tx FROM loans WHERE tx >= :since AND tx < :snapshot ORDER BY tx"`)
	const insert = "INSERT INTO loans (loan, status) VALUES ($1, 'paid')"
	s.exec(t, insert, 1)
	p.says(t, "1 records: 1 accepted")
	slow, err := s.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.ExecContext(t.Context(), insert, 2); err != nil {
		t.Fatal(err)
	}
	s.exec(t, insert, 3)
	p.says(t, "0 records")
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	p.says(t, "2 records: 2 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 0 set aside")
	p.says(t, "0 records")
}

func TestAServerThatIsGoneIsSaid(t *testing.T) {
	t.Parallel()
	for _, s := range []*server{{driver: postgres, dsn: "postgres://x@127.0.0.1:1/x"}, {driver: mysql, dsn: "x@tcp(127.0.0.1:1)/x"}, {driver: sqlite, dsn: "/nowhere"}} {
		_, err := newPlace(t, s, byTime).pass(t)
		if err == nil || !strings.Contains(err.Error(), "the database: ") {
			t.Errorf("%s: error %v", s.driver, err)
		}
	}
	_, err := newPlace(t, &server{driver: mysql, dsn: "secret@@/"}, byTime).pass(t)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a wrong data source name: %v", err)
	}
}

func TestQueriesAreBoundOutsideOfTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT ':since', a::text FROM t WHERE x >= :since AND y > :since;":        "SELECT ':since', a::text FROM t WHERE x >= $1 AND y > $1",
		"SELECT \":x\" -- :y\nFROM t /* :z */ WHERE x >= :since AND x < :snapshot": "SELECT \":x\" -- :y\nFROM t /* :z */ WHERE x >= $1 AND x < $2",
	} {
		if q, err := parseQuery(text, postgres); err != nil || q.text != want {
			t.Errorf("%q: %q, %v", text, q.text, err)
		}
	}
	if q, err := parseQuery("SELECT x WHERE x > :since OR y > :since", mysql); err != nil || q.text != "SELECT x WHERE x > ? OR y > ?" || len(q.uses) != 2 {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestWrongConfigurationsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	const query = `, query: "SELECT x WHERE x >= :since"`
	for text, want := range map[string]string{
		"{}":                                        "driver is missing; write postgres",
		"{driver: oracle" + query + "}":             `driver "oracle" is none of postgres, mysql, sqlite`,
		"{driver: postgres}":                        "query is missing",
		"{driver: postgres" + query + "}":           "dsn_file is missing",
		"{driver: postgres, dsn: x" + query + "}":   "has a password in it; write dsn_file",
		"{driver: sqlite" + query + "}":             "write either dsn",
		"{driver: sqlite, dsn: x, query: SELECT 1}": "the query has no :since",
		"{driver: sqlite, dsn: x, query: \"SELECT :until, :since\"}":                               "parameter :until",
		"{driver: sqlite, dsn: x, watermark_type: number, overlap: 1m" + query + "}":               "overlap is a time",
		"{driver: sqlite, dsn: x, start: today" + query + "}":                                      `start "today" is not a time`,
		"{driver: postgres, dsn_file: x, query: \"SELECT x WHERE x >= :since AND x < :snapshot\"}": "set watermark_type: number",
	} {
		_, err := outcomes.Parse([]byte("sources:\n- name: a\n  sql: "+text), "outcomes.yml", []outcomes.Kind{Kind})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
