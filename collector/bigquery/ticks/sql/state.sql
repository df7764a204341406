-- How far each log has been shipped that shipped something in the last hour.
WITH logs AS (
  SELECT log_id, MAX(through) AS through, MAX(shipped_at) AS shipped_at
  FROM `{dataset}.ticks`
  WHERE shipped_at >= TIMESTAMP_SUB({now}, INTERVAL 1 HOUR) AND model = ''
  GROUP BY log_id
),
clock AS (SELECT {now} AS now)
SELECT now, log_id, through, shipped_at
FROM clock LEFT JOIN logs ON TRUE
ORDER BY log_id
