"""The background work of a departure: first the account is closed, then everything goes, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.history.operations import tied_to
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.leaving.actions import finish_departure, settle_heir
from crm.leaving.models import Departure
from crm.people.actions import switch_off
from crm.people.belongings import Belonging, belongings, lock_belongings
from crm.people.models import User

LEAVE_RIGHT = "crm.change_user"


class DepartureRun(JobKind):
    """Closes the account, so that nothing new can come, and hands over all belongings."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        departure = _departure(job)
        with tied_to(_entitled(job)):
            lock_belongings(departure.user)
            leaver = User.objects.select_for_update(of=("self",), no_key=True).get(pk=departure.user_id)
            settle_heir(departure)
            # counted while the leaver still reaches something
            counts = {code: belonging.count(leaver) for code, belonging in belongings().items()}
            if leaver.is_active:
                switch_off(leaver, departure.leaves_on)
            chunks = [
                {"code": code, **params}
                for code, belonging in belongings().items()
                for params in _chunks(belonging, departure, counts[code])
            ]
        job.total = sum(params["count"] for params in chunks)
        return chunks

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        departure = _departure(job)
        code = params["code"]
        with tied_to(_entitled(job)):
            handed, left = belongings()[code].hand_over(departure, params)
            departure.counts[code] = departure.counts.get(code, 0) + handed
            departure.save(update_fields=["counts"])
        return Tally(handed, left)

    def finish(self, job: Job) -> dict[str, Any]:
        with tied_to(_entitled(job)):
            return finish_departure(_departure(job), Departure.State.DONE)

    def cancelled(self, job: Job) -> None:
        finish_departure(_departure(job), Departure.State.CANCELLED)

    def failed(self, job: Job) -> None:
        finish_departure(_departure(job), Departure.State.FAILED)


def _chunks(belonging: Belonging, departure: Departure, count: int) -> list[dict[str, Any]]:
    if belonging.plan is not None:
        return belonging.plan(departure)
    return [{"count": count}] if count else []


def _departure(job: Job) -> Departure:
    related = ("user__department", "requested_by", "heir", "operation")
    return Departure.objects.select_related(*related).get(pk=job.params["departure"])


def _entitled(job: Job) -> Any:
    if not job.requested_by.reach.has(LEAVE_RIGHT):
        raise ValidationError(_("%(name)s may no longer let people leave.") % {"name": job.requested_by})
    return job.operation
