-- Outcomes that a log took of predictions that it does not have, by the ticks of a range.
WITH dated AS (
  SELECT *, {effective} AS effective
  FROM `{dataset}.tick_outcomes`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'outcomes'
)
SELECT log_id, seq, shipped_at, closed, time, observed_at, prediction_log, prediction_id, request_id, outcome, outcome_source, confidence, effective
FROM dated WHERE effective >= @from AND effective < @until
ORDER BY time, log_id, seq
