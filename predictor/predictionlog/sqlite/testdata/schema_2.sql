-- The prediction log of drift_exporter, schema version 2.
--
-- Any service may write it with plain INSERTs and anybody may query it:
--
--   INSERT INTO predictions (model, version, features, score, class)
--   VALUES ('loan_refinance', '2', '{"credit_score":701,"income":84000}', 0.83, '1');
--   INSERT INTO feedback (prediction_id, outcome) VALUES (last_insert_rowid(), '1');
--
-- Leave id, seq and time out: the log numbers rows so that ids rise and are
-- never used twice, also after the rows were deleted, and it takes the time
-- while it holds the write lock, so that times rise with ids. Set
-- PRAGMA synchronous = FULL if a row must survive a power cut once its INSERT
-- has returned. Times are in nanoseconds since 1970, UTC.

PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
PRAGMA application_id = 1146243398; -- 'DRIF'
PRAGMA user_version = 2;

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Log id and row id together are a key that holds anywhere else.
INSERT INTO meta (key, value) SELECT 'log_id', lower(
  substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 14, 3) || '-'
  || substr('89AB', 1 + abs(random() % 4), 1) || substr(h, 18, 3) || '-' || substr(h, 21))
FROM (SELECT hex(randomblob(16)) AS h);

CREATE TABLE predictions (
  id         INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id >= 0),
  time       INTEGER NOT NULL
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000000)
             CHECK (typeof(time) = 'integer' AND time >= 0),
  model      TEXT NOT NULL CHECK (typeof(model) = 'text' AND model <> ''),
  version    TEXT NOT NULL DEFAULT '' CHECK (typeof(version) = 'text'),
  request_id TEXT CHECK (request_id IS NULL OR (typeof(request_id) = 'text' AND request_id <> '')),
  features   TEXT NOT NULL CHECK (typeof(features) = 'text'), -- one JSON object
  score      REAL CHECK (score IS NULL OR (typeof(score) = 'real' AND score BETWEEN 0 AND 1)), -- probability of the positive class
  class      TEXT NOT NULL CHECK (typeof(class) = 'text'),
  latency    INTEGER CHECK (latency IS NULL OR (typeof(latency) = 'integer' AND latency BETWEEN 0 AND 86400000000000)) -- ns, at most a day
);
CREATE UNIQUE INDEX predictions_request_id ON predictions (request_id) WHERE request_id IS NOT NULL;

-- The newest row of a prediction is its outcome. What follows confidence is for
-- the log to fill in: leave it out. class, model, version, predicted_at (its time)
-- and score are copied from the prediction, which may be deleted before the
-- outcome is. corrects says that the row before had another outcome, and why this
-- one counts: the same_source changed its mind, it comes with higher_confidence
-- than any before, or from an other_source that is as sure.
CREATE TABLE feedback (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  prediction_id INTEGER NOT NULL CHECK (typeof(prediction_id) = 'integer'),
  time          INTEGER NOT NULL
                DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000000)
                CHECK (typeof(time) = 'integer' AND time >= 0),
  observed_at   INTEGER CHECK (observed_at IS NULL OR typeof(observed_at) = 'integer'), -- left out: now
  outcome       TEXT NOT NULL CHECK (typeof(outcome) = 'text'),
  source        TEXT NOT NULL DEFAULT '' CHECK (typeof(source) = 'text'),
  confidence    REAL NOT NULL DEFAULT 1 CHECK (typeof(confidence) = 'real' AND confidence > 0 AND confidence <= 1),
  class         TEXT,
  model         TEXT,
  version       TEXT,
  predicted_at  INTEGER CHECK (predicted_at IS NULL OR typeof(predicted_at) = 'integer'),
  score         REAL CHECK (score IS NULL OR (typeof(score) = 'real' AND score BETWEEN 0 AND 1)),
  corrects      TEXT CHECK (corrects IS NULL OR corrects IN ('same_source', 'higher_confidence', 'other_source'))
);
CREATE INDEX feedback_prediction_id ON feedback (prediction_id);

-- Refused requests: no features, no prediction.
CREATE TABLE errors (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  time    INTEGER NOT NULL
          DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000000)
          CHECK (typeof(time) = 'integer' AND time >= 0),
  model   TEXT NOT NULL CHECK (typeof(model) = 'text'),
  version TEXT NOT NULL DEFAULT '' CHECK (typeof(version) = 'text'),
  reason  TEXT NOT NULL CHECK (typeof(reason) = 'text')
);

-- What has been shipped elsewhere. Rows above up_to_id are not deleted for their
-- age; `drift_exporter log forget` takes a destination out that is gone.
CREATE TABLE shipped (
  destination TEXT NOT NULL,
  log         TEXT NOT NULL CHECK (log IN ('predictions', 'feedback', 'errors')),
  up_to_id    INTEGER NOT NULL DEFAULT -1, -- every row up to this one has arrived
  attempt_id  INTEGER, -- last row of the newest batch, which may or may not have arrived
  attempt     TEXT,    -- what the destination needs to find out whether it arrived
  PRIMARY KEY (destination, log)
) WITHOUT ROWID;

-- Sums over the rows up to an id, deleted ones included, so that a counter
-- never falls. Raising up_to_id adds the rows in between to the sums, by the
-- triggers below; that happens every 10,000 rows and before a row is deleted.
CREATE TABLE totals_up_to (
  log      TEXT PRIMARY KEY, -- predictions, feedback, errors
  up_to_id INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO totals_up_to VALUES ('predictions', -1), ('feedback', -1), ('errors', -1);

CREATE TABLE totals_predictions (
  model       TEXT NOT NULL,
  version     TEXT NOT NULL,
  class       TEXT NOT NULL,
  invalid     INTEGER NOT NULL, -- 1: features are not a JSON object
  latency_le  INTEGER NOT NULL, -- bucket's upper bound in ns, 0: +Inf, -1: no latency
  score_le    REAL NOT NULL,    -- bucket's upper bound, 0: +Inf, -1: no score
  predictions INTEGER NOT NULL,
  latency     INTEGER NOT NULL, -- sum in ns
  score       INTEGER NOT NULL, -- sum in units of 1e-9
  PRIMARY KEY (model, version, class, invalid, latency_le, score_le)
) WITHOUT ROWID;

CREATE TABLE totals_feedback (
  model     TEXT NOT NULL,
  version   TEXT NOT NULL,
  predicted TEXT NOT NULL,
  actual    TEXT NOT NULL,
  feedback  INTEGER NOT NULL,
  PRIMARY KEY (model, version, predicted, actual)
) WITHOUT ROWID;

CREATE TABLE totals_feedback_delays (
  model    TEXT NOT NULL,
  version  TEXT NOT NULL,
  corrects TEXT NOT NULL,    -- empty: nothing
  delay_le INTEGER NOT NULL, -- bucket's upper bound in s, 0: +Inf, -1: unknown
  feedback INTEGER NOT NULL,
  delay    INTEGER NOT NULL, -- sum in ms
  PRIMARY KEY (model, version, corrects, delay_le)
) WITHOUT ROWID;

CREATE TABLE totals_errors (
  model   TEXT NOT NULL,
  version TEXT NOT NULL,
  reason  TEXT NOT NULL,
  errors  INTEGER NOT NULL,
  PRIMARY KEY (model, version, reason)
) WITHOUT ROWID;

-- How one prediction counts.
CREATE VIEW counted_predictions AS SELECT
  id, model, version, class,
  CASE WHEN json_valid(features) THEN json_type(features) <> 'object' ELSE 1 END AS invalid,
  CASE
    WHEN latency IS NULL THEN -1
    WHEN latency <= 1000000 THEN 1000000
    WHEN latency <= 5000000 THEN 5000000
    WHEN latency <= 10000000 THEN 10000000
    WHEN latency <= 25000000 THEN 25000000
    WHEN latency <= 50000000 THEN 50000000
    WHEN latency <= 75000000 THEN 75000000
    WHEN latency <= 100000000 THEN 100000000
    WHEN latency <= 250000000 THEN 250000000
    WHEN latency <= 500000000 THEN 500000000
    WHEN latency <= 750000000 THEN 750000000
    WHEN latency <= 1000000000 THEN 1000000000
    ELSE 0
  END AS latency_le,
  CASE
    WHEN score IS NULL THEN -1.0
    WHEN score <= 0.1 THEN 0.1
    WHEN score <= 0.2 THEN 0.2
    WHEN score <= 0.3 THEN 0.3
    WHEN score <= 0.4 THEN 0.4
    WHEN score <= 0.5 THEN 0.5
    WHEN score <= 0.6 THEN 0.6
    WHEN score <= 0.7 THEN 0.7
    WHEN score <= 0.8 THEN 0.8
    WHEN score <= 0.9 THEN 0.9
    WHEN score <= 1.0 THEN 1.0
    ELSE 0.0
  END AS score_le,
  coalesce(latency, 0) AS latency,
  coalesce(CAST(score * 1e9 + 0.5 AS INTEGER), 0) AS score
FROM predictions;

-- How one outcome counts. The delay is in ms; one above ten years counts as that,
-- so that a date from another world does not spoil the sum.
CREATE VIEW counted_feedback AS SELECT
  seq, model, version,
  coalesce(corrects, '') AS corrects,
  CASE
    WHEN predicted_at IS NULL THEN -1
    WHEN coalesce(observed_at, time) - predicted_at <= 1000000000 THEN 1
    WHEN coalesce(observed_at, time) - predicted_at <= 10000000000 THEN 10
    WHEN coalesce(observed_at, time) - predicted_at <= 60000000000 THEN 60
    WHEN coalesce(observed_at, time) - predicted_at <= 600000000000 THEN 600
    WHEN coalesce(observed_at, time) - predicted_at <= 3600000000000 THEN 3600
    WHEN coalesce(observed_at, time) - predicted_at <= 21600000000000 THEN 21600
    WHEN coalesce(observed_at, time) - predicted_at <= 86400000000000 THEN 86400
    WHEN coalesce(observed_at, time) - predicted_at <= 259200000000000 THEN 259200
    WHEN coalesce(observed_at, time) - predicted_at <= 604800000000000 THEN 604800
    WHEN coalesce(observed_at, time) - predicted_at <= 1209600000000000 THEN 1209600
    WHEN coalesce(observed_at, time) - predicted_at <= 2592000000000000 THEN 2592000
    WHEN coalesce(observed_at, time) - predicted_at <= 5184000000000000 THEN 5184000
    WHEN coalesce(observed_at, time) - predicted_at <= 7776000000000000 THEN 7776000
    ELSE 0
  END AS delay_le,
  coalesce(min(max((coalesce(observed_at, time) - predicted_at) / 1000000, 0), 315360000000), 0) AS delay
FROM feedback;

CREATE TRIGGER totals_predictions_advance AFTER UPDATE OF up_to_id ON totals_up_to
WHEN NEW.log = 'predictions' AND NEW.up_to_id > OLD.up_to_id
BEGIN
  INSERT INTO totals_predictions
  SELECT model, version, class, invalid, latency_le, score_le, count(*), sum(latency), sum(score)
  FROM counted_predictions WHERE id > OLD.up_to_id AND id <= NEW.up_to_id
  GROUP BY model, version, class, invalid, latency_le, score_le
  ON CONFLICT (model, version, class, invalid, latency_le, score_le) DO UPDATE SET predictions = predictions + excluded.predictions,
    latency = latency + excluded.latency, score = score + excluded.score;
END;

CREATE TRIGGER totals_feedback_advance AFTER UPDATE OF up_to_id ON totals_up_to
WHEN NEW.log = 'feedback' AND NEW.up_to_id > OLD.up_to_id
BEGIN
  INSERT INTO totals_feedback
  SELECT model, version, class, outcome, count(*)
  FROM feedback WHERE seq > OLD.up_to_id AND seq <= NEW.up_to_id
  GROUP BY model, version, class, outcome
  ON CONFLICT (model, version, predicted, actual) DO UPDATE SET feedback = feedback + excluded.feedback;
  INSERT INTO totals_feedback_delays
  SELECT model, version, corrects, delay_le, count(*), sum(delay)
  FROM counted_feedback WHERE seq > OLD.up_to_id AND seq <= NEW.up_to_id
  GROUP BY model, version, corrects, delay_le
  ON CONFLICT (model, version, corrects, delay_le) DO UPDATE SET feedback = feedback + excluded.feedback, delay = delay + excluded.delay;
END;

CREATE TRIGGER totals_errors_advance AFTER UPDATE OF up_to_id ON totals_up_to
WHEN NEW.log = 'errors' AND NEW.up_to_id > OLD.up_to_id
BEGIN
  INSERT INTO totals_errors
  SELECT model, version, reason, count(*)
  FROM errors WHERE seq > OLD.up_to_id AND seq <= NEW.up_to_id
  GROUP BY model, version, reason
  ON CONFLICT (model, version, reason) DO UPDATE SET errors = errors + excluded.errors;
END;

CREATE TRIGGER totals_keep BEFORE UPDATE ON totals_up_to WHEN NEW.up_to_id < OLD.up_to_id
BEGIN SELECT RAISE(ABORT, 'totals only go forward: up_to_id cannot fall'); END;

-- Every 10,000 rows (of predictions: see predictions_insert).
CREATE TRIGGER feedback_totals AFTER INSERT ON feedback WHEN NEW.seq % 10000 = 9999
BEGIN UPDATE totals_up_to SET up_to_id = NEW.seq - 1 WHERE log = 'feedback' AND up_to_id < NEW.seq - 1; END;
CREATE TRIGGER errors_totals AFTER INSERT ON errors WHEN NEW.seq % 10000 = 9999
BEGIN UPDATE totals_up_to SET up_to_id = NEW.seq WHERE log = 'errors' AND up_to_id < NEW.seq; END;

-- Before a row goes that is not in the sums yet.
CREATE TRIGGER predictions_delete BEFORE DELETE ON predictions
WHEN OLD.id > (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions')
BEGIN UPDATE totals_up_to SET up_to_id = (SELECT max(id) FROM predictions) WHERE log = 'predictions'; END;
CREATE TRIGGER feedback_delete BEFORE DELETE ON feedback
WHEN OLD.seq > (SELECT up_to_id FROM totals_up_to WHERE log = 'feedback')
BEGIN UPDATE totals_up_to SET up_to_id = (SELECT max(seq) FROM feedback) WHERE log = 'feedback'; END;
CREATE TRIGGER errors_delete BEFORE DELETE ON errors
WHEN OLD.seq > (SELECT up_to_id FROM totals_up_to WHERE log = 'errors')
BEGIN UPDATE totals_up_to SET up_to_id = (SELECT max(seq) FROM errors) WHERE log = 'errors'; END;

-- Ids rise, also past rows that were deleted. Times rise with ids: only a clock
-- that was set back by more than a minute is believed. One trigger serves both
-- and the sums, because each trigger costs every row 0.3 us; looking for the row
-- before by its id, not by OFFSET, costs 1 us more.
CREATE TRIGGER predictions_insert AFTER INSERT ON predictions
WHEN NEW.id % 10000 = 9999
  OR NEW.id <= (SELECT seq FROM sqlite_sequence WHERE name = 'predictions')
  OR NEW.time < (SELECT time FROM predictions ORDER BY id DESC LIMIT 1 OFFSET 1)
BEGIN
  SELECT RAISE(ABORT, 'ids only rise: leave id out of the INSERT')
  WHERE NEW.id <= (SELECT seq FROM sqlite_sequence WHERE name = 'predictions');
  UPDATE predictions SET time = (SELECT time FROM predictions WHERE id < NEW.id ORDER BY id DESC LIMIT 1)
  WHERE id = NEW.id
    AND time < (SELECT time FROM predictions WHERE id < NEW.id ORDER BY id DESC LIMIT 1)
    AND time >= (SELECT time FROM predictions WHERE id < NEW.id ORDER BY id DESC LIMIT 1) - 60000000000;
  UPDATE totals_up_to SET up_to_id = NEW.id
  WHERE NEW.id % 10000 = 9999 AND log = 'predictions' AND up_to_id < NEW.id;
END;

-- Feedback that comes without class is completed here, by the rules that hold
-- for all feedback: an unknown prediction is refused, and so is another outcome
-- with lower confidence; a source that repeats itself adds nothing.
CREATE TRIGGER feedback_check BEFORE INSERT ON feedback WHEN NEW.class IS NULL
BEGIN
  SELECT RAISE(ABORT, 'unknown prediction: no row in predictions has this prediction_id; it was never written, or it has been pruned or erased')
  WHERE NOT EXISTS (SELECT 1 FROM predictions WHERE id = NEW.prediction_id);
  SELECT RAISE(ABORT, 'observed_at lies before the time of the prediction')
  WHERE NEW.observed_at < (SELECT time FROM predictions WHERE id = NEW.prediction_id);
  SELECT RAISE(IGNORE)
  FROM (SELECT outcome, confidence FROM feedback
        WHERE prediction_id = NEW.prediction_id AND source = NEW.source ORDER BY seq DESC LIMIT 1)
  WHERE outcome = NEW.outcome AND confidence >= NEW.confidence;
  SELECT RAISE(ABORT, 'another outcome of this prediction is known with higher confidence')
  WHERE NEW.confidence < (SELECT max(confidence) FROM feedback WHERE prediction_id = NEW.prediction_id)
    AND NEW.outcome <> (SELECT outcome FROM feedback WHERE prediction_id = NEW.prediction_id ORDER BY seq DESC LIMIT 1);
END;
CREATE TRIGGER feedback_complete AFTER INSERT ON feedback WHEN NEW.class IS NULL OR NEW.predicted_at IS NULL
BEGIN
  UPDATE feedback SET
    (class, model, version) = (SELECT class, model, version FROM predictions WHERE id = NEW.prediction_id),
    observed_at = coalesce(NEW.observed_at, max(NEW.time, (SELECT time FROM predictions WHERE id = NEW.prediction_id)))
  WHERE seq = NEW.seq AND class IS NULL;
  UPDATE feedback SET
    (predicted_at, score) = (SELECT time, score FROM predictions WHERE id = NEW.prediction_id),
    corrects = (SELECT CASE
        WHEN outcome = NEW.outcome THEN NULL
        WHEN NEW.outcome <> (SELECT outcome FROM feedback WHERE prediction_id = NEW.prediction_id AND source = NEW.source
                             AND seq < NEW.seq ORDER BY seq DESC LIMIT 1) THEN 'same_source'
        WHEN NEW.confidence > (SELECT max(confidence) FROM feedback WHERE prediction_id = NEW.prediction_id AND seq < NEW.seq)
        THEN 'higher_confidence'
        ELSE 'other_source' END
      FROM feedback WHERE prediction_id = NEW.prediction_id AND seq < NEW.seq ORDER BY seq DESC LIMIT 1)
  WHERE seq = NEW.seq;
END;

COMMIT;
