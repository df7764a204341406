-- Counters by model and version of all ticks before a time, and the first tick of all.
WITH records AS (
  SELECT model, version, names, sums, {effective} AS effective
  FROM `{dataset}.ticks`
  WHERE shipped_at <= @shipped_until AND model <> ''
),
first AS (
  SELECT model, version, MIN(effective) AS begun FROM records GROUP BY model, version
),
counters AS (
  SELECT model, version, name, CAST(SUM(sums[ORDINAL(i + 1)]) AS INT64) AS n
  FROM records, UNNEST(names) AS name WITH OFFSET AS i
  WHERE effective < @until
  GROUP BY model, version, name
),
listed AS (
  SELECT model, version, ARRAY_AGG(name ORDER BY name) AS names, ARRAY_AGG(n ORDER BY name) AS sums
  FROM counters GROUP BY model, version
)
SELECT first.model, first.version, first.begun, listed.names, listed.sums
FROM first LEFT JOIN listed USING (model, version)
ORDER BY model, version
