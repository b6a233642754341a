"""The files of a server installation agree with what the program reads, and with the manual."""

import re
import subprocess
import sys

import yaml

from tests.crm.operations.places import ROOT

READERS = [path for app in ("crm", "customers", "reports") for path in sorted((ROOT / app).rglob("*.py"))]
OF_COMPOSE_ITSELF = {"HARBOUR_SITE_HOST"}


def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def names_read():
    """Every environment name the settings and the start read."""
    source = "\n".join(path.read_text() for path in READERS)
    quoted = re.findall(r"[\"'](HARBOUR_[A-Z_]+|DATABASE_URL|REDIS_URL)[\"']", source)
    assigned = set(re.findall(r"(?m)^(HARBOUR_[A-Z_]+)\s*=", source))
    return {name for name in quoted if name not in assigned}


def application_services():
    return {name: service for name, service in compose()["services"].items() if service.get("image") == "harbour-crm"}


def test_every_environment_name_of_compose_is_read_by_the_program():
    given = {
        name.removesuffix("_FILE") for service in application_services().values() for name in service["environment"]
    }

    assert given - names_read() == set()


def test_every_secret_comes_from_a_file_the_service_may_read():
    for name, service in application_services().items():
        files = {value for key, value in service["environment"].items() if key.endswith("_FILE")}
        assert files == {f"/run/secrets/{secret}" for secret in service["secrets"]}, name


def test_the_script_makes_every_secret_compose_names(tmp_path):
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "make_secrets.py"
    script.write_text((ROOT / "deploy" / "make_secrets.py").read_text())

    subprocess.run([sys.executable, script, "crm.example.com"], check=True, capture_output=True)

    made = {path.name for path in (tmp_path / "deploy" / "secrets").iterdir()}
    assert made == set(compose()["secrets"])
    assert (tmp_path / ".env").read_text() == "HARBOUR_SITE_HOST=crm.example.com\n"


def test_only_the_setup_signs_in_as_the_owner_of_the_tables():
    owners = {name for name, service in application_services().items() if "database_owner_url" in service["secrets"]}

    assert owners == {"setup"}


def test_every_environment_name_is_in_the_manual():
    manual = (ROOT / "docs" / "operations.md").read_text()

    assert sorted(name for name in names_read() if f"`{name}`" not in manual) == []
