-- The schemes of the predictions that count to the ticks of a range.
WITH records AS (
  SELECT model, version, scheme, GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS effective
  FROM `my-project.predictions.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> '' AND predictions > 0
)
SELECT DISTINCT model, version, scheme
FROM records WHERE effective >= @from AND effective < @until
ORDER BY model, version, scheme
