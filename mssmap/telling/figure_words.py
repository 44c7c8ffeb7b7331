"""Key figures in words, the same on the page, in the text summary and in a pack."""

from __future__ import annotations

from mssmap import i18n
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.measures import keyfigures
from mssmap.measures.keyfigures import KeyFigure


def number(figure: KeyFigure) -> str:
    """The number itself, a dash if there is none."""
    return text.number(figure.value) if figure.value is not None else "–"


def spread(figure: KeyFigure) -> str:
    """The range, empty if there is none."""
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return ""
    return f"{text.number(figure.low)}-{text.number(figure.high)}"


def under(figure: KeyFigure) -> str:
    """The line under the number: range, day and what it leaves out, or why there is none."""
    worded = text.qualifiers().get(figure.qualifier, "")
    parts = [absence(figure)] if figure.absent else [worded, spread(figure), _day(figure), _left_out(figure)]
    return " · ".join(part for part in (*parts, _("all of Haiti") if figure.national else "") if part)


def absence(figure: KeyFigure) -> str:
    """Why there is no number; empty if there is one."""
    return {
        "": "",
        keyfigures.UNKNOWN: _("not known then"),
        keyfigures.NO_RECORD: _("no record in this region"),
        keyfigures.BELOW_GRADE: _("not available at grade {grade}: {n} below it").format(
            grade=figure.grade, n=figure.lost
        ),
    }[figure.absent]


def told(figure: KeyFigure) -> str:
    """The figure in a sentence: label, number and range, or why there is no number."""
    notes = [spread(figure), "" if figure.absent else _left_out(figure), _("all of Haiti") if figure.national else ""]
    aside = "; ".join(note for note in notes if note)
    return f"{_(figure.label)}: {absence(figure) or worded(figure)}" + (f" ({aside})" if aside else "")


def worded(figure: KeyFigure) -> str:
    """The number with the word of its source, such as about 1,400,000."""
    return text.figure(figure.value, figure.value, "", figure.qualifier) if figure.value is not None else number(figure)


def how(figure: KeyFigure) -> str:
    """How the figure was made, what it is counted from, and what it stands beside."""
    if figure.titles:
        named = [dict(titles) for titles in figure.titles]
        return " / ".join(one.get(i18n.current()) or next(iter(one.values()), "") for one in named)
    if figure.reported is None:
        return _(figure.note)
    level = figure.reported
    return f"{_(figure.note)} " + _("The latest reported strength of the mission was {n} ({day}).").format(
        n=text.figure(level.low, level.high, ""), day=text.day(level.day, level.precision)
    )


def _day(figure: KeyFigure) -> str:
    return text.known(figure.date, figure.date_precision)


def _left_out(figure: KeyFigure) -> str:
    return _("{n} below grade {grade} left out").format(n=figure.lost, grade=figure.grade) if figure.lost else ""
