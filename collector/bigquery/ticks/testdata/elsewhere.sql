-- Outcomes that a log took of predictions that it does not have, by the ticks of a range.
WITH dated AS (
  SELECT *, GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS effective
  FROM `my-project.predictions.tick_outcomes`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'outcomes'
)
SELECT log_id, seq, shipped_at, closed, time, observed_at, prediction_log, prediction_id, request_id, outcome, outcome_source, confidence, effective
FROM dated WHERE effective >= @from AND effective < @until
ORDER BY time, log_id, seq
