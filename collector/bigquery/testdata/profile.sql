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
SELECT
  APPROX_COUNT_DISTINCT(f1), COUNT(f1), APPROX_QUANTILES(f1, 400),
  APPROX_COUNT_DISTINCT(f3), COUNT(f3), APPROX_QUANTILES(SUBSTR(f3, 1, 64), 400),
  APPROX_COUNT_DISTINCT(score), COUNT(score), APPROX_QUANTILES(score, 400)
FROM source
