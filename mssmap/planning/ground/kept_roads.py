"""
Roads of street sets (`mssmap streets add`) that a plan may choose for its travel times.

A set is a zip in the folder of the user, named by the hash of its content; its member `roads.parquet` holds the nodes
of the ways that one drives on. This room reads that member only; what else is in a set belongs to `streets`.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from mssmap import settings
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.planning.ground.osm_ways import Ways, ways_of
from mssmap.planning.ground.roads import STREETS_ID

MEMBER: Final = "roads.parquet"


def folder() -> Path:
    """Return where street sets are kept."""
    return settings.user_folder() / "streets"


def path_of(set_id: str) -> Path:
    """
    Return the file of a street set.

    Raises
    ------
    InputError
        If there is none of this id.
    """
    path = folder() / f"{set_id}.zip"
    if not STREETS_ID.fullmatch(set_id) or not path.is_file():
        raise InputError(
            _(
                "streets {found}: there is no such set here. mssmap streets list shows those that are; mssmap streets "
                "add takes the extract or the bundle that the plan was made with."
            ).format(found=set_id[:40])
        )
    return path


def box(set_id: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a street set in degrees; raises as `title`."""
    west, south, east, north = _about(set_id)["box"]
    return float(west), float(south), float(east), float(north)


def title(set_id: str) -> str:
    """
    Return what a street set is called in a method: its name, its state and its id.

    Raises
    ------
    InputError
        If there is no such set.
    """
    said = _about(set_id)
    return ", ".join(filter(None, (str(said.get("name")), str(said.get("newest", "")), set_id)))


def _about(set_id: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path_of(set_id)) as bundle:
            return dict(json.loads(bundle.read("manifest.json")))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(set_id, error) from error


def _damaged(set_id: str, error: Exception) -> InputError:
    return InputError(
        _("streets {found}: the set is damaged ({reason}). Remove it and add the extract again.").format(
            found=set_id, reason=" ".join(str(error).split())[:80]
        )
    )


def read(set_id: str) -> Ways:
    """
    Return the drivable ways of a street set.

    Raises
    ------
    InputError
        If there is no such set, or it holds no roads (one of vector tiles).
    """
    path = path_of(set_id)
    try:
        with zipfile.ZipFile(path) as bundle:
            table = pq.read_table(io.BytesIO(bundle.read(MEMBER)))
    except KeyError as error:
        raise InputError(
            _(
                "streets {found}: the set has no roads to drive on, it was made of drawn tiles. Add an extract "
                "(.osm.pbf) and choose that."
            ).format(found=set_id)
        ) from error
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise _damaged(set_id, error) from error
    return ways_of(*(table[name].to_numpy() for name in ("node", "x", "y", "way", "kmh")))
