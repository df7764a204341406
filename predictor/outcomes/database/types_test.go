package database

import (
	"fmt"
	"strings"
	"testing"
)

// TestColumnsOfEveryTypeAreRead reads one row whose columns are expressions of the database.
func TestColumnsOfEveryTypeAreRead(t *testing.T) {
	t.Parallel()
	const accepted, others = "1 records: 1 accepted", "'x'"
	postgresTime, mariaTime, sqliteTime := "timestamptz '2026-04-01 02:00+02'", "TIMESTAMP '2026-04-01 00:00:00'", "'2026-04-01 00:00:00'"
	for _, test := range []struct {
		start func(*testing.T) *server
		cases [][5]string // prediction, outcome, watermark, another column, what is said
	}{
		{startPostgres, [][5]string{
			{"1::int2", "'paid'", postgresTime, "NULL", accepted},
			{"2::numeric(38,10)", "'paid'::char(10)", postgresTime, "ARRAY[1,2]", accepted},
			{"'3'", "convert_to('paid', 'UTF8')", postgresTime, `'{"a": [1]}'::jsonb`, accepted},
			{"4::float8", "'paid'::name", "timestamp '2026-04-01 00:00:00.000001'", "'NaN'::numeric", accepted},
			{"5", "'paid'", "date '2026-04-01'", "interval '1 day'", accepted},
			{"6", "'paid'", postgresTime, "'1.2.3.4'::inet", accepted},
			{"7", "'paid'", postgresTime, `'\xff00'::bytea`, accepted},
			{"8", "'paid'", postgresTime, "'infinity'::timestamptz", accepted},
			{"9", "'paid'", postgresTime, "int4range(1, 2)", accepted},
			{"18446744073709551615::numeric", "'paid'", postgresTime, others, "bad_key"},
			{"10.5::numeric(38,10)", "'paid'", postgresTime, others, "bad_key"},
			{"'6b1b5ad0-3b5e-4f7a-9d0e-0d8f2b1c9a11'::uuid", "'paid'", postgresTime, others, "bad_key"},
			{"'NaN'::float8", "'paid'", postgresTime, others, "bad_key"},
			{"NULL::bigint", "'paid'", postgresTime, others, "no_key"},
			{"11", "NULL::text", postgresTime, others, "no_outcome"},
			{"12", "true", postgresTime, others, "unmapped"},
			{"13", `'\xff'::bytea`, postgresTime, others, "unmapped"},
			{"14", "'paid'", "'infinity'::timestamptz", others, "which is no time"},
			{"15", "'paid'", "NULL::timestamptz", others, "has no value in the watermark"},
			{"16", "'paid'", "12.5::numeric", others, "which is no time"},
		}},
		{startMariaDB, [][5]string{
			{"CAST(1 AS UNSIGNED)", "'paid'", mariaTime, "NULL", accepted},
			{"CAST(2 AS DECIMAL(38,10))", "BINARY 'paid'", mariaTime, "b'1'", accepted},
			{"'3'", "'paid'", "DATE '2026-04-01'", "0x00ff", accepted},
			{"4e0", "'paid'", "TIMESTAMP '2026-04-01 00:00:00.000001'", "JSON_OBJECT('a', 1)", accepted},
			{"CAST(18446744073709551615 AS UNSIGNED)", "'paid'", mariaTime, others, "bad_key"},
			{"NULL", "'paid'", mariaTime, others, "no_key"},
			{"5", "NULL", mariaTime, others, "no_outcome"},
			{"6", "0xff", mariaTime, others, "unmapped"},
			{"7", "'paid'", "TIME '10:00:00'", others, "which is no time"},
			{"8", "'paid'", "NULL", others, "has no value in the watermark"},
		}},
		{startSQLite, [][5]string{
			{"1.0", "'paid'", sqliteTime, "NULL", accepted},
			{"'2'", "CAST('paid' AS BLOB)", "'2026-04-01T02:00:00.5+02:00'", "x'00ff'", accepted},
			{"CAST('3' AS BLOB)", "'paid'", "'2026-04-01'", "9e999", accepted},
			{"4.5", "'paid'", sqliteTime, others, "bad_key"},
			{"5", "x'ff'", sqliteTime, others, "unmapped"},
			{"6", "'paid'", "1775001600", others, "which is no time"},
			{"7", "'paid'", "NULL", others, "has no value in the watermark"},
		}},
	} {
		s := test.start(t)
		s.exec(t, "CREATE TABLE loans (loan int)") // SQLite makes its file
		t.Run(s.driver, func(t *testing.T) {
			for _, one := range test.cases {
				query := fmt.Sprintf("SELECT %s AS loan, %s AS status, %s AS updated_at, %s AS more WHERE :since IS NOT NULL", one[0], one[1], one[2], one[3])
				if s.driver == postgres {
					query = strings.Replace(query, ":since", "CAST(:since AS timestamptz)", 1)
				}
				if s.driver == mysql {
					query = strings.Replace(query, " WHERE", " FROM DUAL WHERE", 1)
				}
				p := newPlace(t, s, "query: '"+strings.ReplaceAll(query, "'", "''")+"'")
				got, err := p.pass(t)
				if said := fmt.Sprint(got, err); !strings.Contains(said, one[4]) {
					t.Errorf("%s: %q, want %q", query, said, one[4])
				}
			}
		})
	}
}

// TestBitsAreNumbers reads a column BIT, in which MariaDB has truth values.
func TestBitsAreNumbers(t *testing.T) {
	t.Parallel()
	s := startMariaDB(t)
	s.exec(t, "CREATE TABLE loans (loan BIT(16), status BIT(1), updated_at DATETIME)")
	s.exec(t, "INSERT INTO loans VALUES (300, 1, '2026-04-01'), (1, 0, '2026-04-01')")
	p := newPlace(t, s, byTime)
	p.config = strings.Replace(p.config, "map: {paid: 1, default: 0}", "map: {1: 1, 0: 0}", 1)
	p.says(t, "2 records: 2 accepted")
}
