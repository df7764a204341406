-- The number of records and outcomes that count to each tick of a range.
WITH records AS (
  SELECT shipped_at, closed, tick, tick AS predicted_tick FROM `my-project.predictions.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> ''
  UNION ALL
  SELECT shipped_at, closed, tick, predicted_tick FROM `my-project.predictions.tick_outcomes`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'feedback'
),
dated AS (
  SELECT tick, predicted_tick, GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS own,
    GREATEST(CASE
      WHEN predicted_tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(predicted_tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE predicted_tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS of_prediction
  FROM records
),
counted AS (
  SELECT IF(predicted_tick > tick, GREATEST(own, of_prediction), own) AS effective FROM dated
)
SELECT effective, COUNT(*) AS records
FROM counted WHERE effective >= @from AND effective < @until
GROUP BY effective ORDER BY effective
