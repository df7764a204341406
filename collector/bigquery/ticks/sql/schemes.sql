-- The schemes of the predictions that count to the ticks of a range.
WITH records AS (
  SELECT model, version, scheme, {effective} AS effective
  FROM `{dataset}.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> '' AND predictions > 0
)
SELECT DISTINCT model, version, scheme
FROM records WHERE effective >= @from AND effective < @until
ORDER BY model, version, scheme
