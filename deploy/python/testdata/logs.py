"""What is no log that can be written is refused with what to do.

    python3 logs.py FOLDER predictions.db
"""
import os
import shutil
import sqlite3
import sys

sys.path.insert(0, ".")
from drift_log import Log, Unavailable

folder, log = sys.argv[1], sys.argv[2]


def refused(want, path, **options):
    try:
        Log(path, "m", **options)
    except Unavailable as error:
        assert want in str(error), "want %r in %r" % (want, str(error))
    else:
        raise AssertionError("no error: want %r" % want)


def changed(name, sql):
    path = os.path.join(folder, name)
    shutil.copy(log, path)
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.close()
    return path


text = os.path.join(folder, "text.db")
with open(text, "w") as file:
    file.write("this is a text and not a log " * 100)
refused("make it once with `drift_exporter log init --predictions.log=", os.path.join(folder, "none.db"), exporter=None)
refused("failed: ", os.path.join(folder, "none.db"), exporter="false")
refused("is a folder", folder)
refused("it is not a prediction log", text)
refused("is not a prediction log", changed("other.db", "PRAGMA application_id = 7"))
refused("drift_exporter log migrate", changed("old.db", "PRAGMA user_version = 2"))
refused("newer release", changed("new.db", "PRAGMA user_version = 99"))

# Another writer that does not end.
writer = sqlite3.connect(log, isolation_level=None)
mine = Log(log, "m", timeout=0.05)
writer.execute("BEGIN IMMEDIATE")
try:
    mine.predicted({"a": 1}, 0.5)
except Unavailable as error:
    assert "another writer holds it" in str(error), error
else:
    raise AssertionError("two writers at once")
writer.execute("ROLLBACK")
assert mine.predicted({"a": 1}, 0.5) == 1

# A log that was replaced is opened again: its old file is nobody's.
writer.close()
for suffix in ("", "-wal", "-shm"):
    os.rename(log + suffix, os.path.join(folder, "before.db" + suffix))
shutil.copy(os.path.join(folder, "fresh.db"), log)
assert mine.predicted({"a": 2}, 0.5) == 1
os.remove(log)
try:
    mine.predicted({"a": 3}, 0.5)
except Unavailable as error:
    assert "cannot open" in str(error) or "may not open it" in str(error), error
else:
    raise AssertionError("wrote to a file that is gone")
