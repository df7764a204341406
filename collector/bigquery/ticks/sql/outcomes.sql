-- The outcomes that count to the ticks of a range.
WITH dated AS (
  SELECT *, {effective} AS own,
    {effective_prediction} AS of_prediction
  FROM `{dataset}.tick_outcomes`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'feedback'
),
outcomes AS (
  -- The clock of a prediction may be ahead of that of its outcome.
  SELECT *, IF(predicted_tick > tick, GREATEST(own, of_prediction), own) AS effective FROM dated
)
SELECT log_id, seq, shipped_at, closed, time, observed_at, model, version, scheme, prediction_log, prediction_id, predicted_at,
  class, outcome, score, explored, outcome_source, confidence, corrects, codes
FROM outcomes WHERE effective >= @from AND effective < @until
