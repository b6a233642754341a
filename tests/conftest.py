"""What the whole suite stands on.

Environment of the tests (all optional; `python3 manage.py test` sets what is missing):

    HARBOUR_HOME       home folder of the embedded servers; crm/operations/pytest_services.py starts them when they are
                       not up already, also when pytest is called directly (`.venv/bin/python -m pytest tests/…`)
    DATABASE_URL       a PostgreSQL to use instead; the tests make their own database test_harbour in it
    REDIS_URL          a Redis to use instead; the tests use its databases 1 and 2
    HARBOUR_CHROMIUM   the browser of the tests marked `browser` ("none": they are skipped, as without one)
"""

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadFileScheduling

from tests import databases

# the longest first, and at once only one of those that wait until the first copy of the product is there
LONGEST = (
    "journeys/test_faults.py",
    "contract/test_matrix.py",
    "customers/pool/test_races.py",
    "browser/test_office_looks.py",
    "browser/test_sales_looks.py",
    "contract/test_sales_agreement.py",
    "crm/operations/test_supervision.py",
    "crm/operations/test_run.py",
    "sales/payments/test_life.py",
    "customers/demo/test_demo.py",
    "crm/api/test_documentation_page.py",
)
# what is walked through in one running copy: each set in one worker, which starts and ends it once
COPIES = (
    (
        "browser/test_office_looks.py",
        "browser/test_documents_looks.py",
        "browser/test_keyboard.py",
        "browser/test_approvals.py",
    ),
    (
        "browser/test_sales_looks.py",
        "browser/test_story.py",
        "browser/test_chain.py",
        "browser/test_pictures.py",
    ),
)
MINUTES = itertools.count(1_900_000_000, 60)
SHARED_SPREADSHEETS = Path(__file__).resolve().parents[2] / "shared" / "data"
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    wanted = os.environ.get("HARBOUR_CHROMIUM")
    return None if wanted == "none" else wanted or next(filter(None, map(shutil.which, names)), None)


def pytest_configure(config: pytest.Config) -> None:
    """All workers know where the home lies that `tests/journeys/copies.py` prepares for copies."""
    os.environ.setdefault("HARBOUR_PREPARED", f"{tempfile.gettempdir()}/harbour-prepared-{os.getpid()}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The prepared home goes when the last test is over."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["HARBOUR_PREPARED"], ignore_errors=True)
        Path(os.environ["HARBOUR_PREPARED"]).with_suffix(".lock").unlink(missing_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; skip what this machine cannot run, with the reason."""
    places = {Path(__file__).parent / path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
    for item in items:
        if item.get_closest_marker("browser") and not _chromium():
            item.add_marker(pytest.mark.skip(reason="no Chromium was found"))
        if item.get_closest_marker("shared_data") and not SHARED_SPREADSHEETS.is_dir():
            item.add_marker(pytest.mark.skip(reason="../shared/data is absent"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


class FilesOfOneCopy(LoadFileScheduling):
    """A worker takes whole files, and with one that needs a running copy all that share it."""

    def _split_scope(self, nodeid: str) -> str:
        path = super()._split_scope(nodeid).removeprefix("tests/")
        return next((files[0] for files in COPIES if path in files), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesOfOneCopy:
    """How the tests are dealt out to the workers."""
    return FilesOfOneCopy(config, log)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One database is migrated; every process of this run takes a copy of it, with the standard roles inside."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), databases.own_database():
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: databases.empty())
        with django_db_blocker.block():
            yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Playwright drives the machine's own Chromium."""
    return {**browser_type_launch_args, "executable_path": _chromium(), "args": CHROMIUM_SWITCHES}


@pytest.fixture(autouse=True)
def _a_minute_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted per minute is counted in a minute that no other test had, and that does not end meanwhile."""
    minute = next(MINUTES)
    monkeypatch.setattr("crm.operations.pace.time", SimpleNamespace(time=lambda: minute))
