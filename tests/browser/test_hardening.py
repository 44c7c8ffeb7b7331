"""The real server and page under attack: scripts that slip in, too much at once, too large a file, a bug."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from .conftest import PATIENCE_MS, Screen, Server, Team, running

pytestmark = pytest.mark.browser

SLIPPED_IN = """(document) => {
  const script = document.createElement('script');
  script.textContent = 'window.pwned = "script"';
  document.body.appendChild(script);
  const holder = document.createElement('div');
  holder.innerHTML = '<img src=x onerror="window.pwned = 1"><a id=mm-js href="javascript:window.pwned=2">x</a>' +
    '<svg onload="window.pwned = 3"></svg><iframe srcdoc="<script>parent.pwned = 4</script>"></iframe>' +
    '<button id=mm-on onclick="window.pwned = 5">x</button>';
  document.body.appendChild(holder);
  holder.querySelector('#mm-on').click();
  holder.querySelector('#mm-js').click();
}"""
"""What an attacker would do who found a place where text becomes HTML."""


@pytest.fixture
def alone(browser: Browser) -> Iterator[Callable[..., Screen]]:
    """Open a page whose console may complain; the policy of the content can be left out, as a control."""
    contexts = []

    def open_page(server: Server, address: str = "/", **context: Any) -> Screen:
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        screen = Screen(page, server)
        screen.listen()
        return screen.open(address)

    yield open_page
    for context in contexts:
        context.close()


ANOTHER_FAILS = """() => new Promise((done) => {
  const image = new Image();
  image.addEventListener('error', done);
  image.src = '/x.png';
})"""
PWNED = "() => [window.pwned, document.querySelector('.st-key-map iframe').contentWindow.pwned]"


@pytest.mark.parametrize("control", [False, True], ids=["with the policy", "control: without"])
def test_no_inline_script_runs_in_the_page_or_in_the_map(
    server: Server, alone: Callable[..., Screen], control: bool
) -> None:
    screen = alone(server, bypass_csp=control)
    screen.page.evaluate(f"() => ({SLIPPED_IN})(document)")
    screen.in_map(f"(w) => ({SLIPPED_IN})(w.document)")
    if control:
        screen.wait(f"() => ({PWNED})().every((found) => found !== undefined)")
        return
    screen.wait("() => document.querySelectorAll('iframe[srcdoc]').length > 0")
    # the image cannot be loaded in either case: once another one has failed, its handler would have run
    screen.page.evaluate(ANOTHER_FAILS)
    assert screen.page.evaluate(PWNED) == [None, None]
    blocked = [fault for fault in screen.faults if "Content Security Policy" in fault]
    assert len(blocked) >= 8, "script, onerror, onclick and javascript: in both documents"


def test_every_kind_of_answer_has_the_policy(server: Server) -> None:
    for path in ("/", "/planner", "/api", "/readyz", "/_stcore/health", "/none.png", "/static/none", "/media/none"):
        answer = requests.get(server.url + path, timeout=20)
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "uvicorn" not in answer.headers.get("server", "")


def test_a_file_beyond_the_limit_is_refused(server: Server, alone: Callable[..., Screen], tmp_path: Path) -> None:
    """The page says so itself; who goes round the page gets 413."""
    screen = alone(server, "/data")
    page = screen.page
    page.get_by_role("tab", name="Import").click()
    (tmp_path / "small.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with page.expect_request(lambda request: "/_stcore/upload_file/" in request.url and request.method == "PUT") as put:
        page.locator("input[type=file]").first.set_input_files(tmp_path / "small.csv")
    send = """async ([url, size]) => {
      const body = new FormData();
      body.append('file', new Blob([new Uint8Array(size)]), 'large.csv');
      const token = document.cookie.split('; ').find((one) => one.startsWith('_streamlit_xsrf=')).slice(16);
      return (await fetch(url, {method: 'PUT', body, headers: {'X-Xsrftoken': token}})).status;
    }"""
    assert page.evaluate(send, [put.value.url, 25 * 1024 * 1024 - 1000]) == 204, "control: one below it passes"
    assert page.evaluate(send, [put.value.url, 25 * 1024 * 1024 + 1]) == 413
    assert page.evaluate(send, [put.value.url, 40 * 1024 * 1024]) == 413


def sized(path: Path, mb: float) -> Path:
    with path.open("wb") as file:
        file.truncate(int(mb * 1_000_000))
    return path


def test_why_a_file_was_not_uploaded_is_told_in_the_language_of_the_page(
    server: Server, alone: Callable[..., Screen], tmp_path: Path
) -> None:
    """By the page itself, and by a proxy that takes less than the server does; no number of a status, no exception."""
    page = alone(server, "/data?lang=fr").page
    page.get_by_role("tab", name="Importer").click()
    chosen = page.locator("input[type=file]").first
    chosen.set_input_files(sized(tmp_path / "large.csv", 25.2))
    told = page.locator(".mm-told")
    told.filter(
        has_text="large.csv : non envoyé. Le fichier fait 25.2 MB, 25.0 MB au plus sont permis ici. "
        "Choisissez-en un plus petit ou divisez-le."
    ).wait_for()
    page.route("**/_stcore/upload_file/**", lambda route: route.fulfill(status=413, body="<html>nginx</html>"))
    chosen.set_input_files(sized(tmp_path / "other.csv", 0.5))
    told.filter(has_text="other.csv : non envoyé. Le serveur, ou un proxy devant lui, ne prend pas").wait_for()
    page.unroute("**/_stcore/upload_file/**")
    for name in ("large.csv", "other.csv"):
        page.get_by_role("button", name=f"Remove {name}").click()
    told.filter(has_text="csv").first.wait_for(state="detached")
    page.goto(f"{server.url}/planner?lang=fr")
    page.locator("input[type=file][accept*=json]").first.set_input_files(sized(tmp_path / "plan.pdf", 0.1))
    told.filter(has_text="plan.pdf : non envoyé. Il faut un fichier du type .json. Choisissez-en un autre.").wait_for()


def test_who_asks_too_often_waits(team: Team) -> None:
    """As somebody at another address; the app believes the proxy of this machine."""
    client = requests.Session()
    client.headers["X-Forwarded-For"] = "203.0.113.7"
    answers = [client.get(f"{team.server.url}/signin", allow_redirects=False, timeout=20) for _ in range(90)]
    passed = [answer.status_code for answer in answers].index(429)
    assert passed >= 60
    assert {answer.status_code for answer in answers[:passed]} == {302}
    assert 1 <= int(answers[passed].headers["retry-after"]) <= 2
    assert "Too many requests. Try again in 1 s." in answers[passed].text
    other = {"X-Forwarded-For": "203.0.113.8"}
    assert (
        requests.get(f"{team.server.url}/signin", headers=other, allow_redirects=False, timeout=20).status_code == 302
    )


BROKEN = """
import mssmap.ui.told as told
def summary(*_):
    raise ZeroDivisionError('the inside of the server')
told.summary = summary
from mssmap.cli import main
main(['serve', '--port', '{port}'])
"""


def test_a_bug_is_told_by_an_id_that_stands_in_the_log_once(tmp_path: Path, alone: Callable[..., Screen]) -> None:
    with running(tmp_path, command=["-c", BROKEN], MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path}/s.db") as broken:
        page = alone(broken, "/timeline").page
        told = page.get_by_text("Something went wrong on our side. Reference:").inner_text()
        reference = told.strip().rpartition(" ")[2]
        assert "inside of the server" not in page.content()
        lines = [line for line in broken.errors().splitlines() if reference in line]
        assert len(lines) == 1
        assert "ERROR fault" in lines[0]
        assert "error=ZeroDivisionError" in lines[0]
        assert "at=<string>:" in lines[0]


PAGES = ("/", "/timeline", "/planner", "/briefing", "/export", "/desk", "/data", "/?text=1")


def test_no_page_needs_eval(server: Server, alone: Callable[..., Screen]) -> None:
    """The charts of Streamlit are drawn, and the browser reports nothing against the policy of the content."""
    drawn = 0
    for address in PAGES:
        screen = alone(server, address)
        charts = screen.page.get_by_test_id("stVegaLiteChart")
        if address == "/timeline":
            charts.locator("canvas, svg").first.wait_for()
            drawn = charts.count()
        assert [fault for fault in screen.faults if "Content Security Policy" in fault] == []
        assert "unsafe-eval" not in requests.get(server.url + address, timeout=20).headers["content-security-policy"]
    assert drawn >= 1


def test_a_page_may_hold_so_much_of_what_was_uploaded(
    server: Server, alone: Callable[..., Screen], tmp_path: Path
) -> None:
    """Files of 24 MB, four at a time; one that is removed gives its room back."""
    screen = alone(server, "/data?lang=fr")
    page = screen.page
    page.get_by_role("tab", name="Importer").click()
    (tmp_path / "small.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with page.expect_request(lambda request: "/_stcore/upload_file/" in request.url and request.method == "PUT") as put:
        page.locator("input[type=file]").first.set_input_files(tmp_path / "small.csv")
    send = """async ([url, method, numbers]) => {
      const token = document.cookie.split('; ').find((one) => one.startsWith('_streamlit_xsrf=')).slice(16);
      return Promise.all(numbers.map(async (number) => {
        const body = method === 'PUT' ? new FormData() : null;
        if (body) body.append('file', new Blob([new Uint8Array(24 * 1024 * 1024)]), 'large.csv');
        const answer = await fetch(url + number, {method, body, headers: {'X-Xsrftoken': token}});
        return [answer.status, await answer.text()];
      }));
    }"""
    url = put.value.url
    answers = [one for n in range(0, 12, 4) for one in page.evaluate(send, [url, "PUT", list(range(n, n + 4))])]
    assert [status for status, _words in answers] == [204] * 4 + [413] * 8
    assert answers[-1][1] == (
        "Upload: with this file the page would hold 120 MB, 100 MB are allowed. Remove files from the page that you no "
        "longer need, or load it again.\n"
    )
    told = page.locator(".mm-told").filter(has_text="next.csv")
    page.locator("input[type=file]").first.set_input_files(sized(tmp_path / "next.csv", 8))
    told.filter(has_text="next.csv : non envoyé. Envoi : avec ce fichier, la page contiendrait 10").wait_for()
    assert page.evaluate(send, [url, "DELETE", [0]])[0][0] == 204
    assert page.evaluate(send, [url, "PUT", [20]])[0][0] == 204, "a file that was removed gives its room back"
