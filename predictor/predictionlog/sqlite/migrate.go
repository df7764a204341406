package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Up to version 2, sqlite_sequence prevented that ids are used again. It cost a page in every
// commit. Now the sums prevent this. So they must include the newest id ever used if its row no
// longer exists.
const numberBySums = `
UPDATE totals_up_to SET up_to_id = (SELECT seq FROM sqlite_sequence WHERE name = 'predictions')
WHERE log = 'predictions'
  AND (SELECT seq FROM sqlite_sequence WHERE name = 'predictions') > max(up_to_id, coalesce((SELECT max(id) FROM predictions), -1));
DELETE FROM sqlite_sequence WHERE name = 'predictions';`

// Migration describes what Migrate does with a log, or would do.
type Migration struct {
	// From is the version of the log. To is the version after the migration. They are equal if
	// there is nothing to do.
	From, To int64
	// Predictions and Feedback are the numbers of rows, at most.
	Predictions, Feedback int64
	// Steps are sentences, in the order of the steps.
	Steps []string
}

// Watch receives the progress of a migration.
type Watch struct {
	// Step is called before every step.
	Step func(what string)
	// Rows is called now and then while a step reads the rows of a table. It may be nil.
	Rows func(done, of int64)
}

// step is one part of a migration.
type step struct {
	what string
	from int64 // of logs of this version and earlier ones
	do   func(ctx context.Context, c *file.Connection, from int64, w Watch) error
}

// migration contains the steps that upgrade a log.
var migration = []step{
	{"keep ids from being used again by the sums instead of sqlite_sequence: changes no row", 2, func(_ context.Context, c *file.Connection, _ int64, _ Watch) error {
		return c.Exec(numberBySums)
	}},
	{"let scores be any finite number and predictions be shadows of others: changes definitions and no row", 2, func(ctx context.Context, c *file.Connection, from int64, _ Watch) error {
		return redefine(ctx, c, from)
	}},
	{"add the tables explorations, outcomes, outcome_sources, outcomes_pending, outcomes_rejected, reviews and erasures", 2, func(ctx context.Context, c *file.Connection, _ int64, _ Watch) error {
		// The triggers of the earlier version would refuse the following changes, or do them
		// twice.
		return renew(ctx, c, "trigger", "table", "index", "view")
	}},
	{"give each feedback the time and score of its prediction and what it corrects: reads and writes every row of feedback, 10 us each", 1, func(ctx context.Context, c *file.Connection, _ int64, w Watch) error {
		return fillFeedback(ctx, c, w)
	}},
	{"keep what is added for every destination that the log is shipped to", 2, func(_ context.Context, c *file.Connection, _ int64, _ Watch) error {
		return c.Exec(shipMore)
	}},
	{"make the triggers of this version", 2, func(ctx context.Context, c *file.Connection, _ int64, _ Watch) error {
		return errors.Join(renew(ctx, c, "", "trigger"), c.Exec(fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)))
	}},
}

// shipMore makes retention keep the rows of the new tables until `ship` has sent them.
const shipMore = `INSERT OR IGNORE INTO shipped (destination, log)
SELECT DISTINCT destination, value FROM shipped, json_each('["outcomes","reviews","erasures"]')`

// steps returns the steps that upgrade a log of a version to this version.
func steps(from int64) (parts []step) {
	for _, s := range migration {
		if from <= s.from {
			parts = append(parts, s)
		}
	}
	return parts
}

// PlanMigration says what upgrading the log at path to this release would do. It changes nothing.
func PlanMigration(ctx context.Context, path string) (m Migration, err error) {
	path, err = file.ResolveExisting(path)
	if err != nil {
		return m, err
	}
	if _, _, err := file.Identify(path); err != nil {
		return m, file.Explain(path, err)
	}
	c, err := dial(path, "ro", url.Values{"_query_only": {"1"}, "_busy_timeout": {readerPatience}})
	if err != nil {
		return m, file.Explain(path, err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := recognise(ctx, c, path); err != nil && !errors.Is(err, file.ErrSchemaVersion) {
		return m, file.Explain(path, err)
	}
	version, err := c.Pragma(ctx, "user_version")
	if err != nil {
		return m, file.Explain(path, err)
	}
	m = Migration{From: version, To: schemaVersion}
	for query, rows := range map[string]*int64{predictionEnds: &m.Predictions, feedbackEnds: &m.Feedback} {
		first, last, err := ends(ctx, c, query)
		if err != nil {
			return m, file.Explain(path, err)
		}
		*rows = last - first + 1
	}
	if m.From > schemaVersion {
		return m, recognise(ctx, c, path)
	}
	for _, s := range steps(m.From) {
		m.Steps = append(m.Steps, s.what)
	}
	return m, nil
}

// migrate upgrades a log of an earlier version to this one, in one transaction. It keeps every
// row and every sum, and leaves any other file unchanged. If it is killed at any moment, it has
// done all or nothing. From version 2 it takes some milliseconds, whatever the size of the log.
// From version 1 it also takes 10 us a row of feedback.
func migrate(ctx context.Context, c *file.Connection, w Watch) error {
	if err := c.Do("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	application, err := c.Pragma(ctx, "application_id")
	if err != nil {
		return errors.Join(err, c.Rollback())
	}
	version, err := c.Pragma(ctx, "user_version")
	if err != nil || application != applicationID || version < 1 || version >= schemaVersion {
		return errors.Join(err, c.Rollback())
	}
	if err := upgrade(ctx, c, version, w); err != nil {
		return errors.Join(err, c.Rollback(), c.Exec("PRAGMA writable_schema = RESET"))
	}
	return c.Exec("COMMIT")
}

// upgrade does the steps inside the transaction.
func upgrade(ctx context.Context, c *file.Connection, from int64, w Watch) error {
	for _, s := range steps(from) {
		w.Step(s.what)
		if err := s.do(ctx, c, from, w); err != nil {
			return err
		}
	}
	return nil
}

// redefined are tables whose definition changes, but not their bytes. Columns are added at the
// end, and a row that lacks them has NULL. The checks are less strict. No row is a shadow yet.
// SQLite's documentation of ALTER TABLE, section 7, allows this.
var redefined = map[string]bool{"predictions": true, "feedback": true, "predictions_request_id": true, "predictions_shadow_of": true, "shipped": true}

// redefine writes the new definitions of tables into the schema.
func redefine(ctx context.Context, c *file.Connection, from int64) error {
	if from == 1 {
		if err := c.Exec(addColumns); err != nil {
			return err
		}
	}
	if err := c.Exec(indexNothing + "PRAGMA writable_schema = ON"); err != nil {
		return err
	}
	err := EachObject(ctx, func(kind, name, want string) error {
		if !redefined[name] {
			return nil
		}
		return c.Do("UPDATE sqlite_schema SET sql = ? WHERE type = ? AND name = ?", want, kind, name)
	})
	err = errors.Join(err, c.Exec("UPDATE sqlite_schema SET tbl_name = 'predictions' WHERE name = 'predictions_shadow_of'"))
	return errors.Join(err, c.Exec("PRAGMA writable_schema = RESET; DROP TABLE no_shadows"))
}

// indexNothing makes the index of shadows on an empty table. In a log without shadows the index
// is empty, but CREATE INDEX would read every page of the predictions: 4 GB in a log of 1e7 rows.
const indexNothing = `CREATE TABLE no_shadows (shadow_of INTEGER);
CREATE INDEX predictions_shadow_of ON no_shadows (shadow_of) WHERE shadow_of IS NOT NULL;
`

// renew drops the objects of one kind. Then it makes the objects of the given kinds that are
// missing or differ from those of Schema, in the order of Schema. Existing tables and indexes
// stay.
func renew(ctx context.Context, c *file.Connection, drop string, kinds ...string) error {
	return EachObject(ctx, func(kind, name, want string) error {
		have, err := c.First(ctx, "SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?", kind, name)
		if err != nil {
			return err
		}
		if have != nil && (kind == drop || kind == "view" && slices.Contains(kinds, kind) && !Same(have[0], want)) {
			if err := c.Exec("DROP " + kind + " " + identifier(name)); err != nil {
				return err
			}
			have = nil
		}
		if have != nil || !slices.Contains(kinds, kind) {
			return nil
		}
		if err := c.Exec(want); err != nil {
			return err
		}
		if name == "replacing" {
			return c.Exec("INSERT INTO replacing VALUES (1, 0)")
		}
		return nil
	})
}

// EachObject calls yield with everything that Schema makes, in its order.
func EachObject(ctx context.Context, yield func(kind, name, sql string) error) (err error) {
	model, err := dial("", "memory", url.Values{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	if err := model.Exec(schema); err != nil {
		return err
	}
	return model.Query(ctx, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		kind, name, sql := f.Text(0), f.Text(1), f.Text(2)
		if f.Err != nil {
			return f.Err
		}
		return yield(kind, name, sql)
	})
}

// comments matches the comments of SQL, which go to the end of the line.
var comments = regexp.MustCompile(`--[^\n]*`)

// Same reports whether two statements differ only in comments and white space. Columns that were
// added later may be where SQLite put them.
func Same(have driver.Value, want string) bool {
	text, ok := have.(string)
	bare := func(s string) string { return strings.Join(strings.Fields(comments.ReplaceAllString(s, "")), "") }
	return ok && bare(text) == bare(want)
}
