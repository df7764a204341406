package database

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/watermark"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// The supported drivers.
const (
	postgres = "postgres"
	mysql    = "mysql"
	sqlite   = "sqlite"
)

// source is one query.
type source struct {
	driver  string
	dsn     string // of SQLite, which has no secret in it
	dsnFile string
	query   query
	options watermark.Options
}

// Kind is the kind of source with the key "sql".
var Kind = outcomes.Kind{Name: "sql", Parse: parse}

func parse(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
	m := d.Map(n, "sql", append([]string{"driver", "dsn", "dsn_file", "query"}, watermark.Keys...)...)
	m.Require("driver", "write postgres, mysql (also for MariaDB) or sqlite")
	m.Require("query", "write SELECT ... WHERE updated_at >= :since ORDER BY updated_at")
	s := &source{
		driver: m.OneOf("driver", postgres, mysql, sqlite), dsn: m.File("dsn"), dsnFile: m.File("dsn_file"),
		options: watermark.Parse(m, time.Minute),
	}
	s.check(m)
	if m.Err == nil {
		var err error
		if s.query, err = parseQuery(m.Text("query", ""), s.driver); err != nil {
			m.Wrong("query", "%w", err)
		}
	}
	if m.Err == nil && s.query.snapshot && !s.options.Numbers {
		m.Wrong("query", "the query has :snapshot, the number of a transaction; set watermark_type: number and a watermark that is one")
	}
	return s, m.Err
}

// check finds keys that must not be used together.
func (s *source) check(m *strictyaml.Map) {
	switch {
	case m.Err != nil:
	case s.driver == sqlite && (s.dsn == "") == (s.dsnFile == ""):
		m.Wrong("driver", "write either dsn, the path of the database, or dsn_file, a file that holds it")
	case s.driver != sqlite && m.Has("dsn"):
		m.Wrong("dsn", "a data source name has a password in it; write dsn_file, a file that holds it")
	case s.driver != sqlite && s.dsnFile == "":
		m.Wrong("driver", "dsn_file is missing; name a file that holds the data source name")
	}
}
