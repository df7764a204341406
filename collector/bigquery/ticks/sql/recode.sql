-- The predictions of the outcomes of a range that were coded by other schemes.
WITH dated AS (
  SELECT *, {effective} AS own,
    {effective_prediction} AS of_prediction
  FROM `{dataset}.tick_outcomes`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'feedback' AND predicted_at IS NOT NULL
    AND {scheme_key} IN UNNEST(@foreign)
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
  FROM `{dataset}.predictions`
  WHERE time >= @rows_from AND time < @rows_until AND {exact}
)
SELECT told_by, seq, predicted.id, predicted.time, predicted.class, predicted.score, predicted.features, predicted.model, predicted.version
FROM range_outcomes JOIN predicted ON predicted.log_id = prediction_log AND predicted.id = prediction_id
  AND predicted.model = range_outcomes.model AND predicted.version = range_outcomes.version AND predicted.tick = predicted_tick
