"""Runs bqemulator, an emulator of BigQuery, for the tests: on loopback, at ports
that the kernel chooses and that it prints as JSON once it serves. Its tables are
in the folder named by the argument, in memory when that is empty. It ends when
its standard input does, that is at the latest with its parent."""

import asyncio
import concurrent.futures
import functools
import json
import sys
import threading

import grpc.aio
import pyarrow
import sqlglot

answer, sys.stdout = sys.stdout, sys.stderr  # bqemulator logs to stdout while it is imported

from bqemulator.api.routes import jobs
from bqemulator.config import LogLevel, PersistenceMode, Settings
from bqemulator.grpc_api import write_servicer
from bqemulator.grpc_api.write_servicer import BigQueryWriteHandler
from bqemulator.server import EmulatorServer
from bqemulator.storage import arrow_bridge
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.versioning.snapshots import SnapshotManager

# DuckDB's extensions would be downloaded at every start: spatial is for
# GEOGRAPHY, avro for load jobs. The tests use neither, and need no network.
# What it makes of RANGE_BUCKET needs a syntax that this DuckDB has on request only.
DuckDBEngine._load_spatial = lambda self: self._connection.execute("SET GLOBAL lambda_syntax = 'ENABLE_SINGLE_ARROW'")
DuckDBEngine._load_format_extensions = lambda self: None

# BigQuery lets the requests that follow on a connection leave out the stream's
# name (AppendRowsRequest.write_stream), which Go's client does; bqemulator does not.
bind = BigQueryWriteHandler._ensure_stream_bound
BigQueryWriteHandler._ensure_stream_bound = lambda self, name, bound, context: bind(
    self, name or (bound[0].name if bound else name), bound, context)



# It looks at each element of an array by itself, when it writes a row and when it answers: nine
# tenths of its time for rows of hundreds of counts. The elements are numbers and texts already.
def rows_to_arrow(decoder, serialized, schema):
    rows = [decoder._message_class.FromString(row) for row in serialized]

    def column(field):
        of = decoder._descriptor.fields_by_name.get(field.name)
        if of is None:
            return [None] * len(rows)
        if of.is_repeated:
            return [list(getattr(row, field.name)) for row in rows]
        return [arrow_bridge._coerce_to_arrow_value(getattr(row, field.name), field.type) if row.HasField(field.name) else None for row in rows]

    return pyarrow.table({field.name: pyarrow.array(column(field), type=field.type) for field in schema}, schema=schema)


write_servicer.proto_rows_to_arrow_table = rows_to_arrow
answer_of = arrow_bridge._format_bq_value


def rows_to_answer(value, of, *, field=None):
    if isinstance(value, list) and pyarrow.types.is_list(of) and pyarrow.types.is_integer(of.value_type) and None not in value:
        return [{"v": str(element)} for element in value]
    return answer_of(value, of, field=field)


arrow_bridge._format_bq_value = rows_to_answer

# It parses each query four times, in Python. The fleet asks the same ones every minute.
parse = sqlglot.Dialect.parse
trees = functools.lru_cache(64)(lambda dialect, sql: parse(dialect(), sql))
sqlglot.Dialect.parse = lambda self, sql, **rest: (
    parse(self, sql, **rest) if rest else [tree and tree.copy() for tree in trees(type(self), sql)])

# A dry run runs the query for its columns. They are known without a row.
dry_run = jobs._dry_run_response


def columns_of(*, bq_sql, **rest):
    return dry_run(bq_sql=f"SELECT * FROM ({bq_sql}\n) LIMIT 0" if jobs.classify_statement_type(bq_sql) == "SELECT" else bq_sql, **rest)


jobs._dry_run_response = columns_of

# It copies a table at every change, for FOR SYSTEM_TIME AS OF, which nothing here asks for.
SnapshotManager.capture = lambda self, *table, **kind: None

# All threads share a connection to DuckDB, where the result of one is lost when another asks
# before it is fetched: rows of a query, or those that were just written. Each thread gets its own.
local = threading.local()


def connection(self):
    if threading.current_thread() is threading.main_thread():
        return self._connection
    if getattr(local, "of", None) is not self._connection:
        local.of, local.cursor = self._connection, self._connection.cursor()
        local.cursor.execute("SET TimeZone = 'UTC'")
    return local.cursor


DuckDBEngine.connection = property(connection)

# Every open stream keeps a thread: of the usual number, that of the processors and
# four more, a shipper of six tables would leave none to answer anybody.
grpc.aio.server = functools.partial(grpc.aio.server, migration_thread_pool=concurrent.futures.ThreadPoolExecutor(256))

settings = {
    "rest_host": "127.0.0.1", "rest_port": 0, "grpc_host": "127.0.0.1", "grpc_port": 0,
    "log_level": LogLevel.ERROR, "persistence_mode": PersistenceMode.EPHEMERAL,
}
if sys.argv[1]:
    settings |= {"persistence_mode": PersistenceMode.PERSISTENT, "data_dir": sys.argv[1]}


async def main():
    server = EmulatorServer(Settings(**settings))
    await server.start()
    print(json.dumps({"REST": server.rest_url, "GRPC": server.grpc_endpoint}), file=answer, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    await server.stop()


asyncio.run(main())
