"""What enters the record: submit, and the inbox in which it is decided."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mssmap import settings
from mssmap.cli import handing, imports
from mssmap.cli.common import (
    AsJson,
    MakeStore,
    count,
    open_data,
    open_store,
    tell,
    write,
    write_json,
)
from mssmap.errors import InputError

if TYPE_CHECKING:
    from mssmap.records.catalog import Data
    from mssmap.store import Store
    from mssmap.store.inbox import Submitted

app = typer.Typer(
    help="Decide what was handed in: list, show, accept, reject, return.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=False,
    invoke_without_command=True,
)

Numbers = Annotated[list[int], typer.Argument(metavar="N...", help="Numbers of submissions, as the list shows them.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why, in a sentence; it stays visible.")]


def submit(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON or CSV in our columns, or any file of events.")],
    kind: Annotated[str, typer.Option(metavar="KIND", help="Kind of those that do not say it, such as event.")] = "",
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How to read a file in columns of others.")
    ] = None,
    make_store: MakeStore = False,
    as_json: AsJson = False,
) -> None:
    """Put new records, corrections, second sources and withdrawals into the inbox."""
    store = open_store(make=make_store)
    data = open_data()
    found = _of_others(data, Path(file), mapping) if mapping else _own(file, kind)
    raise typer.Exit(
        handing.hand_in(store, data, found, f"file {Path(file).name}" if file != "-" else "stdin", as_json)
    )


def _own(file: str, kind: str) -> list[Any]:
    from mssmap.ingest import submitted

    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error}).") from error
    return submitted.parse(content, "stdin" if file == "-" else Path(file).name, kind)


def _of_others(data: Data, file: Path, mapping: Path | None) -> list[Any]:
    from mssmap.ingest import submitted

    return [one for made in imports.prepared(data, file, "events", mapping) for one in submitted.of_import(made)]


def publish(
    changes: Annotated[
        Path | None, typer.Option("--changes", metavar="FILE", help="Markdown file that the difference is added to.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the file of the release.")] = Path(),
    again: Annotated[
        str, typer.Option("--again", metavar="VERSION", help="Make the file of an old release again; nothing else.")
    ] = "",
) -> None:
    """Write what was accepted into the data folder, as the next version of the data, and the file of the release."""
    from mssmap.records import catalog
    from mssmap.releases import making, publishing, release_file
    from mssmap.store import inbox

    configured = settings.load()
    if again:
        release, content = making.again(configured.data_dir, configured.database_url, again)
        _tell_written(release_file.write(out, release, content), release.sha256)
        return
    store, sign = open_store(), making.signer(configured.release_secret)
    numbers = [item.number for item in inbox.listed(store, inbox.ACCEPTED)]
    try:
        done = making.publish(store, configured.data_dir, settings.today(), sign)
    except publishing.NothingNewError:
        if numbers:  # an earlier publish ended before it could note them
            inbox.publish(store, numbers, release=catalog.read_version(configured.data_dir))
        raise
    if changes is not None:
        _add(changes, done.version, done.lines)
    inbox.publish(store, numbers, release=done.version)
    write(done.version, None)
    tell(f"{done.version}: {count(len(done.lines), 'row')} in {', '.join(done.files)}")
    if done.untranslated:
        tell(f"{count(len(done.untranslated), 'title')} not translated: {', '.join(done.untranslated)}")
    if configured.release_secret:
        tell(f"signed with {making.public_key(configured.release_secret)}")
    _tell_written(release_file.write(out, done.release, done.content), done.release.sha256)


def _tell_written(files: list[Path], sha256: str) -> None:
    tell(f"wrote {', '.join(str(file) for file in files)}; sha256 {sha256}")


def _add(file: Path, version: str, lines: list[str]) -> None:
    """Add a table of differences to a Markdown file."""
    head = "| table | record | change | what | known from | decided in |\n|---|---|---|---|---|---|\n"
    try:
        with file.open("a", encoding="utf-8", newline="\n") as page:
            page.write(f"\n## Release {version}\n\n{head}" + "\n".join(lines) + "\n")
    except OSError as error:
        raise InputError(f"--changes: {file} cannot be written ({error.strerror or error}).") from error


@app.callback(invoke_without_command=True)
def _list(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="Only those in this state: open, accepted, returned ...")] = "",
    as_json: AsJson = False,
) -> None:
    if context.invoked_subcommand is None:
        list_(state, as_json)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="Only those in this state: open, accepted, returned ...")] = "",
    as_json: AsJson = False,
) -> None:
    """List what was handed in."""
    from mssmap.store import inbox

    if state and state not in inbox.STATES:
        raise InputError(f"--state: found {state!r}, required one of {', '.join(inbox.STATES)}.")
    found = inbox.listed(open_store(), *filter(None, [state]))
    if as_json:
        write_json([_told(item) for item in found], None)
        return
    tell(count(len(found), "submission"))
    write("\n".join(_listed(item) for item in found), None)


def _told(item: Submitted) -> dict[str, Any]:
    return {"number": item.number, "state": item.state, "title": item.name, **item.body}


def _listed(item: Submitted) -> str:
    content = item.content
    about = f"{content.get('kind')} {content.get('change')}"
    return f"{item.number:>5}  {item.state:<9} {item.body.get('submitted_by')}  {about}: {item.name}"


@app.command()
def show(number: Annotated[int, typer.Argument(metavar="N")], as_json: AsJson = False) -> None:
    """Show one, beside the record as it stands, and what accepting it would change."""
    from mssmap.records.submissions import effects, rows, submission
    from mssmap.store import inbox

    item = inbox.find(open_store(), number)
    content = submission.from_dict(item.content)
    data = open_data()
    waiting = item.state in (inbox.OPEN, inbox.RETURNED)
    made = rows.rows(content, data) if waiting else item.rows
    changed = effects.differences(content, made, data) if waiting else []
    told = effects.effects(made, data, settings.today()) if waiting else []
    if as_json:
        pairs = [{"field": name, "before": old, "after": new} for name, old, new in changed]
        write_json({**_told(item), "differences": pairs, "effects": told}, None)
        return
    lines = [_listed(item)]
    lines += [f"  {key}: {item.body[key]}" for key in ("origin", "submitted_at", "reason") if item.body.get(key)]
    lines += [f"  {name}: {old or '-'} → {new or '-'}" for name, old, new in changed]
    lines += [f"  {line}" for line in told]
    write("\n".join(lines), None)


@app.command()
def accept(numbers: Numbers, reason: Reason = "") -> None:
    """Accept: what they add is part of the record, map, lists, exports and packs from now on."""
    store = open_store()
    for number in numbers:
        done = _accepted(store, number, reason)
        tell(f"submission {number}: accepted, {count(sum(map(len, done.rows.values())), 'row')} added")


def _accepted(store: Store, number: int, reason: str) -> Submitted:
    import mssmap
    from mssmap.ingest import deciding

    return deciding.accept(store, number, reason=reason, load=mssmap.load, today=settings.today())


@app.command()
def reject(number: Annotated[int, typer.Argument(metavar="N")], reason: Reason = "") -> None:
    """Reject one, with a reason."""
    _declined(number, "rejected", reason)


@app.command("return")
def return_(number: Annotated[int, typer.Argument(metavar="N")], reason: Reason = "") -> None:
    """Send one back with a question."""
    _declined(number, "returned", reason)


def _declined(number: int, state: str, reason: str) -> None:
    from mssmap.store import inbox

    inbox.decline(open_store(), number, state, reason=reason)
    tell(f"submission {number}: {state}")
