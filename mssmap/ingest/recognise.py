"""
Files that are known by their columns, and how each becomes our events, areas or outlines.

One table: a row is the columns by which a file is known, and the mapping that a person would otherwise make by hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pandas as pd

from mssmap.i18n import mark
from mssmap.ingest import returned
from mssmap.ingest.mapping import Known, Mapping, Source

_BATTLES: Final = (
    "Battle-No change of territory",
    "Battle-Government regains territory",
    "Battle-Non-state actor overtakes territory",
)
_DEVELOPMENTS: Final = (
    "Strategic development",
    "Headquarters or base established",
    "Non-violent transfer of territory",
)
"""Types of events as ACLED wrote them until 2018."""

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
            **dict.fromkeys(_BATTLES, "battle"),
            "Remote violence": "explosion",
            "Riots/Protests": "demonstration",
            **dict.fromkeys(_DEVELOPMENTS, "strategic_development"),
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

ACLED_2018: Final = replace(
    ACLED,
    title="ACLED of before 2019",
    columns=("event_id_cnty", "event_date", "event_type", "geo_precision", "fatalities"),
    mapping=replace(ACLED.mapping, columns={**ACLED.mapping.columns, "title": ["event_type", "location"]}),
)
"""Files without a second level of types."""

ACLED_WEEKS: Final = Known(
    id="acled_weeks",
    title="ACLED aggregated by week",
    columns=("week", "admin1", "event_type", "sub_event_type", "events", "fatalities", "centroid_latitude"),
    terms=mark("Numbers by department and week, not single events; used under ACLED's terms."),
    mapping=Mapping(
        kind="events",
        columns={
            "title": ["sub_event_type", "admin1"],
            "date_from": ["week"],
            "category": ["event_type"],
            "place": ["admin1"],
            "department": ["admin1"],
            "figure_min": ["events"],
            "note": ["fatalities", "disorder_type", "population_exposure"],
        },
        categories=ACLED.mapping.categories,
        precision="country",
        unit="events",
        totals=True,
        keep={"country": ["Haiti"]},
        source=ACLED.mapping.source,
    ),
)

ACLED_MONTHS: Final = Known(
    id="acled_months",
    title="ACLED on HDX, by commune and month",
    columns=("admin1", "admin2", "admin2 pcode", "month", "year", "events"),
    terms=mark("Numbers by commune and month of one kind of event, which the name of the file says; ACLED's terms."),
    mapping=Mapping(
        kind="events",
        columns={
            "title": ["Admin2", "Admin1"],
            "date_from": ["Year", "Month"],
            "place": ["Admin2", "Admin1"],
            "commune": ["Admin2 Pcode"],
            "department": ["Admin1 Pcode"],
            "figure_min": ["Events"],
            "note": ["Fatalities"],
        },
        category="political_violence",
        precision="country",
        unit="events",
        totals=True,
        keep={"ISO3": ["HTI"]},
        source=ACLED.mapping.source,
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
        totals=True,
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

_HDX: Final = Source(
    title="HDX HAPI",
    publisher="OCHA Humanitarian Data Exchange",
    publisher_kind="un",
    url="https://data.humdata.org/hapi",
    licence="of the data set that dataset_hdx_id names",
    licence_url="https://data.humdata.org/faqs/licenses",
    attribution="HDX HAPI, with the source that each row names by dataset_hdx_id.",
)

HAPI_IDPS: Final = Known(
    id="hapi_idps",
    title="HDX HAPI displaced people",
    columns=("location_code", "operation", "reporting_round", "population", "reference_period_start"),
    terms=mark("Numbers of displaced people by area and round, made by HDX from IOM DTM; name IOM DTM and the round."),
    mapping=Mapping(
        kind="events",
        columns={
            "title": ["operation", "admin2_name", "admin1_name", "provider_admin1_name"],
            "date_from": ["reference_period_start"],
            "date_to": ["reference_period_end"],
            "place": ["admin2_name", "provider_admin2_name", "admin1_name", "provider_admin1_name"],
            "commune": ["admin2_code", "provider_admin2_name"],
            "department": ["admin1_code", "provider_admin1_name"],
            "figure_min": ["population"],
            "note": ["reporting_round", "assessment_type", "operation"],
        },
        category="displacement",
        precision="country",
        unit="IDPs",
        totals=True,
        keep={"location_code": ["HTI"]},
        source=replace(_HDX, title="HDX HAPI displaced people (IOM DTM)", licence="IOM DTM terms of use",
                       licence_url="https://dtm.iom.int/terms-and-conditions",
                       attribution="HDX HAPI; International Organization for Migration, DTM."),
    ),
)  # fmt: skip


def _theme(id_: str, title: str, columns: tuple[str, ...], country: str = "location_code") -> Known:
    """Return a theme of HAPI that is no list of events: its rows are kept as they are, with our P-codes."""
    return Known(
        id=id_,
        title=f"HDX HAPI {title}",
        columns=(country, *columns, "reference_period_start"),
        terms=mark("A table by area, not events; rows of several levels stand in it: do not add them together."),
        mapping=Mapping(
            columns={
                "commune": ["admin2_code"],
                "department": ["admin1_code"],
                "lon": ["lon"],
                "lat": ["lat"],
            },
            keep={country: ["HTI"]},
            source=replace(_HDX, title=f"HDX HAPI {title}"),
        ),
    )


HAPI_THEMES: Final = (
    _theme("hapi_needs", "humanitarian needs", ("sector_code", "population_status", "population")),
    _theme("hapi_presence", "operational presence", ("org_acronym", "org_name", "sector_code")),
    _theme("hapi_food_security", "food security", ("ipc_phase", "ipc_type", "population_in_phase")),
    _theme("hapi_food_prices", "food prices", ("market_code", "commodity_code", "price")),
    _theme("hapi_refugees", "refugees", ("asylum_location_code", "population_group"), "origin_location_code"),
    _theme("hapi_returnees", "returnees", ("asylum_location_code", "population"), "origin_location_code"),
    _theme("hapi_population", "population", ("gender", "age_range", "population")),
    _theme("hapi_poverty", "poverty rate", ("mpi", "headcount_ratio")),
    _theme("hapi_risk", "national risk", ("risk_class", "overall_risk")),
    _theme("hapi_funding", "funding", ("appeal_code", "requirements_usd")),
    _theme("hapi_rainfall", "rainfall", ("aggregation_period", "rainfall")),
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
            "note": [
                *("roundNumber", "displacementReason", "idpOriginAdmin1Name", "assessmentType"),
                *("numberMales", "numberFemales"),
            ],
        },
        category="displacement",
        precision="country",
        unit="IDPs",
        totals=True,
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


def _people(level: int, title: str) -> Known:
    field = {1: "department", 2: "commune"}[level]
    return Known(
        id=f"cod_ps{level}",
        title=title,
        columns=(f"adm{level}_pcode", "t_tl"),
        terms=mark("Numbers of people by sex and age, not events; name the publisher that the data set names."),
        mapping=Mapping(
            columns={field: [f"adm{level}_pcode"]},
            source=replace(
                _COD,
                title="Haiti - Subnational Population Statistics (COD-PS)",
                publisher="IHSI, UNFPA, OCHA",
                url="https://data.humdata.org/dataset/cod-ps-hti",
                attribution="Population: COD-PS (IHSI, UNFPA, OCHA), CC BY-IGO.",
            ),
        ),
    )


def _osm(id_: str, *columns: str) -> Known:
    return Known(
        id=id_,
        title="OpenStreetMap",
        columns=columns,
        terms=mark("ODbL: name the OpenStreetMap contributors; what is derived from it is shared alike."),
        mapping=Mapping(
            columns={},
            source=Source(
                title="OpenStreetMap",
                publisher="OpenStreetMap contributors",
                publisher_kind="aggregator",
                url="https://www.openstreetmap.org/copyright",
                licence="ODbL-1.0",
                licence_url="https://opendatacommons.org/licenses/odbl/1-0/",
                attribution="(c) OpenStreetMap contributors, ODbL.",
            ),
        ),
    )


KNOWN: Final = (
    returned.KNOWN,
    ACLED,
    ACLED_2018,
    ACLED_WEEKS,
    ACLED_MONTHS,
    UCDP,
    HAPI,
    HAPI_IDPS,
    *HAPI_THEMES,
    DTM,
    GDELT,
    _people(2, "COD-PS communes"),
    _people(1, "COD-PS departments"),
    _boundaries(2, "COD-AB communes"),
    _boundaries(1, "COD-AB departments"),
    _osm("osm_hot", "osm_id", "osm_type"),
    _osm("osm_overpass", "@id"),
    _osm("osm_geofabrik", "osm_id", "fclass"),
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
                field: [written[name.lower()] for name in names if name.lower() in written]
                for field, names in mapping.columns.items()
            }
            keep = {written[name.lower()]: values for name, values in mapping.keep.items() if name.lower() in written}
            columns = {field: names for field, names in columns.items() if names}
            return replace(known, mapping=replace(mapping, columns=columns, keep=keep))
    return None


def _only_level(known: Known, written: dict[str, str], frame: pd.DataFrame) -> bool:
    """Whether the outlines are of this level and not of a finer one; communal sections are a layer like any other."""
    level = int(known.id[-1])
    return "geometry" in frame.columns and f"adm{level + 1}_pcode" not in written
