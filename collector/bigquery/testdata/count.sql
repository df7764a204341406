WITH source AS (
  SELECT
    IF(IS_NAN(t.`income`) OR IS_INF(t.`income`), NULL, t.`income`) AS f0,
    CAST(t.`term` AS FLOAT64) AS f1,
    CAST(t.`rate` AS FLOAT64) AS f2,
    t.`state` AS f3,
    CAST(t.`open` AS STRING) AS f4,
    IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`) AS score,
    CASE WHEN IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`) >= 0.5 THEN '1' WHEN IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`) < 0.5 THEN '0' END AS predicted,
    CASE WHEN NULLIF(t.`paid`, '') = @positive THEN '1' WHEN NULLIF(t.`paid`, '') IS NOT NULL THEN '0' END AS actual
  FROM `p.d.loans` AS t
  WHERE (
day >= '2026-01-01' -- this year
  )
),
cells AS (
  SELECT u.cell, u.bin, u.value, u.x, u.text, predicted, actual
  FROM source, UNNEST([
    STRUCT(0 AS cell, RANGE_BUCKET(f0, @edges0) AS bin, CAST(NULL AS FLOAT64) AS value, f0 AS x, CAST(NULL AS STRING) AS text),
    STRUCT(1 AS cell, CAST(NULL AS INT64) AS bin, f1 AS value, f1 AS x, CAST(NULL AS STRING) AS text),
    STRUCT(2 AS cell, CAST(NULL AS INT64) AS bin, f2 AS value, f2 AS x, CAST(NULL AS STRING) AS text),
    STRUCT(3 AS cell, IF(BYTE_LENGTH(f3) > 128, 1, 0) AS bin, CAST(NULL AS FLOAT64) AS value, CAST(NULL AS FLOAT64) AS x, IF(BYTE_LENGTH(f3) > 128, NULL, f3) AS text),
    STRUCT(4 AS cell, IF(BYTE_LENGTH(f4) > 128, 1, 0) AS bin, CAST(NULL AS FLOAT64) AS value, CAST(NULL AS FLOAT64) AS x, IF(BYTE_LENGTH(f4) > 128, NULL, f4) AS text),
    STRUCT(-1 AS cell, RANGE_BUCKET(score, @edges_score) AS bin, CAST(NULL AS FLOAT64) AS value, score AS x, CAST(NULL AS STRING) AS text),
    STRUCT(-2 AS cell, IF(BYTE_LENGTH(predicted) > 128, 1, 0) AS bin, CAST(NULL AS FLOAT64) AS value, CAST(NULL AS FLOAT64) AS x, IF(BYTE_LENGTH(predicted) > 128, NULL, predicted) AS text),
    STRUCT(-3 AS cell, IF(BYTE_LENGTH(IF(predicted IS NULL, NULL, actual)) > 128, 1, 0) AS bin, CAST(NULL AS FLOAT64) AS value, CAST(NULL AS FLOAT64) AS x, IF(BYTE_LENGTH(IF(predicted IS NULL, NULL, actual)) > 128, NULL, IF(predicted IS NULL, NULL, actual)) AS text)
  ]) AS u
),
grouped AS (
  SELECT cell, bin, value, text, COUNT(*) AS n,
    SUM(IF(ABS(x) > 1e150, NULL, x)) AS total, SUM(IF(ABS(x) > 1e150, NULL, x * x)) AS squares,
    MIN(x) AS low, MAX(x) AS high, COUNTIF(ABS(x) > 1e150) AS huge,
    COUNTIF(predicted IS NOT NULL AND actual IS NOT NULL) AS labelled, COUNTIF(predicted = actual) AS correct
  FROM cells
  GROUP BY cell, bin, value, text
),
placed AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY cell ORDER BY IF(value IS NULL AND text IS NULL, 0, 1), n DESC, value, text) AS place
  FROM grouped
)
SELECT cell, IF(place > 202, 1, bin) AS bin,
  IF(place > 202, NULL, value) AS value, IF(place > 202, NULL, text) AS text,
  SUM(n) AS n, SUM(total) AS total, SUM(squares) AS squares, MIN(low) AS low, MAX(high) AS high, SUM(huge) AS huge,
  SUM(labelled) AS labelled, SUM(correct) AS correct
FROM placed
GROUP BY 1, 2, 3, 4
