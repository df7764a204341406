-- The newest feedback of each prediction: its outcome.
CREATE OR REPLACE VIEW `my-project.predictions.outcomes` AS
SELECT * FROM `my-project.predictions.feedback`
QUALIFY ROW_NUMBER() OVER (PARTITION BY log_id, prediction_id ORDER BY seq DESC) = 1;

-- Predictions of a day, what became of them, accuracy with its 95 % interval (Wilson), Brier score, and the errors of regressions.
CREATE OR REPLACE VIEW `my-project.predictions.performance_by_day` AS
WITH made AS (
  SELECT DATE(time) AS day, model, version, COUNT(*) AS predictions
  FROM `my-project.predictions.predictions` GROUP BY day, model, version
), known AS (
  SELECT DATE(predicted_at) AS day, model, version, COUNT(*) AS outcomes,
    IF(COUNTIF(class <> '') = 0, NULL, COUNTIF(class = outcome)) AS correct,
    IF(COUNTIF(class NOT IN ('0', '1')) > 0, NULL,
      AVG(IF(outcome IN ('0', '1'), (score - CAST(outcome = '1' AS INT64)) * (score - CAST(outcome = '1' AS INT64)), NULL))) AS brier_score,
    AVG(IF(class = '', ABS(score - SAFE_CAST(outcome AS FLOAT64)), NULL)) AS mean_absolute_error,
    SQRT(AVG(IF(class = '', (score - SAFE_CAST(outcome AS FLOAT64)) * (score - SAFE_CAST(outcome AS FLOAT64)), NULL))) AS root_mean_squared_error,
    AVG(IF(class = '', score - SAFE_CAST(outcome AS FLOAT64), NULL)) AS mean_error
  FROM `my-project.predictions.outcomes` GROUP BY day, model, version
)
SELECT day, model, version, predictions, outcomes, correct, brier_score,
  SAFE_DIVIDE(correct, outcomes) AS accuracy,
  (correct + 1.9208 - 1.96 * SQRT(correct * (outcomes - correct) / outcomes + 0.9604)) / (outcomes + 3.8416) AS accuracy_lower,
  (correct + 1.9208 + 1.96 * SQRT(correct * (outcomes - correct) / outcomes + 0.9604)) / (outcomes + 3.8416) AS accuracy_upper,
  mean_absolute_error, root_mean_squared_error, mean_error
FROM made FULL JOIN known USING (day, model, version);

-- Predictions of a day by predicted and actual class.
CREATE OR REPLACE VIEW `my-project.predictions.confusion_by_day` AS
SELECT DATE(predicted_at) AS day, model, version, class AS predicted, outcome AS actual, COUNT(*) AS predictions
FROM `my-project.predictions.outcomes` WHERE class <> '' GROUP BY day, model, version, predicted, actual;

-- Scores and classes of a day's predictions, and refused requests.
CREATE OR REPLACE VIEW `my-project.predictions.scores_by_day` AS
WITH made AS (
  SELECT DATE(time) AS day, model, version, COUNT(*) AS predictions, AVG(score) AS score_mean, STDDEV(score) AS score_standard_deviation,
    IF(COUNTIF(class IN ('0', '1')) = 0, NULL, COUNTIF(class = '1')) AS positive, AVG(latency) / 1e9 AS latency_mean_seconds
  FROM `my-project.predictions.predictions` GROUP BY day, model, version
), refused AS (
  SELECT DATE(time) AS day, model, version, COUNT(*) AS refused FROM `my-project.predictions.errors` GROUP BY day, model, version
)
SELECT day, model, version, IFNULL(predictions, 0) AS predictions, IFNULL(refused, 0) AS refused,
  score_mean, score_standard_deviation, positive, SAFE_DIVIDE(positive, predictions) AS positive_ratio, latency_mean_seconds
FROM made FULL JOIN refused USING (day, model, version);

-- Predictions of the model 'loan' with its features as columns.
CREATE OR REPLACE VIEW `my-project.predictions.model_loan` AS
SELECT log_id,
  id,
  time,
  version,
  request_id,
  score,
  class,
  latency,
  SAFE_CAST(JSON_VALUE(features, '$."Class"') AS FLOAT64) AS `feature_4f3a9bd0`,
  SAFE_CAST(JSON_VALUE(features, '$."income"') AS FLOAT64) AS `income`,
  JSON_VALUE(features, '$."o\'dd"') AS `feature_8cc24241`,
  JSON_VALUE(features, '$."state"') AS `state`,
  SAFE_CAST(JSON_VALUE(features, '$."ünit"') AS FLOAT64) AS `feature_9cfb5133`
FROM `my-project.predictions.predictions` WHERE model = 'loan';

-- Predictions of the model 'm "2"' with its features as columns.
CREATE OR REPLACE VIEW `my-project.predictions.model_4204a22b` AS
SELECT log_id,
  id,
  time,
  version,
  request_id,
  score,
  class,
  latency,
  SAFE_CAST(JSON_VALUE(features, '$."a"') AS FLOAT64) AS `a`
FROM `my-project.predictions.predictions` WHERE model = 'm "2"';

-- Features of the predictions by day. Known features, and whether they are numbers: 
CREATE OR REPLACE VIEW `my-project.predictions.features_by_day` AS
SELECT DATE(time) AS day, model, version, f.feature, COUNT(*) AS predictions, COUNTIF(f.value IS NULL) AS missing,
  AVG(SAFE_CAST(f.value AS FLOAT64)) AS mean, STDDEV(SAFE_CAST(f.value AS FLOAT64)) AS standard_deviation,
  MIN(SAFE_CAST(f.value AS FLOAT64)) AS minimum, MAX(SAFE_CAST(f.value AS FLOAT64)) AS maximum,
  APPROX_QUANTILES(SAFE_CAST(f.value AS FLOAT64), 10) AS deciles, APPROX_COUNT_DISTINCT(f.value) AS distinct_values
FROM `my-project.predictions.predictions`, UNNEST(ARRAY<STRUCT<feature STRING, value STRING>>[('Class', JSON_VALUE(features, '$."Class"')), ('income', JSON_VALUE(features, '$."income"')), ('o\'dd', JSON_VALUE(features, '$."o\'dd"')), ('state', JSON_VALUE(features, '$."state"')), ('ünit', JSON_VALUE(features, '$."ünit"'))]) AS f
WHERE model = 'loan' GROUP BY day, model, version, f.feature
UNION ALL
SELECT DATE(time) AS day, model, version, f.feature, COUNT(*) AS predictions, COUNTIF(f.value IS NULL) AS missing,
  AVG(SAFE_CAST(f.value AS FLOAT64)) AS mean, STDDEV(SAFE_CAST(f.value AS FLOAT64)) AS standard_deviation,
  MIN(SAFE_CAST(f.value AS FLOAT64)) AS minimum, MAX(SAFE_CAST(f.value AS FLOAT64)) AS maximum,
  APPROX_QUANTILES(SAFE_CAST(f.value AS FLOAT64), 10) AS deciles, APPROX_COUNT_DISTINCT(f.value) AS distinct_values
FROM `my-project.predictions.predictions`, UNNEST(ARRAY<STRUCT<feature STRING, value STRING>>[('a', JSON_VALUE(features, '$."a"'))]) AS f
WHERE model = 'm "2"' GROUP BY day, model, version, f.feature;

