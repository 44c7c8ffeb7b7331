"""
The command line: the same functions the pages call, with data on stdout and messages on stderr.

Exit codes: 0 done, 1 faults were found, 2 an argument or the data folder cannot be used. Everything heavy is imported
inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

import mssmap
from mssmap import settings
from mssmap.cli import (
    archives,
    briefs,
    files,
    imports,
    inbox,
    pages,
    people,
    plans,
    records,
    sources,
    streets,
    system,
    teams,
    updating,
)
from mssmap.cli.common import BAD_INPUT, FOUND_FAULTS, forget_used, tell, tell_used, write
from mssmap.errors import MssmapError

app = typer.Typer(
    help="Open operations map of the UN-authorised security mission in Haiti: unofficial, from public reporting.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

COMMANDS = (
    records.layers,
    records.show,
    records.events,
    records.changes,
    files.export,
    files.verify,
    plans.coverage,
    plans.site,
    briefs.brief,
    pages.light,
    imports.import_,
    inbox.submit,
    inbox.publish,
    updating.update,
    people.people,
    system.log,
    system.backup,
    system.restore,
    teams.merge,
    teams.conflicts,
    system.check,
    system.serve,
)
"""In the order of the help."""

for command in COMMANDS:
    app.command(command.__name__.rstrip("_"))(command)
app.add_typer(archives.app, name="archive")
app.add_typer(inbox.app, name="inbox")
app.add_typer(sources.app, name="sources")
app.add_typer(streets.app, name="streets")


def _version(wanted: bool) -> None:
    if wanted:
        write(f"mssmap {mssmap.__version__}", None)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the command line and leave the process with its exit code.

    The one place that turns errors into a line on stderr: those raised on purpose exit with 2, a bug with 1.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; without arguments print the help."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    forget_used()
    try:
        code = int(app(args=given or ["--help"], prog_name="mssmap", standalone_mode=False) or 0)
        tell_used()
        return code
    except typer.Exit as leave:
        tell_used()
        return leave.exit_code
    except MssmapError as error:
        forget_used()
        tell(str(error))
        return BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:  # noqa: BLE001, the one boundary
        # Usage errors are told by their method: typer brings its own copy of click, or not, by version.
        if hasattr(error, "format_message"):
            tell(f"{error.format_message().rstrip('.')}. See mssmap --help.")
            return BAD_INPUT
        if settings.load().debug:
            traceback.print_exc()
        tell(f"a bug, please report it: {type(error).__name__}: {error}. MSSMAP_DEBUG=1 shows where.")
        return FOUND_FAULTS
