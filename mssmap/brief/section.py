"""A section of a pack: what it is made from, what it gives, and how that stands in print and on slides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mssmap.brief.cited import Cited
from mssmap.brief.shortened import Notes
from mssmap.brief.spec import Brief
from mssmap.records.catalog import Data
from mssmap.records.shown import Shown


@dataclass(frozen=True)
class Table:
    """
    A table as it is told.

    Attributes
    ----------
    section
        Its key in `sections.SECTIONS`.
    lines
        The same in sentences, for the page.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    section: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Material:
    """What a section is made from; sources that it cites and what it shortens are kept in it."""

    data: Data
    brief: Brief
    shown: Shown
    sources: Cited
    notes: Notes


@dataclass(frozen=True)
class OnSlide:
    """How a table stands on a slide: so many rows of these columns, their shares, where a text is cut, its notes."""

    rows: int
    columns: tuple[int, ...]
    shares: tuple[float, ...]
    cut_at: tuple[float | None, ...]
    note: str


@dataclass(frozen=True)
class Section:
    """
    A part of a pack.

    Attributes
    ----------
    compose
        Works out its tables.
    widths
        Shares of its columns in print; 0 for as wide as they need.
    slide
        None if it stands on no slide; two tables share one.
    """

    compose: Callable[[Material], Iterable[Table]]
    widths: tuple[float, ...]
    slide: OnSlide | None = None
