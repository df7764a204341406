package bigquery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// The views. DATASET stands for project.dataset. A day is the day of the prediction, in UTC, so
// yesterday's accuracy changes as outcomes arrive. A regression has no class: its score is the
// predicted value and its outcome a number. What is of classes is NULL for it, and what is of
// numbers is NULL for others.
const (
	outcomesView = "SELECT * FROM `DATASET.feedback`\n" +
		"QUALIFY ROW_NUMBER() OVER (PARTITION BY log_id, prediction_id ORDER BY seq DESC) = 1"

	performanceView = "WITH made AS (\n" +
		"  SELECT DATE(time) AS day, model, version, COUNT(*) AS predictions\n" +
		"  FROM `DATASET.predictions` GROUP BY day, model, version\n" +
		"), known AS (\n" +
		"  SELECT DATE(predicted_at) AS day, model, version, COUNT(*) AS outcomes,\n" +
		"    IF(COUNTIF(class <> '') = 0, NULL, COUNTIF(class = outcome)) AS correct,\n" +
		"    IF(COUNTIF(class NOT IN ('0', '1')) > 0, NULL,\n" +
		"      AVG(IF(outcome IN ('0', '1'), (score - CAST(outcome = '1' AS INT64)) * (score - CAST(outcome = '1' AS INT64)), NULL))) AS brier_score,\n" +
		"    AVG(IF(class = '', ABS(score - SAFE_CAST(outcome AS FLOAT64)), NULL)) AS mean_absolute_error,\n" +
		"    SQRT(AVG(IF(class = '', (score - SAFE_CAST(outcome AS FLOAT64)) * (score - SAFE_CAST(outcome AS FLOAT64)), NULL))) AS root_mean_squared_error,\n" +
		"    AVG(IF(class = '', score - SAFE_CAST(outcome AS FLOAT64), NULL)) AS mean_error\n" +
		"  FROM `DATASET.outcomes` GROUP BY day, model, version\n" +
		")\n" +
		"SELECT day, model, version, predictions, outcomes, correct, brier_score,\n" +
		"  SAFE_DIVIDE(correct, outcomes) AS accuracy,\n" +
		"  (correct + 1.9208 - 1.96 * SQRT(correct * (outcomes - correct) / outcomes + 0.9604)) / (outcomes + 3.8416) AS accuracy_lower,\n" +
		"  (correct + 1.9208 + 1.96 * SQRT(correct * (outcomes - correct) / outcomes + 0.9604)) / (outcomes + 3.8416) AS accuracy_upper,\n" +
		"  mean_absolute_error, root_mean_squared_error, mean_error\n" +
		"FROM made FULL JOIN known USING (day, model, version)"

	confusionView = "SELECT DATE(predicted_at) AS day, model, version, class AS predicted, outcome AS actual, COUNT(*) AS predictions\n" +
		"FROM `DATASET.outcomes` WHERE class <> '' GROUP BY day, model, version, predicted, actual"

	scoresView = "WITH made AS (\n" +
		"  SELECT DATE(time) AS day, model, version, COUNT(*) AS predictions, AVG(score) AS score_mean, STDDEV(score) AS score_standard_deviation,\n" +
		"    IF(COUNTIF(class IN ('0', '1')) = 0, NULL, COUNTIF(class = '1')) AS positive, AVG(latency) / 1e9 AS latency_mean_seconds\n" +
		"  FROM `DATASET.predictions` GROUP BY day, model, version\n" +
		"), refused AS (\n" +
		"  SELECT DATE(time) AS day, model, version, COUNT(*) AS refused FROM `DATASET.errors` GROUP BY day, model, version\n" +
		")\n" +
		"SELECT day, model, version, IFNULL(predictions, 0) AS predictions, IFNULL(refused, 0) AS refused,\n" +
		"  score_mean, score_standard_deviation, positive, SAFE_DIVIDE(positive, predictions) AS positive_ratio, latency_mean_seconds\n" +
		"FROM made FULL JOIN refused USING (day, model, version)"

	featuresView = "SELECT DATE(time) AS day, model, version, f.feature, COUNT(*) AS predictions, COUNTIF(f.value IS NULL) AS missing,\n" +
		"  AVG(SAFE_CAST(f.value AS FLOAT64)) AS mean, STDDEV(SAFE_CAST(f.value AS FLOAT64)) AS standard_deviation,\n" +
		"  MIN(SAFE_CAST(f.value AS FLOAT64)) AS minimum, MAX(SAFE_CAST(f.value AS FLOAT64)) AS maximum,\n" +
		"  APPROX_QUANTILES(SAFE_CAST(f.value AS FLOAT64), 10) AS deciles, APPROX_COUNT_DISTINCT(f.value) AS distinct_values\n" +
		"FROM `DATASET.predictions`, UNNEST(ARRAY<STRUCT<feature STRING, value STRING>>[%s]) AS f\n" +
		"WHERE model = %s GROUP BY day, model, version, f.feature"
)

// featuresLeg returns the part of features_by_day for one model.
func featuresLeg(dataset, model string, names []string) string {
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = fmt.Sprintf("(%s, %s)", literal(name), jsonValue(name))
	}
	return fmt.Sprintf(strings.ReplaceAll(featuresView, "DATASET", dataset), strings.Join(values, ", "), literal(model))
}

// viewColumn matches the names of features that can be column names.
var viewColumn = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

// modelView returns the view of a model, with its features as columns. A column is a number if
// all values were numbers. A feature is called feature_HASH if its name cannot be a column name,
// or if the name is already taken, ignoring case.
func modelView(dataset, model string, names []string, numeric map[string]bool) datasetView {
	columns := []string{"log_id", "id", "time", "version", "request_id", "score", "class", "latency"}
	taken := map[string]bool{}
	for _, c := range columns {
		taken[c] = true
	}
	for _, name := range names {
		column := name
		if !viewColumn.MatchString(name) || taken[strings.ToLower(name)] {
			column = "feature_" + shortHash(name)
		}
		taken[strings.ToLower(column)] = true
		value := jsonValue(name)
		if numeric[name] {
			value = "SAFE_CAST(" + value + " AS FLOAT64)"
		}
		columns = append(columns, value+" AS `"+column+"`")
	}
	name := "model_" + model
	if !viewColumn.MatchString(model) {
		name = "model_" + shortHash(model)
	}
	return datasetView{
		name:        name,
		description: "Predictions of the model " + literal(model) + " with its features as columns.",
		query:       fmt.Sprintf("SELECT %s\nFROM `%s.predictions` WHERE model = %s", strings.Join(columns, ",\n  "), dataset, literal(model)),
	}
}

// jsonValue returns the SQL for the value of a feature as text. The name contains no quotes and
// no backslashes.
func jsonValue(name string) string { return "JSON_VALUE(features, " + literal(`$."`+name+`"`) + ")" }

// literal returns a text as a string literal of BigQuery's SQL.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(strings.ToValidUTF8(s, "\uFFFD")) + "'"
}

func shortHash(s string) string {
	hash := sha256.Sum256([]byte(s))
	return hex.EncodeToString(hash[:4])
}
