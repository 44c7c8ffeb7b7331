"""
Write docs/three-more-bases.md: a worked example whose every number is computed here.

    python scripts/build_example.py            write it
    python scripts/build_example.py --check    say whether it is current (exit 1 if not)
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from mssmap import settings
from mssmap.planning import on_data, scenario, sureness
from mssmap.records import catalog
from mssmap.records.timeline import Clocks

TARGET = Path(__file__).resolve().parents[1] / "docs" / "three-more-bases.md"
CLOCKS = Clocks(date(2026, 4, 1), date(2026, 11, 22))
DIALS = f"--as-of {CLOCKS.as_of} --known-on {CLOCKS.known_on}"

PAGE = """# Where would three more bases help most, and how sure is that?

Made by `scripts/build_example.py`; a test keeps every number current. The day is {as_of}, as known on
{known_on}.

![The planner with the three sites taken into a plan](three-more-bases.png)

## What stands

```
mssmap coverage --minutes 60 {dials}
```

The {bases} operational bases with a published place reach **{before:,} people** within 60 minutes, {before_pct:.0f} %
of all; {without} more are operational, but where is not published. What is not known (speed, where people live within a
commune, speed off the road, what gang-affected zones do to a road) makes it {low_pct:.0f} to {high_pct:.0f} %; what
moves it most by itself is {most} ({most_low:,} to {most_high:,} people). If the base that matters most fell out,
{loss:,} of them would be out of reach.

## Three more

```
mssmap site -k 3 --minutes 60 {dials}
```

| site | chosen in how many of {cases} cases | and in its place |
|---|---|---|
{sites}

Together with what stands, **{after:,} people** would be reached, {gain:,} more. No three of the {candidates} places
on the grid reach more ({proof}). That is a statement about this model: coarse roads, commune totals of 2015, zones
that slow travel down.

## How sure is that?

The sets chosen in the {cases} cases share little: their mean overlap (Jaccard) is **{jaccard:.2f}**. The places chosen
most often:

| place | chosen in how many of {cases} cases |
|---|---|
{frequent}

And many exchanges cost almost nothing:

| instead of | take | people fewer | % fewer |
|---|---|---|---|
{swaps}

So the honest answer is not three points. How many people three more bases would add is a sound figure, for exchanges
hardly change it; which towns it should be is not, and is for people who know the roads to say. The back-test asks the
past: the bases that stand have {tested:.0f} % of the {events} recorded events with a place within 60 minutes, for that
is where they were put.

## Do it yourself

Open `/planner`, choose *Best sites*, tick *How sure*, then *Take them into the plan*. Switch single bases off to see
what each is worth; *Compare plans* shows two to four plans side by side and, on the map, where they agree.
"""


def text() -> str:
    """The whole page."""
    data = catalog.open_data(settings.default_data_dir())
    plan = scenario.baseline(data, CLOCKS)
    now = on_data.evaluate_sure(data, plan)
    moved = sureness.movers(list(on_data.how_sure(data, plan)), "people_covered").iloc[0]
    covered, share = now.figure("people_covered"), now.figure("people_covered_pct")
    best = on_data.site(data, plan, 3)
    sure = on_data.site_frequency(data, plan, 3)
    times = sure.sites.set_index("id")
    swaps = on_data.site_swaps(data, plan, best).head(5)
    tested = on_data.back_test(data, plan).summary
    ground = on_data.ground(data, plan)
    return PAGE.format(
        as_of=f"{CLOCKS.as_of:%-d %B %Y}",
        known_on=f"{CLOCKS.known_on:%-d %B %Y}",
        dials=DIALS,
        bases=int(now.figure("bases_active")["value"]),
        before=int(covered["value"]),
        before_pct=share["value"],
        low_pct=share["low"],
        high_pct=share["high"],
        loss=int(now.figure("worst_single_loss")["value"]),
        without=int(now.figure("operational_without_place")["value"]),
        most={
            "speed": "the speed",
            "people": "where people live",
            "offroad_kmh": "the speed off the road",
            "zones": "what zones do",
        }[moved["varied"]],
        most_low=int(moved["low"]),
        most_high=int(moved["high"]),
        cases=len(sure.steps),
        sites="\n".join(
            f"| {row['name']} | {times.loc[row['id'], 'chosen']} | {', '.join(times.loc[row['id'], 'rivals'])} |"
            for row in best.sites
        ),
        after=int(best.objective),
        gain=int(best.objective - covered["value"]),
        candidates=f"{len(on_data.candidates(data, plan, ground)):,}",
        proof="proven optimal" if best.proven else f"gap {best.gap_pct:.2f} %",
        jaccard=sure.jaccard,
        frequent="\n".join(f"| {row.name} | {row.chosen} |" for row in sure.sites.head(5).itertuples(index=False)),
        swaps="\n".join(
            f"| {row.site_name} | {row.instead_name} | {best.objective - row.objective:,.0f} | {row.loss_pct:.2f} |"
            for row in swaps.itertuples(index=False)
        ),
        tested=tested["share"],
        events=int(tested["events"]),
    )


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text()
        if not current:
            print(f"{TARGET.name} is not current. Run python scripts/build_example.py.")
        return int(not current)
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
