"""Write predictions and their outcomes to a drift_exporter prediction log.

One file that needs nothing but Python 3.8: copy it beside your service.

    log = drift_log.Log("predictions.db", model="churn", version="3")
    predict = log.watch(model.predict_proba, returns="probabilities", classes=model.classes_)
    predict(frame)                                  # logs every row of the frame

    id = log.predicted({"age": 41, "plan": "pro"}, score=0.83, label=1)
    log.observed(id, 1)                             # once the truth is known

A Log may be shared by threads and inherited by forked workers; any number of
processes may write one log. A method returns when the rows are on disk.
"""

import datetime
import decimal
import functools
import json
import logging
import math
import numbers
import os
import pathlib
import shutil
import sqlite3
import subprocess
import threading
import time
import weakref

__all__ = ["BadInput", "Log", "LogError", "Unavailable"]

APPLICATION_ID = 1146243398  # "DRIF"
SCHEMA = 3
MAX_ROWS = 10_000  # a transaction of more keeps the log's other writers waiting for seconds
RETURNS = ("probability", "probabilities", "label", "value")
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "coda", "ncpfs", "9p", "fuse.sshfs", "fuse.s3fs", "fuse.glusterfs", "fuse.gcsfuse"}


class LogError(Exception):
    """What was asked cannot be logged; the message says what to do."""


class BadInput(LogError, ValueError):
    """A value that the log does not take. Nothing of the call was logged."""


class Unavailable(LogError, OSError):
    """The log cannot be written now. Nothing of the call was logged."""


class Log:
    """A prediction log, for the predictions of one version of a model.

    features: names of the features, for rows without names, such as arrays.
    timeout: seconds to wait for other writers.
    exporter: the program that makes a missing log, if it is installed.
    """

    def __init__(self, path, model, version="", *, features=None, timeout=30.0, exporter="drift_exporter"):
        self.path = pathlib.Path(os.fspath(path)).absolute()
        self.model = _name("model", model)
        self.version = version if version == "" else _name("version", version)
        self.features = None if features is None else _names(features)
        self.timeout = float(timeout)
        self.unlogged = 0  # answers that watch gave without a record
        self._failing = False
        self._lock = threading.Lock()
        self._connection = None
        self._pid, self._file = os.getpid(), None
        if not self.path.exists():
            _create(self.path, exporter)
        with self._lock:
            self._open()
        _open_logs.add(self)

    def predicted(self, features, score=None, label=None, *, request_id=None, latency=None):
        """Log one prediction and return its id.

        features: a dict, a pandas Series, or values in the order of Log(features=...).
        score: of a binary model the probability of the positive class, of another
            classifier that of the predicted class, of a regression the predicted value.
        label: the predicted class; None for a regression.
        request_id: repeating the same prediction with the same id returns the first id.
        latency: seconds.
        """
        return self._insert([self._prediction("", features, score, label, request_id, latency)])[0]

    def predicted_many(self, rows, scores=None, labels=None, *, request_ids=None, latency=None):
        """Log a batch in one transaction, all or nothing, and return the ids.

        rows: a DataFrame, a list of dicts, or a 2-D array with Log(features=...).
        """
        rows = self._rows(rows)
        scores, labels = _column("scores", scores, len(rows)), _column("labels", labels, len(rows))
        request_ids = _column("request_ids", request_ids, len(rows))
        return self._insert([
            self._prediction("row %d: " % i, *row, latency)
            for i, row in enumerate(zip(rows, scores, labels, request_ids))
        ])

    def observed(self, prediction_id, outcome, *, source="", confidence=1.0, observed_at=None):
        """Log what really happened: the true class, or the true value.

        observed_at: a datetime with a time zone; now if left out.
        """
        self.observed_many([prediction_id], [outcome], source=source, confidence=confidence, observed_at=observed_at)

    def observed_many(self, prediction_ids, outcomes, *, source="", confidence=1.0, observed_at=None):
        """Log the outcomes of several predictions in one transaction, all or nothing."""
        ids = _column("prediction_ids", prediction_ids, None)
        outcomes = _column("outcomes", outcomes, len(ids))
        confidence, seen = _confidence(confidence), _nanoseconds(observed_at)
        rows = []
        for id, outcome in zip(ids, outcomes):
            text = _text("outcome", outcome)
            if text == "":
                raise BadInput("outcome of prediction %r is missing: log it once it is known" % (id,))
            rows.append((_id(id), text, str(source), confidence, seen))
        sql = "INSERT INTO feedback (prediction_id, outcome, source, confidence, observed_at) VALUES (?, ?, ?, ?, ?)"
        self._transaction(lambda connection: [connection.execute(sql, row) for row in rows])

    def watch(self, function=None, *, returns, classes=None, threshold=0.5, failure="refuse"):
        """Wrap a function of features so that it logs what it answers.

        The function's first argument is one row or a batch, as predicted and
        predicted_many take them. It returns, for each row:
            "probability"    that of the positive class; from threshold on the class is 1
            "probabilities"  one for each of classes, as predict_proba does
            "label"          the predicted class
            "value"          a number: a regression
        failure: "refuse" raises when the answer cannot be logged; "serve" answers
            all the same, counts it in Log.unlogged and logs one warning.
        """
        if returns not in RETURNS:
            raise BadInput("returns=%r: use one of %s" % (returns, ", ".join(RETURNS)))
        if failure not in ("refuse", "serve"):
            raise BadInput("failure=%r: use refuse or serve" % (failure,))
        if returns == "probabilities":
            if classes is None:
                raise BadInput("returns='probabilities' needs the classes in the order of the columns, such as classes=model.classes_")
            classes = _column("classes", classes, None)
        if function is None:
            return functools.partial(self.watch, returns=returns, classes=classes, threshold=threshold, failure=failure)

        @functools.wraps(function)
        def watched(features, *args, **kwargs):
            start = time.perf_counter()
            answer = function(features, *args, **kwargs)
            latency = time.perf_counter() - start
            try:
                self._log_answer(features, answer, returns, classes, threshold, latency)
            except LogError as error:
                if failure == "refuse":
                    raise
                self._serve(features, error)
            else:
                self._failing = False
            return answer

        return watched

    def close(self):
        """Close the log. It opens again when it is used again."""
        with self._lock:
            self._shut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What follows is how.

    def _log_answer(self, features, answer, returns, classes, threshold, latency):
        one = _is_one_row(features)
        rows = [self._row("", features)] if one else self._rows(features)
        answers = _list(answer)
        if one and (not isinstance(answers, list) or (returns == "probabilities" and answers and not isinstance(_list(answers[0]), list))):
            answers = [answers]
        answers = _column("answers", answers, len(rows))
        scores, labels = [], []
        for i, a in enumerate(answers):
            score, label = _answer(i, a, returns, classes, threshold)
            scores.append(score)
            labels.append(label)
        self.predicted_many(rows, scores, labels, latency=latency)

    def _serve(self, features, error):
        try:
            count = 1 if _is_one_row(features) else len(features)
        except TypeError:
            count = 1
        with self._lock:
            self.unlogged += count
            said, self._failing = self._failing, True
        if not said:
            logging.getLogger("drift_log").warning("predictions are answered and not logged: %s", error)

    def _rows(self, rows):
        """Return rows as dicts of feature and value."""
        if hasattr(rows, "columns") and hasattr(rows, "iloc"):  # pandas
            names = _names(self.features if _unnamed(rows.columns) and self.features else rows.columns)
            columns = [rows.iloc[:, i].tolist() for i in range(len(rows.columns))]
            if len(names) != len(columns):
                raise BadInput("the rows have %d columns, and features= names %d" % (len(columns), len(names)))
            return [dict(zip(names, values)) for values in zip(*columns)]
        if _is_one_row(rows):
            raise BadInput("this is one row: use predicted, or put it in a list")
        try:
            rows = list(rows)
        except TypeError:
            raise BadInput("rows of type %s cannot be read: pass a DataFrame, a list of dicts or a 2-D array" % type(rows).__name__) from None
        return [self._row("row %d: " % i, row) for i, row in enumerate(rows)]

    def _row(self, where, row):
        if hasattr(row, "to_dict"):  # a pandas Series
            row = row.to_dict()
        if hasattr(row, "items"):
            return dict(row)
        if isinstance(row, (str, bytes)):
            raise BadInput("%sthe features are a text: pass a dict" % where)
        values = _list(row)
        if not isinstance(values, (list, tuple)):
            raise BadInput("%sfeatures of type %s cannot be read: pass a dict of feature and value" % (where, type(row).__name__))
        if self.features is None:
            raise BadInput("%sthe features have no names: pass a dict, or name them with Log(features=[...])" % where)
        if len(values) != len(self.features):
            raise BadInput("%s%d values for %d features: pass one for each" % (where, len(values), len(self.features)))
        return dict(zip(self.features, values))

    def _prediction(self, where, features, score, label, request_id, latency):
        row = {}
        for name, value in self._row(where, features).items():
            if not isinstance(name, str) or name == "":
                raise BadInput("%sthe feature name %r is not a text: name the columns" % (where, name))
            row[name] = _value(where, name, value)
        if request_id is not None and (not isinstance(request_id, str) or not request_id or len(request_id) > 128 or not request_id.isprintable()):
            raise BadInput("%srequest_id %.40r must be a text of 1 to 128 printable characters: shorten it, or leave it out" % (where, request_id))
        if latency is not None:
            latency = _number(where + "latency", latency)
            if latency is None or not 0 <= latency <= 86400:
                raise BadInput("%slatency must be in seconds, from 0 to a day" % where)
            latency = round(latency * 1e9)
        score = _number(where + "score", score)
        label = _text(where + "label", label)
        if score is None and label == "":
            raise BadInput("%sneither score nor label: pass what the model answered" % where)
        return (self.model, self.version, request_id, json.dumps(row, ensure_ascii=False, allow_nan=False), score, label, latency)

    def _insert(self, rows):
        if len(rows) > MAX_ROWS:
            raise BadInput("%d rows are too many for one transaction: pass at most %d at a time, or load history with `drift_exporter log import`" % (len(rows), MAX_ROWS))
        return self._transaction(lambda connection: [_insert_one(connection, row) for row in rows])

    def _transaction(self, work):
        """Run work in one transaction. One thread writes at a time: SQLite allows no more."""
        with self._lock:
            if self._connection is None:
                self._open()
            elif self._pid != os.getpid():
                raise Unavailable("this process was forked with the log open and without Python's knowledge, as uWSGI does: "
                                  "open the Log in the worker (uWSGI: --lazy-apps)")
            elif self._file != _identity(self.path):  # replaced: what goes to the old one is lost
                self._shut()
                self._open()
            connection = self._connection
            try:
                connection.execute("BEGIN IMMEDIATE")
                result = work(connection)
                connection.execute("COMMIT")
                return result
            except BaseException as error:
                self._roll_back()
                if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError, OverflowError)):
                    raise BadInput("the log refuses it: %s" % error) from error
                if isinstance(error, sqlite3.Error):
                    raise _unavailable(self.path, error) from error
                raise

    def _roll_back(self):
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._shut()  # the next call opens the log again

    def _open(self):
        _refuse_network(self.path)
        if self.path.is_dir():
            raise Unavailable("%s is a folder: name a file in it" % self.path)
        connection = None
        try:
            connection = sqlite3.connect(self.path.as_uri() + "?mode=rw", uri=True, timeout=self.timeout,
                                         isolation_level=None, check_same_thread=False)
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            schema = connection.execute("PRAGMA user_version").fetchone()[0]
            if application != APPLICATION_ID:
                raise Unavailable("%s is not a prediction log: make one with `drift_exporter log init --predictions.log=FILE`" % self.path)
            if schema < SCHEMA:
                raise Unavailable("%s has schema %d: bring it up to %d with `drift_exporter log migrate --predictions.log=%s`" % (self.path, schema, SCHEMA, self.path))
            if schema > SCHEMA:
                raise Unavailable("%s has schema %d, which this drift_log.py does not know: copy the file of the newer release" % (self.path, schema))
            connection.execute("PRAGMA synchronous = FULL")  # a row whose call returned survives a power cut
            connection.execute("SELECT json_valid('{}')")
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise _unavailable(self.path, error) from error
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        self._connection, self._pid, self._file = connection, os.getpid(), _identity(self.path)

    def _shut(self):
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._pid == os.getpid():
            connection.close()
        else:
            _inherited.append(connection)  # closing it would drop the parent's locks


def _insert_one(connection, row):
    sql = "INSERT INTO predictions (model, version, request_id, features, score, class, latency) VALUES (?, ?, ?, ?, ?, ?, ?)"
    request_id = row[2]
    if request_id is None:
        return connection.execute(sql, row).lastrowid
    known = connection.execute("SELECT id, model, version, features, score, class FROM predictions WHERE request_id = ? AND shadow_of IS NULL", (request_id,)).fetchone()
    if known is None:
        return connection.execute(sql, row).lastrowid
    if known[1:3] != row[0:2] or known[4:] != row[4:6] or json.loads(known[3]) != json.loads(row[3]):
        raise BadInput("request_id %r was used for another prediction: give each prediction an id of its own" % request_id)
    return known[0]


def _answer(i, answer, returns, classes, threshold):
    """Return score and label of one answer."""
    where = "row %d: answer" % i
    if returns == "label":
        return None, answer
    if returns == "probabilities":
        answer = _list(answer)
        if not isinstance(answer, (list, tuple)) or len(answer) != len(classes):
            raise BadInput("%s: there are %d classes, and the answer is %.60r: pass classes in the order of its columns" % (where, len(classes), answer))
        all = [_number(where, a) for a in answer]
        if None in all or min(all) < 0 or max(all) > 1:
            raise BadInput("%s: %.60r are not probabilities" % (where, all))
        best = max(range(len(all)), key=all.__getitem__)
        return (all[1] if len(all) == 2 else all[best]), classes[best]
    number = _number(where, answer)
    if number is None:
        raise BadInput("%s is missing: the model must answer a number" % where)
    if returns == "value":
        return number, None
    if not 0 <= number <= 1:
        raise BadInput("%s: %r is no probability: log a regression with returns='value'" % (where, number))
    return number, int(number >= threshold)


def _list(value):
    """Return the list of an array of numpy, a column of pandas or a tensor; anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, (list, tuple)) else value


def _is_one_row(features):
    if hasattr(features, "columns"):
        return False
    if hasattr(features, "items") or hasattr(features, "to_dict"):
        return True
    if hasattr(features, "ndim"):
        return features.ndim == 1
    if isinstance(features, (list, tuple)) and features:
        return not (hasattr(features[0], "items") or isinstance(_list(features[0]), (list, tuple)))
    return isinstance(features, (str, bytes))


def _column(what, values, count):
    """Return values as a list of count; None stands for a list of None."""
    if values is None:
        return [None] * (count or 0)
    values = _list(values)
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise BadInput("%s must be a list or an array, one value for each row" % what)
    values = list(values)
    if count is not None and len(values) != count:
        raise BadInput("%d %s for %d rows: pass one for each row" % (len(values), what, count))
    return values


def _plain(value):
    """Return the Python value of a scalar of numpy, pandas or a tensor, None if it is missing."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item") and getattr(value, "shape", ()) == ():
        value = value.item()
        if hasattr(value, "item"):  # numpy's longdouble
            value = float(value)
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return None if math.isnan(value) else float(value)
    return value


def _value(where, name, value):
    """Return a feature's value as JSON has it."""
    plain = _plain(value)
    if isinstance(plain, str):
        try:
            plain.encode()
        except UnicodeEncodeError:
            raise BadInput("%sfeature %r is a text that is not valid Unicode: decode it with the right encoding" % (where, name)) from None
        return plain
    if isinstance(plain, bytes):
        raise BadInput("%sfeature %r is bytes: decode them to a text" % (where, name))
    if isinstance(plain, float) and math.isinf(plain):
        raise BadInput("%sfeature %r is infinite: pass None if it is missing, or a number" % (where, name))
    if plain is None or isinstance(plain, (bool, int, float)):
        return plain
    raise BadInput("%sfeature %r is a %s: a feature is one number, text, boolean or None" % (where, name, type(value).__name__))


def _number(what, value):
    plain = _plain(value)
    if isinstance(plain, (list, tuple)) or hasattr(plain, "shape"):
        raise BadInput("%s is an array: pass one number" % what)
    if plain is not None and (isinstance(plain, bool) or not isinstance(plain, (int, float))):
        raise BadInput("%s %.40r is not a number" % (what, plain))
    if plain is None:
        return None
    try:
        plain = float(plain)
    except OverflowError:
        plain = math.inf
    if math.isinf(plain):
        raise BadInput("%s is infinite: pass a finite number, or None if there is none" % what)
    return plain


def _text(what, value):
    """Return a class or an outcome as text: 1, 1.0 and True are one class."""
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return str(int(plain))
    if isinstance(plain, float):
        if math.isinf(plain):
            raise BadInput("%s is infinite: pass a class or a finite number" % what)
        return str(int(plain)) if plain.is_integer() and abs(plain) < 2**53 else repr(plain)
    if isinstance(plain, int):
        return str(plain)
    if not isinstance(plain, str):
        raise BadInput("%s is a %s: pass one class, as text or number" % (what, type(value).__name__))
    if "\0" in plain or len(plain) > 1024:
        raise BadInput("%s %.40r must be a text of at most 1024 characters without NUL" % (what, plain))
    return plain


def _name(what, value):
    if not isinstance(value, str) or not value or "\0" in value:
        raise BadInput("%s=%r: pass a text, as the exporter's configuration names it" % (what, value))
    return value


def _names(names):
    names = [str(n) if isinstance(n, str) else n for n in names]
    for name in names:
        if not isinstance(name, str) or name == "":
            raise BadInput("the feature name %r is not a text: name the columns, or pass Log(features=[...])" % (name,))
    twice = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise BadInput("the feature %r is there twice: give each column a name of its own" % twice[0])
    return names


def _unnamed(columns):
    return not any(isinstance(c, str) for c in columns)


def _id(value):
    plain = _plain(value)
    if isinstance(plain, bool) or not isinstance(plain, int) or not 0 <= plain < 2**63:
        raise BadInput("prediction id %.40r is not one that predicted returned" % (value,))
    return plain


def _confidence(value):
    number = _number("confidence", value)
    if number is None or not 0 < number <= 1:
        raise BadInput("confidence %r must be above 0 and at most 1" % (value,))
    return number


def _nanoseconds(when):
    if when is None:
        return None
    if not isinstance(when, datetime.datetime) or when.tzinfo is None:
        raise BadInput("observed_at %.60r must be a datetime with a time zone, such as datetime.now(timezone.utc)" % (when,))
    since = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return ((since.days * 86400 + since.seconds) * 10**6 + since.microseconds) * 1000


def _identity(path):
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _create(path, exporter):
    command = "drift_exporter log init --predictions.log=%s" % path
    program = shutil.which(exporter) if exporter else None
    if program is None:
        raise Unavailable("there is no prediction log %s: make it once with `%s`" % (path, command))
    done = subprocess.run([program, "log", "init", "--predictions.log=%s" % path], capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable("`%s` failed: %s" % (command, done.stderr.strip()))


def _unavailable(path, error):
    text = str(error)
    for part, hint in (
        ("locked", "another writer holds it for longer than timeout=: look for a transaction that does not end"),
        ("readonly", "this user may not write the file, its -wal, its -shm or the folder: run the service as the log's user or group"),
        ("unable to open", "this user may not open it, or its folder is gone"),
        ("full", "its disk is full: free space, or shorten it with `drift_exporter log prune`"),
        ("not a database", "it is not a prediction log: make one with `drift_exporter log init --predictions.log=FILE`"),
        ("malformed", "the file is damaged: see `drift_exporter log check --predictions.log=%s`" % path),
        ("json_valid", "this Python's SQLite %s has no JSON functions: use 3.38 or newer" % sqlite3.sqlite_version),
    ):
        if part in text:
            return Unavailable("prediction log %s: %s (%s)" % (path, hint, text))
    return Unavailable("prediction log %s: %s" % (path, text))


def _refuse_network(path):
    """SQLite's locks do not hold between machines, so rows would be lost silently."""
    try:
        device = os.stat(path.parent).st_dev
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
            for line in mounts:
                mount, _, system = line.partition(" - ")
                fields = mount.split()
                if len(fields) > 2 and fields[2] == "%d:%d" % (os.major(device), os.minor(device)) and system.split()[0] in NETWORK:
                    raise Unavailable("%s is on %s, a network file system, where SQLite's locks do not hold: put it on a local disk" % (path, system.split()[0]))
    except FileNotFoundError:
        pass  # no Linux, or no such folder: opening the log says so


# A connection of SQLite must not be open while the process forks: the child would
# believe that it holds the parent's locks. So every log is closed before, and
# opens again in parent and child when it is used.
_open_logs = weakref.WeakSet()
_forking = threading.Lock()
_held = []
_inherited = []


def _before_fork():
    _forking.acquire()
    for log in list(_open_logs):
        log._lock.acquire()
        _held.append(log)
        log._shut()


def _after_fork():
    while _held:
        _held.pop()._lock.release()
    _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
