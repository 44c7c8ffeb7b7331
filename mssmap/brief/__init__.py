"""
The briefing pack: one specification becomes print, slides, an offline page, data and proof.

`Brief` says what is wanted; `content.compose` turns it into every number and text; the other modules only draw.
"""

from __future__ import annotations

from mssmap.brief.spec import Brief

__all__ = ["Brief"]
