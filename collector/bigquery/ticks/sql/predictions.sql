-- The predictions that request ids name, and the tick to which each of them counts.
WITH named AS (
  SELECT log_id, id, request_id, time, model, version, class, score, IF(features IS NULL, features_text, TO_JSON_STRING(features)) AS features, answered_probability
  FROM `{dataset}.predictions`
  WHERE time >= @predicted_from AND shadow_of IS NULL
    AND (request_id IN UNNEST(@request_ids) OR CONCAT(log_id, '-', CAST(id AS STRING)) IN UNNEST(@own_ids))
),
records AS (
  SELECT log_id, after_id, sequence, model, version, tick, {effective} AS effective
  FROM `{dataset}.ticks`
  WHERE shipped_at >= @predicted_from AND source = 'predictions' AND predictions > 0
)
SELECT named.log_id, named.id, named.request_id, named.time, named.model, named.version, named.class, named.score, named.features,
  named.answered_probability, records.effective
FROM named JOIN records ON records.log_id = named.log_id AND records.model = named.model AND records.version = named.version
  AND records.after_id < named.id AND named.id <= records.sequence
  AND records.tick = TIMESTAMP_MICROS(UNIX_MICROS(named.time) - MOD(UNIX_MICROS(named.time), 15000000))
ORDER BY log_id, id
