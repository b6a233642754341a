"""A sales department with two regions, as transfers meet it."""

from dataclasses import dataclass

import pytest

import crm.celery  # noqa: F401 - the doorbell of the jobs started here
from crm.jobs.running import run_job
from crm.people.models import Department, User
from customers.transfers.actions import start_transfer, start_undo
from tests.factories import make_department, make_user


@dataclass
class Team:
    """Dora directs East; Rita and Ryan sell there, Gina is about to leave it; Nora sells in the North."""

    east: Department
    north: Department
    dora: User
    rita: User
    ryan: User
    gina: User
    nora: User


@pytest.fixture
def team(db) -> Team:
    sales = make_department("Sales")
    east, north = make_department("East", parent=sales), make_department("North", parent=sales)
    return Team(
        east,
        north,
        make_user("dora", role="director", department=east),
        *(make_user(name, role="rep", department=east) for name in ("rita", "ryan", "gina")),
        make_user("nora", role="rep", department=north),
    )


@pytest.fixture
def run():
    """Start a planned transfer and work it through, as a worker would."""

    def _run(transfer, actor=None):
        run_job(start_transfer(transfer, actor or transfer.requested_by).pk)
        transfer.refresh_from_db()
        return transfer

    return _run


@pytest.fixture
def undo():
    """Undo a transfer, as a worker would."""

    def _undo(transfer, actor=None):
        run_job(start_undo(transfer, actor or transfer.requested_by).pk)
        transfer.refresh_from_db()
        return transfer

    return _undo
