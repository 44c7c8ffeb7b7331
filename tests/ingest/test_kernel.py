"""The reading process can do nothing else, whatever runs in it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mssmap.jail import box

BEGIN = """
import sys; sys.path.insert(0, sys.argv[1])
from mssmap.jail import lean; lean.install()
from mssmap.ingest import job
from mssmap.jail import child
from mssmap.jail.limits import Limits
child.load(); child.give_up(Limits(memory_bytes=400_000_000, cpu_s=2))
"""


def inside(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that has given everything up."""
    return subprocess.run(
        [sys.executable, "-I", "-c", BEGIN + code, str(box.PACKAGE_ROOT), *arguments],
        capture_output=True,
        text=True,
        env=box.environment(),
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd')",
        "open('/tmp/mssmap-written', 'w')",
        "import socket; socket.socket()",
        "import os; os.system('true')",
        "import os; os.listdir('/')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.fork()",
    ],
)
def test_python_is_denied(code):
    done = inside(code)
    assert done.returncode == 1
    assert "not allowed while a file from outside is read" in done.stderr


GDAL = """
import pyogrio
for name in sys.argv[2:]:
    try:
        print("read", pyogrio.read_info(name))
    except pyogrio.errors.DataSourceError as error:
        print("denied", error)
"""


def test_gdal_is_denied_by_the_kernel(secret, listener):
    """Code in C does not ask Python: there the limits of the kernel hold."""
    server = f"http://127.0.0.1:{listener.port}/"
    done = inside(GDAL, str(secret), f"/vsicurl/{server}a.fgb", server)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.count("denied") == 3
    assert "read {" not in done.stdout
    assert not listener.calls


ARROW = """
import pyarrow.fs
try:
    print(pyarrow.fs.LocalFileSystem().open_input_file(sys.argv[2]).read())
except OSError as error:
    print(error)
"""


def test_a_c_library_gets_no_file(secret):
    assert "Too many open files" in inside(ARROW, str(secret)).stdout


UNPRIVILEGED = """
import os
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
child.give_up(Limits())
from mssmap.ingest import parse
rows = b"a,b\\n" + b"1,2\\n" * 200_000
print(len(parse.parse(rows, "a.csv", Limits()).tables[0].rows))
"""


def test_reading_works_for_a_user_without_rights():
    """Root may start threads and processes beyond its limit; nobody else may, and a reader needs none."""
    begin = BEGIN.replace("child.give_up(Limits(memory_bytes=400_000_000, cpu_s=2))", "")
    done = subprocess.run(
        [sys.executable, "-I", "-c", begin + UNPRIVILEGED, str(box.PACKAGE_ROOT)],
        capture_output=True,
        text=True,
        env=box.environment(),
        check=False,
    )
    assert done.stdout.strip() == "200000", done.stderr[-500:]


def test_memory_and_time_end():
    assert "MemoryError" in inside("bytearray(600_000_000)").stderr
    assert inside("while True: pass").returncode == -24  # SIGXCPU
