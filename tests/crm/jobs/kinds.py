"""Kinds of jobs that only tests run; each writes one JobRow per record it handles."""

import time

from django.core.exceptions import ValidationError

from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job, JobRow

ran = []


class Counting(JobKind):
    """Four chunks of five records."""

    pause = 0.0

    def plan(self, job):
        job.total = 20
        return [{"from": at, "to": at + 5} for at in range(0, 20, 5)]

    def run_chunk(self, job, params):
        JobRow.objects.bulk_create(
            [JobRow(job=job, row_number=n, outcome="done") for n in range(params["from"], params["to"])]
        )
        time.sleep(self.pause)
        return Tally(5)

    def finish(self, job):
        return {"rows": job.rows.count()}


class Slow(Counting):
    """The same, with time to be killed in the middle of a chunk, after its rows were written."""

    pause = 0.4


class Broken(Counting):
    """Its third chunk fails by accident."""

    def run_chunk(self, job, params):
        tally = super().run_chunk(job, params)
        if params["from"] == 10:
            raise RuntimeError("disk on fire")
        return tally


class Refusing(Counting):
    """Its third chunk is refused."""

    def run_chunk(self, job, params):
        if params["from"] == 10:
            raise ValidationError("not on Sundays")
        return super().run_chunk(job, params)


class BrokenEnd(Counting):
    """Its last step fails by accident."""

    def finish(self, job):
        raise RuntimeError("no space left")


class Interrupting(Counting):
    """After the second chunk somebody does `Interrupting.deed(job)`."""

    deed = None

    def run_chunk(self, job, params):
        tally = super().run_chunk(job, params)
        if params["from"] == 5:
            Interrupting.deed(Job.objects.get(pk=job.pk))
        return tally


def note_that_it_ran():
    ran.append("once")


def fail():
    raise RuntimeError("not today")


def note_row(**payload):
    ran.append(payload)
