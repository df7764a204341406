package database

import (
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// The drivers.
const (
	postgres = "postgres"
	mysql    = "mysql"
	sqlite   = "sqlite"
)

// source is one query.
type source struct {
	driver    string
	dsn       string // of SQLite, which has no secret in it
	dsnFile   string
	query     query
	watermark string // the column
	numbers   bool   // the watermark is a number, not a time
	start     time.Time
	overlap   time.Duration
	schedule  outcomes.Schedule
}

// Kind is the kind of source whose key is sql.
var Kind = outcomes.Kind{Name: "sql", Parse: parse}

func parse(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
	m := d.Map(n, "sql", append([]string{"driver", "dsn", "dsn_file", "query", "watermark", "watermark_type", "start", "overlap"}, outcomes.ScheduleKeys...)...)
	m.Require("driver", "write postgres, mysql (also for MariaDB) or sqlite")
	m.Require("query", "write SELECT ... WHERE updated_at >= :since ORDER BY updated_at")
	s := &source{
		driver: m.OneOf("driver", postgres, mysql, sqlite), dsn: m.Text("dsn", ""), dsnFile: m.Text("dsn_file", ""),
		watermark: m.Text("watermark", "updated_at"),
		numbers:   m.OneOf("watermark_type", "time", "number") == "number",
		schedule:  outcomes.ParseSchedule(m, time.Minute),
	}
	s.overlap = m.Duration("overlap", s.defaultOverlap(), 0, 366*24*time.Hour)
	if start := m.Text("start", ""); start != "" {
		at, err := time.Parse(time.RFC3339Nano, start)
		if err != nil {
			m.Wrong("start", "start %q is not a time such as 2026-11-01T12:00:00Z", start)
		}
		s.start = at
	}
	s.check(m)
	if m.Err == nil {
		var err error
		if s.query, err = parseQuery(m.Text("query", ""), s.driver); err != nil {
			m.Wrong("query", "%w", err)
		}
	}
	if m.Err == nil && s.query.snapshot && !s.numbers {
		m.Wrong("query", "the query has :snapshot, the number of a transaction; set watermark_type: number and a watermark that is one")
	}
	return s, m.Err
}

func (s *source) defaultOverlap() time.Duration {
	if s.numbers {
		return 0
	}
	return 10 * time.Minute
}

// check finds keys that do not go together.
func (s *source) check(m *strictyaml.Map) {
	switch {
	case m.Err != nil:
	case s.driver == sqlite && (s.dsn == "") == (s.dsnFile == ""):
		m.Wrong("driver", "write either dsn, the path of the database, or dsn_file, a file that holds it")
	case s.driver != sqlite && m.Has("dsn"):
		m.Wrong("dsn", "a data source name has a password in it; write dsn_file, a file that holds it")
	case s.driver != sqlite && s.dsnFile == "":
		m.Wrong("driver", "dsn_file is missing; name a file that holds the data source name")
	case s.numbers && s.overlap > 0:
		m.Wrong("overlap", "overlap is a time, and the watermark is a number; remove it")
	case s.numbers && m.Has("start"):
		m.Wrong("start", "start is a time, and the watermark is a number; remove it")
	case s.watermark == "":
		m.Wrong("watermark", "watermark is empty; name a column of the query that rises")
	}
	for _, path := range []*string{&s.dsn, &s.dsnFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(filepath.Dir(m.Path), *path)
		}
	}
}
