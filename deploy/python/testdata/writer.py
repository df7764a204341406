"""Write a log from threads and from forked children; print each id once it is on disk.

    python3 writer.py predictions.db NAME COUNT     (COUNT 0: until killed)
"""
import os
import sys
import threading

sys.path.insert(0, ".")
import drift_log

path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
log = drift_log.Log(path, "writers", name)


def write(who, rows):
    i = 0
    while rows == 0 or i < rows:
        if i % 5 == 4:
            ids = log.predicted_many([{"who": who, "i": i, "row": k} for k in range(3)], [0.5] * 3, [1] * 3)
        else:
            ids = [log.predicted({"who": who, "i": i}, 0.25, 0, request_id="%s/%s/%d/%d" % (name, who, os.getpid(), i))]
        if i % 10 == 0:
            log.observed(ids[0], 1)
        os.write(1, b"".join(b"%d\n" % id for id in ids))
        i += 1


def threads(who):
    all = [threading.Thread(target=write, args=("%s-%d" % (who, k), count)) for k in range(2)]
    for thread in all:
        thread.start()
    return all


# The children are forked while the threads write.
running = threads("parent")
children = []
for k in range(2):
    child = os.fork()
    if child == 0:
        for thread in threads("child%d" % k):
            thread.join()
        os._exit(0)
    children.append(child)
for thread in running:
    thread.join()
for child in children:
    assert os.waitpid(child, 0)[1] == 0
