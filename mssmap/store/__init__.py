"""
What people make: plans, imports and small settings, each change with its audit row, in SQLite or PostgreSQL.

`open_store` gives a `Store`; everything else is one of its methods, or a function of `imports` that takes it. A write
returns only after it is on disk.
"""

from __future__ import annotations

from mssmap.store.core import (
    ConflictError,
    GoneError,
    NoStoreError,
    Plan,
    Store,
    StoreAwayError,
    address,
    exists,
    open_store,
)

__all__ = [
    "ConflictError",
    "GoneError",
    "NoStoreError",
    "Plan",
    "Store",
    "StoreAwayError",
    "address",
    "exists",
    "open_store",
]
