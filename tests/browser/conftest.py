"""
The real server and a real Chromium.

`server` starts the app as a user does; `visit` opens a page of it in a fresh browser context. Each context notes what
it asks for, and the test fails if a request leaves this machine or a script of the page fails. Tests wait for states
(`Screen.drawn`, `Screen.at_rest`), never for a time.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import oidc_provider_mock
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    Request,
    WebSocket,
    sync_playwright,
)
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from mssmap.store import Store, open_store, people

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 22)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
LOCAL = {"127.0.0.1", "localhost"}
PATIENCE_MS = 120_000
"""How long a state may take to come about on a busy machine."""

FRAME = ".st-key-map iframe"
DRAWN = f"""(before) => {{
  const read = (page) => JSON.parse(page?.documentElement?.dataset.mssmap ?? '{{}}');
  const drawn = read(document.querySelector('{FRAME}')?.contentDocument);
  return !!drawn.seq && drawn.seq !== before && drawn.seq === read(document).asked && drawn.shown !== undefined
    && !document.getElementById('mm-first');
}}"""
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$|/live\?")
"""What a browser may complain of: on a deep link Streamlit looks for its server below the page first, and finds it
above; and a window asks whether its server is there, also when a test has stopped it."""
LATE = re.compile(r"reaching server endpoint .*/_stcore/|^Streamlit server is not responding")
"""What Streamlit says of a server that is busy for a while; the page waits and goes on."""
AT_REST = '.stApp[data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'


# ---------------------------------------------------------------------------------------------------------- server


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """A running app: its address, and what it writes to stderr."""

    url: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def errors(self) -> str:
        """Return what the server wrote to stderr so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(
    folder: Path,
    *,
    python: Sequence[str | Path] = (sys.executable,),
    command: list[str] | None = None,
    port: int | None = None,
    cwd: Path = ROOT,
    base: Mapping[str, str] = os.environ,
    **env: str,
) -> Iterator[Server]:
    """
    Start the app and stop it in the end.

    Parameters
    ----------
    folder
        Where its stdout and stderr are kept.
    python
        The command that is Python.
    command
        Arguments to Python; `{port}` stands for the port, as in `env`. By default `mssmap serve`.
    port
        By default one that nobody listens on.
    base
        The environment to which `env` is added.
    """
    port, log = port or free_port(), folder / "stderr.txt"
    command = command or ["-m", "mssmap", "serve", "--port", "{port}"]
    with log.open("wb") as errors, log.with_name("stdout.txt").open("wb") as output:
        process = subprocess.Popen(
            [*python, *(part.format(port=port) for part in command)],
            cwd=cwd,
            env={
                **base,
                "MSSMAP_TODAY": TODAY.isoformat(),
                **{name: value.replace("{port}", str(port)) for name, value in env.items()},
            },
            stdout=output,
            stderr=errors,
        )
    found = Server(f"http://127.0.0.1:{port}", port, log, process)
    try:
        _await_health(found)
        yield found
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def refuses(folder: Path, *before: str, **env: str) -> list[str]:
    """Type the real command, see that it ends with 2 and is never ready, and return the lines it says."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "mssmap", "serve", "--port", str(free_port())],
        cwd=folder,
        env={**os.environ, "XDG_DATA_HOME": str(folder / "home"), **env},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "mssmap is ready" not in done.stdout
    return done.stderr.splitlines()


def _await_health(server: Server, tries: int = 3_000) -> None:
    for _ in range(tries):
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        try:  # a pause that ends at once if the server stops
            server.process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"The app did not start: {server.errors() or 'no answer, and nothing on stderr'}", pytrace=False)


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return the app as `make run` starts it, on a day that is fixed."""
    with running(tmp_path_factory.mktemp("server")) as found:
        yield found


# --------------------------------------------------------------------------------------------------------- browser


_RUNNING: list[Browser] = []
_SPARE: dict[str, list[BrowserContext]] = {}
"""Contexts that no test has in use, by their options: empty but for scripts that need not be read again."""


def chromium(kind: BrowserType) -> str:
    """Return where a Chromium is."""
    own = Path(kind.executable_path)
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), str(own) if own.exists() else None)
    if path is None:
        pytest.fail(
            "No Chromium found, so the map cannot be tested. `make test` installs one; on Debian by hand: "
            "apt-get install chromium.",
            pytrace=False,
        )
    return path


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """
    Return one Chromium for all tests of a folder, which cannot resolve any name but localhost.

    Not longer: Playwright keeps an event loop running in this thread.
    """
    if _RUNNING:  # folders that borrow this fixture have it twice, and Playwright runs once in a process
        yield _RUNNING[0]
        return
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(playwright.chromium), args=list(FLAGS)) as found,
    ):
        _RUNNING.append(found)
        yield found
        _RUNNING.clear()
        _SPARE.clear()


@dataclass
class Screen:
    """One page of the app in a context of its own, and everything that it asked for and complained about."""

    page: Page
    server: Server
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    """Sizes of the messages sent to the server over the websocket."""

    def listen(self) -> None:
        """Start to take notes."""
        self.page.context.on("request", self._request)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("websocket", self._websocket)

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def leave(self) -> bool:
        """Close all pages and forget what they stored; False if the test has closed the context itself."""
        context = self.page.context
        if context.browser is None or context not in context.browser.contexts:
            return False
        context.remove_listener("request", self._request)
        self.page.remove_listener("console", self._console)  # what was still on its way fails now, and rightly so
        keeper = context.new_page()
        forget = {"origin": self.server.url, "storageTypes": "all"}
        context.new_cdp_session(keeper).send("Storage.clearDataForOrigin", forget)
        for page in context.pages:
            page.close()
        context.clear_cookies()
        return True

    def _console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not PROBE.search(url) and not LATE.search(message.text):
            self.faults.append(f"{message.text} ({url})")

    def _websocket(self, socket: WebSocket) -> None:
        self.requests.append(socket.url)
        socket.on("framesent", lambda payload: self.sent.append(len(payload)))

    def outside(self) -> list[str]:
        """Return the requests that would leave this machine."""
        split = ((url, urlsplit(url)) for url in self.requests)
        return [url for url, at in split if at.scheme not in {"data", "blob", "about"} and at.hostname not in LOCAL]

    # ---------------------------------------------------------------- waiting

    def open(self, address: str) -> Screen:
        """Go to an address of the app; with the map, until it is drawn."""
        self.page.goto(self.server.url + address)
        if urlsplit(address).path == "/":
            self.drawn()
        self.at_rest()
        return self

    def drawn(self, after: str | None = None) -> None:
        """Wait until the map shows the last view the page got, and one other than `after`."""
        self.page.wait_for_function(DRAWN, arg=after, timeout=PATIENCE_MS)

    def at_rest(self) -> None:
        """Wait until the server has nothing more to say."""
        self.page.locator(AT_REST).wait_for(timeout=PATIENCE_MS)

    @contextmanager
    def new_view(self) -> Iterator[None]:
        """Do something that changes what the map shows, and wait for it."""
        before = self.seq
        yield
        self.drawn(after=before)
        self.at_rest()

    def wait(self, script: str, arg: Any = None) -> None:
        """Wait until a script of the page is true."""
        self.page.wait_for_function(script, arg=arg, timeout=PATIENCE_MS)

    # ---------------------------------------------------------------- the map

    @property
    def map(self) -> FrameLocator:
        """The frame of the map."""
        return self.page.frame_locator(FRAME)

    def in_map(self, script: str, arg: Any = None) -> Any:
        """Run a script of one argument `w`, the window of the map frame (and `arg`)."""
        body = f"(arg) => (({script}))(document.querySelector('{FRAME}').contentWindow, arg)"
        return self.page.evaluate(body, arg)

    @property
    def told(self) -> dict[str, Any]:
        """What the map says of itself in its one attribute, see mssmap/client/shared/probe.js."""
        return dict(json.loads(self.in_map("(w) => w.document.documentElement.dataset.mssmap ?? '{}'")))

    @property
    def seq(self) -> str:
        """Name of the view that is drawn."""
        return str(self.told["seq"])

    @property
    def shown(self) -> int:
        """Number of records and events that have a symbol."""
        return int(self.told["shown"])

    def symbols(self) -> dict[str, str]:
        """Return id -> symbol of what stands on top of each stack."""
        listed = self.in_map(
            "(w) => [...w.document.querySelectorAll('.mm-symbol')].map((n) => [n.dataset.id, n.dataset.symbol])"
        )
        return dict(listed)

    def symbol(self, record_id: str) -> Locator:
        """The symbol of a record."""
        return self.map.locator(f'.mm-symbol[data-id="{record_id}"]')

    def legend(self) -> dict[str, dict[str, str]]:
        """Return group -> words -> number, as the legend lists them."""
        return dict(
            self.in_map(
                """(w) => Object.fromEntries([...w.document.querySelectorAll('.mm-legend h4')].map((head) => [
                  head.textContent,
                  Object.fromEntries([...head.nextElementSibling.children].map((row) =>
                    [row.querySelector('span').textContent, row.querySelector('span:last-child').textContent]))]))"""
            )
        )

    def place(self) -> tuple[float, float, float]:
        """Latitude and longitude of the centre of the map, and its zoom."""
        lat, lon, zoom = self.in_map("(w) => { const c = w.map.getCenter(); return [c.lat, c.lng, w.map.getZoom()]; }")
        return float(lat), float(lon), float(zoom)

    # ---------------------------------------------------------------- the page

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address."""
        return {key: values[-1] for key, values in parse_qs(urlsplit(self.page.url).query).items()}

    def box(self, layer: str) -> Locator:
        """The check box of a layer."""
        return self.page.locator(f'.mm-layers input[data-id="{layer}"]')

    def rows(self) -> Locator:
        """Rows of the table twin."""
        return self.page.locator(".mm-twin tbody tr")

    def card(self) -> Locator:
        """The record card."""
        return self.page.locator(".mm-record")

    def set_date(self, key: str, day: date) -> None:
        """Type a date into an exact field, as one does: day, month, year."""
        field = self.page.locator(f".st-key-{key}")
        field.locator('[data-type="day"]').click()
        self.page.keyboard.type(f"{day:%d%m%Y}")
        for _ in range(2):  # over the calendar button and out: Streamlit takes the date when the field is left
            self.page.keyboard.press("Tab")

    def focused(self) -> str:
        """Name what has the focus, through shadow roots and the map frame."""
        return str(
            self.page.evaluate(
                """() => {
                  let node = document.activeElement;
                  const deeper = (n) => n?.shadowRoot?.activeElement || (n?.tagName === 'IFRAME' && n.contentDocument?.activeElement);
                  for (let next = deeper(node); next; next = deeper(node)) node = next;
                  const kind = `${node.tagName.toLowerCase()}.${[...node.classList].join('.')}`;
                  return `${kind} ${node.dataset.id || node.getAttribute('aria-label') || ''}`;
                }"""  # noqa: E501
            )
        )


def _of_a_stopped_server(screen: Screen, fault: str) -> bool:
    """Whether a page complains that the server which a test has stopped is not there."""
    return screen.server.process.poll() is not None and "ERR_CONNECTION_REFUSED" in fault


Visit = Callable[..., Screen]


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """
    Return a function that opens an address of the app in a context of its own: `visit("/", as_of="2025-01-18")`.

    At the end of the test no request may have left this machine, no script of a page may have failed and the server
    may not have logged a traceback.
    """
    pairs: list[tuple[str, Screen]] = []

    def open_in_new_context(address: str = "/", *, at: Server = server, context: Any = None, **query: str) -> Screen:
        options = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light", **(context or {})}
        kind = json.dumps(options, sort_keys=True)
        unused = _SPARE.setdefault(kind, [])
        page = (unused.pop() if unused else browser.new_context(**options)).new_page()
        page.set_default_timeout(PATIENCE_MS)
        screen = Screen(page, at)
        pairs.append((kind, screen))
        screen.listen()
        text = "&".join(f"{name}={quote(value, safe=',')}" for name, value in query.items())
        return screen.open(f"{address}?{text}" if text else address)

    yield open_in_new_context
    for kind, screen in pairs:
        if screen.leave() and "storage_state" not in kind:
            _SPARE[kind].append(screen.page.context)
    screens = [screen for _kind, screen in pairs]
    assert [url for screen in screens for url in screen.outside()] == [], "a request leaves this machine"
    faults = [fault for screen in screens for fault in screen.faults if not _of_a_stopped_server(screen, fault)]
    assert faults == [], "a script of the page failed"
    for used in {id(screen.server): screen.server for screen in screens}.values():
        assert "Traceback" not in used.errors()
        assert "ERROR fault" not in used.errors()


# ------------------------------------------------------------------------------------------------- data, to be broken

HOSTILE = "{{70107*10007}}<img src=x onerror=window.pwned=1>${window.pwned=1}`</script>"
"""A name that is code for Jinja, HTML, a template literal and a script element."""
HOSTILE_BASE, HOSTILE_EVENT = "fob-01", "ev-2024-12-06-wharf-jeremie-massacre"


def rewrite(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a GeoJSON file in place."""
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


@pytest.fixture(scope="package")
def crooked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return the app over a copy of the data: a base and an event have hostile names, the prisons break off."""
    folder = tmp_path_factory.mktemp("crooked")
    data = Path(shutil.copytree(ROOT / "data", folder / "data"))

    def rename(collection: dict[str, Any]) -> None:
        for feature in collection["features"]:
            if feature["properties"]["fob_id"] == HOSTILE_BASE:
                feature["properties"].update(dict.fromkeys(("name_en", "name_fr", "name_ht", "name_es"), HOSTILE))

    rewrite(data / "layers" / "fobs.geojson", rename)
    with (data / "tables" / "events.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    named = [row for row in rows if row["event_id"] == HOSTILE_EVENT]
    assert named, f"the data have no {HOSTILE_EVENT} any more: choose another event"
    for row in named:
        row["title_en"] = HOSTILE
    with (data / "tables" / "events.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    prisons = data / "layers" / "prisons.geojson"
    prisons.write_bytes(prisons.read_bytes()[:4000])
    with running(folder, MSSMAP_DATA_DIR=str(data)) as found:
        yield found


@dataclass(frozen=True)
class Hostile:
    """What the crooked data carry."""

    text: str = HOSTILE
    base: str = HOSTILE_BASE
    event: str = HOSTILE_EVENT
    computed: str = str(70107 * 10007)


@pytest.fixture
def hostile() -> Hostile:
    """Return the hostile name and the ids that have it."""
    return Hostile()


@pytest.fixture(scope="package")
def plain_streamlit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return the app as a hosting service starts it."""
    command = ["-m", "streamlit", "run", "app.py", "--server.port", "{port}"]
    with running(tmp_path_factory.mktemp("streamlit"), command=command) as found:
        yield found


# ------------------------------------------------------------------------------------------------------------ a team

COOKIE_SECRET = "7e1f0b5c2d9a4836f1c0e97b35ad6842"  # of the tests only
CLIENT_SECRET = "5e7c0ffee1d9b2a84f63c5d0e1a7b392"
PERSONS = ("nobody", "none", "viewer", "briefer", "planner", "admin")
"""Somebody who has not signed in, and one person of each role."""


@dataclass(frozen=True)
class Team:
    """The app with sign-in, one person of each role, and its store."""

    server: Server
    provider: str
    store_url: str

    def cookie(self, person: str, **claims: Any) -> dict[str, str]:
        """Return the cookies of somebody who signed in, signed as Streamlit does."""
        if person == "nobody":
            return {}
        said = {"origin": self.server.url, "is_logged_in": True, "provider": "default", **claims_of(person), **claims}
        return {"_streamlit_user": create_signed_value(COOKIE_SECRET, "_streamlit_user", json.dumps(said)).decode()}

    def open_store(self) -> Store:
        """Return the store, as the command line sees it."""
        return open_store(self.store_url)


def claims_of(person: str) -> dict[str, Any]:
    """Return what the provider says about one of `PERSONS`."""
    return {"sub": person, "name": f"{person.title()} Test", "email": f"{person}@example.org", "email_verified": True}


@contextmanager
def signing_in(folder: Path, provider: str, **options: Any) -> Iterator[Team]:
    """Start the app with sign-in; `provider` is the address of an OpenID provider, `options` are those of `running`."""
    url = f"sqlite:///{folder / 'team.db'}"
    store = open_store(url)
    for role in PERSONS[2:]:
        people.grant(store, f"{role}@example.org", role)
    settings = {
        "MSSMAP_AUTH": "oidc",
        "MSSMAP_PUBLIC_URL": "http://127.0.0.1:{port}",
        "MSSMAP_COOKIE_SECRET": COOKIE_SECRET,
        "MSSMAP_OIDC_CLIENT_ID": "mssmap-tests",
        "MSSMAP_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "MSSMAP_OIDC_METADATA_URL": f"{provider}/.well-known/openid-configuration",
        "MSSMAP_DATABASE_URL": url,
        "MSSMAP_LOG": "json",
    }
    with running(folder, **{**settings, **options}) as server:
        yield Team(server, provider, url)


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """Return the address of a real OpenID provider on this machine, which knows one person of each role."""
    persons = [oidc_provider_mock.User(sub=person, claims=claims_of(person)) for person in PERSONS[1:]]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with oidc_provider_mock.run_server_in_thread(user_claims=persons) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Team]:
    """Return the app with sign-in."""
    with signing_in(tmp_path_factory.mktemp("team"), provider) as found:
        yield found
