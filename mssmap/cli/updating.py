"""The command that takes a release of the data over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mssmap import settings
from mssmap.cli.common import AsJson, MakeStore, count, open_store, tell, write, write_json
from mssmap.i18n.legible import legible

if TYPE_CHECKING:
    from mssmap.releases.against import RowChange
    from mssmap.releases.taking import Looked

Ids = list[str] | None


def update(
    file: Annotated[str, typer.Argument(metavar="FILE|URL", help="A release, mssmap-haiti-VERSION.zip.")],
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Take it over without a signature.")] = False,
    ours: Annotated[Ids, typer.Option("--ours", metavar="ID", help="Record whose edit here goes on top of it.")] = None,
    theirs: Annotated[
        Ids, typer.Option("--theirs", metavar="ID", help="Record whose edit here goes back to the inbox.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell the difference and change nothing.")] = False,
    make_store: MakeStore = False,
    as_json: AsJson = False,
) -> None:
    """Take a newer release of the data over: signature checked, difference told, local edits kept."""
    from mssmap.releases import fetching, taking

    configured, store = settings.load(), open_store(make=make_store)
    content, signature = fetching.both(file)
    looked = taking.look(
        store,
        configured.data_dir,
        configured.database_url,
        content,
        signature,
        name=fetching.named(file),
        keys=configured.release_keys,
        unsigned=unsigned,
        ours=ours or (),
        theirs=theirs or (),
    )
    if not dry_run:
        taking.take(store, looked, file)
    _tell(looked, dry_run=dry_run, as_json=as_json)


def _tell(looked: Looked, *, dry_run: bool, as_json: bool) -> None:
    release = looked.held.release
    if as_json:
        write_json(
            {
                "release": release.version,
                "published_on": release.published_on,
                "sha256": release.sha256,
                "taken": not dry_run,
                "changes": [_record(change) for change in looked.changes],
                "conflicts": [str(clash) for clash in looked.clashes],
            },
            None,
        )
    else:
        write("\n".join(line for change in looked.changes for line in _lines(change)), None)
        for clash in looked.clashes:
            tell(f"to be decided: {clash}")
    state = "would be taken over" if dry_run else "taken over"
    tell(f"release {release.version} of {release.published_on} {state}: {count(len(looked.changes), 'row')} differ")
    tell(f"{count(looked.published, 'submission')} of here stand in it; sha256 {release.sha256}")


def _record(change: RowChange) -> dict[str, Any]:
    fields = {field.field: [field.before, field.after] for field in change.fields}
    return {
        "table": change.table,
        "id": change.record_id,
        "revision": change.revision,
        "change": change.kind,
        "fields": fields,
    }


def _lines(change: RowChange) -> list[str]:
    from mssmap.telling import listing

    revision = f"revision {change.revision} " if change.revision else ""
    fields = [
        f"    {field.field}: {listing.shown(field.before)} -> {listing.shown(field.after)}" for field in change.fields
    ]
    return [legible(line) for line in (f"{change.table} {change.record_id} {revision}{change.kind}", *fields)]
