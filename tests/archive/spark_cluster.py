"""A real Spark standalone cluster on loopback: a master and two workers, as they are started by hand."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark
import pytest

HOME = Path(pyspark.__file__).parent
WORKERS = 2


@dataclass
class Cluster:
    """A running cluster."""

    url: str
    master: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def stop(self) -> None:
        for process in (*self.workers, self.master):
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _start(folder: Path, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
    log = (folder / f"{kind}-{len(list(folder.iterdir()))}.log").open("wb")
    environment = {
        **os.environ,
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_WORKER_DIR": str(folder / "work"),
    }
    return subprocess.Popen(
        [str(HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind.lower()}.{kind}", *arguments],
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
    )


def _answers(url: str, words: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a page of the cluster says something."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2) as page:
                if words in page.read().decode():
                    return
        except OSError:
            pass
        if process.poll() is not None:
            break
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"Spark did not start: {url} does not say {words!r}", pytrace=False)


@contextmanager
def cluster(folder: Path, port: int | None = None) -> Iterator[Cluster]:
    """Start a master (at a port) and `WORKERS` workers of one core each, and stop them in the end."""
    if shutil.which("java") is None:
        pytest.fail("No Java found, which Spark needs. On Debian: apt-get install default-jre-headless", pytrace=False)
    port, page = port or _free_port(), _free_port()
    master = _start(folder, "Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page))
    found = Cluster(f"spark://127.0.0.1:{port}", master, [])
    try:
        _answers(f"http://127.0.0.1:{page}/json/", '"status" : "ALIVE"', master)
        for _ in range(WORKERS):
            worker = _start(folder, "Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", found.url)
            found.workers.append(worker)
        _answers(f"http://127.0.0.1:{page}/json/", f'"aliveworkers" : {WORKERS}', master)
        yield found
    finally:
        found.stop()
