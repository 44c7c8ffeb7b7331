"""
What may be asked for, and by whom: the first rule that fits a path counts, and what no rule names needs a viewer.

Where nobody signs in, these rules do not apply: the app listens on this machine only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mssmap.store import roles

OPEN, CLOSED = "open", "closed"
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Rule:
    """
    Paths and what they need.

    Attributes
    ----------
    needs
        Least role, `OPEN` for everybody or `CLOSED` for nobody.
    kind
        Rate that counts, as in `limits.RATES`.
    writes
        Whether other methods than reading ones may pass.
    is_page
        Whether a person looks at the answer: then a refusal is a page too.
    """

    paths: re.Pattern[str]
    needs: str
    kind: str = "page"
    writes: bool = False
    is_page: bool = False


def _rule(paths: str, needs: str, kind: str = "page", *, writes: bool = False, is_page: bool = False) -> Rule:
    return Rule(re.compile(paths, re.DOTALL), needs, kind, writes, is_page)


VIEWER: Final = roles.NEEDED["look"]

RULES: Final = (
    _rule(r"/readyz|/_stcore/health", OPEN),
    _rule(r"/signin|/auth/login|/auth/logout|/oauth2callback", OPEN, "sign-in"),
    _rule(r"/static/(?:[\w-]+/)*[\w.-]+", OPEN),  # the program of Streamlit's page: public, and without any data
    _rule(r"/_stcore/upload_file/.*", roles.NEEDED["upload"], "upload", writes=True),
    _rule(r"/_stcore/metrics", roles.ADMIN),
    _rule(r"/_stcore/agent/.*", CLOSED),
    _rule(r"/_stcore/stream", VIEWER, "socket"),
    _rule(r"/_stcore/.*|/media/.*|/component/.*|/app/static/.*", VIEWER),
    _rule(r"/streets/[0-9a-f]{12}/[\w.-]+", VIEWER),
    _rule(r"/api(/.*)?|/archive(/.*)?", VIEWER, "api"),
    _rule(r"/view", VIEWER),
    _rule(r"/live|/acts", VIEWER, writes=True),
    _rule(r".*", VIEWER, is_page=True),
)


def rule(path: str) -> Rule:
    """
    Return the rule of a path.

    >>> rule("/static/js/index.js").needs, rule("/api/collections").needs, rule("/anything/else").needs
    ('open', 'viewer', 'viewer')
    """
    return next(found for found in RULES if found.paths.fullmatch(path))
