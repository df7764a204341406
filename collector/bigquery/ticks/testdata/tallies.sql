-- Rows and counters by tick, model, version and scheme.
WITH records AS (
  SELECT model, version, scheme, predictions, oldest, newest, names, sums, GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS effective
  FROM `my-project.predictions.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> ''
),
range_records AS (
  SELECT * FROM records WHERE effective >= @from AND effective < @until
),
totals AS (
  SELECT effective, model, version, scheme, COUNT(*) AS records, CAST(SUM(predictions) AS INT64) AS predictions,
    MIN(IF(predictions > 0, oldest, NULL)) AS oldest, MAX(IF(predictions > 0, newest, NULL)) AS newest
  FROM range_records GROUP BY effective, model, version, scheme
),
counters AS (
  SELECT effective, model, version, scheme, name, CAST(SUM(sums[ORDINAL(i + 1)]) AS INT64) AS n
  FROM range_records, UNNEST(names) AS name WITH OFFSET AS i
  GROUP BY effective, model, version, scheme, name
),
listed AS (
  SELECT effective, model, version, scheme, ARRAY_AGG(name ORDER BY name) AS names, ARRAY_AGG(n ORDER BY name) AS sums
  FROM counters GROUP BY effective, model, version, scheme
)
SELECT effective, model, version, scheme, 0 AS piece, records, predictions, oldest, newest, names, sums
FROM totals LEFT JOIN listed USING (effective, model, version, scheme)
ORDER BY effective, model, version, scheme
