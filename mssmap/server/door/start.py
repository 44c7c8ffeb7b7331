"""What must be set before the app opens: sign-in, a good secret and host names on a public address, or no start."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import socket
from typing import Any, Final
from urllib.parse import urlsplit

from streamlit import config
from streamlit.components.v2 import manifest_scanner

from mssmap import settings
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.settings import Settings

LEAST_SECRET: Final = 32
LEAST_SIGNS: Final = 10
"""Different characters of a secret; a random one has more."""
WELL_KNOWN: Final = (
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "password",
    "example",
    "default",
    "mssmap",
    "12345",
)
"""Words of secrets that stand in somebody's documentation."""
SIGN_IN_LIBRARIES: Final = ("authlib", "httpx")
"""What Streamlit signs people in with, without asking for it itself."""
NEEDED: Final = ("public_url", "cookie_secret", "oidc_client_id", "oidc_client_secret", "oidc_metadata_url")


def is_loopback(host: str) -> bool:
    """
    Whether only this machine reaches an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def faults(configured: Settings, host: str) -> list[str]:
    """Return why the app must not start on an address, one line each; empty if it may."""
    found = []
    if not is_loopback(host) and not configured.people_sign_in:
        found.append(
            _(
                "MSSMAP_AUTH: found none on the public address {host}, required oidc. Let people sign in, or listen on "
                "127.0.0.1."
            ).format(host=host)
        )
    if not is_loopback(host) and not configured.allowed_hosts:
        found.append(
            _(
                "MSSMAP_ALLOWED_HOSTS: found nothing on the public address {host}, required the names people use."
            ).format(host=host)
        )
    if "*" in configured.allowed_hosts:
        found.append(_("MSSMAP_ALLOWED_HOSTS: found *, which is every name, required the names people use."))
    return found + (_sign_in_faults(configured) if configured.people_sign_in else [])


def _sign_in_faults(configured: Settings) -> list[str]:
    found = [
        _("MSSMAP_{name}: found nothing, required for MSSMAP_AUTH=oidc.").format(name=name.upper())
        for name in NEEDED
        if not getattr(configured, name)
    ]
    if configured.cookie_secret and (why := weak(configured.cookie_secret)):
        found.append(
            _(
                "MSSMAP_COOKIE_SECRET: found {why}, required {n} random characters or more: openssl rand -hex 32."
            ).format(why=why, n=LEAST_SECRET)
        )
    for name in ("public_url", "oidc_metadata_url"):
        at = urlsplit(getattr(configured, name))
        if at.hostname and at.scheme != "https" and not is_loopback(at.hostname):
            found.append(
                _("MSSMAP_{name}: found http, required https, for cookies and codes travel there.").format(
                    name=name.upper()
                )
            )
    found += [
        _("MSSMAP_AUTH: found no {library}, required for oidc. Install mssmap again.").format(library=library)
        for library in SIGN_IN_LIBRARIES
        if importlib.util.find_spec(library) is None
    ]
    return found


def weak(secret: str) -> str:
    """
    Return what is wrong with a secret, empty if nothing is.

    >>> weak("abc"), weak("a" * 64), weak("changeme-0123456789abcdefghijklmnop")
    ('3 characters', 'hardly any different characters', 'a well-known word')
    """
    if len(secret.encode()) < LEAST_SECRET:
        return _("{n} characters").format(n=len(secret))
    if len(set(secret)) < LEAST_SIGNS:
        return _("hardly any different characters")
    if any(word in secret.lower() for word in WELL_KNOWN):
        return _("a well-known word")
    return ""


def take_our_look() -> None:
    """Let the `.streamlit/config.toml` beside app.py count, in whatever folder the server is started."""
    config._main_script_path = str(settings.ROOT / "app.py")
    config.get_config_options(force_reparse=True)


def configure(configured: Settings) -> dict[str, Any]:
    """
    Set what Streamlit reads, in this process only, and return its secrets.

    Nothing is written to a file or to the environment.
    """
    take_our_look()
    config.set_option("server.enableStaticServing", False)  # the map's files are not beside the app
    config.set_option("logger.enableRich", False)
    config.set_option("runner.postScriptGC", False)  # it walks through what all sessions hold, after each run of one
    # this machine's own names stay, for its health checks
    hosts = configured.allowed_hosts or config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", list(dict.fromkeys([*hosts, "localhost", "127.0.0.1", "::1"])))
    manifest_scanner.scan_component_manifests = (
        lambda max_workers=None: []
    )  # 0.6 s through all packages; ours have none
    config.set_option("server.enableAgentApi", False)
    config.set_option("client.showErrorDetails", "none")
    if not configured.people_sign_in:
        return {}
    config.set_option("server.cookieSecret", configured.cookie_secret)
    config.set_option("server.enableXsrfProtection", True)
    return {
        "auth": {
            "redirect_uri": f"{configured.public_url}/oauth2callback",
            "cookie_secret": configured.cookie_secret,
            "client_id": configured.oidc_client_id,
            "client_secret": configured.oidc_client_secret,
            "server_metadata_url": configured.oidc_metadata_url,
        }
    }


def require_free(host: str, port: int) -> None:
    """
    Refuse a port that cannot be used.

    Raises
    ------
    InputError
        If it is in use or the address cannot be bound.
    """
    try:
        with socket.create_server((host, port), reuse_port=False):
            pass
    except OSError as error:
        raise InputError(
            f"port: {port} on {host} cannot be used ({os.strerror(error.errno or 0).lower()}). "
            f"Choose another: make run PORT={port + 1 if port < 65535 else 8501}, or mssmap serve --port."
        ) from error
