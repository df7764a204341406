-- The records of a range that were counted by other schemes, and the rows that each of them counted.
WITH records AS (
  SELECT log_id, model, version, scheme, after_id, sequence, tick, predictions, oldest, newest, GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS effective
  FROM `my-project.predictions.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> '' AND predictions > 0
),
range_records AS (
  SELECT * FROM records WHERE effective >= @from AND effective < @until
),
logs AS (
  SELECT effective, model, version, log_id, SUM(predictions) AS n
  FROM range_records GROUP BY effective, model, version, log_id
),
pieces AS (
  SELECT effective, model, version, log_id,
    DIV(CAST(SUM(n) OVER (PARTITION BY effective, model, version ORDER BY log_id ROWS UNBOUNDED PRECEDING) - n AS INT64), 1000) AS piece
  FROM logs
),
foreign_records AS (
  SELECT range_records.*, pieces.piece FROM range_records JOIN pieces USING (effective, model, version, log_id)
  WHERE CONCAT(scheme, '/', CAST(CHAR_LENGTH(model) AS STRING), '/', model, '/', version) IN UNNEST(@foreign)
),
predicted AS (
  SELECT log_id, id, time, model, version, class, score, IF(features IS NULL, features_text, TO_JSON_STRING(features)) AS features, (altered IS NULL OR altered IN ('features are not JSON', 'features were refused as JSON', 'features have NaN or Infinity, which is null here')) AS exact, shadow_of IS NOT NULL AS shadow,
    TIMESTAMP_MICROS(UNIX_MICROS(time) - MOD(UNIX_MICROS(time), 15000000)) AS tick
  FROM `my-project.predictions.predictions`
  WHERE time >= @rows_from AND time < @rows_until
),
found AS (
  SELECT foreign_records.*, id, predicted.time, class, score, features, exact, shadow
  FROM foreign_records JOIN predicted USING (log_id, model, version, tick)
  WHERE after_id < id AND id <= sequence
)
-- A record comes before its rows, with null for what a row has.
SELECT effective, model, version, scheme, piece, log_id, after_id, sequence, tick, predictions, oldest, newest, id, time, class, score, features, exact, shadow
FROM found
UNION ALL
SELECT effective, model, version, scheme, piece, log_id, after_id, sequence, tick, predictions, oldest, newest, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM foreign_records
ORDER BY effective, model, version, scheme, piece, log_id, after_id, sequence, tick, id NULLS FIRST
