"""Plans as files: a canonical document with its checksum, and the reading of one that may have been edited by hand."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.jail import documents
from mssmap.planning.access import Standard
from mssmap.planning.covering_tables import Cases
from mssmap.planning.ground.roads import RoadSettings, RoadStatus
from mssmap.planning.scenario import MAX_PROPOSALS, Plan, Proposal, cases_out, roads_out
from mssmap.records.timeline import Clocks
from mssmap.values import LARGEST, Reader

FORMAT = "mssmap-scenario"


VERSION = 1


MAX_BYTES = 2_000_000


def to_json(scenario: Plan) -> str:
    """Write a plan as the text of a scenario file; the same plan always gives the same text."""
    body = to_dict(scenario)
    return json.dumps(
        {"format": FORMAT, "version": VERSION, "scenario": body, "sha256": _checksum(body)},
        ensure_ascii=False,
        indent=2,
        allow_nan=False,
    )


def to_dict(scenario: Plan) -> dict[str, Any]:
    """Return a plan as plain values."""
    return {
        "id": scenario.id,
        "name": scenario.name,
        "as_of": scenario.clocks.as_of.isoformat(),
        "known_on": scenario.clocks.known_on.isoformat(),
        "grade": scenario.grade,
        "active": sorted(scenario.active),
        "proposals": [dataclasses.asdict(proposal) for proposal in scenario.proposals],
        "standard": dataclasses.asdict(scenario.standard),
        "travel": scenario.travel,
        **({"matrix": scenario.matrix} if scenario.matrix else {}),
        "cases": cases_out(scenario.cases),
        "roads": roads_out(scenario.roads),
        "note": scenario.note,
    }


def _checksum(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def from_json(text: str | bytes) -> tuple[Plan, tuple[str, ...]]:
    """
    Read a scenario file.

    Returns
    -------
    scenario, notes
        The plan, and what a reader should know: that the file was edited since it was saved.

    Raises
    ------
    InputError
        If it is no scenario file, of another version, or holds anything that is not understood; one line with all
        faults.
    """
    if len(text) > MAX_BYTES:
        raise InputError(
            _("scenario file: found {count:,} bytes, required at most {max_bytes:,}.").format(
                count=len(text), max_bytes=MAX_BYTES
            )
        )
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(
            _("scenario file: is not JSON ({found}). Save the plan again.").format(
                found=" ".join(str(error).split())[:120]
            )
        ) from error
    return _from_document(content)


def from_file(source: Path | bytes, name: str = "") -> tuple[Plan, tuple[str, ...]]:
    """
    Read a scenario file from outside: it is opened in the reading process; see `from_json`.

    Parameters
    ----------
    source
        Path of the file, or its content.
    name
        What messages call it.

    Raises
    ------
    InputError
        As `from_json`.
    """
    called = name or (source.name if isinstance(source, Path) else "scenario file")
    return _from_document(documents.read(source, called, dataclasses.replace(documents.BOUNDS, file_bytes=MAX_BYTES)))


def _from_document(content: Any) -> tuple[Plan, tuple[str, ...]]:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(
            _("scenario file: found no format {format!r}; choose a file saved by the planner.").format(format=FORMAT)
        )
    if content.get("version") != VERSION:
        raise InputError(
            _(
                "scenario file: found version {found!r}, required {version}. Open it with the release of "
                "mssmap that wrote it, or save the plan again."
            ).format(found=_short(content.get("version")), version=VERSION)
        )
    reader = Reader()
    top = reader.record(content, "file", {"format", "version", "scenario"}, {"sha256"})
    body = top.get("scenario")
    scenario = _read_scenario(reader, body)
    if reader.faults or scenario is None:
        raise InputError(_("scenario file: {found}.").format(found="; ".join(reader.faults)))
    edited = content.get("sha256") != _checksum(body)  # type: ignore[arg-type]
    return scenario, ("The file was edited since it was saved; it reads well and is used as it is.",) if edited else ()


def from_dict(body: Mapping[str, Any]) -> Plan:
    """
    Read a plan from the plain values of `to_dict`.

    Raises
    ------
    InputError
        One line with all faults.
    """
    reader = Reader()
    try:
        scenario = _read_scenario(reader, body)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise InputError(_("scenario: {found}.").format(found=" ".join(str(error).split())[:200])) from error
    if reader.faults or scenario is None:
        raise InputError(_("scenario: {found}.").format(found="; ".join(reader.faults)))
    return scenario


def _short(value: Any) -> Any:
    return value if len(repr(value)) <= 60 else f"{str(value)[:57]}..."


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: two readers would keep different values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


_REQUIRED = ("id", "name", "as_of", "known_on", "active", "proposals", "standard")


_OPTIONAL = ("grade", "travel", "matrix", "cases", "roads", "note")


def _read_scenario(reader: Reader, body: Any) -> Plan | None:
    row = reader.record(body, "scenario", _REQUIRED, _OPTIONAL)
    items = row.get("proposals", [])
    if not isinstance(items, list):
        reader.fault("scenario.proposals", items, _("a list"))
        items = []
    proposals = [_read_proposal(reader, item, f"proposals[{i}]") for i, item in enumerate(items[: MAX_PROPOSALS + 1])]
    standard = _read_standard(reader, row.get("standard"))
    cases = _read_cases(reader, row.get("cases", {}))
    roads = _read_roads(reader, row.get("roads", {}))
    clocks = Clocks(reader.day(row, "as_of", "scenario"), reader.day(row, "known_on", "scenario"))
    fields = {key: reader.text(row, key, "scenario", default) for key, default in _TEXT_DEFAULTS.items()}
    active = frozenset(reader.texts(row, "active", "scenario"))
    if reader.faults:
        reader.make(lambda: None)
        return None
    found: Plan | None = reader.make(
        lambda: Plan(
            clocks=clocks,
            active=active,
            proposals=tuple(proposals),
            standard=standard,
            cases=cases,
            roads=roads,
            **fields,
        )
    )
    return found


_TEXT_DEFAULTS = {"id": "", "name": "", "travel": "road", "grade": "F6", "note": "", "matrix": ""}


def _read_proposal(reader: Reader, value: Any, where: str) -> Any:
    row = reader.record(value, where, ("id", "name", "lon", "lat"), ("kind", "rule", "capacity", "note"))
    capacity = row.get("capacity")
    if capacity is not None and (
        isinstance(capacity, bool) or not isinstance(capacity, int) or abs(capacity) > LARGEST
    ):
        reader.fault(f"{where}.capacity", capacity, _("a whole number or null"))
        capacity = None
    texts = {"id": "", "name": "", "kind": "own", "rule": "candidate", "note": ""}
    fields = {key: reader.text(row, key, where, default) for key, default in texts.items()}
    lon, lat = reader.number(row, "lon", where, math.nan), reader.number(row, "lat", where, math.nan)
    return reader.make(lambda: Proposal(lon=lon, lat=lat, capacity=capacity, **fields))


def _read_standard(reader: Reader, value: Any) -> Any:
    row = reader.record(value, "standard", ("value", "unit"))
    number, unit = reader.number(row, "value", "standard", 60), reader.text(row, "unit", "standard", "min")
    return reader.make(lambda: Standard(number, unit))


def _read_cases(reader: Reader, value: Any) -> Any:
    row = reader.record(value, "cases", (), ("people", "speed", "outage"))
    default = Cases()
    speed = reader.record(row.get("speed", dict(default.speed)), "cases.speed", (), row.get("speed") or default.speed)
    speeds = {name: reader.number(speed, name, "cases.speed", 1.0) for name in speed}
    people = reader.texts(row, "people", "cases", default.people)
    if unknown := sorted(set(people) - set(default.people)):
        reader.fault("cases.people", unknown, _("some of {words}").format(words=", ".join(default.people)))
    outage = reader.number(row, "outage", "cases", default.outage)
    return reader.make(lambda: Cases(people, speeds, outage))


def _read_roads(reader: Reader, value: Any) -> Any:
    names = [item.name for item in dataclasses.fields(RoadSettings)]
    row = reader.record(value, "roads", (), names)
    default = RoadSettings()
    use_status = row.get("use_status", default.use_status)
    if not isinstance(use_status, bool):
        reader.fault("roads.use_status", use_status, _("true or false"))
    items = row.get("status", [])
    if not isinstance(items, list):
        reader.fault("roads.status", items, _("a list"))
        items = []
    status = [_read_status(reader, item, f"roads.status[{i}]") for i, item in enumerate(items)]
    if any(item is None for item in status):
        return None
    return reader.make(
        lambda: RoadSettings(
            offroad_kmh=reader.number(row, "offroad_kmh", "roads", default.offroad_kmh),
            use_status=use_status,
            status=tuple(status),
            restricted_factor=reader.number(row, "restricted_factor", "roads", default.restricted_factor),
            zones=reader.text(row, "zones", "roads", default.zones),
            zone_factor=reader.number(row, "zone_factor", "roads", default.zone_factor),
            zone_levels=reader.texts(row, "zone_levels", "roads", default.zone_levels),
            streets=reader.text(row, "streets", "roads", default.streets),
        )
    )


def _read_status(reader: Reader, value: Any, where: str) -> Any:
    row = reader.record(value, where, ("road_id", "status"), ("source", "date", "note"))
    fields = {key: reader.text(row, key, where) for key in ("road_id", "status", "source", "date", "note")}
    return reader.make(lambda: RoadStatus(**fields))
