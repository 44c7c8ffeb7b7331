"""
Archives on Apache Spark, for those that outgrow one machine: the files of the shelf, read by the workers of a cluster.

Every worker has to see the folder of the shelf under the same path. No spatial functions are needed, for the H3 cell of
each place is stored with it; so plain Spark does it, and no jar has to be added.
"""

from __future__ import annotations

import socket
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pyarrow as pa

from mssmap.archive import columns
from mssmap.archive.question import Question, stopped
from mssmap.archive.shelf import Manifest
from mssmap.errors import InputError
from mssmap.i18n import gettext as _

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PATIENCE_S: Final = 120
"""Seconds after which a question counts as unanswered: a cluster without workers would wait for ever."""
REACH_S: Final = 3
SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.shuffle.partitions": "8",  # the default of 200 is made for answers of a million rows
    "spark.ui.showConsoleProgress": "false",
}


class SparkAwayError(Exception):
    """The cluster cannot be reached, or does not answer in time."""


class SparkEngine:
    """
    A standalone cluster at `spark://host:port`; see `engine.Engine`.

    Raises
    ------
    InputError
        If PySpark or Java is not installed.
    """

    dialect = "pyspark"

    def __init__(self, master: str) -> None:
        try:
            import ibis  # type: ignore[import-untyped]
            from py4j.protocol import Py4JError  # type: ignore[import-untyped]
            from pyspark.errors import PySparkException
        except ImportError as error:
            raise InputError(
                _("MSSMAP_ARCHIVE_URL: found {master}, required PySpark for it. pip install mssmap[spark].").format(
                    master=master
                )
            ) from error
        ibis.pyspark.name  # noqa: B018, the look-up registers the options that its SQL compiler asks for
        self.faults: tuple[type[Exception], ...] = (SparkAwayError, PySparkException, Py4JError, OSError)
        self._master = master
        self._lock = threading.Lock()
        self._views: dict[str, Path] = {}
        self._session: SparkSession | None = None

    def open(self, item: Manifest, rows: Path) -> None:
        """See `Engine`."""
        self._views[item.name] = rows
        self._show(self._spark(), item.name)

    def run(self, text: str, question: Question) -> pa.Table:
        """See `Engine`."""
        spark = self._spark()
        group, late = uuid.uuid4().hex, threading.Event()
        stop = _Stop(spark, group)

        def give_up() -> None:
            late.set()
            stop.interrupt()

        timer = threading.Timer(PATIENCE_S, give_up)
        timer.start()
        try:
            with question.running(stop):
                spark.sparkContext.setJobGroup(group, "mssmap", interruptOnCancel=True)
                return spark.sql(text).toArrow()
        except self.faults as error:
            if question.cancelled:
                raise stopped() from error
            self._forget(spark)
            if late.is_set():
                raise SparkAwayError(f"no answer from {self._master} within {PATIENCE_S} s") from error
            raise
        finally:
            timer.cancel()

    def _spark(self) -> SparkSession:
        """Return the session; a master that is away is told at once, for Spark itself would try for a minute."""
        from pyspark.sql import SparkSession

        with self._lock:
            if self._session is None:
                self._require_master()
                builder: Any = SparkSession.builder
                for key, value in SETTINGS.items():
                    builder = builder.config(key, value)
                spark: SparkSession = builder.master(self._master).appName("mssmap").getOrCreate()
                spark.sparkContext.setLogLevel("OFF")
                for name in self._views:
                    self._show(spark, name)
                self._session = spark
            return self._session

    def _require_master(self) -> None:
        at = urlsplit(self._master)
        try:
            socket.create_connection((at.hostname or "", at.port or 7077), timeout=REACH_S).close()
        except OSError as error:
            raise SparkAwayError(f"no master at {self._master} ({error.strerror or error})") from error

    def _show(self, spark: SparkSession, name: str) -> None:
        table = spark.read.parquet(self._views[name].as_uri()).select(*columns.ASKED)
        table.createOrReplaceTempView(f"`{name}`" if not name.isidentifier() else name)

    def _forget(self, spark: SparkSession) -> None:
        """Begin with a new session the next time if the context of this one has ended."""
        with self._lock:
            context: Any = spark.sparkContext
            if context._jsc is None or context._jsc.sc().isStopped():
                context.stop()
                self._session = None


class _Stop:
    """What `Question` calls to stop the jobs of a question."""

    def __init__(self, spark: SparkSession, group: str) -> None:
        self._spark, self._group = spark, group

    def interrupt(self) -> None:
        self._spark.sparkContext.cancelJobGroup(self._group)
