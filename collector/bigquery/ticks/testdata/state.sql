-- How far each log has been shipped that shipped something in the last hour.
WITH logs AS (
  SELECT log_id, MAX(through) AS through, MAX(shipped_at) AS shipped_at
  FROM `my-project.predictions.ticks`
  WHERE shipped_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR) AND model = ''
  GROUP BY log_id
),
clock AS (SELECT CURRENT_TIMESTAMP() AS now)
SELECT now, log_id, through, shipped_at
FROM clock LEFT JOIN logs ON TRUE
ORDER BY log_id
