"""Commands about plans: coverage, site."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mssmap.cli.common import AsJson, AsOf, Grade, KnownOn, Out, reads_store, tell, write, write_json
from mssmap.errors import InputError

Plan = Annotated[str, typer.Option(metavar="NAME|FILE", help="baseline, a saved plan, or a scenario file.")]
Minutes = Annotated[float | None, typer.Option(metavar="M", help="Service standard in minutes; default 60.")]
Kilometres = Annotated[float | None, typer.Option("--km", metavar="K", help="Service standard in kilometres instead.")]


def _standard(minutes: float | None, km: float | None) -> Any:
    from mssmap.planning.access import Standard

    if minutes is not None and km is not None:
        raise InputError("--minutes, --km: found both, required one of them.")
    if km is not None:
        return Standard(km, "km")
    return None if minutes is None else Standard(minutes)


def coverage(
    scenario: Plan = "baseline",
    minutes: Minutes = None,
    km: Kilometres = None,
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """Print who is covered by the bases of a plan, with the band over all that is not known."""
    import mssmap
    from mssmap.records import views
    from mssmap.telling import listing

    reads_store()
    result = mssmap.coverage(
        scenario, standard=_standard(minutes, km), as_of=as_of or None, known_on=known_on or None, grade=grade
    )
    tell(f"mssmap: plan {scenario}, standard {result.standard}")
    if as_json:
        parts = {"figures": result.figures, "by_department": result.by_department}
        write_json({name: [views.plain(r) for r in rows.to_dict("records")] for name, rows in parts.items()}, out)
    else:
        tables = (
            listing.aligned([{k: str(v) for k, v in row.items()} for row in rows.round(1).to_dict("records")])
            for rows in (result.figures, result.by_department)
        )
        write("\n\n".join([*tables, str(result.method)]), out)


def site(
    k: Annotated[int | None, typer.Option("-k", metavar="K", help="Bases to add, 1 to 15; not for lscp.")] = None,
    model: Annotated[str, typer.Option(help="mclp, lscp, pmedian, pcenter or backup.")] = "mclp",
    scenario: Plan = "baseline",
    minutes: Minutes = None,
    km: Kilometres = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Start from a clean sheet, without the bases that are on.")
    ] = False,
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """Print the best sites to add to a plan: objective, bound, gap, proven or not."""
    import mssmap

    reads_store()
    answer = mssmap.site(
        k,
        model=model,
        scenario=scenario,
        standard=_standard(minutes, km),
        keep_active=not clean,
        as_of=as_of or None,
        known_on=known_on or None,
        grade=grade,
    )
    found = answer.to_json()
    if as_json:
        write_json(found, out)
        return
    proof = "proven optimal" if answer.proven else f"not proven, gap {answer.gap_pct:.2f} %"
    unreachable = f"{answer.unreachable_people:,.0f} people cannot be reached"
    tell(
        f"mssmap: {answer.objective:,.0f} {answer.unit}, {unreachable}, bound {answer.bound:,.0f}, {proof}, "
        f"{answer.seconds:.1f} s"
    )
    lines = [f"{row['id']}  {row['name']}  {row['lat']:.4f}, {row['lon']:.4f}" for row in found["sites"]]
    write("\n".join([*lines, f"{answer.objective:,.0f} {answer.unit}; {unreachable}", str(answer.method)]), out)
