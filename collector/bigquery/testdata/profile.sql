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
)
SELECT
  APPROX_QUANTILES(f1, 200), APPROX_COUNT_DISTINCT(f1),
  APPROX_QUANTILES(score, 200), APPROX_COUNT_DISTINCT(score)
FROM source
