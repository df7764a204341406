-- The prediction log of drift_exporter, schema version 3.
--
-- Any service may write it with plain INSERTs and anybody may query it:
--
--   INSERT INTO predictions (model, version, features, score, class)
--   VALUES ('loan_refinance', '2', '{"credit_score":701,"income":84000}', 0.83, '1');
--   INSERT INTO feedback (prediction_id, outcome) VALUES (last_insert_rowid(), '1');
--
-- Leave id, seq and time out: the log numbers rows so that ids rise and are
-- never used twice, also after the rows were deleted, and it takes the time
-- while it holds the write lock, so that times rise with ids. A row that is
-- there is not changed: REPLACE and UPDATE are refused, DELETE is not. Set
-- PRAGMA synchronous = FULL if a row must survive a power cut once its INSERT
-- has returned. Times are in nanoseconds since 1970, UTC.

PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
PRAGMA application_id = 1146243398; -- 'DRIF'
PRAGMA user_version = 3;

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
  id         INTEGER PRIMARY KEY CHECK (id >= 0 AND id < 9223372036854775807),
  time       INTEGER NOT NULL
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000000)
             CHECK (typeof(time) = 'integer' AND time >= 0),
  model      TEXT NOT NULL CHECK (typeof(model) = 'text' AND model <> ''),
  version    TEXT NOT NULL DEFAULT '' CHECK (typeof(version) = 'text'),
  request_id TEXT CHECK (request_id IS NULL OR (typeof(request_id) = 'text' AND request_id <> '')), -- the caller's, if it sent one
  features   TEXT NOT NULL CHECK (typeof(features) = 'text'), -- one JSON object
  score      REAL CHECK (score IS NULL OR (typeof(score) = 'real' AND abs(score) <= 1.7976931348623157e308)), -- finite; of a binary model the probability of the positive class
  class      TEXT NOT NULL CHECK (typeof(class) = 'text'),
  latency    INTEGER CHECK (latency IS NULL OR (typeof(latency) = 'integer' AND latency BETWEEN 0 AND 86400000000000)), -- ns, at most a day
  shadow_of  INTEGER CHECK (shadow_of IS NULL OR (typeof(shadow_of) = 'integer' AND shadow_of >= 0 AND shadow_of < id)) -- id of the answered prediction, of which this one is another model's
);
-- A request id is that of one answered prediction; its shadows may share it. A row
-- without one is named LOGID-ID, by the log's id and its own, and needs no index.
CREATE UNIQUE INDEX predictions_request_id ON predictions (request_id) WHERE request_id IS NOT NULL AND shadow_of IS NULL;
CREATE INDEX predictions_shadow_of ON predictions (shadow_of) WHERE shadow_of IS NOT NULL;

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
  score         REAL CHECK (score IS NULL OR (typeof(score) = 'real' AND abs(score) <= 1.7976931348623157e308)),
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

-- Predictions that were answered with the other class, at random, so that outcomes of
-- both classes are seen. class in predictions stays the model's own.
CREATE TABLE explorations (
  prediction_id INTEGER PRIMARY KEY CHECK (prediction_id >= 0),
  answered      TEXT NOT NULL CHECK (typeof(answered) = 'text'), -- the class that was answered
  probability   REAL NOT NULL CHECK (typeof(probability) = 'real' AND probability > 0 AND probability < 1) -- of being answered so
);

-- All evidence, whether it counts or not; feedback is what counts of it.
CREATE TABLE outcomes (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at   INTEGER NOT NULL
                DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000000)
                CHECK (typeof(received_at) = 'integer' AND received_at >= 0),
  prediction_id INTEGER CHECK (prediction_id IS NULL OR typeof(prediction_id) = 'integer'),
  request_id    TEXT CHECK (request_id IS NULL OR typeof(request_id) = 'text'),
  source        TEXT NOT NULL DEFAULT '' CHECK (typeof(source) = 'text'),
  outcome       TEXT NOT NULL CHECK (typeof(outcome) = 'text'),
  confidence    REAL NOT NULL DEFAULT 1 CHECK (typeof(confidence) = 'real' AND confidence > 0 AND confidence <= 1),
  observed_at   INTEGER CHECK (observed_at IS NULL OR typeof(observed_at) = 'integer'),
  accepted      INTEGER NOT NULL CHECK (accepted IN (0, 1)),
  reason        TEXT NOT NULL DEFAULT '' CHECK (typeof(reason) = 'text'), -- why it does not count
  CHECK (prediction_id IS NOT NULL OR request_id IS NOT NULL)
);
CREATE INDEX outcomes_prediction_id ON outcomes (prediction_id) WHERE prediction_id IS NOT NULL;

-- How far each source has been read: written in the transaction of its rows.
CREATE TABLE outcome_sources (
  source     TEXT PRIMARY KEY,
  cursor     TEXT NOT NULL CHECK (typeof(cursor) = 'text'),
  updated_at INTEGER NOT NULL CHECK (typeof(updated_at) = 'integer')
) WITHOUT ROWID;

-- Outcomes whose prediction is not in the log yet.
CREATE TABLE outcomes_pending (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at   INTEGER NOT NULL CHECK (typeof(received_at) = 'integer' AND received_at >= 0),
  prediction_id INTEGER CHECK (prediction_id IS NULL OR typeof(prediction_id) = 'integer'),
  request_id    TEXT CHECK (request_id IS NULL OR typeof(request_id) = 'text'),
  source        TEXT NOT NULL CHECK (typeof(source) = 'text'),
  outcome       TEXT NOT NULL CHECK (typeof(outcome) = 'text'),
  confidence    REAL NOT NULL CHECK (typeof(confidence) = 'real' AND confidence > 0 AND confidence <= 1),
  observed_at   INTEGER CHECK (observed_at IS NULL OR typeof(observed_at) = 'integer'),
  CHECK (prediction_id IS NOT NULL OR request_id IS NOT NULL)
);
CREATE INDEX outcomes_pending_request_id ON outcomes_pending (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX outcomes_pending_prediction_id ON outcomes_pending (prediction_id) WHERE prediction_id IS NOT NULL;

-- Records of a source that were not understood, as they came.
CREATE TABLE outcomes_rejected (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at INTEGER NOT NULL CHECK (typeof(received_at) = 'integer' AND received_at >= 0),
  source      TEXT NOT NULL CHECK (typeof(source) = 'text'),
  reason      TEXT NOT NULL CHECK (typeof(reason) = 'text' AND reason <> ''),
  record      TEXT NOT NULL CHECK (typeof(record) = 'text' AND length(CAST(record AS BLOB)) <= 4096)
);

-- What people said in reviews. Each row has the hash of the row before it; hash is
-- the SHA-256, in hex, of json_array(previous, seq, time, prediction_id, reviewer,
-- outcome, probability, note). A row that was erased keeps its hashes only.
CREATE TABLE reviews (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  time          INTEGER NOT NULL CHECK (typeof(time) = 'integer' AND time >= 0),
  prediction_id INTEGER NOT NULL CHECK (typeof(prediction_id) = 'integer'),
  reviewer      TEXT NOT NULL CHECK (typeof(reviewer) = 'text'),
  outcome       TEXT NOT NULL CHECK (typeof(outcome) = 'text'),
  probability   REAL CHECK (probability IS NULL OR (typeof(probability) = 'real' AND probability > 0 AND probability <= 1)), -- of being drawn for a review
  note          TEXT NOT NULL DEFAULT '' CHECK (typeof(note) = 'text'),
  previous      TEXT NOT NULL CHECK (typeof(previous) = 'text'), -- '' in the first row
  hash          TEXT NOT NULL CHECK (typeof(hash) = 'text' AND length(hash) = 64)
);
CREATE INDEX reviews_prediction_id ON reviews (prediction_id);

-- Erasures that every destination has to repeat; a log that is shipped nowhere has
-- none. A prediction that the log no longer had is named by its request id only, of
-- which this is the SHA-256 in hex. Rows go when they have arrived everywhere.
CREATE TABLE erasures (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  time          INTEGER NOT NULL
                DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000000)
                CHECK (typeof(time) = 'integer' AND time >= 0),
  prediction_id INTEGER CHECK (prediction_id IS NULL OR typeof(prediction_id) = 'integer'),
  request_hash  TEXT NOT NULL CHECK (typeof(request_hash) = 'text' AND length(request_hash) = 64)
);

-- What has been shipped elsewhere. Rows above up_to_id are not deleted for their
-- age; `drift_exporter log forget` takes a destination out that is gone.
CREATE TABLE shipped (
  destination TEXT NOT NULL,
  log         TEXT NOT NULL CHECK (log IN ('predictions', 'feedback', 'errors', 'outcomes', 'reviews', 'erasures')),
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
  score_le    REAL NOT NULL,    -- bucket's upper bound, -1: no score, or none in [0, 1]
  predictions INTEGER NOT NULL,
  latency     INTEGER NOT NULL, -- sum in ns
  score       INTEGER NOT NULL, -- sum in units of 1e-9 of the scores in [0, 1]
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
  -- NaN and Infinity, which Python writes into JSON, may stand for a value.
  CASE
    WHEN json_valid(features) THEN json_type(features) <> 'object'
    WHEN json_valid(replace(replace(replace(features, '-Infinity', '[]'), 'Infinity', '[]'), 'NaN', '[]'))
      THEN json_type(replace(replace(replace(features, '-Infinity', '[]'), 'Infinity', '[]'), 'NaN', '[]')) <> 'object'
    ELSE 1
  END AS invalid,
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
    WHEN score IS NULL OR score < 0 OR score > 1 THEN -1.0
    WHEN score <= 0.1 THEN 0.1
    WHEN score <= 0.2 THEN 0.2
    WHEN score <= 0.3 THEN 0.3
    WHEN score <= 0.4 THEN 0.4
    WHEN score <= 0.5 THEN 0.5
    WHEN score <= 0.6 THEN 0.6
    WHEN score <= 0.7 THEN 0.7
    WHEN score <= 0.8 THEN 0.8
    WHEN score <= 0.9 THEN 0.9
    ELSE 1.0
  END AS score_le,
  coalesce(latency, 0) AS latency,
  CASE WHEN score >= 0 AND score <= 1 THEN CAST(score * 1e9 + 0.5 AS INTEGER) ELSE 0 END AS score
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
  -- Numbers of a regression, which has no class, are counted as one outcome.
  SELECT model, version, class,
    CASE WHEN class = '' AND length(outcome) > 3 AND json_valid(outcome) AND json_type(outcome) IN ('integer', 'real') THEN 'number' ELSE outcome END AS counted,
    count(*)
  FROM feedback WHERE seq > OLD.up_to_id AND seq <= NEW.up_to_id
  GROUP BY model, version, class, counted
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

-- Ids rise, also past rows that were deleted: those are in the sums, so the next
-- id is above both the newest row and the sums. SQLite numbers a row by the newest
-- one that is there. Where that was deleted, a row with the greatest of all times
-- stands in for it while the next one is inserted.
--
-- REPLACE would delete a row without firing a trigger (unless recursive_triggers is
-- set), and so take it out of the counters. An INSERT in a trigger has the conflict
-- clause of the statement that fired it: so only with REPLACE does this one turn
-- replacing.on to 1. The statement then fails, and has changed nothing.
CREATE TABLE replacing (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  "on" INTEGER NOT NULL
);
INSERT INTO replacing VALUES (1, 0);

CREATE TRIGGER predictions_insert_before BEFORE INSERT ON predictions
WHEN NEW.id BETWEEN 0 AND (SELECT id FROM predictions ORDER BY id DESC LIMIT 1)
  OR (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions') > coalesce((SELECT id FROM predictions ORDER BY id DESC LIMIT 1), -1)
  OR (NEW.request_id IS NOT NULL AND EXISTS (SELECT 1 FROM predictions WHERE request_id = NEW.request_id AND shadow_of IS NULL))
BEGIN
  INSERT OR IGNORE INTO replacing
  SELECT 1, 1 WHERE EXISTS (SELECT 1 FROM predictions WHERE id = NEW.id)
    OR (NEW.shadow_of IS NULL AND EXISTS (SELECT 1 FROM predictions WHERE request_id = NEW.request_id AND shadow_of IS NULL));
  SELECT RAISE(ABORT, 'a prediction is never replaced: use INSERT, or INSERT OR IGNORE to keep the row that is there')
  FROM replacing WHERE "on" = 1;
  SELECT RAISE(ABORT, 'ids only rise: leave id out of the INSERT')
  WHERE NEW.id >= 0 AND NOT EXISTS (SELECT 1 FROM predictions WHERE id = NEW.id)
    AND NEW.id <= max(coalesce((SELECT max(id) FROM predictions), -1), (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions'));
  INSERT INTO predictions (id, time, model, features, class)
  SELECT up_to_id, 9223372036854775807, 'stands in', '{}', '' FROM totals_up_to
  WHERE log = 'predictions' AND NEW.id < 0 AND up_to_id > coalesce((SELECT max(id) FROM predictions), -1);
END;

-- Times rise with ids: only a clock that was set back by more than a minute is
-- believed. One trigger serves that and the sums, because each trigger costs every
-- row 0.3 us; looking for the row before by its id, not by OFFSET, costs 1 us more.
CREATE TRIGGER predictions_insert AFTER INSERT ON predictions
WHEN (NEW.id % 10000 = 9999 OR NEW.time < (SELECT time FROM predictions ORDER BY id DESC LIMIT 1 OFFSET 1))
  AND NEW.time < 9223372036854775807
BEGIN
  DELETE FROM predictions
  WHERE id = (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions') AND time = 9223372036854775807;
  UPDATE predictions SET time = (SELECT time FROM predictions WHERE id < NEW.id ORDER BY id DESC LIMIT 1)
  WHERE id = NEW.id
    AND time < (SELECT time FROM predictions WHERE id < NEW.id ORDER BY id DESC LIMIT 1)
    AND time >= (SELECT time FROM predictions WHERE id < NEW.id ORDER BY id DESC LIMIT 1) - 60000000000;
  UPDATE totals_up_to SET up_to_id = NEW.id
  WHERE NEW.id % 10000 = 9999 AND log = 'predictions' AND up_to_id < NEW.id;
END;

-- What was read is not changed: a running exporter would count the old row, and
-- one that is started later the new one. The log itself sets the time of a row that
-- was just inserted to that of the row before, and completes feedback once.
CREATE TRIGGER predictions_update BEFORE UPDATE ON predictions
WHEN (NEW.id, NEW.model, NEW.version, NEW.request_id, NEW.features, NEW.score, NEW.class, NEW.latency, NEW.shadow_of)
  IS NOT (OLD.id, OLD.model, OLD.version, OLD.request_id, OLD.features, OLD.score, OLD.class, OLD.latency, OLD.shadow_of)
  OR NEW.time IS NOT (SELECT time FROM predictions WHERE id < OLD.id ORDER BY id DESC LIMIT 1)
  OR EXISTS (SELECT 1 FROM predictions WHERE id > OLD.id)
BEGIN SELECT RAISE(ABORT, 'a prediction is never changed: delete it (`drift_exporter log erase` leaves no trace), and insert another'); END;

CREATE TRIGGER feedback_update BEFORE UPDATE ON feedback
WHEN (NEW.seq, NEW.prediction_id, NEW.time, NEW.outcome, NEW.source, NEW.confidence)
  IS NOT (OLD.seq, OLD.prediction_id, OLD.time, OLD.outcome, OLD.source, OLD.confidence)
  OR (OLD.class IS NOT NULL AND (NEW.class, NEW.model, NEW.version) IS NOT (OLD.class, OLD.model, OLD.version))
  OR OLD.predicted_at IS NOT NULL
  OR EXISTS (SELECT 1 FROM feedback WHERE seq > OLD.seq)
BEGIN SELECT RAISE(ABORT, 'feedback is never changed: insert a row with the new outcome, the newest one counts'); END;

CREATE TRIGGER errors_update BEFORE UPDATE ON errors
BEGIN SELECT RAISE(ABORT, 'a refused request is never changed'); END;

CREATE TRIGGER explorations_update BEFORE UPDATE ON explorations
BEGIN SELECT RAISE(ABORT, 'what was answered is never changed'); END;

CREATE TRIGGER outcomes_update BEFORE UPDATE ON outcomes
BEGIN SELECT RAISE(ABORT, 'evidence is never changed: insert another row'); END;

CREATE TRIGGER reviews_update BEFORE UPDATE ON reviews
WHEN (NEW.seq, NEW.time, NEW.previous, NEW.hash, NEW.reviewer, NEW.outcome, NEW.note)
  IS NOT (OLD.seq, OLD.time, OLD.previous, OLD.hash, '', '', '')
BEGIN SELECT RAISE(ABORT, 'a review is never changed, but erased: reviewer, outcome and note empty'); END;

CREATE TRIGGER erasures_update BEFORE UPDATE ON erasures
BEGIN SELECT RAISE(ABORT, 'an erasure is never changed'); END;

-- The same for rows that are numbered by seq. REPLACE needs no other care here:
-- the number of a row that is there is never above the newest.
CREATE TRIGGER feedback_insert_before BEFORE INSERT ON feedback
WHEN NEW.seq BETWEEN 0 AND (SELECT seq FROM sqlite_sequence WHERE name = 'feedback')
BEGIN SELECT RAISE(ABORT, 'seq only rises: leave it out of the INSERT'); END;
CREATE TRIGGER errors_insert_before BEFORE INSERT ON errors
WHEN NEW.seq BETWEEN 0 AND (SELECT seq FROM sqlite_sequence WHERE name = 'errors')
BEGIN SELECT RAISE(ABORT, 'seq only rises: leave it out of the INSERT'); END;

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
