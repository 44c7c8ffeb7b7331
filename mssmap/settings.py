"""
Settings: environment variables `MSSMAP_*`, one table from which the docs are generated.

`load` reads an environment once and returns plain values; nothing else in the library looks at `os.environ`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mssmap.errors import InputError
from mssmap.i18n import gettext as _

PACKAGE: Final = Path(__file__).resolve().parent
ROOT: Final = PACKAGE / "_app" if (PACKAGE / "_app").is_dir() else PACKAGE.parent
"""The folder of app.py, pages/ and data/: in a wheel inside the package (setup.py), in a checkout beside it."""


@dataclass(frozen=True)
class Setting:
    """
    One environment variable: its name, the value used when it is not set or empty, and what it does.

    A secret may stand in a file instead, which the variable with `_FILE` at its end names.
    """

    name: str
    default: str
    help: str
    choices: tuple[str, ...] = ()
    secret: bool = False


SETTINGS = (
    Setting("MSSMAP_DATA_DIR", "", "Folder with datapackage.json. Empty: the data that came with mssmap."),
    Setting(
        "MSSMAP_DATABASE_URL",
        "",
        "SQLAlchemy URL of the store. Empty: a SQLite file in the user data folder. "
        "mssmap serve makes one that is not there, another command only with --make-store.",
    ),
    Setting(
        "MSSMAP_ARCHIVE_URL",
        "",
        "Where archives (imports of more events than the browser can hold) are asked: a folder, by DuckDB (empty: "
        "archives/ beside the store); postgresql://..., which copies them into PostGIS; or spark://host:port/folder, "
        "a folder that all workers see.",
    ),
    Setting(
        "MSSMAP_BASEMAP",
        "local",
        "Background of the map. local needs no network; hot and clearmap fetch tiles from the OpenStreetMap "
        "Humanitarian and UN ClearMap servers.",
        ("local", "hot", "clearmap"),
    ),
    Setting(
        "MSSMAP_ROADS",
        "",
        "OpenStreetMap extract (.osm.pbf or .osm) for the travel times of all plans that chose no roads of "
        "streets (mssmap streets). Haiti takes about a minute at the first start. Empty: the coarse road model.",
    ),
    Setting("MSSMAP_TODAY", "", "ISO date to use as today, for drills and tests. Empty: the date of the clock."),
    Setting(
        "MSSMAP_HOST",
        "127.0.0.1",
        "Address the app listens on. 0.0.0.0 opens it to the network, which needs MSSMAP_AUTH=oidc and "
        "MSSMAP_ALLOWED_HOSTS.",
    ),
    Setting("MSSMAP_PORT", "8501", "Port the app listens on."),
    Setting(
        "MSSMAP_DRAIN_SECONDS",
        "10",
        "After SIGTERM /readyz answers 503, running work ends, connections close after at most so many seconds.",
    ),
    Setting(
        "MSSMAP_AUTH",
        "none",
        "none: one local person who may do everything. oidc: people sign in at an OpenID Connect provider and have "
        "roles; needs the settings below.",
        ("none", "oidc"),
    ),
    Setting("MSSMAP_PUBLIC_URL", "", "Address people open, as https://map.example.org; the provider sends them back."),
    Setting("MSSMAP_ALLOWED_HOSTS", "", "Host names the app answers to, with commas. Empty: this machine only."),
    Setting(
        "MSSMAP_COOKIE_SECRET",
        "",
        "Signs the sign-in cookies; the same for all replicas: openssl rand -hex 32.",
        secret=True,
    ),
    Setting("MSSMAP_OIDC_CLIENT_ID", "", "Name of this app at the provider."),
    Setting("MSSMAP_OIDC_CLIENT_SECRET", "", "Password of this app at the provider.", secret=True),
    Setting("MSSMAP_OIDC_METADATA_URL", "", "The provider's .well-known/openid-configuration."),
    Setting("MSSMAP_ADMIN", "", "E-mail address that becomes administrator at a start without any."),
    Setting(
        "MSSMAP_DEFAULT_ROLE",
        "none",
        "What people who sign in may do before they are given a role.",
        ("none", "viewer"),
    ),
    Setting(
        "MSSMAP_RELEASE_SECRET",
        "",
        "Key that signs the releases of mssmap publish: Ed25519 in PEM, as openssl genpkey -algorithm ed25519 makes. "
        "Empty: they are unsigned.",
        secret=True,
    ),
    Setting(
        "MSSMAP_RELEASE_KEYS",
        "",
        "Public keys, in the form of minisign and with commas, whose releases mssmap update takes over.",
    ),
    Setting(
        "MSSMAP_LOG", "plain", "Form of the log on stderr: plain, or json with one object a line.", ("plain", "json")
    ),
    Setting("MSSMAP_DEBUG", "0", "1: show where a bug happened, in the terminal.", ("0", "1")),
)


@dataclass(frozen=True)
class Settings:
    """The values of `SETTINGS` in their types; `None` where the default is worked out later."""

    data_dir: Path
    database_url: str = ""
    archive_url: str = ""
    basemap: str = "local"
    roads: Path | None = None
    today: date | None = None
    host: str = "127.0.0.1"
    port: int = 8501
    drain_s: float = 10.0
    debug: bool = False
    auth: str = "none"
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    cookie_secret: str = field(default="", repr=False)
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_metadata_url: str = ""
    admin: str = ""
    default_role: str = "none"
    release_secret: str = field(default="", repr=False)
    release_keys: tuple[str, ...] = ()
    log: str = "plain"

    @property
    def people_sign_in(self) -> bool:
        """Whether people sign in, as `people_sign_in`."""
        return self.auth == "oidc"


def user_folder() -> Path:
    """Return the user's data folder (XDG on Linux)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mssmap"


def cache_folder() -> Path:
    """Return the user's folder for what can be made again."""
    import platformdirs

    return platformdirs.user_cache_path("mssmap", appauthor=False)


def default_database_url() -> str:
    """Return the URL of a SQLite file in the user's data folder."""
    return f"sqlite:///{user_folder() / 'store.db'}"


def default_archive_folder(database_url: str) -> str:
    """
    Return the folder `archives` beside a SQLite file, or in the user's data folder for another store.

    >>> default_archive_folder("sqlite:////srv/mssmap/store.db")
    '/srv/mssmap/archives'
    """
    return str(_beside(database_url) / "archives")


def default_copy_folder(database_url: str) -> str:
    """
    Return the folder for copies of sources, beside the archives.

    >>> default_copy_folder("sqlite:////srv/mssmap/store.db")
    '/srv/mssmap/sources'
    """
    return str(_beside(database_url) / "sources")


def _beside(database_url: str) -> Path:
    path = database_url.removeprefix("sqlite:///")
    return Path(path).parent if path != database_url and path not in ("", ":memory:") else user_folder()


def default_data_dir() -> Path:
    """Return the folder of the data that came with mssmap."""
    return ROOT / "data"


def load(env: Mapping[str, str] | None = None) -> Settings:
    """
    Read the settings from an environment.

    Parameters
    ----------
    env
        Names and values; the process environment if None. A variable that is empty counts as not set. What is secret
        may stand in a file instead: `MSSMAP_DATABASE_URL_FILE` names the file that holds `MSSMAP_DATABASE_URL`.

    Raises
    ------
    InputError
        If a value cannot be used; the text names the variable.
    """
    if env is not None:
        return _read(env)
    if any(os.environ.get(name) for name in _FILES):
        return _read(os.environ)  # what a file holds may have changed
    return _kept(tuple(map(os.environ.get, _READ)))


_READ: Final = (*(setting.name for setting in SETTINGS), "XDG_DATA_HOME", "HOME", "USERPROFILE")
"""Variables that settings and their defaults depend on."""
_FILES: Final = tuple(f"{setting.name}_FILE" for setting in SETTINGS)


@lru_cache(maxsize=8)
def _kept(_values: tuple[str | None, ...]) -> Settings:
    """Return the settings of an environment with these values; a page asks for them again and again."""
    return _read(os.environ)


def _read(env: Mapping[str, str]) -> Settings:
    values = {setting.name: _value(env, setting) for setting in SETTINGS}
    for setting in SETTINGS:
        if setting.choices and values[setting.name] not in setting.choices:
            raise InputError(
                _("{name}: found {found!r}, required one of {choices}.").format(
                    name=setting.name, found=values[setting.name], choices=", ".join(setting.choices)
                )
            )
    folder = values["MSSMAP_DATA_DIR"]
    return Settings(
        data_dir=Path(folder).expanduser() if folder else default_data_dir(),
        database_url=values["MSSMAP_DATABASE_URL"] or default_database_url(),
        archive_url=values["MSSMAP_ARCHIVE_URL"],
        basemap=values["MSSMAP_BASEMAP"],
        roads=Path(values["MSSMAP_ROADS"]).expanduser() if values["MSSMAP_ROADS"] else None,
        today=parse_date(values["MSSMAP_TODAY"], "MSSMAP_TODAY") if values["MSSMAP_TODAY"] else None,
        host=values["MSSMAP_HOST"],
        port=_port(values["MSSMAP_PORT"]),
        drain_s=_seconds(values["MSSMAP_DRAIN_SECONDS"], "MSSMAP_DRAIN_SECONDS"),
        debug=values["MSSMAP_DEBUG"] == "1",
        auth=values["MSSMAP_AUTH"],
        public_url=_address(values["MSSMAP_PUBLIC_URL"], "MSSMAP_PUBLIC_URL"),
        allowed_hosts=tuple(host for part in values["MSSMAP_ALLOWED_HOSTS"].split(",") if (host := part.strip())),
        cookie_secret=values["MSSMAP_COOKIE_SECRET"],
        oidc_client_id=values["MSSMAP_OIDC_CLIENT_ID"],
        oidc_client_secret=values["MSSMAP_OIDC_CLIENT_SECRET"],
        oidc_metadata_url=values["MSSMAP_OIDC_METADATA_URL"],
        admin=values["MSSMAP_ADMIN"].lower(),
        default_role=values["MSSMAP_DEFAULT_ROLE"],
        release_secret=values["MSSMAP_RELEASE_SECRET"],
        release_keys=tuple(key for part in values["MSSMAP_RELEASE_KEYS"].split(",") if (key := part.strip())),
        log=values["MSSMAP_LOG"],
    )


def _value(env: Mapping[str, str], setting: Setting) -> str:
    """Return what is set, from the file of a secret if one is named, else the default."""
    value = env.get(setting.name, "").strip()
    if file := env.get(f"{setting.name}_FILE", "").strip():
        if value:
            raise InputError(
                _("{name}: found the value and {name}_FILE, required one of them.").format(name=setting.name)
            )
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                _("{name}_FILE: found {file}, which cannot be read, required a text file.").format(
                    name=setting.name, file=file
                )
            ) from error
    return value or setting.default


def _address(text: str, name: str) -> str:
    """Return a web address without a path, as browsers name an origin."""
    if not text:
        return ""
    try:
        found = urlsplit(text)
        sound = found.scheme in {"http", "https"} and found.hostname and found.path in {"", "/"} and found.port != 0
    except ValueError:
        sound = False
    if not sound or found.query or found.fragment or found.username or found.password:
        raise InputError(
            _("{name}: found {found!r}, required an address without a path, as https://map.example.org.").format(
                name=name, found=text
            )
        )
    return f"{found.scheme}://{found.netloc}".lower()


def today(env: Mapping[str, str] | None = None) -> date:
    """Return `MSSMAP_TODAY` if it is set, else the date of the clock."""
    text = (os.environ if env is None else env).get("MSSMAP_TODAY", "").strip()
    return parse_date(text, "MSSMAP_TODAY") if text else date.today()


def people_sign_in(env: Mapping[str, str] | None = None) -> bool:
    """Whether people sign in; if not, there is one local person who may do everything."""
    return (os.environ if env is None else env).get("MSSMAP_AUTH", "").strip() == "oidc"


def parse_date(value: str | date, name: str) -> date:
    """
    Read a date argument.

    >>> parse_date("2025-01-18", "as_of")
    datetime.date(2025, 1, 18)

    Raises
    ------
    InputError
        If the text is not a day of the calendar written as YYYY-MM-DD between 1900 and 2100.
    """
    try:
        # A datetime or a pandas Timestamp is a date too; its text starts with the day.
        text = value.isoformat()[:10] if isinstance(value, date) else str(value).strip()
        # fromisoformat alone would take week dates and dates without dashes.
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2100:
        raise InputError(
            _("{name}: found {found!r}, required a date as YYYY-MM-DD, for example 2025-01-18.").format(
                name=name, found=str(value)
            )
        )
    return day


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise InputError(_("MSSMAP_PORT: found {text!r}, required a number from 1 to 65535.").format(text=text))
    return int(text)


def _seconds(text: str, name: str) -> float:
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", text):
        raise InputError(
            _("{name}: found {found!r}, required a number of seconds from 0 to 9999.").format(name=name, found=text)
        )
    return float(text)
