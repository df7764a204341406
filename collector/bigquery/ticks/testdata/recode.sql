-- The predictions of the outcomes of a range that were coded by other schemes.
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
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'feedback' AND predicted_at IS NOT NULL
    AND CONCAT(scheme, '/', CAST(CHAR_LENGTH(model) AS STRING), '/', model, '/', version) IN UNNEST(@foreign)
),
outcomes AS (
  -- The clock of a prediction may be ahead of that of its outcome.
  SELECT *, IF(predicted_tick > tick, GREATEST(own, of_prediction), own) AS effective FROM dated
),
range_outcomes AS (
  SELECT log_id AS told_by, seq, prediction_log, prediction_id, predicted_tick, model, version
  FROM outcomes WHERE effective >= @from AND effective < @until
),
predicted AS (
  SELECT log_id, id, time, model, version, class, score, IF(features IS NULL, features_text, TO_JSON_STRING(features)) AS features,
    TIMESTAMP_MICROS(UNIX_MICROS(time) - MOD(UNIX_MICROS(time), 15000000)) AS tick
  FROM `my-project.predictions.predictions`
  WHERE time >= @rows_from AND time < @rows_until AND (altered IS NULL OR altered IN ('features are not JSON', 'features were refused as JSON', 'features have NaN or Infinity, which is null here'))
)
SELECT told_by, seq, predicted.id, predicted.time, predicted.class, predicted.score, predicted.features, predicted.model, predicted.version
FROM range_outcomes JOIN predicted ON predicted.log_id = prediction_log AND predicted.id = prediction_id
  AND predicted.model = range_outcomes.model AND predicted.version = range_outcomes.version AND predicted.tick = predicted_tick
