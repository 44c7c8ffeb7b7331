"""Files from outside: import."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mssmap.cli import handing
from mssmap.cli.common import (
    FOUND_FAULTS,
    AsJson,
    Lang,
    MakeStore,
    accounted,
    count,
    open_data,
    open_store,
    speak,
    tell,
    write,
    write_json,
)
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n.legible import legible

if TYPE_CHECKING:
    from mssmap.ingest.prepare import Imported
    from mssmap.records.catalog import Data
    from mssmap.store import Store

SHOWN_FAULTS = 20


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, XLSX, GeoJSON, GPKG, KML, GPX, FGB, Parquet, zip.")
    ],
    kind: Annotated[str, typer.Option("--as", metavar="KIND", help="events or layer; default: by its columns.")] = "",
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How to read it, as the data page saves it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be imported and store nothing.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="FILE is the id of an import: take it away.")] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="FILE is the id of a removed import: bring it back.")
    ] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="inbox", help="Hand its rows in as submissions instead of importing them.")
    ] = "",
    make_store: MakeStore = False,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    """Import events or a layer from a file, checked in a process that can do no harm."""
    speak(lang)
    if remove or restore:
        _change(str(file), restore)
        return
    if to not in ("", "inbox"):
        raise InputError(f"--to: found {to!r}, required inbox.")
    opened = None if dry_run else open_store(make=make_store)
    made = prepared(open_data(), file, kind, mapping)
    if to and opened is not None:
        raise typer.Exit(_hand_in(opened, made, file, as_json))
    faulty = False
    records = []
    for item in made:
        faulty |= _report(item)
        records.append(_record(item))
        if opened is not None and len(item.frame):
            _store(opened, item)
    if as_json:
        write_json(records, None)
    else:
        lines = [f"{r['id']}  {r['kind']}  {count(r['rows'], 'row')}  {r['licence']}" for r in records]
        write("\n".join(lines), None)
    if faulty:
        raise typer.Exit(FOUND_FAULTS)


def _hand_in(opened: Store, made: list[Imported], file: Path, as_json: bool) -> int:
    from mssmap.ingest import submitted

    faulty = [_report(item) for item in made]
    rows = [one for item in made for one in submitted.of_import(item)]
    return max(FOUND_FAULTS * any(faulty), handing.hand_in(opened, open_data(), rows, f"file {file.name}", as_json))


def prepared(data: Data, file: Path, kind: str, mapping: Path | None) -> list[Imported]:
    import dataclasses

    from mssmap import ingest
    from mssmap.ingest import mapping as mappings
    from mssmap.ingest import prepare, returned

    if kind not in ("", "events", "layer"):
        raise InputError(f"--as: found {kind!r}, required events or layer.")
    chosen = mappings.from_file(mapping, f"--mapping {mapping.name}") if mapping else None
    reading = ingest.read(file, progress=_progress)
    if len(reading.tables) > 1:
        of_tables = tuple(f"{table}" for table in reading.tables)
        for note in reading.notes:
            if not note.startswith(of_tables):
                tell(note)
    made = []
    proposed = {table: chosen or prepare.propose(frame)[1] for table, frame in reading.tables.items()}
    outlines = not kind and any(used.kind == "boundaries" for used in proposed.values())
    own = [table for table, used in proposed.items() if used == returned.KNOWN.mapping] if not kind else []
    for table, used in proposed.items():
        if own and table not in own:
            tell(
                _("{table}: left out, it belongs to our own events in {own}; --as layer imports every table").format(
                    table=table, own=own[0]
                )
            )
            continue
        if outlines and used.kind != "boundaries":
            tell(
                _("{table}: not among the outlines that are replaced, left out; --as layer imports every table").format(
                    table=table
                )
            )
            continue
        if kind:
            used = dataclasses.replace(used, kind=kind)
        made.append(prepare.prepare(reading, table, data, used, file=file.name))
    return made


def _progress(share: float, what: str) -> None:
    if sys.stderr.isatty():
        print(
            f"\rmssmap: {share:4.0%} {legible(what):<40}", end="" if share < 0.95 else "\n", file=sys.stderr, flush=True
        )


def _report(item: Imported) -> bool:
    """Tell what was recognised, repaired, left out and perhaps known already; return whether rows were left out."""
    tell(
        _("{name}: {recognised}, {kind}, {n} of {total} rows").format(
            name=item.name,
            recognised=item.recognised or _("not recognised"),
            kind=item.kind,
            n=len(item.frame),
            total=item.read_rows,
        )
    )
    for line in accounted(item.name, item.read_rows, len(item.frame), item.left_out):
        tell(line)
    for note in item.notes:
        tell(note)
    for fault in item.faults[:SHOWN_FAULTS]:
        tell(str(fault))
    if (more := len(item.faults) - SHOWN_FAULTS) > 0:
        tell(_("... and {n} more faults").format(n=more))
    if len(item.duplicates):
        first = item.duplicates.iloc[0]
        tell(
            _(
                "{n} rows may be known already, for example row {row} ({title}) and {event} ({ours}). "
                "Nothing was merged."
            ).format(
                n=item.duplicates["row"].nunique(),
                row=first["row"],
                title=first["title"],
                event=first["event_id"],
                ours=first["our_title"],
            )
        )
    return any(fault.kind == "contract" for fault in item.faults)


def _record(item: Imported) -> dict[str, Any]:
    from mssmap.ingest import prepare

    said = prepare.described(item)
    pairs = item.duplicates.astype({"date": "str"}).astype(object)
    return {
        **{
            key: said[key]
            for key in ("id", "name", "kind", "recognised", "rows", "read_rows", "left_out", "left_out_by", "repaired")
        },
        "licence": item.source.licence or "licence not stated",
        "notes": list(item.notes),
        "faults": [str(fault) for fault in item.faults],
        "duplicates": pairs.where(pairs.notna(), None).to_dict("records"),
    }


def _store(opened: Store, item: Imported) -> None:
    from mssmap.archive import acts, shelf, stream
    from mssmap.ingest import attach

    if attach.is_archive(item):
        shelves = shelf.default()
        kept = acts.added(opened, shelves, stream.add_import(shelves, item))
        tell(_("stored as the archive {name}; mssmap archive remove {name} takes it away").format(name=kept.name))
        return
    saved = attach.store_import(opened, item)
    tell(_("stored as {id}; mssmap import --remove {id} takes it away").format(id=saved.import_id))


def _change(import_id: str, back: bool) -> None:
    from mssmap.store import imports

    opened = open_store()
    found = imports.find(opened, import_id)
    if found.removed is not back:
        raise InputError(f"import {import_id!r}: is {'removed already' if found.removed else 'there'}. Nothing to do.")
    (imports.restore if back else imports.remove)(opened, import_id, version=found.version)
    tell(f"{import_id}: {'brought back' if back else 'removed; --restore brings it back'}")
