"""
Write docs/reference.md from the code: settings, commands, keys of the address, datasets, the rule of the grades.

    python scripts/build_docs.py            write it
    python scripts/build_docs.py --check    say whether it is current (exit 1 if not)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import typer.main

from mssmap import catalog, cli, evidence, settings
from mssmap.maps import layers
from mssmap.ui import state

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference.md"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows])


def commands() -> str:
    """Each command with its options, as typer knows them."""
    group = typer.main.get_command(cli.app)
    parts = []
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        rows = [
            (f"`{' '.join(option.opts)}`", (getattr(option, "help", None) or "").strip())
            for option in command.params
            if option.name != "help"
        ]
        summary = (command.help or "").strip().split("\n\n")[0].replace("\n", " ")
        parts.append(f"### mssmap {name}\n\n{summary}\n\n" + (table(("option", "what it does"), rows) if rows else ""))
    return "\n\n".join(parts)


def text() -> str:
    """The whole page."""
    data = catalog.read_catalog(settings.default_data_dir())
    keys = [(f"`{key}`", words) for key, words in state.ADDRESS_KEYS.items()]
    names = ", ".join(f"`{name}`" for name in (*layers.GROUPS, *layers.ALL))
    rows = [(f"`{d.name}`", d.title, str(d.rows), d.licence) for d in data.values()]
    parts = [
        "# Reference",
        "Made by `scripts/build_docs.py` from the code; a test keeps it current.",
        "## Keys of the address",
        table(("key", "what it holds"), keys),
        f"Values of `layers`: {names}.",
        "## Commands",
        commands(),
        "## Settings",
        table(
            ("variable", "default", "what it does"),
            [(f"`{s.name}`", f"`{s.default}`" if s.default else "", s.help) for s in settings.SETTINGS],
        ),
        "## Datasets",
        table(("name", "title", "rows", "licence"), rows),
        "## The rule of the grades",
        "```\n" + (evidence.__doc__ or "").strip() + "\n```",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text()
        if not current:
            print(f"{TARGET.name} is not current. Run python scripts/build_docs.py.")
        return int(not current)
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
