-- The predictions that request ids name, and the tick to which each of them counts.
WITH named AS (
  SELECT log_id, id, request_id, time, model, version, class, score, IF(features IS NULL, features_text, TO_JSON_STRING(features)) AS features, answered_probability
  FROM `my-project.predictions.predictions`
  WHERE time >= @predicted_from AND shadow_of IS NULL
    AND (request_id IN UNNEST(@request_ids) OR CONCAT(log_id, '-', CAST(id AS STRING)) IN UNNEST(@own_ids))
),
records AS (
  SELECT log_id, after_id, sequence, model, version, tick, GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS effective
  FROM `my-project.predictions.ticks`
  WHERE shipped_at >= @predicted_from AND source = 'predictions' AND predictions > 0
)
SELECT named.log_id, named.id, named.request_id, named.time, named.model, named.version, named.class, named.score, named.features,
  named.answered_probability, records.effective
FROM named JOIN records ON records.log_id = named.log_id AND records.model = named.model AND records.version = named.version
  AND records.after_id < named.id AND named.id <= records.sequence
  AND records.tick = TIMESTAMP_MICROS(UNIX_MICROS(named.time) - MOD(UNIX_MICROS(named.time), 15000000))
ORDER BY log_id, id
