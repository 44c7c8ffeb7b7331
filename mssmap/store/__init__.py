"""
What people make: plans, imports and small settings, each change with its audit row, in SQLite or PostgreSQL.

`open_store` gives a `Store`; everything else is one of its methods, or a function of `imports` that takes it. A write
returns only after it is on disk. Nothing heavy is loaded before one of these names is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from mssmap.store import core

    return getattr(core, name)
