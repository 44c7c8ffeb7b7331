"""The page of a pack that opens without a network, with the map and the dial."""

from __future__ import annotations

import html
from typing import Final

from mssmap import i18n
from mssmap.brief import pdf
from mssmap.brief.content import Content, Table
from mssmap.brief.figure import Figure
from mssmap.catalog import Data
from mssmap.i18n import gettext as _

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;color:#1c2730;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin:.2rem 0}h2{font-size:1.15rem;color:#00567d;margin:1.8rem 0 .5rem}svg{width:100%}
.s{color:#51606b}table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.25rem .5rem;
border-bottom:1px solid #d5dde3;vertical-align:top}.f{display:flex;flex-wrap:wrap;gap:.5rem 1.6rem;margin:1rem 0;padding:0}
.f div{min-width:7rem}dt{font-size:.8rem}dd{margin:0;font-size:1.4rem;font-weight:600;color:#00567d}
"""


def page(data: Data, content: Content, drawn: Figure) -> bytes:
    """Return the page: one file, no scripts, nothing loaded from elsewhere, every word escaped."""
    del data
    with i18n.speaking(content.brief.lang):
        parts = [
            f"<p class=s>{_e(content.classification)} · {_e(content.number)}</p><h1>{_e(content.title)}</h1>",
            f"<p class=s>{_e(content.subtitle)}</p>",
            "<dl class=f>" + "".join(
                f"<div><dd>{_e(f.value)}</dd><dt>{_e(f.label)}</dt></div>" for f in content.figures) + "</dl>",
            "<ul>" + "".join(f"<li>{_e(line)}</li>" for line in content.highlights) + "</ul>",
            f'<figure role=img aria-label="{_e(pdf.described(content))}">{drawn.svg}</figure>',
            f"<h2>{_e(content.changes_title)}</h2><p>{_e(content.changes.counts)}</p>",
            "<ul>" + "".join(f"<li>{_e(line)}</li>" for line in content.changes.lines) + "</ul>",
            *(_table(table) for table in (*content.tables, *([content.plan] if content.plan else []))),
            f"<h2>{_e(_('Sources'))}</h2><ol>",
            *(f"<li>{_e(' · '.join((s.reliability, s.title, s.publisher, s.day)))}</li>" for s in content.sources),
            f"</ol><p class=s>{_e(content.disclaimer)} {_e(content.credits)} {_e(content.created)}</p>",
        ]  # fmt: skip
    head = (
        f'<!doctype html><html lang="{content.brief.lang}"><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{_e(content.title)}</title><style>{STYLE}</style>'
    )
    return f"{head}<main>{''.join(parts)}</main></html>".encode()


def _e(words: str) -> str:
    return html.escape(words, quote=True)


def _table(table: Table) -> str:
    head = "".join(f"<th scope=col>{_e(column)}</th>" for column in table.columns)
    rows = "".join("<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f"<h2>{_e(table.title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
