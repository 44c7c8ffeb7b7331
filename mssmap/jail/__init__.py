"""
The process in which files of others are opened, and the only way to it.

It is the ground floor: it imports nothing of ours, so readers of every room may use it. `box.run` starts the process
with one file and one of the jobs of `jobs.JOBS`; `child` gives up, for good, whatever reading does not need, and lets
the module of the job work; what comes back (`wire`) are Arrow tables and plain JSON, never more than the limits say.
Importing this loads nothing heavy.
"""

from mssmap.jail.limits import LIMITS, Limits, RefusedError

__all__ = ["LIMITS", "Limits", "RefusedError"]
