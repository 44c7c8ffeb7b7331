"""People sign in at a real provider through the proxy, and are known to both servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
import requests
from browser.conftest import CLIENT_SECRET, COOKIE_SECRET, provider

from .conftest import SOAK, Deployment, deployment

__all__ = ["provider"]

pytestmark = pytest.mark.browser

ROUNDS = 20 if SOAK else 4


@pytest.fixture
def signed(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Deployment]:
    """Return the deployment with sign-in; admin@example.org is its administrator."""
    with deployment(
        tmp_path_factory.mktemp("signed"),
        MSSMAP_AUTH="oidc",
        MSSMAP_PUBLIC_URL="http://127.0.0.1:{port}",
        MSSMAP_COOKIE_SECRET=COOKIE_SECRET,
        MSSMAP_OIDC_CLIENT_ID="mssmap-tests",
        MSSMAP_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        MSSMAP_OIDC_METADATA_URL=f"{provider}/.well-known/openid-configuration",
        MSSMAP_ADMIN="admin@example.org",
    ) as found:
        yield found


def test_who_signs_in_through_the_proxy_is_known_to_both_servers(signed, record_property):
    served: Counter[str] = Counter()
    for number in range(ROUNDS):
        browser = requests.Session()
        browser.cookies.set("mssmap_server", ["one", "two"][number % 2])
        assert browser.get(f"{signed.url}/api", timeout=20).status_code == 401
        form = browser.get(f"{signed.url}/signin", timeout=20)
        assert "/oauth2/authorize" in form.url, "the provider asks who it is"
        back = browser.post(form.url, data={"sub": "admin"}, timeout=20)
        assert back.status_code == 200
        assert back.url == f"{signed.url}/"
        cookies = {one.name: one.value for one in browser.cookies}
        served[cookies["mssmap_server"]] += 1
        for port in (signed.port, *signed.servers.values()):
            assert requests.get(f"http://127.0.0.1:{port}/api", cookies=cookies, timeout=20).status_code == 200
            assert requests.get(f"http://127.0.0.1:{port}/api", timeout=20).status_code == 401
    record_property("figure", f"{ROUNDS} of {ROUNDS} sign-ins; {dict(sorted(served.items()))}")
