package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/mattn/go-sqlite3"
)

// viewFeatures is the maximum number of features in a view: SQLite's maximum number of columns,
// less the fixed columns.
const viewFeatures = 1900

// EnsureView makes the view of a model, with its features as columns. It returns the name of the
// view: model_NAME, with a suffix if the view of another model has the same name, ignoring case.
// If the features have changed, an existing view is made again. A feature is called feature_NAME
// if its name is taken: by the columns id, time, version, request_id, score, class and latency,
// or by another feature, ignoring case. Rows whose features are not valid JSON, such as those
// with NaN, have NULL there.
func (w *Writer) EnsureView(ctx context.Context, model string, features []string) (string, error) {
	if len(features) > viewFeatures {
		return "", fmt.Errorf("make the view of model %q: it has %d features and a view takes %d", model, len(features), viewFeatures)
	}
	var name string
	t := &task{}
	t.work = func(tx *transaction) (_ int, err error) {
		name, err = tx.ensureView(model, features)
		var problem sqlite3.Error
		if errors.As(err, &problem) && problem.Code == sqlite3.ErrError {
			err = errors.New(problem.Error()) // a name that SQL cannot express; the log is sound
		}
		return 0, err
	}
	if err := w.submit(ctx, t); err != nil {
		return "", fmt.Errorf("make the view of model %q: %w", model, err)
	}
	return name, nil
}

func (tx *transaction) ensureView(model string, features []string) (string, error) {
	hash := sha256.Sum256([]byte(model))
	name := "model_" + model
	mine := " FROM predictions WHERE model = " + literal(model)
	for _, name := range []string{name, name + "_" + hex.EncodeToString(hash[:4])} {
		row, err := tx.conn.First(context.Background(),
			"SELECT coalesce(sql, ''), type FROM sqlite_schema WHERE name = ? COLLATE NOCASE", name)
		if err != nil {
			return "", err
		}
		want := "CREATE VIEW " + identifier(name) + " AS SELECT " + strings.Join(viewColumns(features), ", ") + mine
		if row != nil {
			f := file.Fields{Row: row}
			have, kind := f.Text(0), f.Text(1)
			switch {
			case f.Err != nil:
				return "", f.Err
			case have == want:
				return name, nil
			case kind != "view" || !strings.HasSuffix(have, mine):
				continue // another's
			}
			if err := tx.conn.Exec("DROP VIEW " + identifier(name)); err != nil {
				return "", err
			}
		}
		return name, tx.conn.Exec(want)
	}
	return "", fmt.Errorf("the name %s is taken, and so is its alternative", name)
}

// viewColumns returns the columns of a view, as SQL.
func viewColumns(features []string) []string {
	columns := []string{"id", "time", "version", "request_id", "score", "class", "latency"}
	taken := map[string]bool{}
	for _, c := range columns {
		taken[c] = true
	}
	for _, feature := range features {
		name := feature
		for taken[strings.ToLower(name)] || name == "" {
			name = "feature_" + name
		}
		taken[strings.ToLower(name)] = true
		columns = append(columns, "CASE WHEN json_valid(features) THEN "+extract(feature)+" END AS "+identifier(name))
	}
	return columns
}

// extract returns the SQL for the value of one feature. A path cannot contain quotes and
// backslashes, so features with such names are looked up by key.
func extract(feature string) string {
	if strings.ContainsAny(feature, "\"\\") {
		return "(SELECT value FROM json_each(features) WHERE key = " + literal(feature) + ")"
	}
	return "json_extract(features, " + literal(`$."`+feature+`"`) + ")"
}

// literal returns a text as an SQL string.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// identifier returns a name as an SQL identifier.
func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
