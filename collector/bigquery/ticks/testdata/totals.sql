-- Counters by model and version of all ticks before a time, and the first tick of all.
WITH records AS (
  SELECT model, version, names, sums, GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS effective
  FROM `my-project.predictions.ticks`
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
