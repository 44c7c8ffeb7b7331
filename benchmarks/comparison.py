"""The page docs/benchmarks.md: its tables and plots, from what `benchmarks.compare` measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from benchmarks.situation import ROOT

TARGET = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- written by python -m benchmarks.compare -->", "<!-- end of what it wrote -->"
OVER = "not in time"
NONE = "none"
WAYS = {"mssmap": "mssmap", "tutorial": "tutorial", "pydeck": "st.pydeck_chart", "leafmap": "leafmap"}
COLOURS = {"mssmap": "#0072b2", "tutorial": "#d55e00", "pydeck": "#009e73", "leafmap": "#8c5a94"}
Found = dict[str, float | str]


@dataclass(frozen=True)
class Measure:
    """A row of the tables: name of the value, words, unit, number of what one unit is, ways that have it."""

    name: str
    words: str
    unit: str
    divisor: float = 1
    ways: tuple[str, ...] = tuple(WAYS)


MEASURES = (
    Measure("start ms", "start to the first picture", "ms"),
    Measure("start bytes", "bytes of the start, nothing cached", "kB", 1e3),
    Measure("off ms", "layer off: click to changed map", "ms"),
    Measure("on ms", "layer on: click to changed map", "ms"),
    Measure("step ms", "date a month back: click to changed map", "ms"),
    Measure("on bytes", "bytes of layer on", "kB", 1e3),
    Measure("step bytes", "bytes of a date step", "kB", 1e3),
    Measure("on CPU ms", "server CPU of layer on", "ms"),
    Measure("step CPU ms", "server CPU of a date step", "ms"),
    Measure("pan frames", "pan: frames a second", ""),
    Measure("pan worst ms", "pan: longest frame", "ms"),
    Measure("pan bytes", "bytes of two seconds of pan", "kB", 1e3),
    Measure("pan CPU ms", "server CPU of two seconds of pan", "ms"),
    Measure("playback frames", "playback: frames a second", "", ways=("mssmap",)),
    Measure("playback pictures", "playback: new pictures a second", "", ways=("mssmap",)),
    Measure("1 sessions MB", "memory of a session, 1 open", "MB"),
    Measure("10 sessions MB", "memory of a session, 10 open", "MB"),
    Measure("30 sessions MB", "memory of a session, 30 open", "MB"),
    Measure("server MB", "server, peak memory", "MB"),
)
PLOTS = {"start ms": "Start to the first picture", "on ms": "Layer on", "step ms": "Date a month back"}


def cell(measure: Measure, way: str, found: Found) -> str:
    """Say one value; that it took too long if it is missing or did, and that a way has no such thing."""
    if way not in measure.ways:
        return NONE
    value = found.get(measure.name, OVER)
    if isinstance(value, str):
        return value
    if measure.unit == "ms" and value > 60_000:
        return OVER
    number = value / measure.divisor
    return f"{number:,.{0 if abs(number) >= 10 else 1}f} {measure.unit}".strip()


def table(found: dict[str, Found]) -> list[str]:
    """Write the table of one size; a row that nobody measured in this run is left out."""
    lines = ["| | " + " | ".join(WAYS.values()) + " |", "|---" * (len(WAYS) + 1) + "|"]
    for measure in MEASURES:
        if any(measure.name in one for one in found.values()):
            cells = [cell(measure, way, found.get(way, {})) for way in WAYS]
            lines.append(f"| {measure.words} | " + " | ".join(cells) + " |")
    return lines


def svg(title: str, name: str, found: dict[int, dict[str, Found]]) -> str:
    """Draw milliseconds over the number of events, both in powers of ten; a way that took too long ends."""
    left, top, width, height, most = 62, 34, 430, 230, 5
    sizes = sorted(found)
    span = max(math.log10(sizes[-1] / sizes[0]), 1e-9)

    def x(size: int) -> float:
        return left + width * math.log10(size / sizes[0]) / span

    def y(milliseconds: float) -> float:
        return top + height * (1 - (math.log10(max(milliseconds, 10)) - 1) / (most - 1))

    parts = [f'<text x="{left}" y="18" font-weight="600">{title}, ms over number of events</text>']
    for power in range(1, most + 1):
        at = y(10**power)
        parts.append(f'<path d="M{left} {at:.1f}h{width}" stroke="#c8ced3"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    parts += [f'<text x="{x(size):.1f}" y="{top + height + 20}" text-anchor="middle">{size:,}</text>' for size in sizes]
    for number, (way, words) in enumerate(WAYS.items()):
        values = [(size, found[size].get(way, {}).get(name)) for size in sizes]
        spots = [(x(size), y(value)) for size, value in values if isinstance(value, (int, float)) and value <= 60_000]
        colour, at = COLOURS[way], top + 12 + 20 * number
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"/>' for a, b in spots]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in spots)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<circle cx="{left + width + 30}" cy="{at - 4}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{left + width + 40}" y="{at}">{words}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 650 300" font-family="sans-serif" font-size="12" role="img" aria-label="{title}">'  # noqa: E501
    return "\n".join([head, '<rect width="650" height="300" fill="#ffffff"/>', *parts, "</svg>", ""])


def write(target: Path, machine: str, found: dict[int, dict[str, Found]]) -> None:
    """Write the tables between the markers of the page, and the plots beside it."""
    text = [f"Measured {machine}.", ""]
    for name, title in PLOTS.items():
        plot = f"benchmarks-{name.removesuffix(' ms')}.svg"
        target.with_name(plot).write_text(svg(title, name, found), encoding="utf-8")
        text += [f"![{title}, milliseconds over the number of events]({plot})", ""]
    for size, ways in found.items():
        text += [f"### {size:,} events", "", *table(ways), ""]
    before, _, rest = target.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    target.write_text("\n".join([before + BEGIN, "", *text, END + after]), encoding="utf-8")
