"""
The briefing pack: one specification becomes print, slides, an offline page, data and proof.

`Brief` says what is wanted; `content.compose` turns it into every number and text; the other modules only draw.
Importing this loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mssmap.brief.spec import Brief

__all__ = ["Brief"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from mssmap.brief import spec

    return getattr(spec, name)
