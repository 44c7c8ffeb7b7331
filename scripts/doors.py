"""What a person may hand over: the table in docs/reliability.md, made by `build_docs` from the limits of the code."""

from __future__ import annotations

from typing import NamedTuple

from mssmap.brief.pack_zip import LIMITS as PACK
from mssmap.exports.claimed import BOUNDS as PROOF
from mssmap.ingest.field_copy import BOUNDS as FIELD
from mssmap.ingest.rows import BATCH_BYTES, BATCH_ROWS
from mssmap.ingest.rows import BOUNDS as ARCHIVE
from mssmap.ingest.source import PART_BYTES
from mssmap.jail.documents import BOUNDS as DOCUMENT
from mssmap.jail.limits import LIMITS, MB, Limits
from mssmap.planning.access import MATRIX_BOUNDS
from mssmap.store.backup_file import BOUNDS as BACKUP
from mssmap.store.backup_zip import LIMITS as BACKUP_PROCESS
from mssmap.streets import bundle_job, extract_job, pmtiles_job
from mssmap.ui import field_copies
from mssmap.ui.imports import archives

BEGIN, END = "<!-- doors: made by scripts/build_docs.py -->", "<!-- end of the doors -->"


class Door(NamedTuple):
    """
    One way in.

    Attributes
    ----------
    job
        Of the reading process, see `jail.jobs.JOBS`.
    """

    name: str
    measured: str
    limits: str
    job: str

    def row(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        return (self.name, self.measured, self.limits, f"the reading process, job `{self.job}`")


def process(limits: Limits) -> str:
    """Say what the process may take."""
    return f"{limits.memory_bytes // MB:,} MB of memory, {limits.cpu_s:,} s of processor"


SHAPES = (
    f"{LIMITS.vertices:,} vertices, {LIMITS.shape_vertices:,} and {LIMITS.parts:,} parts in one shape, "
    f"nested at most {LIMITS.nesting} deep and laid flat"
)

DOORS = (
    Door(
        "a file of data: page *Data*, `mssmap import`",
        "its size, the members of a zip and how tightly they are packed, the footer of Parquet, the kinds of tables of "
        "a GeoPackage; then rows, columns, cells, the length of texts, and each shape: depth, vertices, parts. Only "
        "then are shapes brought to degrees and repaired, there too.",
        f"{archives.LARGEST_MB} MB on the page, {LIMITS.file_bytes // MB} MB by command; "
        f"{LIMITS.unpacked_bytes // MB} MB unpacked, {LIMITS.members} members; {LIMITS.rows:,} rows, {LIMITS.columns} "
        f"columns, {LIMITS.cells:,} cells; {SHAPES}; {process(LIMITS)}",
        "tables",
    ),
    Door(
        "a CSV for an archive: page *Data*, `mssmap archive add`",
        "cut between records into parts; each part as a file of data",
        f"a part of {PART_BYTES // MB} MB, a file of any length",
        "tables",
    ),
    Door(
        "a Parquet file for an archive: page *Data*, `mssmap archive add`",
        "the footer: rows, columns, each row group, zones of time, the CRS; of each batch what it takes once its "
        "dictionaries are unpacked",
        f"{ARCHIVE.file_bytes // MB:,} MB, {ARCHIVE.rows:,} rows, {ARCHIVE.unpacked_bytes // MB:,} MB in a row group, "
        f"{BATCH_BYTES // MB} MB in {BATCH_ROWS:,} rows, "
        f"texts of {ARCHIVE.text_chars:,} characters; {process(ARCHIVE)}",
        "archive",
    ),
    Door(
        "an exported file: *Check an exported file*, `mssmap verify`",
        "as a file of data; then its proof: parts and their names, columns, rows, and the cells that they make "
        "together, before any of them is written down",
        f"{PROOF.tables} parts of different names, {PROOF.columns} columns each, {PROOF.rows:,} rows, "
        f"{PROOF.cells:,} cells; {process(PROOF)}",
        "proof",
    ),
    Door(
        "a briefing pack: `mssmap verify`",
        "the number of members and the sizes that the zip states; no member is read further. What it holds is hashed "
        "there; the records in it are opened as an exported file.",
        f"{PACK.members} members, {PACK.unpacked_bytes // MB} MB; {process(PACK)}",
        "pack",
    ),
    Door(
        "a plan: *Import a file* of the planner, `--scenario FILE`",
        "its size; keys that stand twice, digits of numbers, depth, halves of characters",
        f"{DOCUMENT.file_bytes // MB} MB, {DOCUMENT.depth} levels; {process(DOCUMENT)}",
        "document",
    ),
    Door(
        "a mapping: *How it is read*, `--mapping FILE`",
        "as a plan",
        f"{DOCUMENT.file_bytes // MB} MB, {DOCUMENT.depth} levels; {process(DOCUMENT)}",
        "document",
    ),
    Door(
        "a matrix of travel times: planner, `access.read_matrix`",
        "as a file of data; then sites by cells, which is what is held",
        f"25 MB and {LIMITS.rows:,} rows on the page, {MATRIX_BOUNDS.file_bytes // MB} MB in Python; "
        f"{MATRIX_BOUNDS.rows:,} pairs",
        "tables",
    ),
    Door(
        "a field copy, a back-up: *Field copies*, `mssmap merge`, `mssmap restore`",
        "the directory of the zip: members, how they are packed, the size that each states and never more of it; "
        "then lines, rows and values, each of the kind of its column, and the hash of every member; the rows come in "
        "batches and are compared with the hash again. Of a field copy each record, and the rows of each import",
        f"a field copy {field_copies.MOST_MB} MB on the page, {FIELD.unpacked_bytes // 1_000_000:,} MB unpacked, "
        f"{FIELD.rows:,} rows; a back-up {BACKUP.unpacked_bytes // 1_000_000:,} MB unpacked, {BACKUP.rows:,} rows; "
        f"a manifest of {BACKUP.manifest_bytes // 1_000_000} MB; {process(BACKUP_PROCESS)}",
        "backup",
    ),
    Door(
        "an extract of OpenStreetMap: `mssmap streets add FILE.osm.pbf`",
        "its kind, its header (no history), that it is whole, lies in Haiti and has roads; names are cut to "
        f"{extract_job.NAME_CHARS} characters",
        f"{extract_job.LARGEST_MB} MB; {extract_job.MEMORY_MB:,} MB of memory, "
        "120 s of processor and 10 more for each MB",
        "streets",
    ),
    Door(
        "vector tiles: `mssmap streets add FILE.pmtiles`",
        "the header (vector tiles of the Protomaps layout, up to zoom 14), each tile before it is unpacked",
        f"{pmtiles_job.MOST_TILES:,} tiles, {pmtiles_job.TILE_BYTES // MB} MB each; "
        f"{process(pmtiles_job.bounds(0))} and 20 more for each MB",
        "street-tiles",
    ),
    Door(
        "a bundle of streets: `mssmap streets add BUNDLE.zip`",
        "the directory of the zip and the names in it, the manifest, each tile (lists of whole numbers and names), the "
        "columns of the roads, and the hash of all of it",
        f"{pmtiles_job.MOST_TILES:,} tiles, {pmtiles_job.TILE_BYTES // MB} MB each, {bundle_job.ROADS_ROWS:,} nodes of "
        f"roads; {process(bundle_job.bounds(0))} and 4 more for each MB",
        "street-bundle",
    ),
)
