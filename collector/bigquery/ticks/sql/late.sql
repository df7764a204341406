-- Records of predictions that count to a tick of a range and are of another one.
WITH records AS (
  SELECT log_id, model, version, tick, after_id, sequence, predictions, {effective} AS effective
  FROM `{dataset}.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> '' AND source = 'predictions' AND predictions > 0
)
SELECT log_id, model, version, tick, after_id, sequence, effective, predictions
FROM records WHERE effective >= @from AND effective < @until AND effective <> tick
ORDER BY effective, log_id, sequence
