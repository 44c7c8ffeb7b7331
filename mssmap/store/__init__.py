"""
What people make: plans, imports and small settings, each change with its audit row, in SQLite or PostgreSQL.

`open_store` gives a `Store`; everything else is a function that takes it: of `plans`, `notes`, `imports`, `people` and
the like. A write returns only after it is on disk. Nothing heavy is loaded before one of these names is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mssmap.store.ledger import GoneError, Store, StoreAwayError
    from mssmap.store.opening import NoStoreError, address, exists, open_store
    from mssmap.store.plans import ConflictError, StoredPlan

_HOMES: Final = {
    "ledger": ("GoneError", "Store", "StoreAwayError"),
    "opening": ("NoStoreError", "address", "exists", "open_store"),
    "plans": ("ConflictError", "StoredPlan"),
}
"""Module -> what it gives to the face of the store."""

__all__ = [
    "ConflictError",
    "GoneError",
    "NoStoreError",
    "Store",
    "StoreAwayError",
    "StoredPlan",
    "address",
    "exists",
    "open_store",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"mssmap.store.{module}"), name)
    raise AttributeError(name)
