"""
Files that are known by their columns, and how each becomes our events, areas or outlines.

One table: a row is the columns by which a file is known, and the mapping that a person would otherwise make by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from mssmap.i18n import mark
from mssmap.ingest.mapping import Mapping, Source


@dataclass(frozen=True)
class Known:
    """
    A kind of file that is recognised.

    Attributes
    ----------
    columns
        All of them must be there, whatever their capitals.
    terms
        What its licence asks of those who show it, in one sentence.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    mapping: Mapping
    terms: str


ACLED: Final = Known(
    id="acled",
    title="ACLED",
    columns=("event_id_cnty", "event_date", "event_type", "sub_event_type", "geo_precision", "fatalities"),
    terms=mark("Used under ACLED's terms: not to be published again as it is; attribution with the date of access."),
    mapping=Mapping(
        kind="events",
        columns={
            "id": ["event_id_cnty"],
            "title": ["sub_event_type", "location"],
            "date_from": ["event_date"],
            "known_from": ["timestamp"],
            "category": ["event_type"],
            "place": ["location"],
            "commune": ["admin3"],
            "department": ["admin1"],
            "lon": ["longitude"],
            "lat": ["latitude"],
            "precision": ["geo_precision"],
            "date_precision": ["time_precision"],
            "actors": ["actor1", "actor2"],
            "figure_min": ["fatalities"],
            "note": ["notes", "source"],
        },
        categories={
            "Battles": "battle",
            "Explosions/Remote violence": "explosion",
            "Violence against civilians": "violence_against_civilians",
            "Protests": "demonstration",
            "Riots": "riot",
            "Strategic developments": "strategic_development",
        },
        precisions={"1": "neighbourhood", "2": "commune", "3": "department"},
        date_precisions={"1": "day", "2": "day", "3": "month"},
        unit="killed",
        keep={"country": ["Haiti"]},
        source=Source(
            title="ACLED conflict event data",
            publisher="ACLED",
            publisher_kind="research",
            url="https://acleddata.com/",
            licence="ACLED terms of use",
            licence_url="https://acleddata.com/eula/",
            attribution="ACLED (acleddata.com), under its terms of use.",
        ),
    ),
)

UCDP: Final = Known(
    id="ucdp",
    title="UCDP GED",
    columns=("type_of_violence", "where_prec", "date_prec", "date_start", "best", "high", "low"),
    terms=mark("CC BY 4.0: name UCDP."),
    mapping=Mapping(
        kind="events",
        columns={
            "id": ["id"],
            "title": ["dyad_name", "where_coordinates"],
            "date_from": ["date_start"],
            "date_to": ["date_end"],
            "category": ["type_of_violence"],
            "place": ["where_coordinates"],
            "commune": ["adm_2"],
            "department": ["adm_1"],
            "lon": ["longitude"],
            "lat": ["latitude"],
            "precision": ["where_prec"],
            "date_precision": ["date_prec"],
            "actors": ["side_a", "side_b"],
            "figure_min": ["low"],
            "figure_max": ["high"],
            "note": ["where_description", "source_article"],
        },
        categories={"1": "battle", "2": "battle", "3": "violence_against_civilians"},
        precisions={
            **{"1": "neighbourhood", "2": "commune", "3": "commune", "4": "department", "5": "department"},
            **{"6": "country", "7": "country"},
        },
        date_precisions={"1": "day", "2": "day", "3": "day", "4": "month", "5": "year"},
        unit="killed",
        keep={"country": ["Haiti"]},
        source=Source(
            title="UCDP Georeferenced Event Dataset",
            publisher="Uppsala Conflict Data Program",
            publisher_kind="research",
            url="https://ucdp.uu.se/downloads/",
            licence="CC-BY-4.0",
            licence_url="https://creativecommons.org/licenses/by/4.0/",
            attribution="UCDP GED, Uppsala Conflict Data Program, CC BY 4.0.",
        ),
    ),
)

HAPI: Final = Known(
    id="hapi",
    title="HDX HAPI conflict events",
    columns=("location_code", "admin1_code", "event_type", "events", "fatalities", "reference_period_start"),
    terms=mark("Numbers by area and month, not single events; made by HDX from ACLED and used under ACLED's terms."),
    mapping=Mapping(
        kind="events",
        columns={
            "title": ["event_type", "admin2_name", "admin1_name"],
            "date_from": ["reference_period_start"],
            "date_to": ["reference_period_end"],
            "category": ["event_type"],
            "place": ["admin2_name", "admin1_name"],
            "commune": ["admin2_code"],
            "department": ["admin1_code"],
            "figure_min": ["events"],
            "note": ["fatalities"],
        },
        categories={
            "civilian_targeting": "violence_against_civilians",
            "demonstration": "demonstration",
            "political_violence": "political_violence",
        },
        precision="country",
        date_precisions={},
        unit="events",
        keep={"location_code": ["HTI"]},
        source=Source(
            title="HDX HAPI conflict events (ACLED, by area and month)",
            publisher="OCHA Humanitarian Data Exchange",
            publisher_kind="un",
            url="https://data.humdata.org/hapi",
            licence="ACLED terms of use",
            licence_url="https://acleddata.com/eula/",
            attribution="HDX HAPI; ACLED (acleddata.com), under its terms of use.",
        ),
    ),
)

DTM: Final = Known(
    id="dtm",
    title="IOM DTM",
    columns=("numPresentIdpInd", "reportingDate", "admin1Pcode"),
    terms=mark("Numbers of displaced people by area and round; name IOM DTM and the round."),
    mapping=Mapping(
        kind="events",
        columns={
            "title": ["operation", "admin2Name", "admin1Name"],
            "date_from": ["reportingDate"],
            "place": ["admin2Name", "admin1Name"],
            "commune": ["admin2Pcode"],
            "department": ["admin1Pcode"],
            "figure_min": ["numPresentIdpInd"],
        },
        category="displacement",
        precision="country",
        unit="IDPs",
        keep={"admin0Pcode": ["HTI", "HT"]},
        source=Source(
            title="IOM Displacement Tracking Matrix",
            publisher="IOM DTM",
            publisher_kind="un",
            url="https://dtm.iom.int/haiti",
            licence="IOM DTM terms of use",
            licence_url="https://dtm.iom.int/terms-and-conditions",
            attribution="International Organization for Migration, Displacement Tracking Matrix.",
        ),
    ),
)

GDELT: Final = Known(
    id="gdelt",
    title="GDELT 2.0 events",
    columns=("GLOBALEVENTID", "SQLDATE", "EventRootCode", "ActionGeo_CountryCode", "SOURCEURL"),
    terms=mark("Coded by a machine from news: unchecked, often the same event many times. Free with attribution."),
    mapping=Mapping(
        kind="events",
        columns={
            "id": ["GLOBALEVENTID"],
            "title": ["Actor1Name", "Actor2Name", "ActionGeo_FullName"],
            "date_from": ["SQLDATE"],
            "category": ["EventRootCode"],
            "place": ["ActionGeo_FullName"],
            "lon": ["ActionGeo_Long"],
            "lat": ["ActionGeo_Lat"],
            "precision": ["ActionGeo_Type"],
            "actors": ["Actor1Name", "Actor2Name"],
            "note": ["SOURCEURL"],
        },
        categories={
            **{"14": "demonstration", "18": "violence_against_civilians", "19": "battle", "20": "political_violence"},
        },
        precisions={"1": "country", "2": "department", "3": "commune", "4": "commune", "5": "department"},
        keep={"ActionGeo_CountryCode": ["HA"]},
        source=Source(
            title="GDELT 2.0 Event Database",
            publisher="The GDELT Project",
            publisher_kind="aggregator",
            url="https://www.gdeltproject.org/",
            licence="GDELT terms of use",
            licence_url="https://www.gdeltproject.org/about.html#termsofuse",
            attribution="The GDELT Project (gdeltproject.org).",
        ),
    ),
)

_COD = Source(
    title="Haiti - Subnational Administrative Boundaries (COD-AB)",
    publisher="CNIGS, OCHA",
    publisher_kind="government",
    url="https://data.humdata.org/dataset/cod-ab-hti",
    licence="CC-BY-IGO",
    licence_url="https://creativecommons.org/licenses/by/3.0/igo/",
    attribution="Boundaries: CNIGS and OCHA COD-AB, CC BY-IGO.",
)


def _boundaries(level: int, title: str) -> Known:
    field = {1: "department", 2: "commune"}[level]
    return Known(
        id=f"cod_adm{level}",
        title=title,
        columns=(f"adm{level}_pcode",),
        terms=mark("Official outlines; they replace ours by P-code until they are removed."),
        mapping=Mapping(kind="boundaries", columns={field: [f"adm{level}_pcode"]}, precision=field, source=_COD),
    )


KNOWN: Final = (
    ACLED,
    UCDP,
    HAPI,
    DTM,
    GDELT,
    _boundaries(2, "COD-AB communes"),
    _boundaries(1, "COD-AB departments"),
)
"""In the order in which they are tried."""


def recognise(frame: pd.DataFrame) -> Known | None:
    """
    Return what a table is, None if it is nothing known.

    The mapping that comes back names the columns as the table writes them.

    >>> recognise(pd.DataFrame(columns=["ADM1_PCODE", "ADM1_FR"])) is None  # no outlines in it
    True
    """
    written = {str(column).lower(): str(column) for column in frame.columns}
    for known in KNOWN:
        if known.mapping.kind == "boundaries" and not _only_level(known, written, frame):
            continue
        if all(column.lower() in written for column in known.columns):
            mapping = known.mapping
            columns = {
                ours: [written[name.lower()] for name in names if name.lower() in written]
                for ours, names in mapping.columns.items()
            }
            keep = {written[name.lower()]: values for name, values in mapping.keep.items() if name.lower() in written}
            columns = {ours: names for ours, names in columns.items() if names}
            return replace(known, mapping=replace(mapping, columns=columns, keep=keep))
    return None


def _only_level(known: Known, written: dict[str, str], frame: pd.DataFrame) -> bool:
    """Whether the outlines are of this level and not of a finer one; communal sections are a layer like any other."""
    level = int(known.id[-1])
    return "geometry" in frame.columns and f"adm{level + 1}_pcode" not in written
