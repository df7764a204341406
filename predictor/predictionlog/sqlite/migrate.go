package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// What a log of version 1 does not have: that feedback knows the time and the score of
// its prediction and what it corrects, and how late feedback was; and what has
// been shipped of each table. Of predictions that were deleted before, neither
// time nor score is known any more.
const (
	addColumns = `
ALTER TABLE feedback ADD COLUMN predicted_at INTEGER CHECK (predicted_at IS NULL OR typeof(predicted_at) = 'integer');
ALTER TABLE feedback ADD COLUMN score REAL CHECK (score IS NULL OR (typeof(score) = 'real' AND score BETWEEN 0 AND 1));
ALTER TABLE feedback ADD COLUMN corrects TEXT CHECK (corrects IS NULL OR corrects IN ('same_source', 'higher_confidence', 'other_source'));
ALTER TABLE shipped RENAME TO shipped_of_1;`

	fillColumns = `
INSERT INTO shipped (destination, log, up_to_id) SELECT destination, 'predictions', up_to_id FROM shipped_of_1;
DROP TABLE shipped_of_1;
UPDATE feedback SET (predicted_at, score) = (SELECT time, score FROM predictions WHERE id = prediction_id);
UPDATE feedback SET corrects = CASE WHEN outcome <> own THEN 'same_source' WHEN confidence > surest THEN 'higher_confidence' ELSE 'other_source' END
FROM (SELECT seq AS number, lag(outcome) OVER earlier AS before,
        lag(outcome) OVER (PARTITION BY prediction_id, source ORDER BY seq) AS own,
        max(confidence) OVER (earlier ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS surest
      FROM feedback WINDOW earlier AS (PARTITION BY prediction_id ORDER BY seq))
WHERE seq = number AND outcome <> before;
INSERT INTO totals_feedback_delays
SELECT model, version, corrects, delay_le, count(*), sum(delay) FROM counted_feedback
WHERE seq <= (SELECT up_to_id FROM totals_up_to WHERE log = 'feedback') GROUP BY 1, 2, 3, 4;
PRAGMA user_version = 2;`
)

// migrate brings a log of an earlier version up to this one, in one transaction,
// and keeps every row; it leaves any other file as it is. It costs 5 us a row of
// feedback. A predictor of the earlier release that is still running goes on
// writing; its readers must be of this release.
func migrate(ctx context.Context, c *file.Connection) error {
	if err := c.Do("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	application, err := c.Pragma(ctx, "application_id")
	if err != nil {
		return errors.Join(err, c.Rollback())
	}
	version, err := c.Pragma(ctx, "user_version")
	if err != nil || application != applicationID || version != 1 {
		return errors.Join(err, c.Rollback())
	}
	err = c.Exec(addColumns)
	if err == nil {
		err = renew(ctx, c)
	}
	if err == nil {
		err = c.Exec(fillColumns)
	}
	if err != nil {
		return errors.Join(err, c.Rollback())
	}
	return c.Exec("COMMIT")
}

// renew makes the tables that are missing, and the views and triggers that are
// missing or differ from those of Schema.
func renew(ctx context.Context, c *file.Connection) error {
	return EachObject(ctx, func(kind, name, want string) error {
		have, err := c.First(ctx, "SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?", kind, name)
		if err != nil {
			return err
		}
		if have != nil {
			if kind == "table" || kind == "index" || Same(have[0], want) {
				return nil
			}
			if err := c.Exec("DROP " + kind + " " + identifier(name)); err != nil {
				return err
			}
		}
		return c.Exec(want)
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

// comments are those of SQL, to the end of the line.
var comments = regexp.MustCompile(`--[^\n]*`)

// Same reports whether two statements differ in comments and white space only:
// columns that were added later stand where SQLite put them.
func Same(have driver.Value, want string) bool {
	text, ok := have.(string)
	bare := func(s string) string { return strings.Join(strings.Fields(comments.ReplaceAllString(s, "")), "") }
	return ok && bare(text) == bare(want)
}
