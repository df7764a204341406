-- Everything by tick, model, version, scheme and piece: the logs of a tick in the order of their
-- ids, cut where the logs before have a multiple of 1000 rows of any scheme.
WITH records AS (
  SELECT log_id, model, version, scheme, predictions, oldest, newest, codes, counts, last_feature, last_time, last_value, names, sums,
    GREATEST(CASE
      WHEN tick > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(tick) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE tick
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0))) AS effective
  FROM `my-project.predictions.ticks`
  WHERE shipped_at >= @shipped_from AND shipped_at <= @shipped_until AND model <> ''
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
placed AS (
  SELECT range_records.*, pieces.piece FROM range_records JOIN pieces USING (effective, model, version, log_id)
),
totals AS (
  SELECT effective, model, version, scheme, piece, COUNT(*) AS records, CAST(SUM(predictions) AS INT64) AS predictions,
    MIN(IF(predictions > 0, oldest, NULL)) AS oldest, MAX(IF(predictions > 0, newest, NULL)) AS newest
  FROM placed GROUP BY effective, model, version, scheme, piece
),
counters AS (
  SELECT effective, model, version, scheme, piece, name, CAST(SUM(sums[ORDINAL(i + 1)]) AS INT64) AS n
  FROM placed, UNNEST(names) AS name WITH OFFSET AS i
  GROUP BY effective, model, version, scheme, piece, name
),
listed AS (
  SELECT effective, model, version, scheme, piece, ARRAY_AGG(name ORDER BY name) AS names, ARRAY_AGG(n ORDER BY name) AS sums
  FROM counters GROUP BY effective, model, version, scheme, piece
),
by_code AS (
  SELECT effective, model, version, scheme, piece, code, CAST(SUM(counts[ORDINAL(i + 1)]) AS INT64) AS n
  FROM placed, UNNEST(codes) AS code WITH OFFSET AS i
  GROUP BY effective, model, version, scheme, piece, code
),
coded AS (
  SELECT effective, model, version, scheme, piece, ARRAY_AGG(code ORDER BY code) AS codes, ARRAY_AGG(n ORDER BY code) AS counts
  FROM by_code GROUP BY effective, model, version, scheme, piece
),
numbers AS (
  SELECT effective, model, version, scheme, piece, feature, last_time[ORDINAL(i + 1)] AS seen, last_value[ORDINAL(i + 1)] AS number,
    ROW_NUMBER() OVER (PARTITION BY effective, model, version, scheme, piece, feature
      ORDER BY last_time[ORDINAL(i + 1)] DESC, last_value[ORDINAL(i + 1)] DESC) AS place
  FROM placed, UNNEST(last_feature) AS feature WITH OFFSET AS i
),
newest_numbers AS (
  SELECT effective, model, version, scheme, piece, ARRAY_AGG(feature ORDER BY feature) AS last_feature,
    ARRAY_AGG(seen ORDER BY feature) AS last_time, ARRAY_AGG(number ORDER BY feature) AS last_value
  FROM numbers WHERE place = 1 GROUP BY effective, model, version, scheme, piece
)
SELECT effective, model, version, scheme, piece, records, predictions, oldest, newest, names, sums,
  codes, counts, last_feature, last_time, last_value
FROM totals LEFT JOIN listed USING (effective, model, version, scheme, piece)
  LEFT JOIN coded USING (effective, model, version, scheme, piece)
  LEFT JOIN newest_numbers USING (effective, model, version, scheme, piece)
ORDER BY effective, model, version, scheme, piece
