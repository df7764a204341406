-- The number of records and outcomes that count to each tick of a range.
WITH records AS (
  SELECT shipped_at, closed, tick, tick AS predicted_tick FROM `{dataset}.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> ''
  UNION ALL
  SELECT shipped_at, closed, tick, predicted_tick FROM `{dataset}.tick_outcomes`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND source = 'feedback'
),
dated AS (
  SELECT tick, predicted_tick, {effective} AS own,
    {effective_prediction} AS of_prediction
  FROM records
),
counted AS (
  SELECT IF(predicted_tick > tick, GREATEST(own, of_prediction), own) AS effective FROM dated
)
SELECT effective, COUNT(*) AS records
FROM counted WHERE effective >= @from AND effective < @until
GROUP BY effective ORDER BY effective
