"""What can be said about the files of the deployment without a container engine: their structure, and who checks it."""

from __future__ import annotations

import ipaddress
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser.conftest import ROOT

from mssmap import settings

DEPLOY = ROOT / "deploy"
SERVERS = ("one", "two")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8")))


def test_two_servers_a_proxy_and_a_database(compose):
    services = compose["services"]
    assert set(services) == {*SERVERS, "proxy", "database"}
    assert services["one"] == services["two"], "both servers are alike"
    assert "postgis" in services["database"]["image"]
    # what is named is there: networks, secrets, services waited for, files
    for name, service in services.items():
        assert set(service["networks"]) <= set(compose["networks"]), name
        assert set(service.get("secrets", ())) <= set(compose["secrets"]), name
        assert set(service.get("depends_on", ())) <= set(services), name
    build = services["one"]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()
    for mount in services["proxy"]["volumes"]:
        assert (ROOT / mount.split(":")[0]).is_file()


def test_each_service_says_whether_it_is_well(compose):
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name
    for name in SERVERS:
        assert "/readyz" in str(compose["services"][name]["healthcheck"]["test"])
    waits = compose["services"]["proxy"]["depends_on"]
    assert {waits[name]["condition"] for name in SERVERS} == {"service_healthy"}


def test_versions_are_named_and_only_the_proxy_is_reached(compose):
    base = re.search(r"^FROM (\S+)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    images = [service["image"] for service in compose["services"].values()] + [base[1]]
    for image in images:
        assert ":" in image, image
        assert not image.endswith(":latest"), image
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert compose["services"]["proxy"]["ports"] == ["${MSSMAP_PUBLISH:-127.0.0.1:8080}:8080"]
    assert compose["networks"]["inside"]["internal"] is True


def test_no_secret_stands_in_a_file_that_git_keeps(compose):
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|DATABASE_URL", key):
                assert key.endswith("_FILE"), f"{name}: {key}"
                assert value.startswith("/run/secrets/"), f"{name}: {key}"
    assert {secret["file"].split("/")[0] for secret in compose["secrets"].values()} == {"secrets"}
    assert "secrets/" in (ROOT / ".gitignore").read_text().split()
    for path in (ROOT / "compose.yaml", *DEPLOY.iterdir()):
        assert not re.search(r"://\w+:(?!%s)[^\s@$]+@", path.read_text(encoding="utf-8")), path.name


def test_the_image_runs_as_nobody_in_particular():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert next(line for line in reversed(lines) if line.startswith("USER")) == "USER mssmap"
    assert lines.index("USER mssmap") < next(n for n, line in enumerate(lines) if line.startswith("CMD"))
    assert any("requirements.txt" in line and "pip install" in line for line in lines)


def test_servers_get_longer_to_stop_than_they_drain(compose):
    for name in SERVERS:
        service = compose["services"][name]
        assert float(service["stop_grace_period"].rstrip("s")) > float(service["environment"]["MSSMAP_DRAIN_SECONDS"])
    unit = (DEPLOY / "mssmap@.service").read_text()
    stop, drain = re.search(r"TimeoutStopSec=(\d+)", unit), re.search(r"MSSMAP_DRAIN_SECONDS=(\d+)", unit)
    assert int(stop[1]) > int(drain[1])


def test_every_setting_that_the_files_name_exists():
    known = {setting.name for setting in settings.SETTINGS} | {f"{setting.name}_FILE" for setting in settings.SETTINGS}
    known |= {"MSSMAP_PROXY_BIND", "MSSMAP_ONE", "MSSMAP_TWO", "MSSMAP_CHECK_HOST", "MSSMAP_PUBLISH"}
    for path in (ROOT / "compose.yaml", *DEPLOY.iterdir()):
        named = set(re.findall(r"MSSMAP_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
        assert named <= known, path.name


def test_haproxy_accepts_its_configuration():
    done = subprocess.run(
        ["haproxy", "-c", "-f", str(DEPLOY / "haproxy.cfg")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_secrets_are_made_once_and_differ(tmp_path: Path):
    script = tmp_path / "deploy" / "make-secrets.sh"
    script.parent.mkdir()
    script.write_bytes((DEPLOY / "make-secrets.sh").read_bytes())
    for _ in range(2):
        subprocess.run(["bash", str(script)], check=True, capture_output=True)
    password = (tmp_path / "secrets" / "database_password").read_text()
    assert len(password) >= 30
    assert (tmp_path / "secrets" / "database_url").read_text() == f"postgresql://mssmap:{password}@database:5432/mssmap"


def test_the_back_up_a_day_finds_what_the_servers_keep():
    """Store and archives are found by settings: those of the servers."""

    def environment(unit: str) -> set[str]:
        lines = (DEPLOY / unit).read_text().splitlines()
        named = [line.partition("=")[2] for line in lines if line.startswith("Environment=")]
        files = [line for line in lines if line.startswith(("EnvironmentFile=", "LoadCredential="))]
        return {*" ".join(named).split(), *files}

    own = ("MSSMAP_DRAIN", "XDG_CACHE_HOME")  # a back-up neither drains nor makes files of the map
    servers = {item for item in environment("mssmap@.service") if not item.startswith(own)}
    assert servers <= environment("mssmap-backup.service")


def test_the_servers_trust_the_proxy_and_nothing_else(compose):
    """Else all people would be one address, and one of them could keep everybody from signing in."""
    services, network = compose["services"], compose["networks"]["doors"]
    proxy = services["proxy"]["networks"]["doors"]["ipv4_address"]
    assert ipaddress.ip_address(proxy) in ipaddress.ip_network(network["ipam"]["config"][0]["subnet"])
    for name in SERVERS:
        assert services[name]["environment"]["FORWARDED_ALLOW_IPS"] == proxy
        assert set(services[name]["networks"]) & set(services["proxy"]["networks"]) == {"doors"}, "it asks from there"
    assert network["internal"] is True
    assert "option forwardfor" in (DEPLOY / "haproxy.cfg").read_text()


def test_the_servers_may_hold_many_connections(compose):
    for name in SERVERS:
        assert services_limit(compose, name) >= 16_384
    assert int(re.search(r"^LimitNOFILE=(\d+)$", (DEPLOY / "mssmap@.service").read_text(), re.M)[1]) >= 16_384


def services_limit(compose: dict[str, Any], name: str) -> int:
    return int(compose["services"][name]["ulimits"]["nofile"])
