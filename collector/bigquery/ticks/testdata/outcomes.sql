-- The outcomes that count to the ticks of a range.
WITH dated AS (
  SELECT *, GREATEST(CASE
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
  FROM `my-project.predictions.tick_outcomes`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'feedback'
),
outcomes AS (
  -- The clock of a prediction may be ahead of that of its outcome.
  SELECT *, IF(predicted_tick > tick, GREATEST(own, of_prediction), own) AS effective FROM dated
)
SELECT log_id, seq, shipped_at, closed, time, observed_at, model, version, scheme, prediction_log, prediction_id, predicted_at,
  class, outcome, score, explored, outcome_source, confidence, corrects, codes
FROM outcomes WHERE effective >= @from AND effective < @until
