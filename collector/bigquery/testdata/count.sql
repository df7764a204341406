WITH source AS (
  SELECT
    IF(IF(IS_NAN(t.`income`) OR IS_INF(t.`income`), NULL, t.`income`) IN UNNEST(@missing), NULL, IF(IS_NAN(t.`income`) OR IS_INF(t.`income`), NULL, t.`income`)) AS f0,
    IF(CAST(t.`term` AS FLOAT64) IN UNNEST(@missing), NULL, CAST(t.`term` AS FLOAT64)) AS f1,
    IF(CAST(t.`rate` AS FLOAT64) IN UNNEST(@missing), NULL, CAST(t.`rate` AS FLOAT64)) AS f2,
    t.`state` AS f3,
    CAST(t.`open` AS STRING) AS f4,
    IF(IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`) IN UNNEST(@missing), NULL, IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`)) AS score,
    CASE WHEN IF(IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`) IN UNNEST(@missing), NULL, IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`)) >= @threshold THEN '1' WHEN IF(IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`) IN UNNEST(@missing), NULL, IF(IS_NAN(t.`p`) OR IS_INF(t.`p`), NULL, t.`p`)) < @threshold THEN '0' END AS predicted,
    t.`paid` AS actual
  FROM `p.d.loans` AS t
  WHERE (
day >= '2026-01-01' -- this year
  )
)
SELECT u.cell, u.bin, u.number, u.text, predicted, actual, COUNT(*) AS n,
  SUM(IF(ABS(u.x) > 1e150, NULL, u.x)) AS total, SUM(IF(ABS(u.x) > 1e150, NULL, u.x * u.x)) AS squares,
  MIN(u.x) AS low, MAX(u.x) AS high, COUNTIF(ABS(u.x) > 1e150) AS huge
FROM source, UNNEST([
  STRUCT(0 AS cell, RANGE_BUCKET(f0, @edges0) AS bin, CAST(NULL AS FLOAT64) AS number, CAST(NULL AS STRING) AS text, f0 AS x),
  STRUCT(1 AS cell, CAST(NULL AS INT64) AS bin, f1 AS number, CAST(NULL AS STRING) AS text, CAST(NULL AS FLOAT64) AS x),
  STRUCT(2 AS cell, CAST(NULL AS INT64) AS bin, f2 AS number, CAST(NULL AS STRING) AS text, CAST(NULL AS FLOAT64) AS x),
  STRUCT(3 AS cell, CAST(NULL AS INT64) AS bin, CAST(NULL AS FLOAT64) AS number, f3 AS text, CAST(NULL AS FLOAT64) AS x),
  STRUCT(4 AS cell, CAST(NULL AS INT64) AS bin, CAST(NULL AS FLOAT64) AS number, f4 AS text, CAST(NULL AS FLOAT64) AS x),
  STRUCT(-1 AS cell, RANGE_BUCKET(score, @edges_score) AS bin, CAST(NULL AS FLOAT64) AS number, CAST(NULL AS STRING) AS text, score AS x),
  STRUCT(-2 AS cell, CAST(NULL AS INT64) AS bin, CAST(NULL AS FLOAT64) AS number, CAST(NULL AS STRING) AS text, CAST(NULL AS FLOAT64) AS x)
]) AS u
GROUP BY u.cell, u.bin, u.number, u.text, predicted, actual
