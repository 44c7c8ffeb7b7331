"""For which question a text was written, told where it stands in a pack of another one."""

from __future__ import annotations

from dataclasses import dataclass

from mssmap.brief.spec import QUESTION, Brief, Question
from mssmap.i18n import LANGUAGES, current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records import regions
from mssmap.records.catalog import Data
from mssmap.records.regions import Region


@dataclass(frozen=True)
class Elsewhere:
    """The question for which a text was written, beside that of the pack; as text, what differs, as it is spoken."""

    asked: Question
    now: Question
    place: Region

    def __str__(self) -> str:
        if not self.asked:
            return _("a view that was not kept")
        since = self.asked["since"]
        words = {
            "as_of": text.day(self.asked["as_of"]),
            "known_on": _("known on {day}").format(day=text.day(self.asked["known_on"])),
            "since": _("changes since {day}").format(day=text.day(since)) if since else _("no day of the last brief"),
            "lang": LANGUAGES[self.asked["lang"]],
            "grade": _("grade {grade} or better").format(grade=self.asked["grade"]),
            "region": self.place.name(current()),
            "layers": _("other layers"),
        }
        return ", ".join(words[name] for name in QUESTION if self.asked[name] != self.now[name])


def elsewhere(data: Data, words: str, brief: Brief) -> Elsewhere | None:
    """
    Return for which other question a text of a pack was written, None if for its own.

    Raises
    ------
    NotFoundError
        If there is no such region.
    """
    asked = brief.other_question(words)
    if asked is None:
        return None
    region = asked.get("region")
    return Elsewhere(asked, brief.question, regions.find(data, region) if region else regions.COUNTRY)
