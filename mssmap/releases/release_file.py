"""
The file of a release: the data package as a zip that says by itself what it holds.

Beside the catalog (`datapackage.json`) it has an RO-Crate 1.2 and a DCAT-AP 3 catalog in JSON-LD, made from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.records import released, unfinished
from mssmap.records.catalog import PACKAGE_FILE
from mssmap.records.released import Release

PRODUCT: Final = "mssmap-haiti"
"""Name that the catalog of our data has."""
README: Final = "README.md"
CRATE: Final = "ro-crate-metadata.json"
DCAT: Final = "dcat.jsonld"
PROFILE: Final = "https://w3id.org/ro/crate/1.2"
PUBLISHER: Final = "mssmap"
LICENCE_TYPE: Final = "CreativeWork"
MEDIA_TYPES: Final = {".csv": "text/csv", ".geojson": "application/geo+json", ".json": "application/json"}
TERMS: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def name_of(version: str) -> str:
    """
    Return what the file of a release is called.

    >>> name_of("2026.11.1")
    'mssmap-haiti-2026.11.1.zip'
    """
    return f"{PRODUCT}-{version}.zip"


def files_of(folder: Path, texts: Mapping[str, bytes]) -> dict[str, bytes]:
    """
    Return the files of a data package: those in `texts` instead of those in the folder.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    catalog = texts.get(PACKAGE_FILE) or unfinished.read(folder, PACKAGE_FILE)
    paths = [str(item["path"]) for item in json.loads(catalog)["resources"]]
    readme = [README] if (folder / README).exists() else []
    return {PACKAGE_FILE: catalog} | {
        path: texts[path] if path in texts else unfinished.read(folder, path) for path in [*readme, *paths]
    }


def completed(package: Mapping[str, bytes], day: date) -> tuple[Release, dict[str, bytes]]:
    """Return a release of the files of a data package, unsigned, and its files with their descriptions."""
    catalog = json.loads(package[PACKAGE_FILE])
    made = {CRATE: _text(_crate(catalog, package, day)), DCAT: _text(_dcat(catalog, package, day)), **package}
    marks = {name: released.digest(content) for name, content in made.items()}
    whole = released.digest(released.packed(made))
    return Release(str(catalog["version"]), day.isoformat(), whole, marks), made


def write(folder: Path, release: Release, content: bytes) -> list[Path]:
    """
    Write the file of a release into a folder, with its hash and, if it is signed, its signature beside it.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    name = name_of(release.version)
    texts = {name: content, f"{name}.sha256": f"{release.sha256}  {name}\n".encode()}
    if release.signature:
        texts[f"{name}.minisig"] = release.signature.encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            part = unfinished.part_of(folder / path)
            unfinished.write(part, text)
            part.replace(folder / path)
    except OSError as error:
        raise InputError(
            _(
                "--out: {folder} cannot be written ({reason}). Release {version} itself is kept: "
                "mssmap publish --again {version} --out DIR writes its file."
            ).format(folder=folder, reason=error.strerror or error, version=release.version)
        ) from error
    return [folder / path for path in texts]


def _text(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _licence(item: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"@id": str(one.get("path", ""))} for one in item.get("licenses", ()) if one.get("path")]


def _media_type(path: str) -> str:
    return MEDIA_TYPES.get(PurePosixPath(path).suffix, "text/markdown")


def _crate(catalog: Mapping[str, Any], package: Mapping[str, bytes], day: date) -> dict[str, Any]:
    """Return an RO-Crate 1.2 (https://w3id.org/ro/crate/1.2): itself, the data set, its files, the licences."""
    said = {str(item["path"]): item for item in catalog["resources"]}
    files = [
        {
            "@id": quote(path),
            "@type": "File",
            "name": str(said.get(path, {}).get("title", path)),
            "description": str(said.get(path, {}).get("description", "")),
            "encodingFormat": _media_type(path),
            "contentSize": str(len(content)),
            "sha256": released.digest(content),
            "license": _licence(said.get(path, catalog)),
        }
        for path, content in package.items()
    ]
    licences = {one["path"]: one for item in [catalog, *said.values()] for one in item.get("licenses", ())}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": catalog["title"],
        "description": catalog["description"],
        "version": catalog["version"],
        "datePublished": day.isoformat(),
        "license": _licence(catalog),
        "hasPart": [{"@id": item["@id"]} for item in files],
    }
    about = {"@id": CRATE, "@type": "CreativeWork", "conformsTo": {"@id": PROFILE}, "about": {"@id": "./"}}
    works = [{"@id": path, "@type": LICENCE_TYPE, "name": str(one["title"])} for path, one in licences.items()]
    return {"@context": f"{PROFILE}/context", "@graph": [about, root, *files, *works]}


def _dcat(catalog: Mapping[str, Any], package: Mapping[str, bytes], day: date) -> dict[str, Any]:
    """Return a catalog by DCAT-AP 3.0, with a data set for each layer and table; addresses are those in the zip."""
    return {
        "@context": TERMS,
        "@id": "./",
        "@type": "dcat:Catalog",
        "dct:title": _english(catalog["title"]),
        "dct:description": _english(catalog["description"]),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": PUBLISHER},
        "dct:issued": {"@value": day.isoformat(), "@type": "xsd:date"},
        "dcat:version": catalog["version"],
        "dct:license": next(iter(_licence(catalog)), None),
        "dcat:dataset": [_dataset(item, package[str(item["path"])]) for item in catalog["resources"]],
    }


def _english(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "en"}


def _dataset(item: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    path = str(item["path"])
    return {
        "@id": f"#{item['name']}",
        "@type": "dcat:Dataset",
        "dct:title": _english(str(item["title"])),
        "dct:description": _english(str(item.get("description") or item["title"])),
        "dcat:distribution": {
            "@type": "dcat:Distribution",
            "dcat:accessURL": {"@id": quote(path)},
            "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{_media_type(path)}"},
            "dcat:byteSize": len(content),
            "dct:license": _licence(item),
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                "spdx:checksumValue": released.digest(content),
            },
        },
    }
