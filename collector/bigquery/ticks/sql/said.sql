-- What was said before about predictions.
SELECT prediction_log, prediction_id, request_id, log_id, seq, time, outcome, outcome_source, confidence
FROM `{dataset}.tick_outcomes`
WHERE shipped_at >= @predicted_from
  AND (request_id IN UNNEST(@request_ids) OR CONCAT(prediction_log, '-', CAST(prediction_id AS STRING)) IN UNNEST(@own_ids))
ORDER BY time, log_id, seq
